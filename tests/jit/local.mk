# SPDX-License-Identifier: MIT
# The JIT against the interpreter. `make check-jit` runs these alone, check-jit-long for hours.
jit_tests = %D%/fuzz.tap %D%/faults.tap %D%/boundary.tap %D%/smc.tap

jit_box = %D%/box.c %D%/box.h %D%/engine.c %D%/modes.def %D%/same.c %D%/segments.def \
    tests/isa/gen.c tests/isa/state.h
jit_programs = %D%/instructions.c %D%/mix.def %D%/play.c %D%/play.h %D%/program.c %D%/program.h \
    %D%/reduce.c %D%/reduce.h tests/fuzz/fuzz.c tests/fuzz/fuzz.h

%C%_fuzz_tap_SOURCES = %D%/fuzz.c $(jit_box) $(jit_programs)
%C%_fuzz_tap_CPPFLAGS = $(check_cppflags)
%C%_fuzz_tap_LDADD = libersatz-core.la

%C%_faults_tap_SOURCES = %D%/faults.c %D%/situations.def $(jit_box) $(jit_programs)
%C%_faults_tap_CPPFLAGS = $(check_cppflags)
%C%_faults_tap_LDADD = libersatz-core.la

%C%_boundary_tap_SOURCES = %D%/boundary.c $(jit_box) $(jit_programs)
%C%_boundary_tap_CPPFLAGS = $(check_cppflags)
%C%_boundary_tap_LDADD = libersatz-core.la

%C%_smc_tap_SOURCES = %D%/smc.c $(jit_box) $(jit_programs)
%C%_smc_tap_CPPFLAGS = $(check_cppflags)
%C%_smc_tap_LDADD = libersatz-core.la

check_PROGRAMS += $(jit_tests)
if CAN_RUN
TESTS += $(jit_tests)
endif

check-jit: $(jit_tests)
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(jit_tests)'

.PHONY: check-jit
