/* SPDX-License-Identifier: MIT */
/*
 * A VGA that stays in mode 3 (80 x 25 text): its registers read back what was written and start
 * as a VGA BIOS leaves them; input status 1 shows retrace by the clock. FreeVGA's register
 * lists; IBM VGA Technical Reference.
 *
 * Bit 0 of the miscellaneous output register moves the CRTC between 3B4h and 3D4h.
 */
#include "devices/vgatext.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"

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

#define MISC_COLOUR 0x01
#define GFX_MISC 6
#define GFX_GRAPHICS 0x01
#define STATUS1_BLANK 0x01
#define STATUS1_VRETRACE 0x08
#define STATUS0_SENSE 0x10
#define CRTC_PROTECT 0x80 /* in register 11h: 0 to 7 are read-only */
#define LINE_NS 31778ull  /* 400 lines of 449, 640 dots of 800 */
#define LINES 449

#define CRTC_COUNT 25
#define ATTR_COUNT 21
#define SEQ_COUNT 5
#define GFX_COUNT 9

struct vgatext {
    struct device dev;
    u8 crtc_index, crtc[CRTC_COUNT];
    u8 attr_index, attr_data_next, attr[ATTR_COUNT];
    u8 seq_index, seq[SEQ_COUNT];
    u8 gfx_index, gfx[GFX_COUNT];
    u8 misc, enable, feature;
    u8 dac_mask, dac_state, dac_index, dac_part; /* part: red, green, blue */
    u8 dac[768];
};

static const struct field vgatext_fields[] = {
    FIELD(struct vgatext, crtc_index, "CRTC index"),
    FIELD_BUFFER(struct vgatext, crtc, "CRTC"),
    FIELD(struct vgatext, attr_index, "attribute index"),
    FIELD(struct vgatext, attr_data_next, "attribute flip-flop"),
    FIELD_BUFFER(struct vgatext, attr, "attributes"),
    FIELD(struct vgatext, seq_index, "sequencer index"),
    FIELD_BUFFER(struct vgatext, seq, "sequencer"),
    FIELD(struct vgatext, gfx_index, "graphics index"),
    FIELD_BUFFER(struct vgatext, gfx, "graphics"),
    FIELD(struct vgatext, misc, "miscellaneous output"),
    FIELD(struct vgatext, enable, "enable"),
    FIELD(struct vgatext, feature, "feature control"),
    FIELD(struct vgatext, dac_mask, "DAC mask"),
    FIELD(struct vgatext, dac_state, "DAC state"),
    FIELD(struct vgatext, dac_index, "DAC index"),
    FIELD(struct vgatext, dac_part, "DAC part"),
    FIELD_BUFFER(struct vgatext, dac, "DAC"),
};

/* Mode 3 as the BIOS tables have it. */
static const u8 crtc_mode3[CRTC_COUNT] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                                          0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                          0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
static const u8 attr_mode3[ATTR_COUNT] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14,
                                          0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d,
                                          0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};
static const u8 seq_mode3[SEQ_COUNT] = {0x03, 0x00, 0x03, 0x00, 0x02};
static const u8 gfx_mode3[GFX_COUNT] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff};

static u8 status1(struct vgatext *v)
{
    u64 t = clock_now(v->dev.clock) % (LINE_NS * LINES);
    u64 line = t / LINE_NS, dot = t % LINE_NS * 800 / LINE_NS;
    u8 s = 0;

    v->attr_data_next = 0;
    if (line >= 400 || dot >= 640)
        s |= STATUS1_BLANK;
    if (line == 412 || line == 413)
        s |= STATUS1_VRETRACE;
    return s;
}

static u8 crtc_read(struct vgatext *v, unsigned port)
{
    switch (port) {
    case CRTC_INDEX: return v->crtc_index;
    case CRTC_DATA: return v->crtc_index < CRTC_COUNT ? v->crtc[v->crtc_index] : 0xff;
    case STATUS1: return status1(v);
    default: return 0xff;
    }
}

static void crtc_write(struct vgatext *v, unsigned port, u8 value)
{
    u8 n = v->crtc_index;

    if (port == CRTC_INDEX)
        v->crtc_index = value & 0x1f;
    else if (port == STATUS1)
        v->feature = value;
    else if (port == CRTC_DATA && n < CRTC_COUNT && (n > 7 || !(v->crtc[0x11] & CRTC_PROTECT)))
        v->crtc[n] = value;
}

static void dac_step(struct vgatext *v)
{
    if (++v->dac_part >= 3) {
        v->dac_part = 0;
        v->dac_index++;
    }
}

static u8 dac_read(struct vgatext *v)
{
    u8 value = v->dac[(3u * v->dac_index + v->dac_part) % sizeof v->dac];
    dac_step(v);
    return value;
}

static void dac_write(struct vgatext *v, u8 value)
{
    v->dac[(3u * v->dac_index + v->dac_part) % sizeof v->dac] = value & 0x3f;
    dac_step(v);
}

static void dac_point(struct vgatext *v, u8 index, u8 state)
{
    v->dac_index = index;
    v->dac_part = 0;
    v->dac_state = state;
}

static u8 shared_read(struct vgatext *v, unsigned port)
{
    switch (port) {
    case ATTR: return v->attr_index;
    case ATTR_READ: return (v->attr_index & 31) < ATTR_COUNT ? v->attr[v->attr_index & 31] : 0xff;
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

static void attr_write(struct vgatext *v, u8 value)
{
    if (!v->attr_data_next)
        v->attr_index = value & 0x3f;
    else if ((v->attr_index & 31) < ATTR_COUNT)
        v->attr[v->attr_index & 31] = value;
    v->attr_data_next ^= 1;
}

static void gfx_write(struct vgatext *v, u8 value)
{
    if (v->gfx_index == GFX_MISC && (value & GFX_GRAPHICS))
        LOG(v->dev.log, UNIMP, "VGA: a graphics mode");
    if (v->gfx_index < GFX_COUNT)
        v->gfx[v->gfx_index] = value;
}

static void shared_write(struct vgatext *v, unsigned port, u8 value)
{
    switch (port) {
    case ATTR: attr_write(v, value); break;
    case MISC_WRITE: v->misc = value; break;
    case ENABLE: v->enable = value; break;
    case SEQ_INDEX: v->seq_index = value & 7; break;
    case SEQ_DATA:
        if (v->seq_index < SEQ_COUNT)
            v->seq[v->seq_index] = value;
        break;
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
static bool decoded(const struct vgatext *v, u64 offset)
{
    return v->misc & MISC_COLOUR ? offset >= COLOUR : offset < ATTR;
}

static u64 vgatext_read(struct device *d, u64 offset, unsigned size)
{
    struct vgatext *v = (struct vgatext *)d;

    if (offset >= ATTR && offset < COLOUR)
        return shared_read(v, (unsigned)offset);
    return decoded(v, offset) ? crtc_read(v, offset & 15) : 0xff;
}

static void vgatext_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct vgatext *v = (struct vgatext *)d;

    if (offset >= ATTR && offset < COLOUR)
        shared_write(v, (unsigned)offset, (u8)value);
    else if (decoded(v, offset))
        crtc_write(v, offset & 15, (u8)value);
}

static void vgatext_reset(struct device *d)
{
    struct vgatext *v = (struct vgatext *)d;

    device_zero(d);
    memcpy(v->crtc, crtc_mode3, sizeof v->crtc);
    memcpy(v->attr, attr_mode3, sizeof v->attr);
    memcpy(v->seq, seq_mode3, sizeof v->seq);
    memcpy(v->gfx, gfx_mode3, sizeof v->gfx);
    v->misc = 0x67;
    v->enable = 0x01;
    v->dac_mask = 0xff;
    v->attr_index = 0x20;
}

const struct device_class vgatext_class = {
    .name = "vgatext",
    .text = "VGA registers in text mode",
    .size = sizeof(struct vgatext),
    .fields = vgatext_fields,
    .field_count = ARRAY_LEN(vgatext_fields),
    .regions =
        {
            [VGATEXT_REGS] = {"vga", REGION_PORT, 0x30, 1, 0, vgatext_read, vgatext_write},
        },
    .reset = vgatext_reset,
};
