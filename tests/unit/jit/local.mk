# SPDX-License-Identifier: MIT
if HAVE_CHECK
unit_tests += \
    %D%/ir
endif

%C%_ir_SOURCES = %D%/ir.c
%C%_ir_CPPFLAGS = $(check_cppflags)
%C%_ir_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_ir_LDADD = $(check_libs)
