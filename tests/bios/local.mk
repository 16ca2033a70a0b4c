# SPDX-License-Identifier: MIT
# The BIOS and its VGA BIOS, asked from floppies of ours.
bios_tests = %D%/vga.py
EXTRA_DIST += $(bios_tests) %D%/vga.S %D%/vga_steps.inc %D%/vga.txt

if BUILD_BIOS
%D%/vga.img: %D%/vga.S %D%/vga_steps.inc
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(BIOS_CC) -m32 -nostdlib -static -no-pie \
	    -Wl,-Ttext=0x7c00,--oformat=binary,--build-id=none -I$(srcdir)/%D% -o $@ $(srcdir)/%D%/vga.S
check_DATA += %D%/vga.img
CLEANFILES += %D%/vga.img
endif
if CAN_RUN
TESTS += $(bios_tests)
endif
