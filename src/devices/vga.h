/* SPDX-License-Identifier: MIT */
/*
 * A VGA with Bochs VBE extensions on the PCI bus, 1234:1111, as guests know it from QEMU. It
 * draws nothing by itself: vga_render() shows what a monitor would show at this instant of
 * virtual time. Reading the display has no effect on the chip.
 */
#ifndef ERSATZ_DEVICES_VGA_H
#define ERSATZ_DEVICES_VGA_H

#include <ersatz/ersatz.h>

#include "devices/pci.h"

extern const struct device_class vga_class;

/* Regions: ports 3B0h..3DFh; memory A0000h..BFFFFh, byte by byte; the window in its place where
 * the mode makes it plain memory; BAR 0, BAR 2 and the expansion ROM. */
enum { VGA_PORTS, VGA_LEGACY, VGA_WINDOW, VGA_LFB, VGA_MMIO, VGA_ROM };

#define VGA_PORTS_BASE 0x3b0
#define VGA_LEGACY_BASE 0xa0000u
#define VGA_LEGACY_SIZE 0x20000u

/* What the board gives it. */
struct vga_board {
    struct portmap *ports;
    struct pci_bus *bus; /* may be NULL: then there is no PCI function */
    u8 devfn;
    u8 *ram; /* display memory; a power of two from 256 KiB on, zeros at power-on */
    u32 ram_size;
    const u8 *rom; /* expansion ROM image, copied; NULL: none */
    u32 rom_size;
};

/* Once, before the first reset. */
int vga_connect(struct device *d, const struct vga_board *board, struct ersatz_error *err);
/* Lays A0000h..BFFFFh into `mem`, or takes it out. */
void vga_map_legacy(struct device *d, struct memmap *mem, bool on);
/* Mode 3 as a VGA BIOS leaves it, with a font of 256 characters of 16 bytes (NULL: none). */
void vga_set_text_mode(struct device *d, const u8 *font);

/* The picture's size in pixels; never 0. */
void vga_size(const struct device *d, unsigned *width, unsigned *height);
/* Draws as much of the picture as the surface holds; what lies outside becomes black. `steady`:
 * without cursor, and with blinking characters shown, so that equal screens are equal pictures. */
void vga_render(const struct device *d, const struct ersatz_surface *s, bool steady);

/* The characters on the screen; false in a graphics mode. */
bool vga_text(const struct device *d, struct ersatz_text *t);

#endif
