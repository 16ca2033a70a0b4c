# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/acpi.c \
    %D%/acpi.h \
    %D%/acpi_link.c \
    %D%/boot.c \
    %D%/boot.h \
    %D%/clock.c \
    %D%/clock.h \
    %D%/cmos.c \
    %D%/dma.h \
    %D%/dsdt.inc \
    %D%/firmware.c \
    %D%/fw_tables.c \
    %D%/input.c \
    %D%/input.h \
    %D%/irq.h \
    %D%/linux.c \
    %D%/machine.c \
    %D%/machine.h \
    %D%/drive.c \
    %D%/drive.h \
    %D%/memmap.c \
    %D%/memmap.h \
    %D%/multiboot.c \
    %D%/pc.c \
    %D%/pc.h \
    %D%/pc_display.c \
    %D%/pc_drives.c \
    %D%/pc_input.c \
    %D%/pc_legacy.c \
    %D%/pc_memory.c \
    %D%/pc_wires.c \
    %D%/ports.c \
    %D%/ports.h \
    %D%/processors.c \
    %D%/ram.c \
    %D%/ram.h \
    %D%/smbios.c \
    %D%/smbios.def \
    %D%/smbios.h

# dsdt.inc is dsdt.asl compiled; a test compares the two.
EXTRA_DIST += %D%/dsdt.asl %D%/dsdt.sh

# Images of bios/: rom.c takes them in by the names that bios/local.mk gives them.
noinst_LTLIBRARIES += librom.la
librom_la_SOURCES = %D%/rom.c %D%/rom.h
librom_la_CPPFLAGS = $(AM_CPPFLAGS) -DROM_BIOS='"$(rom_bios)"' \
    -DROM_VGABIOS='"$(rom_vgabios)"' -DROM_TOUR='"$(rom_tour)"'
libersatz_core_la_LIBADD += librom.la
rom_object = %D%/librom_la-rom.lo
$(rom_object): $(rom_bios) $(rom_vgabios) $(rom_tour)
