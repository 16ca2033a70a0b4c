/* SPDX-License-Identifier: MIT */
/*
 * The VGA's ports, 3B0h..3DFh, and its life as a device. IBM VGA Technical Reference; FreeVGA's
 * register lists.
 *
 * Bit 0 of the miscellaneous output register moves the CRTC between 3B4h and 3D4h. Bits that a
 * register doesn't have read as 0.
 */
#include "devices/vga.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/log.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "devices/vga_state.h"

/* Offsets from 3B0h */
enum {
    ATTR = 0x10,
    ATTR_READ = 0x11,
    MISC_WRITE = 0x12,
    ENABLE = 0x13,
    SEQ_INDEX = 0x14,
    SEQ_DATA = 0x15,
    DAC_MASK = 0x16,
    DAC_READ = 0x17,
    DAC_WRITE = 0x18,
    DAC_DATA = 0x19,
    FEATURE_READ = 0x1a,
    MISC_READ = 0x1c,
    GFX_INDEX = 0x1e,
    GFX_DATA = 0x1f,
    COLOUR = 0x20,     /* 3D0h; below ATTR lies the same in monochrome */
    CRTC_INDEX = 0x04, /* within either */
    CRTC_DATA = 0x05,
    STATUS1 = 0x0a,
};

#define STATUS0_SENSE 0x10
#define STATUS1_BLANK 0x01
#define STATUS1_VRETRACE 0x08
#define DISPI_PORTS 0x1ce
#define ROM_MIN 0x1000u /* whole pages */

static const u8 seq_bits[SEQ_COUNT] = {0x03, 0x3d, 0x0f, 0x3f, 0x0e};
static const u8 gfx_bits[GFX_COUNT] = {0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff};
static const u8 attr_bits[ATTR_COUNT] = {0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
                                         0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
                                         0x3f, 0x3f, 0xef, 0xff, 0x3f, 0x0f, 0x0f};

static const struct field vga_fields[] = {
    PCI_FIELDS(struct vga, pci),
    FIELD(struct vga, crtc_index, "CRTC index"),
    FIELD_BUFFER(struct vga, crtc, "CRTC"),
    FIELD(struct vga, attr_index, "attribute index"),
    FIELD(struct vga, attr_data_next, "attribute flip-flop"),
    FIELD_BUFFER(struct vga, attr, "attributes"),
    FIELD(struct vga, seq_index, "sequencer index"),
    FIELD_BUFFER(struct vga, seq, "sequencer"),
    FIELD(struct vga, gfx_index, "graphics index"),
    FIELD_BUFFER(struct vga, gfx, "graphics"),
    FIELD(struct vga, misc, "miscellaneous output"),
    FIELD(struct vga, enable, "enable"),
    FIELD(struct vga, feature, "feature control"),
    FIELD(struct vga, dac_mask, "DAC mask"),
    FIELD(struct vga, dac_state, "DAC state"),
    FIELD(struct vga, dac_index, "DAC index"),
    FIELD(struct vga, dac_part, "DAC part"),
    FIELD_BUFFER(struct vga, dac_held, "DAC, held"),
    FIELD_BUFFER(struct vga, dac, "DAC"),
    FIELD(struct vga, latch, "latches"),
    FIELD(struct vga, dispi_index, "VBE index"),
    FIELD_ARRAY(struct vga, dispi, "VBE"),
    FIELD(struct vga, byte_order, "byte order"),
};

/* ---- CRTC --------------------------------------------------------------------------------- */

static u8 status1(struct vga *v)
{
    u64 line_ns = vga_scan_line_ns(v);
    unsigned total = vga_scan_total(v), retrace = vga_scan_retrace(v);
    u64 t = clock_now(v->dev.clock) % (line_ns * total);
    u64 line = t / line_ns, dot = t % line_ns;
    u64 shown = line_ns * (v->crtc[CRTC_HDISPLAY_END] + 1u) / (v->crtc[CRTC_HTOTAL] + 5u);
    u8 s = 0;

    v->attr_data_next = 0;
    if (line >= vga_scan(v).lines || dot >= shown)
        s |= STATUS1_BLANK;
    if (line == retrace || line == retrace + 1)
        s |= STATUS1_VRETRACE;
    return s;
}

static u8 crtc_read(struct vga *v, unsigned port)
{
    switch (port) {
    case CRTC_INDEX: return v->crtc_index;
    case CRTC_DATA: return v->crtc_index < CRTC_COUNT ? v->crtc[v->crtc_index] : 0xff;
    case STATUS1: return status1(v);
    default: return 0xff;
    }
}

/* Protected are registers 00h to 07h, but for the line compare bit in 07h. */
static void crtc_set(struct vga *v, u8 n, u8 value)
{
    u8 bits = n <= CRTC_OVERFLOW && (v->crtc[CRTC_VRETRACE_END] & CRTC_PROTECT) ? 0 : 0xff;

    if (n >= CRTC_COUNT)
        return;
    if (n == CRTC_OVERFLOW)
        bits |= 0x10;
    v->crtc[n] = (u8)((v->crtc[n] & ~bits) | (value & bits));
}

static void crtc_write(struct vga *v, unsigned port, u8 value)
{
    if (port == CRTC_INDEX)
        v->crtc_index = value & 0x1f;
    else if (port == STATUS1)
        v->feature = value;
    else if (port == CRTC_DATA)
        crtc_set(v, v->crtc_index, value);
}

/* ---- DAC ---------------------------------------------------------------------------------- */

static void dac_step(struct vga *v)
{
    if (++v->dac_part >= 3) {
        v->dac_part = 0;
        v->dac_index++;
    }
}

static u8 dac_read(struct vga *v)
{
    u8 value = v->dac[(3u * v->dac_index + v->dac_part) % sizeof v->dac];

    dac_step(v);
    return value;
}

/* A colour takes effect whole, when its blue is written. */
static void dac_write(struct vga *v, u8 value)
{
    u8 *colour = &v->dac[3u * v->dac_index];

    if (!(v->dispi[DISPI_ENABLE] & DISPI_8BIT_DAC))
        value &= 0x3f;
    if (v->dac_part < 2) {
        v->dac_held[v->dac_part] = value;
    } else {
        memcpy(colour, v->dac_held, 2);
        colour[2] = value;
    }
    dac_step(v);
}

static void dac_point(struct vga *v, u8 index, u8 state)
{
    v->dac_index = index;
    v->dac_part = 0;
    v->dac_state = state;
}

/* ---- The other ports ---------------------------------------------------------------------- */

static u8 shared_read(struct vga *v, unsigned port)
{
    unsigned attr = v->attr_index & 31;

    switch (port) {
    case ATTR: return v->attr_index;
    case ATTR_READ: return attr < ATTR_COUNT ? v->attr[attr] : 0xff;
    case MISC_WRITE: return STATUS0_SENSE; /* input status 0: a colour display is there */
    case ENABLE: return v->enable;
    case SEQ_INDEX: return v->seq_index;
    case SEQ_DATA: return v->seq_index < SEQ_COUNT ? v->seq[v->seq_index] : 0xff;
    case DAC_MASK: return v->dac_mask;
    case DAC_READ: return v->dac_state;
    case DAC_WRITE: return v->dac_index;
    case DAC_DATA: return dac_read(v);
    case FEATURE_READ: return v->feature;
    case MISC_READ: return v->misc;
    case GFX_INDEX: return v->gfx_index;
    case GFX_DATA: return v->gfx_index < GFX_COUNT ? v->gfx[v->gfx_index] : 0xff;
    default: return 0xff;
    }
}

static void attr_write(struct vga *v, u8 value)
{
    unsigned n = v->attr_index & 31;

    if (!v->attr_data_next)
        v->attr_index = value & 0x3f;
    else if (n < ATTR_COUNT)
        v->attr[n] = value & attr_bits[n];
    v->attr_data_next ^= 1;
}

static void seq_write(struct vga *v, u8 value)
{
    if (v->seq_index < SEQ_COUNT)
        v->seq[v->seq_index] = value & seq_bits[v->seq_index];
    vga_mem_place(v);
}

static void gfx_write(struct vga *v, u8 value)
{
    if (v->gfx_index < GFX_COUNT)
        v->gfx[v->gfx_index] = value & gfx_bits[v->gfx_index];
    vga_mem_place(v);
}

static void misc_write(struct vga *v, u8 value)
{
    v->misc = value;
    vga_mem_place(v);
}

static void shared_write(struct vga *v, unsigned port, u8 value)
{
    switch (port) {
    case ATTR: attr_write(v, value); break;
    case MISC_WRITE: misc_write(v, value); break;
    case ENABLE: v->enable = value; break;
    case SEQ_INDEX: v->seq_index = value & 7; break;
    case SEQ_DATA: seq_write(v, value); break;
    case DAC_MASK: v->dac_mask = value; break;
    case DAC_READ: dac_point(v, value, 3); break;
    case DAC_WRITE: dac_point(v, value, 0); break;
    case DAC_DATA: dac_write(v, value); break;
    case GFX_INDEX: v->gfx_index = value & 15; break;
    case GFX_DATA: gfx_write(v, value); break;
    default: break;
    }
}

/* True for the CRTC's ports that the present emulation decodes. */
static bool decoded(const struct vga *v, unsigned offset)
{
    return v->misc & MISC_COLOUR ? offset >= COLOUR : offset < ATTR;
}

u8 vga_port_read(struct vga *v, unsigned offset)
{
    if (offset >= ATTR && offset < COLOUR)
        return shared_read(v, offset);
    return decoded(v, offset) ? crtc_read(v, offset & 15) : 0xff;
}

void vga_port_write(struct vga *v, unsigned offset, u8 value)
{
    if (offset >= ATTR && offset < COLOUR)
        shared_write(v, offset, value);
    else if (decoded(v, offset))
        crtc_write(v, offset & 15, value);
}

static u64 vga_read(struct device *d, u64 offset, unsigned size)
{
    return vga_port_read((struct vga *)d, (unsigned)offset);
}

static void vga_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    vga_port_write((struct vga *)d, (unsigned)offset, (u8)value);
}

/* ---- Mode 3 ------------------------------------------------------------------------------- */

/* 80 x 25 characters of 9 x 16 dots, as the BIOS tables have it. */
static const u8 crtc_mode3[CRTC_COUNT] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                                          0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                          0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
static const u8 attr_mode3[ATTR_COUNT] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14,
                                          0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d,
                                          0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};
static const u8 seq_mode3[SEQ_COUNT] = {0x03, 0x00, 0x03, 0x00, 0x02};
static const u8 gfx_mode3[GFX_COUNT] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff};

#define FONT_CHARACTERS 256
#define FONT_HEIGHT 16
#define FONT_PLANE 2
#define BLANK_CELLS 0x8000 /* bytes at B8000h */

/* Bits 5..3 of a palette entry are the low third of red, green and blue, 2..0 two thirds. */
static void fill_dac(struct vga *v)
{
    for (unsigned n = 0; n < 64; n++)
        for (unsigned part = 0; part < 3; part++) {
            unsigned high = n >> (2 - part) & 1, low = n >> (5 - part) & 1;
            v->dac[3 * n + part] = (u8)(0x2a * high + 0x15 * low);
        }
}

void vga_set_text_mode(struct device *d, const u8 *font)
{
    struct vga *v = (struct vga *)d;

    memcpy(v->crtc, crtc_mode3, sizeof v->crtc);
    memcpy(v->attr, attr_mode3, sizeof v->attr);
    memcpy(v->seq, seq_mode3, sizeof v->seq);
    memcpy(v->gfx, gfx_mode3, sizeof v->gfx);
    v->misc = 0x67;
    v->enable = 0x01;
    v->dac_mask = 0xff;
    v->attr_index = ATTR_INDEX_SHOW;
    v->dispi[DISPI_ENABLE] = 0;
    fill_dac(v);
    vga_mem_place(v);
    if (!v->ram)
        return;
    for (u32 at = 0; at < BLANK_CELLS; at += 2)
        st16(v->ram + 4 * at, 0x0720);
    for (u32 n = 0; font && n < FONT_CHARACTERS * FONT_HEIGHT; n++) {
        u32 at = n / FONT_HEIGHT * 32 + n % FONT_HEIGHT;
        v->ram[4 * at + FONT_PLANE] = font[n];
    }
}

/* ---- Life --------------------------------------------------------------------------------- */

static int vga_init(struct device *d, struct ersatz_error *err)
{
    struct vga *v = (struct vga *)d;

    pci_init(&v->pci, d);
    return 0;
}

static void vga_destroy(struct device *d)
{
    free(((struct vga *)d)->rom);
}

static void vga_reset(struct device *d)
{
    static const struct pci_ident ident = {0x1234, 0x1111, 0x030000, 2, 0};
    struct vga *v = (struct vga *)d;

    device_zero(d);
    pci_reset(&v->pci, &ident);
    st16(&v->pci.config[PCI_SUBSYSTEM_VENDOR], 0x1af4);
    st16(&v->pci.config[PCI_SUBSYSTEM], 0x1100);
    v->dac_mask = 0xff;
    vbe_reset(v);
    vga_mem_place(v);
}

/* A saved state is what somebody wrote into a file: indices and sizes are made to fit. */
static void vga_loaded(struct device *d)
{
    struct vga *v = (struct vga *)d;

    v->dac_part %= 3;
    vbe_settle(v);
    pci_loaded(&v->pci);
    vga_mem_place(v);
}

static u32 power_of_two(u32 n)
{
    u32 size = ROM_MIN;

    while (size < n)
        size *= 2;
    return size;
}

static int add_rom(struct vga *v, const struct vga_board *board, struct ersatz_error *err)
{
    struct region_use *use = &v->dev.use[VGA_ROM];

    use->size = power_of_two(board->rom_size);
    v->rom = malloc(use->size);
    if (!v->rom)
        return err_set(err, ERSATZ_E_NOMEM, "%s: no memory for its ROM", v->dev.id);
    memset(v->rom, 0xff, use->size);
    memcpy(v->rom, board->rom, board->rom_size);
    use->host = v->rom;
    pci_add_bar(&v->pci, PCI_ROM_BAR, VGA_ROM);
    return 0;
}

int vga_connect(struct device *d, const struct vga_board *board, struct ersatz_error *err)
{
    struct vga *v = (struct vga *)d;
    const struct port_range dispi = {.name = "vbe",
                                     .base = DISPI_PORTS,
                                     .count = 4,
                                     .max_size = 2,
                                     .read = vbe_port_read,
                                     .write = vbe_port_write,
                                     .opaque = v};
    int error = portmap_add(board->ports, &dispi, err);

    v->ram = board->ram;
    v->ram_size = board->ram_size;
    d->use[VGA_WINDOW].host = v->ram;
    d->use[VGA_LFB].host = v->ram;
    d->use[VGA_LFB].size = v->ram_size;
    if (error || !board->bus)
        return error;
    pci_add_bar(&v->pci, 0, VGA_LFB);
    pci_add_bar(&v->pci, 2, VGA_MMIO);
    if (board->rom)
        error = add_rom(v, board, err);
    if (!error && !pci_bus_add(board->bus, &v->pci, board->devfn))
        error = err_set(err, ERSATZ_E_CONFLICT, "%s: the PCI bus is full", d->id);
    return error;
}

const struct device_class vga_class = {
    .name = "vga",
    .text = "VGA with Bochs VBE",
    .size = sizeof(struct vga),
    .fields = vga_fields,
    .field_count = ARRAY_LEN(vga_fields),
    .regions =
        {
            [VGA_PORTS] = {"vga", REGION_PORT, 0x30, 1, 0, vga_read, vga_write},
            [VGA_LEGACY] = {"vga-memory", REGION_MMIO, VGA_LEGACY_SIZE, 8, 0, vga_mem_read,
                            vga_mem_write},
            [VGA_WINDOW] = {"vga-window", REGION_RAM, 0, 8, 0, NULL, NULL},
            [VGA_LFB] = {"vga-framebuffer", REGION_RAM, 0, 8, 0, NULL, NULL},
            [VGA_MMIO] = {"vga-mmio", REGION_MMIO, 0x1000, 4, 0, vbe_mmio_read, vbe_mmio_write},
            [VGA_ROM] = {"vga-rom", REGION_ROM, 0, 8, 0, NULL, NULL},
        },
    .init = vga_init,
    .reset = vga_reset,
    .destroy = vga_destroy,
    .loaded = vga_loaded,
};
