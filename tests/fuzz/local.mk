# SPDX-License-Identifier: MIT
# Hostile input. FUZZ_SECONDS, FUZZ_SEED: how long, and from where. `make fuzz` takes its time.
fuzz_tap = %D%/cpu.tap %D%/machine.tap %D%/boot.tap
fuzz_tests = $(fuzz_tap) %D%/fuzz_devices

fuzz_shared = %D%/fuzz.c %D%/fuzz.h tests/isa/gen.c tests/isa/state.h

%C%_cpu_tap_SOURCES = %D%/cpu.c %D%/world.c %D%/world.h %D%/tables.c %D%/state.c $(fuzz_shared)
%C%_cpu_tap_CPPFLAGS = $(check_cppflags)
%C%_cpu_tap_LDADD = libersatz-core.la

%C%_machine_tap_SOURCES = %D%/machine.c %D%/image.h %D%/watch.h $(fuzz_shared)
%C%_machine_tap_CPPFLAGS = $(check_cppflags)
%C%_machine_tap_LDADD = libersatz-core.la

%C%_boot_tap_SOURCES = %D%/boot.c %D%/image.h %D%/watch.h $(fuzz_shared)
%C%_boot_tap_CPPFLAGS = $(check_cppflags)
%C%_boot_tap_LDADD = libersatz-core.la

%C%_fuzz_devices_SOURCES = %D%/fuzz_devices.c %D%/fuzz_ide.c %D%/rig.h
%C%_fuzz_devices_CPPFLAGS = $(check_cppflags)
%C%_fuzz_devices_LDADD = libersatz-core.la

check_PROGRAMS += $(fuzz_tests)
if CAN_RUN
TESTS += $(fuzz_tests)
endif

fuzz: $(fuzz_tests)
	@export FUZZ_SECONDS=$${FUZZ_SECONDS:-600} FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)}; \
	for t in $(fuzz_tests); do $(TEST_RUNNER) $$t || bad=1; done; test -z "$$bad"

.PHONY: fuzz
