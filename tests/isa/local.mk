# SPDX-License-Identifier: MIT
# Instructions against the host's CPU; `make check-isa-long` takes ten times the states.
isa_tests = %D%/isa.tap

%C%_isa_tap_SOURCES = \
    %D%/compare.c \
    %D%/emu.c \
    %D%/gen.c \
    %D%/isa.c \
    %D%/leeway.def \
    %D%/native.c \
    %D%/state.h
%C%_isa_tap_CPPFLAGS = $(check_cppflags) -I$(srcdir)/%D%
%C%_isa_tap_LDADD = libersatz-core.la -lm
EXTRA_DIST += %D%/digests.txt

check_PROGRAMS += $(isa_tests)
if CAN_RUN
TESTS += $(isa_tests)
endif

check-isa-long: $(isa_tests)
	ISA_STATES=2000 $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(isa_tests)'

# After a change of the generator or the table, on a host whose hardware agrees with us.
isa-digests: $(isa_tests)
	%D%/isa.tap --digests >$(srcdir)/%D%/digests.txt

.PHONY: check-isa-long isa-digests
