/* SPDX-License-Identifier: MIT */
/*
 * The VGA's registers, for its own files: vga.c (ports), vga_mem.c (memory access), vga_scan.c
 * (geometry and addresses), vga_text.c, vga_render.c (pixels), vbe.c (the "dispi" registers).
 *
 * Display memory is kept as the four planes side by side: byte `offset` of plane p lies at
 * 4 * offset + p. So a planar access is one double word, and chain-4 memory is plain memory.
 */
#ifndef ERSATZ_DEVICES_VGA_STATE_H
#define ERSATZ_DEVICES_VGA_STATE_H

#include "devices/vga.h"

enum {
    CRTC_HTOTAL = 0x00,
    CRTC_HDISPLAY_END = 0x01,
    CRTC_VTOTAL = 0x06,
    CRTC_OVERFLOW = 0x07,
    CRTC_PRESET_ROW_SCAN = 0x08,
    CRTC_MAX_SCAN_LINE = 0x09,
    CRTC_CURSOR_START = 0x0a,
    CRTC_CURSOR_END = 0x0b,
    CRTC_START_HIGH = 0x0c,
    CRTC_START_LOW = 0x0d,
    CRTC_CURSOR_HIGH = 0x0e,
    CRTC_CURSOR_LOW = 0x0f,
    CRTC_VRETRACE_START = 0x10,
    CRTC_VRETRACE_END = 0x11,
    CRTC_VDISPLAY_END = 0x12,
    CRTC_OFFSET = 0x13,
    CRTC_UNDERLINE = 0x14,
    CRTC_MODE = 0x17,
    CRTC_LINE_COMPARE = 0x18,
    CRTC_COUNT = 0x19,
};

#define CRTC_CURSOR_OFF 0x20   /* of CURSOR_START */
#define CRTC_PROTECT 0x80      /* of VRETRACE_END: 00h..07h are read-only */
#define CRTC_DOUBLE_SCAN 0x80  /* of MAX_SCAN_LINE */
#define CRTC_COUNT_BY_4 0x20   /* of UNDERLINE */
#define CRTC_DOUBLE_WORD 0x40  /* of UNDERLINE */
#define CRTC_ROW_SCAN_13 0x01  /* of MODE: 0 puts row scan bit 0 on address bit 13 */
#define CRTC_ROW_SCAN_14 0x02  /* 0 puts row scan bit 1 on address bit 14 */
#define CRTC_LINES_BY_2 0x04   /* the vertical counter is clocked every other line */
#define CRTC_COUNT_BY_2 0x08   /* the address counter is clocked every other character */
#define CRTC_ADDRESS_WRAP 0x20 /* word mode rotates in bit 15, else 13 */
#define CRTC_BYTE_MODE 0x40

enum { SEQ_RESET, SEQ_CLOCKING, SEQ_MAP_MASK, SEQ_CHARACTER_MAP, SEQ_MEMORY_MODE, SEQ_COUNT };

#define SEQ_8_DOTS 0x01 /* of CLOCKING */
#define SEQ_HALF_CLOCK 0x08
#define SEQ_SCREEN_OFF 0x20
#define SEQ_SEQUENTIAL 0x04 /* of MEMORY_MODE: no odd/even */
#define SEQ_CHAIN_4 0x08

enum {
    GFX_SET_RESET,
    GFX_ENABLE_SET_RESET,
    GFX_COLOUR_COMPARE,
    GFX_ROTATE,
    GFX_READ_MAP,
    GFX_MODE,
    GFX_MISC,
    GFX_COLOUR_DONT_CARE,
    GFX_BIT_MASK,
    GFX_COUNT,
};

#define GFX_READ_MODE_1 0x08 /* of MODE; bits 1..0 are the write mode */
#define GFX_ODD_EVEN 0x10
#define GFX_SHIFT_INTERLEAVE 0x20
#define GFX_SHIFT_256 0x40
#define GFX_GRAPHICS 0x01 /* of MISC; bits 3..2 are the memory map */
#define GFX_CHAIN_ODD_EVEN 0x02

enum {
    ATTR_MODE = 0x10,
    ATTR_OVERSCAN = 0x11,
    ATTR_PLANE_ENABLE = 0x12,
    ATTR_PEL_PANNING = 0x13,
    ATTR_COLOUR_SELECT = 0x14,
    ATTR_COUNT = 0x15,
};

#define ATTR_LINE_GRAPHICS 0x04 /* of MODE */
#define ATTR_BLINK 0x08
#define ATTR_PAN_TOP_ONLY 0x20 /* line compare ends panning */
#define ATTR_PEL_WIDE 0x40     /* a pel of 8 bits takes two dots */
#define ATTR_SELECT_54 0x80    /* palette bits 5..4 come from COLOUR_SELECT */
#define ATTR_INDEX_SHOW 0x20   /* of the index: the palette is the display's, not the CPU's */

#define MISC_COLOUR 0x01
#define MISC_RAM 0x02
#define MISC_CLOCK_28 0x04

/* Bochs VBE: indices of the dispi registers. */
enum {
    DISPI_ID,
    DISPI_XRES,
    DISPI_YRES,
    DISPI_BPP,
    DISPI_ENABLE,
    DISPI_BANK,
    DISPI_VIRT_WIDTH,
    DISPI_VIRT_HEIGHT,
    DISPI_X_OFFSET,
    DISPI_Y_OFFSET,
    DISPI_COUNT,
    DISPI_MEMORY_64K = DISPI_COUNT, /* read-only */
};

#define DISPI_ENABLED 0x01 /* of ENABLE */
#define DISPI_GETCAPS 0x02
#define DISPI_8BIT_DAC 0x20
#define DISPI_LFB 0x40
#define DISPI_NOCLEARMEM 0x80

struct vga {
    struct device dev;
    struct pci_device pci;
    u8 crtc_index, crtc[CRTC_COUNT];
    u8 attr_index, attr_data_next, attr[ATTR_COUNT];
    u8 seq_index, seq[SEQ_COUNT];
    u8 gfx_index, gfx[GFX_COUNT];
    u8 misc, enable, feature;
    u8 dac_mask, dac_state, dac_index, dac_part; /* part: red, green, blue */
    u8 dac_held[2];                              /* red and green until blue comes */
    u8 dac[768];
    u32 latch; /* a byte a plane */
    u16 dispi_index, dispi[DISPI_COUNT];
    u32 byte_order; /* of the LFB, for 32-bit hosts that ask; see vbe.c */

    /* wires */
    u8 *ram; /* NULL: not connected */
    u32 ram_size;
    u8 *rom;
    struct memmap *legacy; /* where A0000h lies; NULL: nowhere */
};

/* ---- vga.c ---- */
u8 vga_port_read(struct vga *v, unsigned offset);
void vga_port_write(struct vga *v, unsigned offset, u8 value);

/* ---- vga_mem.c ---- */
u64 vga_mem_read(struct device *d, u64 offset, unsigned size);
void vga_mem_write(struct device *d, u64 offset, u64 value, unsigned size);
/* After a change of what rules A0000h: puts the right one of its two forms there. */
void vga_mem_place(struct vga *v);

/* ---- vga_scan.c ---- */

/* One picture as the CRTC has it. */
struct vga_scan {
    bool text;
    bool blank;       /* nothing but black */
    unsigned columns; /* characters a line */
    unsigned cell;    /* dots of a character: 8 or 9 */
    unsigned wide;    /* 1: the dot clock is halved, so every dot is two pixels */
    unsigned lines;   /* scan lines shown */
    unsigned repeat;  /* scan lines to one of the row scan counter, as a shift */
    unsigned height;  /* row scans of a row */
    unsigned compare; /* the last line before the address counter starts again at 0 */
    unsigned width;   /* pixels */
};

/* Where the counters are in one scan line. */
struct vga_line {
    u32 address; /* of the first character, before word mode and its like */
    unsigned row_scan;
    unsigned row;
    unsigned pan; /* pels */
};

struct vga_scan vga_scan(const struct vga *v);
struct vga_line vga_scan_line(const struct vga *v, const struct vga_scan *s, unsigned y);
/* The plane offset that the address counter stands for. */
u32 vga_scan_offset(const struct vga *v, u32 address, unsigned row_scan);
/* Nanoseconds of one scan line, scan lines of one frame. */
u64 vga_scan_line_ns(const struct vga *v);
unsigned vga_scan_total(const struct vga *v);
unsigned vga_scan_retrace(const struct vga *v);

/* ---- vga_text.c ---- */

/* What of a picture changes with time. */
struct vga_phase {
    bool cursor, characters; /* shown just now */
};

/* DAC indices of one scan line of text, from column 0: at most 9 * columns of them. */
void vga_text_line(const struct vga *v, const struct vga_scan *s, const struct vga_line *l,
                   struct vga_phase phase, u8 *out);

/* ---- vga_render.c ---- */
/* The four bits of a pel after the palette and the DAC's mask. */
u8 vga_palette(const struct vga *v, u8 pel);

/* ---- vbe.c ---- */
static inline bool vbe_on(const struct vga *v)
{
    return v->dispi[DISPI_ENABLE] & DISPI_ENABLED;
}
void vbe_reset(struct vga *v);
/* Makes the registers fit each other and the memory. */
void vbe_settle(struct vga *v);
/* Bytes of a line of the virtual screen, all planes together. */
u32 vbe_pitch(const struct vga *v);
/* Where the picture begins in memory. */
u32 vbe_start(const struct vga *v);
/* Ports 1CEh..1D1h. */
u32 vbe_port_read(void *opaque, u16 offset, unsigned size);
void vbe_port_write(void *opaque, u16 offset, u32 value, unsigned size);
/* BAR 2. */
u64 vbe_mmio_read(struct device *d, u64 offset, unsigned size);
void vbe_mmio_write(struct device *d, u64 offset, u64 value, unsigned size);

#endif
