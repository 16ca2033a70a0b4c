# SPDX-License-Identifier: MIT
if HAVE_CHECK
unit_tests += %D%/machine
endif

%C%_machine_SOURCES = %D%/machine.c
%C%_machine_CPPFLAGS = $(check_cppflags)
%C%_machine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_machine_LDADD = $(check_libs)
