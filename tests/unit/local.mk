# SPDX-License-Identifier: MIT
# One Check program per module; the path mirrors src/.
unit_tests =
EXTRA_DIST += %D%/unit.h
if HAVE_CHECK
unit_tests += %D%/base/log
endif

%C%_base_log_SOURCES = %D%/base/log.c
%C%_base_log_CPPFLAGS = $(check_cppflags)
%C%_base_log_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_base_log_LDADD = $(check_libs)

include tests/unit/board/local.mk
include tests/unit/mmu/local.mk

check_PROGRAMS += $(unit_tests)
if CAN_RUN
TESTS += $(unit_tests)
endif
