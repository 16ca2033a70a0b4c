# SPDX-License-Identifier: MIT
# The BIOS and its VGA BIOS, asked from floppies of ours.
bios_tests = \
    %D%/boot.py \
    %D%/devices.py \
    %D%/disk.py \
    %D%/keyboard.py \
    %D%/prebuilt.py \
    %D%/reboot.py \
    %D%/services.py \
    %D%/tables.py \
    %D%/tour.py \
    %D%/vga.py
EXTRA_DIST += $(bios_tests) %D%/vga.S %D%/vga_steps.inc %D%/vga.txt \
    %D%/ask.h \
    %D%/ask.ld \
    %D%/ask.py \
    %D%/boot.c \
    %D%/devices.c \
    %D%/devices.txt \
    %D%/disk.c \
    %D%/disk.txt \
    %D%/reboot.c \
    %D%/services.c \
    %D%/tables.c \
    %D%/keyboard.c \
    %D%/keyboard.txt \
    %D%/start.S

if BUILD_BIOS
%D%/vga.img: %D%/vga.S %D%/vga_steps.inc
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(BIOS_CC) -m32 -nostdlib -static -no-pie \
	    -Wl,-Ttext=0x7c00,--oformat=binary,--build-id=none -I$(srcdir)/%D% -o $@ $(srcdir)/%D%/vga.S

ask_flags = -I$(srcdir)/bios -m16 -march=i386 -Os -std=gnu11 -ffreestanding -fno-pic -fno-pie -mregparm=3 \
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -Wall -Wextra \
    -nostdlib -static -no-pie -Wl,--build-id=none -Wl,--oformat=binary -Wl,--no-warn-rwx-segments
ask_common = %D%/start.S %D%/ask.h %D%/ask.ld bios/real.h bios/real.inc bios/x86.h
ask_make = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(BIOS_CC) $(ask_flags) -Wl,-T,$(srcdir)/%D%/ask.ld \
    -o $@ $(srcdir)/%D%/start.S
%D%/boot.img: %D%/boot.c $(ask_common)
	$(ask_make) $(srcdir)/%D%/boot.c
%D%/devices.img: %D%/devices.c $(ask_common)
	$(ask_make) $(srcdir)/%D%/devices.c
%D%/disk.img: %D%/disk.c $(ask_common)
	$(ask_make) $(srcdir)/%D%/disk.c
%D%/keyboard.img: %D%/keyboard.c $(ask_common)
	$(ask_make) $(srcdir)/%D%/keyboard.c
# a whole floppy, so that its format is known
ask_floppy = dd if=$@ of=$@.new bs=1474560 conv=sync status=none && mv $@.new $@
%D%/services.img: %D%/services.c $(ask_common)
	$(ask_make) $(srcdir)/%D%/services.c && $(ask_floppy)
%D%/tables.img: %D%/tables.c $(ask_common)
	$(ask_make) $(srcdir)/%D%/tables.c && $(ask_floppy)
%D%/reboot.img: %D%/reboot.c $(ask_common)
	$(ask_make) $(srcdir)/%D%/reboot.c && $(ask_floppy)
bios_images = %D%/boot.img %D%/devices.img %D%/disk.img %D%/keyboard.img %D%/reboot.img \
    %D%/services.img %D%/tables.img %D%/vga.img
check_DATA += $(bios_images)
CLEANFILES += $(bios_images)
endif
# An emulated host takes minutes for some, and is asked what does not wait for keys or disks.
if CROSS
if CAN_RUN
TESTS += %D%/services.py %D%/tables.py %D%/tour.py %D%/vga.py
endif
else
TESTS += $(bios_tests)
endif
