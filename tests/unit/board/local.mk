# SPDX-License-Identifier: MIT
if HAVE_CHECK
unit_tests += %D%/clock \
    %D%/input \
    %D%/memmap \
    %D%/ports
endif

%C%_clock_SOURCES = %D%/clock.c
%C%_clock_CPPFLAGS = $(check_cppflags)
%C%_clock_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_clock_LDADD = $(check_libs)

%C%_input_SOURCES = %D%/input.c
%C%_input_CPPFLAGS = $(check_cppflags)
%C%_input_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_input_LDADD = $(check_libs)

%C%_memmap_SOURCES = %D%/memmap.c
%C%_memmap_CPPFLAGS = $(check_cppflags)
%C%_memmap_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_memmap_LDADD = $(check_libs)

%C%_ports_SOURCES = %D%/ports.c
%C%_ports_CPPFLAGS = $(check_cppflags)
%C%_ports_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_ports_LDADD = $(check_libs)
