/* SPDX-License-Identifier: MIT */
/* The board's display: a VGA at 0:2.0 with memory of its own. */
#include "base/bits.h"
#include "board/pc.h"
#include "board/rom.h"
#include "devices/i440fx.h"
#include "devices/vga.h"

#define VGA_SLOT 2
#define VGA_RAM (16u << 20)

int pc_add_display(struct machine *m, struct ersatz_error *err)
{
    if (m->config.no_vga)
        return 0;
    int error = ram_init(&m->video, VGA_RAM, err);
    if (error)
        return error;
    m->vga = pc_add_chip(m, &vga_class, "vga", err);
    if (!m->vga)
        return -ERSATZ_E_NOMEM;
    u32 rom_size;
    const u8 *rom = rom_vgabios(&rom_size);
    const struct vga_board board = {.ports = &m->io,
                                    .bus = i440fx_bus(m->host_bridge),
                                    .devfn = PCI_DEVFN(VGA_SLOT, 0),
                                    .ram = m->video.host,
                                    .ram_size = VGA_RAM,
                                    .rom = rom,
                                    .rom_size = rom_size};
    error = vga_connect(m->vga, &board, err);
    if (!error)
        error = device_map_ports(m->vga, VGA_PORTS, &m->io, VGA_PORTS_BASE, err);
    vga_map_legacy(m->vga, &m->mem, true);
    return error;
}

/* The VGA BIOS tells where its font of 8 x 16 dots lies. */
static const u8 *font(void)
{
    enum { FONT_AT = 0x3e, FONT_SIZE = 256 * 16 };
    u32 size;
    const u8 *rom = rom_vgabios(&size);
    u32 at = size >= FONT_AT + 2 ? ld16(rom + FONT_AT) : 0;

    return at && at + FONT_SIZE <= size ? rom + at : NULL;
}

void pc_text_mode(struct machine *m)
{
    if (m->vga)
        vga_set_text_mode(m->vga, font());
}

void pc_show_display(struct machine *m, bool on)
{
    if (m->vga)
        vga_map_legacy(m->vga, &m->mem, on);
}
