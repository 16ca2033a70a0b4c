# SPDX-License-Identifier: MIT
if HAVE_CHECK
unit_tests += %D%/decode \
    %D%/print
endif

%C%_decode_SOURCES = %D%/decode.c
%C%_decode_CPPFLAGS = $(check_cppflags)
%C%_decode_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_decode_LDADD = $(check_libs)

%C%_print_SOURCES = %D%/print.c
%C%_print_CPPFLAGS = $(check_cppflags)
%C%_print_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_print_LDADD = $(check_libs)
