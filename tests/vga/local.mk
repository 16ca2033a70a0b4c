# SPDX-License-Identifier: MIT
# The VGA whole: a ROM that draws by registers alone, a floppy that draws by the VGA BIOS, and the
# pictures that must come out.
vga_rom = %D%/entry.S %D%/rom.c
vga_rom_cflags = -Ibios -m32 -march=i386 -Os -ffreestanding -fno-pic -no-pie -fno-stack-protector \
    -fcf-protection=none -fno-asynchronous-unwind-tables -nostdlib -static -Wall -Wextra -Werror \
    -Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,--oformat=binary
EXTRA_DIST += $(vga_rom) %D%/modes.S %D%/image.ld %D%/compare.py

%D%/rom.bin: $(vga_rom) %D%/image.ld
	$(AM_V_GEN)$(MKDIR_P) %D% && cd $(srcdir) && \
	    $(BIOS_CC) $(vga_rom_cflags) -Wl,-T,%D%/image.ld -o $(abs_builddir)/$@ $(vga_rom)

%D%/modes.img: %D%/modes.S
	$(AM_V_GEN)$(MKDIR_P) %D% && $(BIOS_CC) -m32 -nostdlib -static -Wl,--build-id=none \
	    -Wl,--oformat=binary -Wl,-Ttext=0x7c00 -o $@ $<

if BUILD_BIOS
check_DATA += %D%/rom.bin %D%/modes.img
CLEANFILES += %D%/rom.bin %D%/modes.img
endif
vga_tests = %D%/pictures.tap %D%/modes.tap
check_PROGRAMS += $(vga_tests)
if CAN_RUN
TESTS += $(vga_tests)
endif

%C%_pictures_tap_SOURCES = %D%/pictures.c %D%/pictures.def
%C%_pictures_tap_CPPFLAGS = $(check_cppflags) -DIMAGE='"rom.bin"' -DSETTING='"bios"' \
    -DFORMAT='"%s"' -DDEFS='"vga/pictures.def"'
%C%_pictures_tap_LDADD = libersatz-core.la

%C%_modes_tap_SOURCES = %D%/pictures.c %D%/modes.def
%C%_modes_tap_CPPFLAGS = $(check_cppflags) -DIMAGE='"modes.img"' -DSETTING='"drive"' \
    -DFORMAT='"if=floppy,readonly=on,file=%s"' -DDEFS='"vga/modes.def"'
%C%_modes_tap_LDADD = libersatz-core.la

# The same images on QEMU, picture by picture; for the eye, not for CI.
compare-vga: %D%/rom.bin %D%/modes.img $(vga_tests)
	for t in pictures:rom.bin modes:modes.img; do \
	    test=%D%/$${t%%:*} image=%D%/$${t##*:}; \
	    mkdir -p $$test && $$test.tap $$image $$test; \
	    python3 $(srcdir)/%D%/compare.py $$image $$test; done
.PHONY: compare-vga
