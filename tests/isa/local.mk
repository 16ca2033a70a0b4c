# SPDX-License-Identifier: MIT
# Instructions against the host's CPU; `make check-isa-long` takes ten times the states.
isa_tests = %D%/isa.tap %D%/peers.tap

%C%_isa_tap_SOURCES = \
    %D%/compare.c \
    %D%/emu.c \
    %D%/gen.c \
    %D%/isa.c \
    %D%/leeway.def \
    %D%/native.c \
    %D%/state.h \
    tests/verdict.h
%C%_isa_tap_CPPFLAGS = $(check_cppflags) -I$(srcdir)/%D%
%C%_isa_tap_LDADD = libersatz-core.la -lm

%C%_peers_tap_SOURCES = %D%/compare.c %D%/emu.c %D%/native.c %D%/peers.c %D%/peers.def %D%/state.h \
    tests/verdict.h
%C%_peers_tap_CPPFLAGS = $(check_cppflags) -I$(srcdir)/%D%
%C%_peers_tap_LDADD = libersatz-core.la -lm
EXTRA_DIST += %D%/digests.txt %D%/jit.sh %D%/soft.sh %D%/soft_tlb.sh

check_PROGRAMS += $(isa_tests)
if CAN_RUN
TESTS += %D%/jit.sh %D%/peers.tap %D%/soft.sh %D%/soft_tlb.sh
# AddressSanitizer's shadow lies where the native run's wild addresses must fault.
if !SANITIZERS
TESTS += %D%/isa.tap
endif
%D%/jit.log %D%/soft.log %D%/soft_tlb.log: %D%/isa.tap
endif

check-isa-long: %D%/isa.tap
	ISA_STATES=2000 $(MAKE) $(AM_MAKEFLAGS) check TESTS=%D%/isa.tap

# After a change of the generator or the table, on a host whose hardware agrees with us.
isa-digests: %D%/isa.tap
	%D%/isa.tap --digests >$(srcdir)/%D%/digests.txt

.PHONY: check-isa-long isa-digests
