/* SPDX-License-Identifier: MIT */
/*
 * Characters and pixels in graphics modes.
 *
 *   CGA     2 or 1 bits a pixel; even lines at B800:0000, odd ones at B800:2000, 80 bytes each
 *   PLANAR  a bit a pixel in each of four planes at A000h; the chip's map mask says which are
 *           written, its read map which is read
 *   PACKED  a byte a pixel at A000h; beyond 64 KiB (VBE) through the bank register
 *   DIRECT  VBE's modes of 15 bits and more: no characters
 */
#include "dispi.h"
#include "vga.h"

enum { XOR = 0x80 };
enum { SEQ_MAP_MASK = 2, GRC_ROTATE = 3, GRC_READ_MAP = 4, GRC_MODE = 5, GRC_BIT_MASK = 8 };

/* Line y of a glyph; INT 43h points to the font, in CGA modes INT 1Fh to its upper half. */
static u8 glyph_line(const struct screen *s, u8 ch, u8 y)
{
    u8 vector = 0x43;
    if (s->cga_font && ch >= 0x80) {
        vector = 0x1F;
        ch -= 0x80;
    }
    u32 font = peek32(0, vector * 4);
    return peek8(font >> 16, (u16)(font + ch * s->height + y));
}

/* ---- CGA ---- */

static u16 cga_line(u16 y)
{
    return (y & 1) * 0x2000 + (y >> 1) * 80;
}

/* Eight pixels, each bit made two in 2-bit modes. */
static u16 spread(u8 bits)
{
    u16 wide = 0;
    for (u8 i = 0; i < 8; i++)
        if (bits & 1 << i)
            wide |= 3 << 2 * i;
    return wide;
}

static void cga_glyph(const struct screen *s, u8 x, u8 y, u8 ch, u8 colour)
{
    for (u8 line = 0; line < s->height; line++) {
        u8 bits = glyph_line(s, ch, line);
        u16 at = cga_line(y * s->height + line);
        if (s->bits == 1) {
            if (colour & XOR)
                bits ^= peek8(s->seg, at + x);
            poke8(s->seg, at + x, bits);
            continue;
        }
        u16 wide = spread(bits) & (colour & 3) * 0x5555;
        wide = wide << 8 | wide >> 8; /* the left pixels come first */
        if (colour & XOR)
            wide ^= peek16(s->seg, at + 2 * x);
        poke16(s->seg, at + 2 * x, wide);
    }
}

/* ---- planar ---- */

static u16 planar_line(const struct screen *s, u16 y)
{
    return s->page_start + y * s->pitch;
}

/* Writes v to the planes of colour and, where that has none, back's choice. */
static void planar_glyph(const struct screen *s, u8 x, u8 y, u8 ch, u8 colour)
{
    indexed_out(PORT_GRC, GRC_ROTATE, colour & XOR ? 0x18 : 0);
    for (u8 pass = 0; pass < 2; pass++) {
        if (pass && (colour & XOR))
            break;
        indexed_out(PORT_SEQ, SEQ_MAP_MASK, (pass ? ~colour : colour) & 15);
        for (u8 line = 0; line < s->height; line++) {
            u16 at = planar_line(s, y * s->height + line) + x;
            peek8(s->seg, at); /* fills the latches */
            poke8(s->seg, at, pass ? 0 : glyph_line(s, ch, line));
        }
    }
    indexed_out(PORT_SEQ, SEQ_MAP_MASK, 15);
    indexed_out(PORT_GRC, GRC_ROTATE, 0);
}

/* ---- packed ---- */

/* The offset in the window, whose bank is switched where VBE's memory is larger than it. */
static u16 packed_window(u32 at)
{
    if (bda8(BDA_VIDEO_MODE) == MODE_VBE)
        dispi_write(DISPI_BANK, at >> 16);
    return at;
}

static void packed_glyph(const struct screen *s, u8 x, u8 y, u8 ch, u8 colour, u8 back)
{
    for (u8 line = 0; line < s->height; line++) {
        u8 bits = glyph_line(s, ch, line);
        u16 at = packed_window((y * s->height + line) * s->pitch + x * 8);
        for (u8 i = 0; i < 8; i++)
            poke8(s->seg, at + i, bits & 0x80 >> i ? colour : back);
    }
}

/* Through the stack, since the two places may lie in different banks. */
static void packed_move(const struct screen *s, u32 to, u32 from, u16 n)
{
    u8 piece[64];
    while (n) {
        u16 part = n < sizeof(piece) ? n : sizeof(piece);
        /* up to the end of a bank */
        u32 room = 0x10000 - ((to & 0xFFFF) > (from & 0xFFFF) ? to & 0xFFFF : from & 0xFFFF);
        if (part > room)
            part = room;
        far_load(piece, s->seg, packed_window(from), part);
        far_store(s->seg, packed_window(to), piece, part);
        to += part;
        from += part;
        n -= part;
    }
}

static void packed_fill(const struct screen *s, u32 at, u8 colour, u16 n)
{
    while (n) {
        u32 room = 0x10000 - (at & 0xFFFF);
        u16 part = n < room ? n : room;
        vmem_fill8(s->seg, packed_window(at), colour, part);
        at += part;
        n -= part;
    }
}

/* ---- all of them ---- */

void glyph_draw(const struct screen *s, u8 x, u8 y, u8 ch, u8 colour, u8 back)
{
    if (x >= s->columns || y >= s->rows)
        return;
    switch (s->model) {
    case MODEL_CGA: cga_glyph(s, x, y, ch, colour); break;
    case MODEL_PLANAR: planar_glyph(s, x, y, ch, colour); break;
    case MODEL_PACKED: packed_glyph(s, x, y, ch, colour, back); break;
    default: break;
    }
}

/* Eight pixels of a cell, a bit set where the colour isn't 0. */
static u8 cell_line(const struct screen *s, u8 x, u16 y)
{
    u8 bits = 0;
    for (u8 i = 0; i < 8; i++)
        bits = bits << 1 | (pixel_read(s, x * 8 + i, y) != 0);
    return bits;
}

u8 glyph_read(const struct screen *s, u8 x, u8 y)
{
    u8 cell[32];
    if (s->model == MODEL_DIRECT || s->height > sizeof(cell))
        return 0;
    for (u8 line = 0; line < s->height; line++)
        cell[line] = cell_line(s, x, y * s->height + line);
    for (u16 ch = 0; ch < 256; ch++) {
        u8 line = 0;
        while (line < s->height && cell[line] == glyph_line(s, ch, line))
            line++;
        if (line == s->height)
            return ch;
    }
    return 0;
}

static void line_move(const struct screen *s, const struct box *b, u16 to, u16 from)
{
    u16 columns = b->right - b->left + 1;
    switch (s->model) {
    case MODEL_CGA:
        vmem_copy8(s->seg, cga_line(to) + b->left * s->bits, cga_line(from) + b->left * s->bits,
                   columns * s->bits);
        break;
    case MODEL_PLANAR:
        vmem_copy8(s->seg, planar_line(s, to) + b->left, planar_line(s, from) + b->left, columns);
        break;
    case MODEL_PACKED:
        packed_move(s, to * s->pitch + b->left * 8, from * s->pitch + b->left * 8, columns * 8);
        break;
    default: break;
    }
}

void pixels_move(const struct screen *s, const struct box *b, u8 to, u8 from, u8 rows)
{
    u16 lines = rows * s->height;
    if (s->model == MODEL_PLANAR) {
        indexed_out(PORT_SEQ, SEQ_MAP_MASK, 15);
        indexed_out(PORT_GRC, GRC_MODE, 1); /* latches to memory: four planes at once */
    }
    for (u16 i = 0; i < lines; i++) {
        u16 line = to < from ? i : lines - 1 - i;
        line_move(s, b, to * s->height + line, from * s->height + line);
    }
    if (s->model == MODEL_PLANAR)
        indexed_out(PORT_GRC, GRC_MODE, 0);
}

static void line_fill(const struct screen *s, const struct box *b, u16 y, u8 colour)
{
    u16 columns = b->right - b->left + 1;
    switch (s->model) {
    case MODEL_CGA:
        vmem_fill8(s->seg, cga_line(y) + b->left * s->bits,
                   s->bits == 1 ? (colour & 1) * 0xFF : (colour & 3) * 0x55, columns * s->bits);
        break;
    case MODEL_PLANAR:
        indexed_out(PORT_SEQ, SEQ_MAP_MASK, colour & 15);
        vmem_fill8(s->seg, planar_line(s, y) + b->left, 0xFF, columns);
        indexed_out(PORT_SEQ, SEQ_MAP_MASK, ~colour & 15);
        vmem_fill8(s->seg, planar_line(s, y) + b->left, 0, columns);
        indexed_out(PORT_SEQ, SEQ_MAP_MASK, 15);
        break;
    case MODEL_PACKED: packed_fill(s, y * s->pitch + b->left * 8, colour, columns * 8); break;
    default: break;
    }
}

void pixels_fill(const struct screen *s, const struct box *b, u8 colour)
{
    for (u16 y = b->top * s->height; y < (b->bottom + 1) * s->height; y++)
        line_fill(s, b, y, colour);
}

void pixel_write(const struct screen *s, u16 x, u16 y, u8 colour)
{
    u16 at;
    u8 shift, old;
    switch (s->model) {
    case MODEL_CGA:
        at = cga_line(y) + x * s->bits / 8;
        shift = (8 - s->bits) - x * s->bits % 8;
        old = peek8(s->seg, at);
        if (colour & XOR)
            old ^= (colour & ((1 << s->bits) - 1)) << shift;
        else
            old = (old & ~(((1 << s->bits) - 1) << shift)) | (colour & ((1 << s->bits) - 1))
                                                                 << shift;
        poke8(s->seg, at, old);
        break;
    case MODEL_PLANAR:
        at = planar_line(s, y) + x / 8;
        indexed_out(PORT_GRC, GRC_BIT_MASK, 0x80 >> x % 8);
        indexed_out(PORT_GRC, GRC_MODE, 2); /* a bit of the byte for each plane */
        indexed_out(PORT_GRC, GRC_ROTATE, colour & XOR ? 0x18 : 0);
        peek8(s->seg, at);
        poke8(s->seg, at, colour);
        indexed_out(PORT_GRC, GRC_BIT_MASK, 0xFF);
        indexed_out(PORT_GRC, GRC_MODE, 0);
        indexed_out(PORT_GRC, GRC_ROTATE, 0);
        break;
    case MODEL_PACKED: poke8(s->seg, packed_window(y * s->pitch + x), colour); break;
    default: break;
    }
}

u8 pixel_read(const struct screen *s, u16 x, u16 y)
{
    u8 colour = 0;
    switch (s->model) {
    case MODEL_CGA:
        colour = peek8(s->seg, cga_line(y) + x * s->bits / 8);
        return colour >> ((8 - s->bits) - x * s->bits % 8) & ((1 << s->bits) - 1);
    case MODEL_PLANAR:
        for (u8 plane = 0; plane < 4; plane++) {
            indexed_out(PORT_GRC, GRC_READ_MAP, plane);
            if (peek8(s->seg, planar_line(s, y) + x / 8) & 0x80 >> x % 8)
                colour |= 1 << plane;
        }
        return colour;
    case MODEL_PACKED: return peek8(s->seg, packed_window(y * s->pitch + x));
    default: return 0;
    }
}

void write_pixel(struct regs *r)
{
    struct screen s;
    screen_get(&s, r->bh);
    if (s.model == MODEL_PACKED)
        s.page = 0;
    pixel_write(&s, r->cx, r->dx, r->al);
}

void read_pixel(struct regs *r)
{
    struct screen s;
    screen_get(&s, r->bh);
    r->al = pixel_read(&s, r->cx, r->dx);
}
