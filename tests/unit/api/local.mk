# SPDX-License-Identifier: MIT
if HAVE_CHECK
unit_tests += %D%/machine %D%/screen
endif

%C%_machine_SOURCES = %D%/machine.c
%C%_machine_CPPFLAGS = $(check_cppflags)
%C%_machine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_machine_LDADD = $(check_libs)

%C%_screen_SOURCES = %D%/screen.c
%C%_screen_CPPFLAGS = $(check_cppflags)
%C%_screen_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_screen_LDADD = $(check_libs)
