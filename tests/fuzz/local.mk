# SPDX-License-Identifier: MIT

# FUZZ_SECONDS and FUZZ_SEED set its length and its start.
check_PROGRAMS += %D%/fuzz_devices
%C%_fuzz_devices_SOURCES = %D%/fuzz_devices.c
%C%_fuzz_devices_LDADD = libersatz-core.la
if CAN_RUN
TESTS += %D%/fuzz_devices
endif
