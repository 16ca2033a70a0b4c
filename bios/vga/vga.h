/* SPDX-License-Identifier: MIT */
/*
 * The VGA BIOS. It runs from read-only memory: its state is the video part of the BIOS data area
 * and what the chip's registers say; local variables lie on the caller's stack, so they are few.
 * Tables are declared ROM and are read through GS; a plain pointer never points to one.
 */
#ifndef VGA_H
#define VGA_H

#include "bda.h"
#include "bios.h"

#define ROM const __seg_gs __attribute__((section(".tables")))
#define ROM_POINTER const __seg_gs

/* ---- ports ---- */

enum {
    PORT_ATTR = 0x3C0, /* index and data in turn; reading 3DAh makes the index next */
    PORT_ATTR_READ = 0x3C1,
    PORT_MISC = 0x3C2,
    PORT_ENABLE = 0x3C3,
    PORT_SEQ = 0x3C4,
    PORT_DAC_MASK = 0x3C6,
    PORT_DAC_READ = 0x3C7,
    PORT_DAC_WRITE = 0x3C8,
    PORT_DAC = 0x3C9,
    PORT_MISC_READ = 0x3CC,
    PORT_GRC = 0x3CE,
    CRTC_MONO = 0x3B4,
    CRTC_COLOUR = 0x3D4
};

static inline u8 indexed_in(u16 port, u8 index)
{
    outb(port, index);
    return inb(port + 1);
}

static inline void indexed_out(u16 port, u8 index, u8 v)
{
    outw(port, index | v << 8);
}

u8 attr_read(u8 index);
void attr_write(u8 index, u8 v);
/* After attr_read and attr_write: bit 5 of the index lets the picture through again. */
void attr_done(void);

/* ---- modes ---- */

enum model { MODEL_TEXT, MODEL_CGA, MODEL_PLANAR, MODEL_PACKED, MODEL_DIRECT };
enum dac { DAC_CGA, DAC_EGA, DAC_MONO, DAC_VGA };
enum { MODE_VBE = 0xFF }; /* in the BDA: see VBE's registers */

struct mode {
    u8 number;
    u8 model;
    u8 bits; /* per pixel */
    u8 dac;
    u16 seg;
    u8 params[3]; /* for 200, 350 and 400 scan lines */
};

/* A row of the video parameter table, as programs find it through 0040:00A8. */
struct params {
    u8 columns, rows_less_one, height;
    u16 page_size;
    u8 seq[4]; /* from index 1 */
    u8 misc;
    u8 crtc[25];
    u8 attr[20];
    u8 grc[9];
} PACKED;
_Static_assert(sizeof(struct params) == 64, "IBM's layout");

extern const __seg_gs struct params video_params[];
ROM_POINTER struct mode *mode_find(u8 number);
/* Sets registers alone, to a row of video_params. */
void mode_registers(ROM_POINTER struct params *p);
void mode_set(u8 number_and_keep);
/* The part of a mode set that is not the chip's: cells of the BDA. */
void mode_to_bda(u8 number, ROM_POINTER struct params *p);
/* The number of scan lines of the picture. */
u16 mode_lines(void);

/* What is on the screen now: gathered from the BDA, and for VBE's modes from the chip. */
struct screen {
    u8 model;
    u8 bits;
    u8 height; /* of a character */
    u8 page;
    u16 seg;
    u16 columns, rows;
    u16 page_start; /* of the page, in bytes */
    u32 pitch;      /* bytes from a line of pixels to the next (graphics) */
    bool cga_font;  /* characters from 80h come from INT 1Fh */
};
void screen_get(struct screen *s, u8 page);

/* ---- characters and pixels (graphics.c) ---- */

struct box {
    u8 top, left, bottom, right; /* in characters, all inside */
};
void glyph_draw(const struct screen *s, u8 x, u8 y, u8 ch, u8 colour, u8 back);
u8 glyph_read(const struct screen *s, u8 x, u8 y);
void pixels_move(const struct screen *s, const struct box *b, u8 to, u8 from, u8 rows);
void pixels_fill(const struct screen *s, const struct box *b, u8 colour);
void pixel_write(const struct screen *s, u16 x, u16 y, u8 colour);
u8 pixel_read(const struct screen *s, u16 x, u16 y);

/* ---- far memory of a known length ---- */

void vmem_fill8(u16 seg, u16 off, u8 v, u16 n);
void vmem_fill16(u16 seg, u16 off, u16 v, u32 words);
void vmem_copy8(u16 seg, u16 to, u16 from, u16 n); /* byte by byte, upwards */
void vmem_copy16(u16 seg, u16 to, u16 from, u16 words);
void far_move(u16 seg, u16 off, u16 from_seg, u16 from_off, u16 n);
void far_store(u16 seg, u16 off, const void *from, u16 n);
void far_load(void *to, u16 seg, u16 off, u16 n);

static inline void vector_set(u8 number, u16 seg, u16 off)
{
    poke32(0, number * 4, (u32)seg << 16 | off);
}

static inline u16 code_segment(void)
{
    u16 cs;
    __asm__("movw %%cs, %0" : "=r"(cs));
    return cs;
}

/* The offset of a table or an entry in our segment. */
#define ROM_OFFSET(p) ((u16)(u32)(p))

/* ---- fonts ---- */

extern const __seg_gs u8 font_8x16[], font_8x14[], font_8x8[];
void font_for_mode(u8 height);
void font_load(u16 seg, u16 off, u16 count, u16 first, u8 block, u8 height);

/* ---- palette ---- */

void dac_write(u8 index, u8 red, u8 green, u8 blue);
void dac_load(u8 which);
void dac_sum_to_grey(u16 first, u16 count);
void overscan_set(u8 colour);

/* ---- services, by AH ---- */

void cursor_move(u8 page, u8 x, u8 y);
void cursor_shape(u8 start, u8 end);
void set_cursor_shape(struct regs *r);
void set_cursor(struct regs *r);
void get_cursor(struct regs *r);
void light_pen(struct regs *r);
void set_page(struct regs *r);
void scroll_up(struct regs *r);
void scroll_down(struct regs *r);
void read_char(struct regs *r);
void write_char_attr(struct regs *r);
void write_char(struct regs *r);
void cga_palette(struct regs *r);
void write_pixel(struct regs *r);
void read_pixel(struct regs *r);
void teletype(struct regs *r);
void get_mode(struct regs *r);
void palette(struct regs *r);
void fonts(struct regs *r);
void alternate(struct regs *r);
void write_string(struct regs *r);
void display_code(struct regs *r);
void state_info(struct regs *r);
void save_restore(struct regs *r);
void vbe(struct regs *r);

/* The state as bytes, for AH=1Ch and VBE's 4F04h: returns the size. */
enum state_op { STATE_SIZE, STATE_SAVE, STATE_RESTORE };
u16 state_walk(enum state_op op, u16 parts, u16 seg, u16 off);

#endif
