# SPDX-License-Identifier: MIT
# The JIT against the interpreter. `make check-jit` runs these alone, 60 s of random programs
# instead of 5; check-jit-long takes five to ten minutes, and longer with a greater FUZZ_CASES.
jit_tests = %D%/fuzz.tap %D%/faults.tap %D%/boundary.tap %D%/smc.tap %D%/beside.tap \
    %D%/groups.tap %D%/places.tap %D%/returns.tap %D%/flags.tap %D%/system.tap

jit_box = %D%/box.c %D%/box.h %D%/engine.c %D%/modes.def %D%/same.c %D%/segments.def \
    tests/isa/gen.c tests/isa/state.h tests/verdict.h
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

%C%_beside_tap_SOURCES = %D%/beside.c $(jit_box) $(jit_programs)
%C%_beside_tap_CPPFLAGS = $(check_cppflags)
%C%_beside_tap_LDADD = libersatz-core.la

%C%_groups_tap_SOURCES = %D%/groups.c $(jit_box) $(jit_programs)
%C%_groups_tap_CPPFLAGS = $(check_cppflags)
%C%_groups_tap_LDADD = libersatz-core.la

%C%_places_tap_SOURCES = %D%/places.c $(jit_box) $(jit_programs)
%C%_places_tap_CPPFLAGS = $(check_cppflags)
%C%_places_tap_LDADD = libersatz-core.la

%C%_returns_tap_SOURCES = %D%/returns.c $(jit_box) $(jit_programs)
%C%_returns_tap_CPPFLAGS = $(check_cppflags)
%C%_returns_tap_LDADD = libersatz-core.la

%C%_flags_tap_SOURCES = %D%/flags.c $(jit_box) $(jit_programs)
%C%_flags_tap_CPPFLAGS = $(check_cppflags)
%C%_flags_tap_LDADD = libersatz-core.la

%C%_system_tap_SOURCES = %D%/system.c $(jit_box) $(jit_programs)
%C%_system_tap_CPPFLAGS = $(check_cppflags)
%C%_system_tap_LDADD = libersatz-core.la

EXTRA_DIST += tests/accel.h %D%/sys.sh

check_PROGRAMS += $(jit_tests)
if CAN_RUN
TESTS += $(jit_tests) %D%/sys.sh
%D%/sys.log: tests/sys/sys32.tap tests/sys/sys64.tap tests/cpu286/cpu286.tap $(check_DATA)
endif

# Without the optimiser, blocks alone, regions, the soft TLB.
jit_forms = optimise=off,region=off,tlb=flat,ffi=off optimise=on,region=off,tlb=flat,ffi=off \
    optimise=on,region=on,tlb=flat,ffi=off optimise=on,region=on,tlb=soft,ffi=off
jit_formed = faults boundary smc beside groups places returns flags

check-jit:
	FUZZ_SECONDS=$${FUZZ_SECONDS:-60} $(MAKE) $(AM_MAKEFLAGS) check \
	    TESTS='$(jit_tests) %D%/sys.sh tests/isa/jit.sh'
	for form in $(jit_forms); do for test in $(jit_formed); do \
	  echo "$$test $$form"; \
	  told=$$(JIT_FUZZ=$$form %D%/$$test.tap) || { echo "$$told" | grep -v '^ok'; exit 1; }; \
	done; done

# Ten million random blocks are translated: a case has some 170, of 16 runs of programs.
check-jit-long: $(jit_tests)
	FUZZ_CASES=$${FUZZ_CASES:-65000} FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} %D%/fuzz.tap

.PHONY: check-jit check-jit-long
