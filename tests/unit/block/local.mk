# SPDX-License-Identifier: MIT
if HAVE_CHECK
unit_tests += %D%/block
endif

%C%_block_SOURCES = %D%/block.c
%C%_block_CPPFLAGS = $(check_cppflags)
%C%_block_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_block_LDADD = $(check_libs)
