# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/board.h %D%/dsdt.sh
TESTS += %D%/dsdt.sh
if HAVE_CHECK
unit_tests += \
    %D%/acpi \
    %D%/clock \
    %D%/firmware \
    %D%/input \
    %D%/linux \
    %D%/memmap \
    %D%/multiboot \
    %D%/ports \
    %D%/smbios
endif

%C%_acpi_SOURCES = %D%/acpi.c
%C%_acpi_CPPFLAGS = $(check_cppflags)
%C%_acpi_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_acpi_LDADD = $(check_libs)

%C%_clock_SOURCES = %D%/clock.c
%C%_clock_CPPFLAGS = $(check_cppflags)
%C%_clock_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_clock_LDADD = $(check_libs)

%C%_input_SOURCES = %D%/input.c
%C%_input_CPPFLAGS = $(check_cppflags)
%C%_input_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_input_LDADD = $(check_libs)

%C%_linux_SOURCES = %D%/linux.c
%C%_linux_CPPFLAGS = $(check_cppflags)
%C%_linux_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_linux_LDADD = $(check_libs)

%C%_memmap_SOURCES = %D%/memmap.c
%C%_memmap_CPPFLAGS = $(check_cppflags)
%C%_memmap_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_memmap_LDADD = $(check_libs)

%C%_multiboot_SOURCES = %D%/multiboot.c
%C%_multiboot_CPPFLAGS = $(check_cppflags)
%C%_multiboot_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_multiboot_LDADD = $(check_libs)

%C%_ports_SOURCES = %D%/ports.c
%C%_ports_CPPFLAGS = $(check_cppflags)
%C%_ports_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_ports_LDADD = $(check_libs)

%C%_firmware_SOURCES = %D%/firmware.c
%C%_firmware_CPPFLAGS = $(check_cppflags)
%C%_firmware_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_firmware_LDADD = $(check_libs)

%C%_smbios_SOURCES = %D%/smbios.c
%C%_smbios_CPPFLAGS = $(check_cppflags)
%C%_smbios_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_smbios_LDADD = $(check_libs)
