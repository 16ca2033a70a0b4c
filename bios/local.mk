# SPDX-License-Identifier: MIT
# The BIOS: 16-bit code for the machine inside, whatever the host is. BIOS_CC is a compiler that
# makes such code; without one the library takes the image that is kept in prebuilt/.
bios_sources = \
    %D%/a20.c \
    %D%/acpi.c \
    %D%/ap.S \
    %D%/apm.c \
    %D%/ata.c \
    %D%/atapi.c \
    %D%/boot.c \
    %D%/boot_jump.S \
    %D%/boot_menu.c \
    %D%/boot_order.c \
    %D%/chipset.c \
    %D%/clock.c \
    %D%/cmos.c \
    %D%/configtable.S \
    %D%/disk.c \
    %D%/dma.c \
    %D%/drives.c \
    %D%/e820.c \
    %D%/edd.c \
    %D%/eltorito.c \
    %D%/entry.S \
    %D%/fdc.c \
    %D%/floppy.c \
    %D%/fwcfg.c \
    %D%/i8042.c \
    %D%/int16.c \
    %D%/keyboard.c \
    %D%/linux.c \
    %D%/memory.S \
    %D%/mode32.S \
    %D%/mptable.c \
    %D%/move.c \
    %D%/mouse.c \
    %D%/mouse_call.S \
    %D%/optionrom.c \
    %D%/pci.c \
    %D%/pcibios.c \
    %D%/pciirq.c \
    %D%/pcisetup.c \
    %D%/pic.c \
    %D%/pmm.c \
    %D%/pnp.S \
    %D%/post.c \
    %D%/print.c \
    %D%/printer.c \
    %D%/reset.S \
    %D%/serial.c \
    %D%/smbios.c \
    %D%/smm_entry.S \
    %D%/smm.c \
    %D%/smp.c \
    %D%/string.c \
    %D%/system.c \
    %D%/time.c \
    %D%/wait.c
bios_sources_32 = \
    %D%/apm32.c \
    %D%/pcibios32.c
bios_headers = \
    %D%/apm.h \
    %D%/ata.h \
    %D%/bda.h \
    %D%/bios.h \
    %D%/boot.h \
    %D%/cpu.h \
    %D%/disk.h \
    %D%/e820.h \
    %D%/eltorito.h \
    %D%/fdc.h \
    %D%/floppy.h \
    %D%/fwcfg.h \
    %D%/i8042.h \
    %D%/int15.def \
    %D%/int15.h \
    %D%/keyboard.h \
    %D%/linux.h \
    %D%/media.def \
    %D%/mouse.h \
    %D%/optionrom.h \
    %D%/pci.h \
    %D%/pciirq.h \
    %D%/pic.h \
    %D%/pmm.h \
    %D%/post.def \
    %D%/post.h \
    %D%/real.h \
    %D%/real.inc \
    %D%/scancodes.def \
    %D%/time.h \
    %D%/smp.h \
    %D%/x86.h \
    %D%/vectors.def

# -mregparm=3 is what the assembly counts on.
bios_cflags_any = -DBIOS_VERSION='"$(PACKAGE_VERSION)"' -march=i486 -Os -std=gnu11 \
    -ffreestanding -fno-pic -fno-pie \
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
    -fno-strict-aliasing -fno-tree-loop-distribute-patterns -ffunction-sections -fdata-sections \
    -mregparm=3 -mpreferred-stack-boundary=2 -mgeneral-regs-only \
    -Wall -Wextra -Wno-unused-parameter -Werror -Wa,--fatal-warnings
bios_cflags = -m16 -DREAL_MODE $(bios_cflags_any)
# Code for 32-bit callers has no data, so no tables of jumps or values either.
bios_cflags_32 = -m32 $(bios_cflags_any) -fno-jump-tables -fno-tree-switch-conversion
bios_ldflags = -m16 -nostdlib -static -no-pie -Wl,--build-id=none -Wl,--gc-sections \
    -Wl,--no-check-sections -Wl,--no-warn-rwx-segments -Wl,--oformat=binary

SUFFIXES += .o16 .o32
.c.o16:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(BIOS_CC) $(bios_cflags) -I$(srcdir)/bios -c -o $@ $<
.c.o32:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(BIOS_CC) $(bios_cflags_32) -I$(srcdir)/bios -c -o $@ $<
.S.o16:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(BIOS_CC) $(bios_cflags) -I$(srcdir)/bios -c -o $@ $<

bios_objects_c = $(bios_sources:.c=.o16)
bios_objects = $(bios_objects_c:.S=.o16) $(bios_sources_32:.c=.o32)
$(bios_objects): $(bios_headers)

%D%/bios.bin: $(bios_objects) %D%/bios.ld
	$(AM_V_GEN)$(BIOS_CC) $(bios_ldflags) -Wl,-T,$(srcdir)/%D%/bios.ld -o $@ $(bios_objects)

EXTRA_DIST += $(bios_sources) $(bios_sources_32) $(bios_headers) %D%/bios.ld %D%/prebuilt/bios.bin
CLEANFILES += %D%/bios.bin $(bios_objects)

# What src/board/rom.c takes in.
if BUILD_BIOS
rom_bios = bios/bios.bin
else
rom_bios = $(srcdir)/bios/prebuilt/bios.bin
endif

# make prebuilt: keeps what the sources make here; tests/bios/prebuilt.py compares.
prebuilt_images = bios/bios.bin bios/vga/vgabios.bin bios/tour/tour.bin
.PHONY: prebuilt
prebuilt: $(prebuilt_images)
	$(AM_V_GEN)cp $(prebuilt_images) $(srcdir)/%D%/prebuilt/ && \
	    $(SHELL) $(srcdir)/%D%/prebuilt/compiler.sh $(BIOS_CC) >$(srcdir)/%D%/prebuilt/compiler.txt
EXTRA_DIST += %D%/prebuilt/compiler.sh %D%/prebuilt/compiler.txt
