# SPDX-License-Identifier: MIT
# The tour: a disk image that boots by itself, and that the BIOS starts where there is no disk.
tour_sources = \
    %D%/boot.S \
    %D%/console.c \
    %D%/gdt.c \
    %D%/long.S \
    %D%/modes.c \
    %D%/prompt.c \
    %D%/real.S \
    %D%/report.c \
    %D%/sensitive.c \
    %D%/trap.S
tour_headers = \
    %D%/layout.h \
    %D%/sensitive.def \
    %D%/tour.h
tour_cflags = -m32 -march=i486 -Os -std=gnu11 -ffreestanding -fno-pic -fno-pie \
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
    -fno-strict-aliasing -fno-tree-loop-distribute-patterns -mgeneral-regs-only \
    -Wall -Wextra -Wno-unused-parameter -Werror -Wa,--fatal-warnings
tour_ldflags = -m32 -nostdlib -static -no-pie -Wl,--build-id=none \
    -Wl,--no-warn-rwx-segments -Wl,--oformat=binary

SUFFIXES += .otour
.c.otour:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(BIOS_CC) $(tour_cflags) -I$(srcdir)/bios/tour -I$(srcdir)/bios -c -o $@ $<
.S.otour:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(BIOS_CC) $(tour_cflags) -I$(srcdir)/bios/tour -I$(srcdir)/bios -c -o $@ $<

tour_objects_c = $(tour_sources:.c=.otour)
tour_objects = $(tour_objects_c:.S=.otour)
$(tour_objects): $(tour_headers) bios/x86.h

%D%/tour.bin: $(tour_objects) %D%/tour.ld
	$(AM_V_GEN)$(BIOS_CC) $(tour_ldflags) -Wl,-T,$(srcdir)/%D%/tour.ld -o $@ $(tour_objects)

EXTRA_DIST += $(tour_sources) $(tour_headers) %D%/tour.ld bios/prebuilt/tour.bin
CLEANFILES += %D%/tour.bin $(tour_objects)

if BUILD_BIOS
rom_tour = bios/tour/tour.bin
else
rom_tour = $(srcdir)/bios/prebuilt/tour.bin
endif
