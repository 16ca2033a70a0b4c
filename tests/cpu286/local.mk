# SPDX-License-Identifier: MIT
cpu286_tests = %D%/cpu286.tap

%C%_cpu286_tap_SOURCES = %D%/cpu286.c %D%/differences.def
%C%_cpu286_tap_CPPFLAGS = $(check_cppflags) -I$(srcdir)/%D%
%C%_cpu286_tap_LDADD = libersatz-core.la
EXTRA_DIST += %D%/cases.txt.xz %D%/LICENSE

check_PROGRAMS += $(cpu286_tests)
if CAN_RUN
TESTS += $(cpu286_tests)
endif
