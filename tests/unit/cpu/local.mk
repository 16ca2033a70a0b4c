# SPDX-License-Identifier: MIT
EXTRA_DIST += tests/unit/testcpu.h
if HAVE_CHECK
unit_tests += %D%/exec
endif

%C%_exec_SOURCES = %D%/exec.c
%C%_exec_CPPFLAGS = $(check_cppflags)
%C%_exec_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_exec_LDADD = $(check_libs)
