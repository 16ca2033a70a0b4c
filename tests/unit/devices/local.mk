# SPDX-License-Identifier: MIT
# apic: local APICs, I/O APIC and their bus; pci: the bus and both bridges; small: the rest.
EXTRA_DIST += %D%/bench.h %D%/disk.h %D%/ide_pio.h %D%/ide_rig.h %D%/i82078_bench.h %D%/vga_bench.h
if HAVE_CHECK
unit_tests += \
    %D%/apic \
    %D%/atapi \
    %D%/device \
    %D%/fw_cfg \
    %D%/hpet \
    %D%/i8042 \
    %D%/i8237 \
    %D%/i82078 \
    %D%/i82078_transfer \
    %D%/i8254 \
    %D%/i8259 \
    %D%/ide \
    %D%/ide_dma \
    %D%/ide_misuse \
    %D%/mc146818 \
    %D%/pci \
    %D%/pflash \
    %D%/pm_piix4 \
    %D%/small \
    %D%/uart16550 \
    %D%/vbe \
    %D%/vga \
    %D%/vga_mem \
    %D%/vga_render
endif

%C%_apic_SOURCES = %D%/apic.c
%C%_apic_CPPFLAGS = $(check_cppflags)
%C%_apic_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_apic_LDADD = $(check_libs)

%C%_device_SOURCES = %D%/device.c
%C%_device_CPPFLAGS = $(check_cppflags)
%C%_device_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_device_LDADD = $(check_libs)

%C%_hpet_SOURCES = %D%/hpet.c
%C%_hpet_CPPFLAGS = $(check_cppflags)
%C%_hpet_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_hpet_LDADD = $(check_libs)

%C%_i8042_SOURCES = %D%/i8042.c
%C%_i8042_CPPFLAGS = $(check_cppflags)
%C%_i8042_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_i8042_LDADD = $(check_libs)

%C%_i8237_SOURCES = %D%/i8237.c
%C%_i8237_CPPFLAGS = $(check_cppflags)
%C%_i8237_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_i8237_LDADD = $(check_libs)

%C%_i82078_SOURCES = %D%/i82078.c
%C%_i82078_CPPFLAGS = $(check_cppflags)
%C%_i82078_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_i82078_LDADD = $(check_libs)

%C%_i82078_transfer_SOURCES = %D%/i82078_transfer.c
%C%_i82078_transfer_CPPFLAGS = $(check_cppflags)
%C%_i82078_transfer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_i82078_transfer_LDADD = $(check_libs)

%C%_i8254_SOURCES = %D%/i8254.c
%C%_i8254_CPPFLAGS = $(check_cppflags)
%C%_i8254_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_i8254_LDADD = $(check_libs)

%C%_i8259_SOURCES = %D%/i8259.c
%C%_i8259_CPPFLAGS = $(check_cppflags)
%C%_i8259_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_i8259_LDADD = $(check_libs)

%C%_mc146818_SOURCES = %D%/mc146818.c
%C%_mc146818_CPPFLAGS = $(check_cppflags)
%C%_mc146818_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_mc146818_LDADD = $(check_libs)

%C%_pci_SOURCES = %D%/pci.c
%C%_pci_CPPFLAGS = $(check_cppflags)
%C%_pci_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_pci_LDADD = $(check_libs)

%C%_pm_piix4_SOURCES = %D%/pm_piix4.c
%C%_pm_piix4_CPPFLAGS = $(check_cppflags)
%C%_pm_piix4_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_pm_piix4_LDADD = $(check_libs)

%C%_small_SOURCES = %D%/small.c
%C%_small_CPPFLAGS = $(check_cppflags)
%C%_small_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_small_LDADD = $(check_libs)

%C%_uart16550_SOURCES = %D%/uart16550.c
%C%_uart16550_CPPFLAGS = $(check_cppflags)
%C%_uart16550_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_uart16550_LDADD = $(check_libs)

%C%_vga_SOURCES = %D%/vga.c
%C%_vga_CPPFLAGS = $(check_cppflags)
%C%_vga_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_vga_LDADD = $(check_libs)

%C%_vbe_SOURCES = %D%/vbe.c
%C%_vbe_CPPFLAGS = $(check_cppflags)
%C%_vbe_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_vbe_LDADD = $(check_libs)

%C%_vga_mem_SOURCES = %D%/vga_mem.c
%C%_vga_mem_CPPFLAGS = $(check_cppflags)
%C%_vga_mem_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_vga_mem_LDADD = $(check_libs)

%C%_vga_render_SOURCES = %D%/vga_render.c
%C%_vga_render_CPPFLAGS = $(check_cppflags)
%C%_vga_render_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_vga_render_LDADD = $(check_libs)

%C%_fw_cfg_SOURCES = %D%/fw_cfg.c
%C%_fw_cfg_CPPFLAGS = $(check_cppflags)
%C%_fw_cfg_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_fw_cfg_LDADD = $(check_libs)

%C%_pflash_SOURCES = %D%/pflash.c
%C%_pflash_CPPFLAGS = $(check_cppflags)
%C%_pflash_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_pflash_LDADD = $(check_libs)

%C%_ide_dma_SOURCES = %D%/ide_dma.c
%C%_ide_dma_CPPFLAGS = $(check_cppflags)
%C%_ide_dma_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_ide_dma_LDADD = $(check_libs)

%C%_ide_SOURCES = %D%/ide.c
%C%_ide_CPPFLAGS = $(check_cppflags)
%C%_ide_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_ide_LDADD = $(check_libs)

%C%_atapi_SOURCES = %D%/atapi.c
%C%_atapi_CPPFLAGS = $(check_cppflags)
%C%_atapi_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_atapi_LDADD = $(check_libs)

%C%_ide_misuse_SOURCES = %D%/ide_misuse.c
%C%_ide_misuse_CPPFLAGS = $(check_cppflags)
%C%_ide_misuse_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_ide_misuse_LDADD = $(check_libs)
