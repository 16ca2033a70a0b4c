/* SPDX-License-Identifier: MIT */
/*
 * Display memory as the CPU sees it at A0000h: graphics controller and sequencer. IBM VGA
 * Technical Reference, 2-81 (write and read modes); FreeVGA, "Accessing the VGA Display Memory".
 *
 * Three ways of addressing:
 *     sequential  one offset, all planes; the map mask and the read map choose among them
 *     odd/even    A0 chooses between planes 0, 2 and planes 1, 3; the offset is even
 *     chain-4     A1..A0 choose the plane. An IBM VGA leaves three of four offsets of a plane
 *                 unused then; here, as on later cards, they are packed: memory is linear.
 *
 * Where the latter meets no logic on the way (mode 13h, all packed-pixel modes of VBE), the
 * whole window is memory like any other and vga_mem_read() is not called at all.
 */
#include "base/bits.h"
#include "board/memmap.h"
#include "devices/vga_state.h"

#define PLANE_SPAN 0x10000u /* bytes of a plane that a VGA addresses */
#define WINDOW_64K 0x10000u

enum { MAP_128K, MAP_64K, MAP_MONO, MAP_COLOUR }; /* GFX_MISC, bits 3..2 */

/* A byte FFh for each plane of `planes` (bits 3..0). */
static u32 spread(unsigned planes)
{
    return (planes & 1 ? 0xffu : 0) | (planes & 2 ? 0xff00u : 0) | (planes & 4 ? 0xff0000u : 0) |
           (planes & 8 ? 0xff000000u : 0);
}

static u32 each_plane(u8 byte)
{
    return 0x01010101u * byte;
}

/* VBE has its window at A0000h, whatever the mode before it had. */
static unsigned memory_map(const struct vga *v)
{
    return vbe_on(v) ? MAP_64K : v->gfx[GFX_MISC] >> 2 & 3;
}

/* Does the window at A0000h + offset lead to display memory? Then *addr is where, as a count of
 * bytes that the CPU sees. */
static bool decode(const struct vga *v, u64 offset, u32 *addr)
{
    u32 at = (u32)offset;

    if (!v->ram || !(v->misc & MISC_RAM))
        return false;
    switch (memory_map(v)) {
    case MAP_128K: break;
    case MAP_64K:
        if (at >= WINDOW_64K)
            return false;
        break;
    case MAP_MONO:
        if (at < 0x10000 || at >= 0x18000)
            return false;
        at -= 0x10000;
        break;
    default:
        if (at < 0x18000)
            return false;
        at -= 0x18000;
        break;
    }
    *addr = vbe_on(v) ? at % WINDOW_64K + v->dispi[DISPI_BANK] * WINDOW_64K : at;
    return true;
}

/* Packed pixels, no planes: what VBE is for. */
static bool packed(const struct vga *v)
{
    return vbe_on(v) && v->dispi[DISPI_BPP] > 4;
}

static bool chained(const struct vga *v)
{
    return packed(v) || (v->seq[SEQ_MEMORY_MODE] & SEQ_CHAIN_4);
}

/* What of memory is in reach: a plain VGA has 256 KiB. */
static u32 reach(const struct vga *v)
{
    return vbe_on(v) ? v->ram_size - 1 : 4 * PLANE_SPAN - 1;
}

/* The double word of all four planes that belongs to an address. */
static u8 *group(const struct vga *v, u32 addr)
{
    if (chained(v))
        return v->ram + (addr & reach(v) & ~3u);
    if (v->gfx[GFX_MISC] & GFX_CHAIN_ODD_EVEN)
        addr &= ~1u;
    return v->ram + (4 * addr & reach(v));
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* Read mode 1: a bit is 1 where all planes that are cared for have the wanted colour. */
static u8 compare_colour(const struct vga *v)
{
    u32 differs = (v->latch ^ spread(v->gfx[GFX_COLOUR_COMPARE])) &
                  spread(v->gfx[GFX_COLOUR_DONT_CARE]);

    return (u8) ~(differs | differs >> 8 | differs >> 16 | differs >> 24);
}

static u8 read_byte(struct vga *v, u64 offset)
{
    unsigned plane = v->gfx[GFX_READ_MAP];
    u32 addr;

    if (!decode(v, offset, &addr))
        return 0xff;
    const u8 *at = group(v, addr);
    if (packed(v))
        return at[addr & 3];
    v->latch = ld32(at);
    if (v->gfx[GFX_MODE] & GFX_READ_MODE_1)
        return compare_colour(v);
    if (chained(v))
        plane = addr & 3;
    else if (v->gfx[GFX_MODE] & GFX_ODD_EVEN)
        plane = (plane & 2) | (addr & 1);
    return at[plane];
}

u64 vga_mem_read(struct device *d, u64 offset, unsigned size)
{
    u64 value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (u64)read_byte((struct vga *)d, offset + i) << 8 * i;
    return value;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static u8 rotated(const struct vga *v, u8 byte)
{
    unsigned n = v->gfx[GFX_ROTATE] & 7;

    return (u8)(byte >> n | byte << (8 - n));
}

/* The data of a write in each plane before function select and bit mask. */
static u32 write_data(const struct vga *v, u8 byte)
{
    u32 set = spread(v->gfx[GFX_SET_RESET]), enable = spread(v->gfx[GFX_ENABLE_SET_RESET]);

    switch (v->gfx[GFX_MODE] & 3) {
    case 0: return (each_plane(rotated(v, byte)) & ~enable) | (set & enable);
    case 2: return spread(byte);
    default: return set;
    }
}

static u32 combine(const struct vga *v, u32 data)
{
    switch (v->gfx[GFX_ROTATE] >> 3 & 3) {
    case 1: return data & v->latch;
    case 2: return data | v->latch;
    case 3: return data ^ v->latch;
    default: return data;
    }
}

/* Write modes: 0 data, rotated, or set/reset; 1 the latches; 2 a colour; 3 set/reset where the
 * data has ones. */
static u32 written(const struct vga *v, u8 byte)
{
    unsigned mode = v->gfx[GFX_MODE] & 3;
    u8 bits = v->gfx[GFX_BIT_MASK];

    if (mode == 1)
        return v->latch;
    if (mode == 3)
        bits &= rotated(v, byte);
    u32 mask = each_plane(bits);
    return (combine(v, write_data(v, byte)) & mask) | (v->latch & ~mask);
}

static void write_byte(struct vga *v, u64 offset, u8 byte)
{
    unsigned planes = v->seq[SEQ_MAP_MASK];
    u32 addr;

    if (!decode(v, offset, &addr))
        return;
    u8 *at = group(v, addr);
    if (packed(v)) {
        at[addr & 3] = byte;
        return;
    }
    if (chained(v))
        planes &= 1u << (addr & 3);
    else if (!(v->seq[SEQ_MEMORY_MODE] & SEQ_SEQUENTIAL))
        planes &= 5u << (addr & 1);
    u32 mask = spread(planes);
    st32(at, (ld32(at) & ~mask) | (written(v, byte) & mask));
}

void vga_mem_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        write_byte((struct vga *)d, offset + i, (u8)(value >> 8 * i));
}

/* ---- The window as memory ----------------------------------------------------------------- */

/* Chain-4 with nothing between the bus and memory. */
static bool transparent(const struct vga *v)
{
    return (v->seq[SEQ_MEMORY_MODE] & SEQ_CHAIN_4) && v->seq[SEQ_MAP_MASK] == 15 &&
           !v->gfx[GFX_ENABLE_SET_RESET] && !v->gfx[GFX_ROTATE] &&
           !(v->gfx[GFX_MODE] & (GFX_READ_MODE_1 | 3)) && v->gfx[GFX_BIT_MASK] == 0xff;
}

/* Bytes from A0000h on that are plain memory, 0 if none are; *from is where they lie in it. */
static u32 window(const struct vga *v, u32 *from)
{
    unsigned map = memory_map(v);

    *from = 0;
    if (!v->ram || !(v->misc & MISC_RAM) || map > MAP_64K)
        return 0;
    if (packed(v)) {
        *from = v->dispi[DISPI_BANK] * WINDOW_64K & (v->ram_size - 1);
        return WINDOW_64K;
    }
    if (vbe_on(v) || !transparent(v))
        return 0;
    return map == MAP_128K ? 2 * WINDOW_64K : WINDOW_64K;
}

void vga_mem_place(struct vga *v)
{
    struct region_use *use = &v->dev.use[VGA_WINDOW];
    u32 from, size = window(v, &from);

    if (!v->legacy)
        return;
    if (size && use->mapped && use->size == size && use->host == v->ram + from)
        return;
    if (!size && v->dev.use[VGA_LEGACY].mapped)
        return;
    device_unmap_memory(&v->dev, VGA_WINDOW, v->legacy);
    device_unmap_memory(&v->dev, VGA_LEGACY, v->legacy);
    if (size) {
        use->size = size;
        use->host = v->ram + from;
    }
    device_map_memory(&v->dev, size ? VGA_WINDOW : VGA_LEGACY, v->legacy, VGA_LEGACY_BASE, NULL);
}

void vga_map_legacy(struct device *d, struct memmap *mem, bool on)
{
    struct vga *v = (struct vga *)d;

    if (v->legacy && !on) {
        device_unmap_memory(d, VGA_WINDOW, v->legacy);
        device_unmap_memory(d, VGA_LEGACY, v->legacy);
    }
    v->legacy = on ? mem : NULL;
    vga_mem_place(v);
}
