# SPDX-License-Identifier: MIT
# The VGA BIOS, an option ROM. Its tables are read through GS, so gcc must make none by itself.
vgabios_sources = \
    %D%/entry.S \
    %D%/ddc.c \
    %D%/glyphs.S \
    %D%/font.c \
    %D%/graphics.c \
    %D%/info.c \
    %D%/main.c \
    %D%/mode.c \
    %D%/palette.c \
    %D%/params.c \
    %D%/state.c \
    %D%/text.c \
    %D%/vbe.c \
    %D%/vbe_info.c \
    %D%/vmem.c
vgabios_headers = \
    %D%/dispi.h \
    %D%/modes.def \
    %D%/params.def \
    %D%/services.def \
    %D%/vbe.h \
    %D%/vbe_modes.def \
    %D%/vga.h
vgabios_cflags = $(bios_cflags) -fno-jump-tables -fno-tree-switch-conversion \
    -I$(srcdir)/bios -I$(srcdir)/%D%
# where entry.S leaves the byte for the checksum
vgabios_checksum_at = 60

SUFFIXES += .ovga
.c.ovga:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(BIOS_CC) $(vgabios_cflags) -c -o $@ $<
.S.ovga:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(BIOS_CC) $(vgabios_cflags) -c -o $@ $<

vgabios_objects_c = $(vgabios_sources:.c=.ovga)
vgabios_objects = $(vgabios_objects_c:.S=.ovga)
$(vgabios_objects): $(vgabios_headers) bios/bda.h bios/bios.h bios/real.h bios/real.inc bios/x86.h

%D%/vgabios.bin: $(vgabios_objects) %D%/vgabios.ld %D%/checksum.sh
	$(AM_V_GEN)$(BIOS_CC) $(bios_ldflags) -Wl,-T,$(srcdir)/%D%/vgabios.ld -o $@.new \
	    $(vgabios_objects) && \
	    $(SHELL) $(srcdir)/%D%/checksum.sh $@.new $(vgabios_checksum_at) && mv $@.new $@

# glyphs.S is made by font.py; a test compares the two.
EXTRA_DIST += $(vgabios_sources) $(vgabios_headers) %D%/vgabios.ld %D%/checksum.sh \
    %D%/fixed.hex %D%/font.py bios/prebuilt/vgabios.bin
CLEANFILES += %D%/vgabios.bin $(vgabios_objects)

if BUILD_BIOS
rom_vgabios = bios/vga/vgabios.bin
else
rom_vgabios = $(srcdir)/bios/prebuilt/vgabios.bin
endif
