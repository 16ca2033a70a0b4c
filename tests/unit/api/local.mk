# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/image.h
if HAVE_CHECK
unit_tests += \
    %D%/drives \
    %D%/firmware \
    %D%/machine \
    %D%/screen
endif

%C%_drives_SOURCES = %D%/drives.c
%C%_drives_CPPFLAGS = $(check_cppflags)
%C%_drives_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_drives_LDADD = $(check_libs)

%C%_machine_SOURCES = %D%/machine.c
%C%_machine_CPPFLAGS = $(check_cppflags)
%C%_machine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_machine_LDADD = $(check_libs)

%C%_screen_SOURCES = %D%/screen.c
%C%_screen_CPPFLAGS = $(check_cppflags)
%C%_screen_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_screen_LDADD = $(check_libs)

%C%_firmware_SOURCES = %D%/firmware.c
%C%_firmware_CPPFLAGS = $(check_cppflags)
%C%_firmware_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_firmware_LDADD = $(check_libs)
