/* SPDX-License-Identifier: MIT */
/*
 * Bochs VBE, the "dispi" interface: sixteen-bit registers behind an index port (1CEh) and a data
 * port (1CFh, and 1D0h for who wants it aligned), or in BAR 2. Bochs' VBE API 0.1 to 0.5, and
 * QEMU's documentation "standard VGA".
 *
 * While ENABLE says so, resolution, pixels and pitch are what these registers say and the VGA's
 * own timing counts for nothing. 8 to 32 bits a pixel are packed, in the linear frame buffer and
 * in 64-KiB banks at A0000h; 4 bits are four planes behind the graphics controller.
 *
 *     ENABLE:  7 don't clear memory   6 linear frame buffer   5 DAC of 8 bits
 *              1 registers read as their limits               0 on
 *
 *     BAR 2:   000h..3FFh EDID: none is there   400h ports 3C0h..3DFh
 *              500h the registers, two bytes each
 *              600h size of this block   604h byte order of the frame buffer
 */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "devices/vga_state.h"

#define ID_FIRST 0xb0c0
#define ID_LAST 0xb0c5
#define MAX_XRES 16000
#define MAX_YRES 12000
#define MAX_BPP 32
#define BANK_SIZE 0x10000u

enum { PORT_INDEX, PORT_DATA, PORT_DATA_ALIGNED };

enum {
    MMIO_PORTS = 0x400,
    MMIO_PORTS_END = 0x420,
    MMIO_DISPI = 0x500,
    MMIO_DISPI_END = MMIO_DISPI + 2 * (DISPI_COUNT + 1),
    MMIO_SIZE = 0x600,
    MMIO_BYTE_ORDER = 0x604,
};

#define PORTS_AT 0x10 /* of port 3C0h, from 3B0h on */
#define EXTENDED_SIZE 8
#define ORDER_BIG 0xbebebebeu
#define ORDER_LITTLE 0x1e1e1e1eu

/* ---- What fits ---------------------------------------------------------------------------- */

static unsigned pixel_bits(const struct vga *v)
{
    return v->dispi[DISPI_BPP] == 15 ? 16 : v->dispi[DISPI_BPP];
}

u32 vbe_pitch(const struct vga *v)
{
    return v->dispi[DISPI_VIRT_WIDTH] * pixel_bits(v) / 8;
}

u32 vbe_start(const struct vga *v)
{
    u32 x = v->dispi[DISPI_X_OFFSET] * pixel_bits(v) / 8;

    return v->dispi[DISPI_Y_OFFSET] * vbe_pitch(v) + (pixel_bits(v) == 4 ? x & ~3u : x);
}

static u16 between(u32 value, u32 low, u32 high)
{
    return (u16)(value < low ? low : value > high ? high : value);
}

static bool known_bpp(u16 bpp)
{
    return bpp == 4 || bpp == 8 || bpp == 15 || bpp == 16 || bpp == 24 || bpp == 32;
}

/* The last row need not be whole: a shifted window may end where memory ends. */
static bool shown_fits(const struct vga *v)
{
    u64 row = (u64)v->dispi[DISPI_XRES] * pixel_bits(v) / 8;

    return vbe_start(v) + (u64)vbe_pitch(v) * (v->dispi[DISPI_YRES] - 1u) + row <= v->ram_size;
}

void vbe_settle(struct vga *v)
{
    u16 *r = v->dispi;

    r[DISPI_BANK] = (u16)(r[DISPI_BANK] & (v->ram_size / BANK_SIZE - 1));
    if (!vbe_on(v))
        return;
    if (!v->ram) {
        r[DISPI_ENABLE] = 0;
        return;
    }
    if (!known_bpp(r[DISPI_BPP]))
        r[DISPI_BPP] = 8;
    r[DISPI_XRES] = between(r[DISPI_XRES] & ~7u, 8, MAX_XRES);
    r[DISPI_VIRT_WIDTH] = between(r[DISPI_VIRT_WIDTH] & ~7u, r[DISPI_XRES], MAX_XRES);
    u32 rows = v->ram_size / vbe_pitch(v);
    r[DISPI_YRES] = between(r[DISPI_YRES], 1, rows < MAX_YRES ? rows : MAX_YRES);
    r[DISPI_VIRT_HEIGHT] = between(rows, 1, UINT16_MAX);
    r[DISPI_X_OFFSET] = between(r[DISPI_X_OFFSET], 0, MAX_XRES);
    r[DISPI_Y_OFFSET] = between(r[DISPI_Y_OFFSET], 0, MAX_YRES);
    if (!shown_fits(v))
        r[DISPI_Y_OFFSET] = 0;
    if (!shown_fits(v))
        r[DISPI_X_OFFSET] = 0;
}

void vbe_reset(struct vga *v)
{
    v->dispi[DISPI_ID] = ID_LAST;
    v->byte_order = ORDER_LITTLE;
}

/* ---- Registers ---------------------------------------------------------------------------- */

static void write_enable(struct vga *v, u16 value)
{
    u16 *r = v->dispi;
    bool starts = (value & DISPI_ENABLED) && !vbe_on(v);

    r[DISPI_ENABLE] = value;
    if (!starts) {
        r[DISPI_BANK] = 0;
        return;
    }
    r[DISPI_VIRT_WIDTH] = r[DISPI_X_OFFSET] = r[DISPI_Y_OFFSET] = 0;
    vbe_settle(v);
    if (vbe_on(v) && !(value & DISPI_NOCLEARMEM))
        memset(v->ram, 0, (size_t)vbe_pitch(v) * r[DISPI_YRES]);
}

static void dispi_write(struct vga *v, unsigned index, u16 value)
{
    LOG(v->dev.log, VGA, "VBE register %u = %04x", index, value);
    switch (index) {
    case DISPI_ID:
        if (value >= ID_FIRST && value <= ID_LAST)
            v->dispi[DISPI_ID] = value;
        break;
    case DISPI_ENABLE: write_enable(v, value); break;
    case DISPI_XRES:
    case DISPI_YRES:
    case DISPI_BPP:
    case DISPI_BANK:
    case DISPI_VIRT_WIDTH:
    case DISPI_X_OFFSET:
    case DISPI_Y_OFFSET:
        v->dispi[index] = value;
        vbe_settle(v);
        break;
    default: break; /* read-only, or none */
    }
    vga_mem_place(v);
}

static u16 dispi_read(const struct vga *v, unsigned index)
{
    if (v->dispi[DISPI_ENABLE] & DISPI_GETCAPS) {
        switch (index) {
        case DISPI_XRES: return MAX_XRES;
        case DISPI_YRES: return MAX_YRES;
        case DISPI_BPP: return MAX_BPP;
        default: break;
        }
    }
    if (index == DISPI_MEMORY_64K)
        return (u16)(v->ram_size / BANK_SIZE);
    return index < DISPI_COUNT ? v->dispi[index] : 0;
}

u32 vbe_port_read(void *opaque, u16 offset, unsigned size)
{
    const struct vga *v = opaque;

    if (size != 2)
        return 0xff;
    switch (offset) {
    case PORT_INDEX: return v->dispi_index;
    case PORT_DATA:
    case PORT_DATA_ALIGNED: return dispi_read(v, v->dispi_index);
    default: return 0xffff;
    }
}

void vbe_port_write(void *opaque, u16 offset, u32 value, unsigned size)
{
    struct vga *v = opaque;

    if (size != 2)
        return;
    if (offset == PORT_INDEX)
        v->dispi_index = (u16)value;
    else if (offset == PORT_DATA || offset == PORT_DATA_ALIGNED)
        dispi_write(v, v->dispi_index, (u16)value);
}

/* ---- BAR 2 -------------------------------------------------------------------------------- */

static u32 extended_read(const struct vga *v, u64 offset)
{
    return offset == MMIO_SIZE ? EXTENDED_SIZE : offset == MMIO_BYTE_ORDER ? v->byte_order : 0;
}

u64 vbe_mmio_read(struct device *d, u64 offset, unsigned size)
{
    struct vga *v = (struct vga *)d;
    u64 value = 0;

    if (offset >= MMIO_SIZE)
        return extended_read(v, offset & ~3ull) >> 8 * (offset & 3);
    if (offset >= MMIO_PORTS && offset < MMIO_PORTS_END) {
        for (unsigned i = 0; i < size; i++)
            value |= (u64)vga_port_read(v, (unsigned)(offset - MMIO_PORTS) + PORTS_AT + i) << 8 * i;
        return value;
    }
    if (offset < MMIO_DISPI || offset >= MMIO_DISPI_END)
        return 0;
    unsigned index = (unsigned)(offset - MMIO_DISPI) / 2;
    value = dispi_read(v, index);
    if (size == 4)
        value |= (u64)dispi_read(v, index + 1) << 16;
    return value >> 8 * (offset & 1);
}

static void extended_write(struct vga *v, u64 offset, u64 value)
{
    if (offset == MMIO_BYTE_ORDER && (value == ORDER_BIG || value == ORDER_LITTLE))
        v->byte_order = (u32)value;
}

/* A byte is too narrow for a register of the VBE. */
void vbe_mmio_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct vga *v = (struct vga *)d;

    if (offset >= MMIO_SIZE) {
        extended_write(v, offset, value);
    } else if (offset >= MMIO_PORTS && offset < MMIO_PORTS_END) {
        for (unsigned i = 0; i < size; i++)
            vga_port_write(v, (unsigned)(offset - MMIO_PORTS) + PORTS_AT + i, (u8)(value >> 8 * i));
    } else if (offset >= MMIO_DISPI && size >= 2) {
        for (unsigned i = 0; i < size; i += 2)
            dispi_write(v, (unsigned)(offset + i - MMIO_DISPI) / 2, (u16)(value >> 8 * i));
    }
}
