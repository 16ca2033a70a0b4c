# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/stubhost.h
if HAVE_CHECK
unit_tests += \
    %D%/engine \
    %D%/ir
endif

%C%_engine_SOURCES = %D%/engine.c
%C%_engine_CPPFLAGS = $(check_cppflags)
%C%_engine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_engine_LDADD = $(check_libs)

%C%_ir_SOURCES = %D%/ir.c
%C%_ir_CPPFLAGS = $(check_cppflags)
%C%_ir_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_ir_LDADD = $(check_libs)
