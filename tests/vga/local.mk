# SPDX-License-Identifier: MIT
# The VGA whole: a ROM that draws by registers alone, and the pictures that must come out.
vga_rom = %D%/entry.S %D%/rom.c
vga_rom_cflags = -m32 -march=i386 -Os -ffreestanding -fno-pic -no-pie -fno-stack-protector \
    -fcf-protection=none -fno-asynchronous-unwind-tables -nostdlib -static -Wall -Wextra -Werror \
    -Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,--oformat=binary
EXTRA_DIST += $(vga_rom) %D%/image.ld %D%/compare.py

%D%/rom.bin: $(vga_rom) %D%/image.ld
	$(AM_V_GEN)$(MKDIR_P) %D% && cd $(srcdir) && \
	    $(CC) $(vga_rom_cflags) -Wl,-T,%D%/image.ld -o $(abs_builddir)/$@ $(vga_rom)

if X86_CC
check_DATA += %D%/rom.bin
CLEANFILES += %D%/rom.bin
endif
check_PROGRAMS += %D%/pictures.tap
if CAN_RUN
TESTS += %D%/pictures.tap
endif

%C%_pictures_tap_SOURCES = %D%/pictures.c %D%/pictures.def
%C%_pictures_tap_CPPFLAGS = $(check_cppflags)
%C%_pictures_tap_LDADD = libersatz.la

# The same ROM on QEMU, picture by picture; for the eye, not for CI.
compare-vga: %D%/rom.bin %D%/pictures.tap
	mkdir -p %D%/pictures && %D%/pictures.tap %D%/rom.bin %D%/pictures; \
	    python3 $(srcdir)/%D%/compare.py %D%/rom.bin %D%/pictures
.PHONY: compare-vga
