# SPDX-License-Identifier: MIT
# Bulk comparisons that print TAP themselves.
fpu_tests = %D%/hardware.tap

%C%_hardware_tap_SOURCES = %D%/hardware.c %D%/operands.h
%C%_hardware_tap_CPPFLAGS = $(check_cppflags)
%C%_hardware_tap_LDADD = libersatz-core.la

check_PROGRAMS += $(fpu_tests)
if CAN_RUN
TESTS += $(fpu_tests)
endif
