# SPDX-License-Identifier: MIT
# Facts in Check; bulk comparisons with the host's units and with MPFR, which print TAP themselves.
fpu_tap_tests = %D%/hardware.tap %D%/unmasked.tap %D%/correct.tap %D%/digest.tap
fpu_check_tests =
if HAVE_CHECK
fpu_check_tests += %D%/kernels
endif

%C%_digest_tap_SOURCES = %D%/digest.c %D%/digest.def %D%/rows.h %D%/operands.h
%C%_digest_tap_CPPFLAGS = $(check_cppflags)
%C%_digest_tap_LDADD = libersatz-core.la

%C%_hardware_tap_SOURCES = %D%/hardware.c %D%/host_trans.h %D%/rows.h %D%/operands.h
%C%_hardware_tap_CPPFLAGS = $(check_cppflags)
%C%_hardware_tap_LDADD = libersatz-core.la

%C%_unmasked_tap_SOURCES = %D%/unmasked.c %D%/operands.h
%C%_unmasked_tap_CPPFLAGS = $(check_cppflags)
%C%_unmasked_tap_LDADD = libersatz-core.la

%C%_correct_tap_SOURCES = %D%/correct.c %D%/operands.h
%C%_correct_tap_CPPFLAGS = $(check_cppflags)
%C%_correct_tap_LDADD = libersatz-core.la
if HAVE_MPFR
%C%_correct_tap_CPPFLAGS += -DHAVE_MPFR
%C%_correct_tap_CFLAGS = $(AM_CFLAGS) $(MPFR_CFLAGS)
%C%_correct_tap_LDADD += $(MPFR_LIBS)
endif

%C%_kernels_SOURCES = %D%/kernels.c
%C%_kernels_CPPFLAGS = $(check_cppflags)
%C%_kernels_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_kernels_LDADD = $(check_libs)

check_PROGRAMS += $(fpu_tap_tests) $(fpu_check_tests)
if CAN_RUN
TESTS += $(fpu_tap_tests) $(fpu_check_tests)
endif
