/* SPDX-License-Identifier: MIT */
/* VBE 4F02h to 4F15h: modes, windows, display start, palette (VBE 3.0, section 4). */
#include "vbe.h"

enum { MODE_LINEAR = 1 << 14, MODE_KEEP = 1 << 15 };
/* The one mode of four planes: behind the display interface memory is linear, so it is done by the
 * VGA's registers alone. */
enum { VBE_PLANAR = 0x102, MODE_PLANAR = 0x6A };

/* ---- 4F02h, 4F03h: modes ---- */

/* While the display interface is on, the chip goes by that alone; a program that looks at the VGA's
 * registers shall still find one scan line a row, chain-4 and 256 colours. */
static void compatible_registers(void)
{
    indexed_out(CRTC_COLOUR, 0x11, 0);
    indexed_out(CRTC_COLOUR, 0x09, 0);
    indexed_out(CRTC_COLOUR, 0x17, 0xA3);
    indexed_out(PORT_SEQ, 2, 15);
    indexed_out(PORT_SEQ, 4, 14);
    indexed_out(PORT_GRC, 5, 0x40);
    indexed_out(PORT_GRC, 6, 5);
    attr_write(0x10, 0x41);
    attr_done();
}

static void set_vbe_mode(ROM_POINTER struct vbe_mode *m, u16 flags)
{
    enum { LIKE_MODE_13 = 0x1C }; /* in video_params */
    ROM_POINTER struct params *p = &video_params[LIKE_MODE_13];
    dispi_write(DISPI_ENABLE, 0);
    mode_registers(p);
    mode_to_bda(MODE_VBE, p);
    if (!(bda8(BDA_VIDEO_FLAGS) & VIDEO_KEEP_PALETTE))
        dac_load(DAC_VGA);
    dispi_write(DISPI_XRES, m->width);
    dispi_write(DISPI_YRES, m->height);
    dispi_write(DISPI_BPP, m->bits);
    dispi_write(DISPI_BANK, 0);
    dispi_write(DISPI_ENABLE, DISPI_ENABLED | (flags & MODE_LINEAR ? DISPI_LFB : 0) |
                                  (flags & MODE_KEEP ? DISPI_NOCLEARMEM : 0));
    compatible_registers();
    bda_set16(BDA_VIDEO_COLUMNS, m->width / 8);
    bda_set8(BDA_VIDEO_ROWS, m->height / 16 - 1);
    bda_set16(BDA_VIDEO_HEIGHT, 16);
    bda_set16(BDA_VIDEO_PAGE_SIZE, 0);
    bda_set8(BDA_VIDEO_CONTROL, (bda8(BDA_VIDEO_CONTROL) & 0x7F) | (flags & MODE_KEEP ? 0x80 : 0));
    vector_set(0x43, code_segment(), ROM_OFFSET(font_8x16));
}

static u16 set_mode(struct regs *r)
{
    u16 number = r->bx & 0x3FFF; /* bit 11, a refresh rate of one's own, is not offered */
    if (number == VBE_PLANAR)
        number = MODE_PLANAR;
    if (number < 0x100) {
        if (!mode_find(number & 0x7F) || number & 0x80 || r->bx & MODE_LINEAR)
            return VBE_FAILED;
        mode_set(number | (r->bx & MODE_KEEP ? 0x80 : 0));
        return VBE_OK;
    }
    ROM_POINTER struct vbe_mode *m = vbe_find(number);
    if (!m || !vbe_fits(m))
        return VBE_FAILED;
    set_vbe_mode(m, r->bx);
    return VBE_OK;
}

static u16 current_mode(struct regs *r)
{
    ROM_POINTER struct vbe_mode *m = vbe_current();
    r->bx = m ? m->number : bda8(BDA_VIDEO_MODE);
    if (r->bx == MODE_PLANAR)
        r->bx = VBE_PLANAR;
    if (m && dispi_read(DISPI_ENABLE) & DISPI_LFB)
        r->bx |= MODE_LINEAR;
    if (bda8(BDA_VIDEO_CONTROL) & 0x80)
        r->bx |= MODE_KEEP;
    return VBE_OK;
}

/* ---- 4F04h: state ---- */

static u16 vbe_state(struct regs *r)
{
    u16 parts = r->cx & 15;
    switch (r->dl) {
    case 0: r->bx = (state_walk(STATE_SIZE, parts, 0, 0) + 63) / 64; return VBE_OK;
    case 1: state_walk(STATE_SAVE, parts, r->es, r->bx); return VBE_OK;
    case 2: state_walk(STATE_RESTORE, parts, r->es, r->bx); return VBE_OK;
    default: return VBE_FAILED;
    }
}

/* ---- 4F05h: the window at A0000h ---- */

static u16 window(struct regs *r)
{
    if (!vbe_current() || r->bl)
        return VBE_FAILED;
    if (dispi_read(DISPI_ENABLE) & DISPI_LFB)
        return VBE_NOT_IN_THIS_MODE;
    if (r->bh == 1) {
        r->dx = dispi_read(DISPI_BANK);
        return VBE_OK;
    }
    if (r->bh || r->dx >= dispi_read(DISPI_MEMORY_64K))
        return VBE_FAILED;
    dispi_write(DISPI_BANK, r->dx);
    return VBE_OK;
}

/* ---- 4F06h: the length of a line ---- */

static u16 line_length(struct regs *r)
{
    ROM_POINTER struct vbe_mode *m = vbe_current();
    if (!m)
        return VBE_FAILED;
    u32 memory = (u32)dispi_read(DISPI_MEMORY_64K) << 16;
    u16 bytes = (m->bits + 7) / 8; /* of a pixel */
    u16 width = r->cx;
    switch (r->bl) {
    case 2: width = (r->cx + bytes - 1) / bytes; /* fall through */
    case 0:
        if (width < m->width || vbe_pitch(width, m->bits) > memory / m->height)
            return VBE_FAILED + 0x0100; /* hardware doesn't support it */
        dispi_write(DISPI_VIRT_WIDTH, (width + 7) & ~7);
        break;
    case 1: break;
    case 3:
        r->cx = memory / m->height / bytes > 0xFFF8 ? 0xFFF8 : memory / m->height / bytes & ~7;
        r->bx = vbe_pitch(r->cx, m->bits);
        r->dx = m->height;
        return VBE_OK;
    default: return VBE_FAILED;
    }
    r->cx = dispi_read(DISPI_VIRT_WIDTH);
    u32 pitch = vbe_pitch(r->cx, m->bits);
    r->bx = pitch;
    u32 lines = memory / pitch;
    r->dx = lines > 0xFFFF ? 0xFFFF : lines;
    return VBE_OK;
}

/* ---- 4F07h: where the picture starts ---- */

/* Bit 3 of input status 1: in the vertical retrace. A chip whose bit stands still must not hang
 * the caller. */
static void wait_retrace(void)
{
    u16 status = bda16(BDA_VIDEO_CRTC) + 6;
    for (u32 tries = 0; inb(status) & 8 && tries < 100000; tries++)
        ;
    for (u32 tries = 0; !(inb(status) & 8) && tries < 100000; tries++)
        ;
}

static u16 display_start(struct regs *r)
{
    ROM_POINTER struct vbe_mode *m = vbe_current();
    if (!m)
        return VBE_NOT_IN_THIS_MODE;
    switch (r->bl) {
    case 0x80: wait_retrace(); /* fall through */
    case 0x00:
        dispi_write(DISPI_X_OFFSET, r->cx);
        dispi_write(DISPI_Y_OFFSET, r->dx);
        /* the chip keeps what it was when the picture would leave the memory */
        if (dispi_read(DISPI_X_OFFSET) != r->cx || dispi_read(DISPI_Y_OFFSET) != r->dx)
            return VBE_FAILED;
        return VBE_OK;
    case 0x01:
        r->bh = 0;
        r->cx = dispi_read(DISPI_X_OFFSET);
        r->dx = dispi_read(DISPI_Y_OFFSET);
        return VBE_OK;
    default: return VBE_FAILED;
    }
}

/* ---- 4F08h, 4F09h: the DAC ---- */

static u16 dac_width(struct regs *r)
{
    ROM_POINTER struct vbe_mode *m = vbe_current();
    u16 enable = dispi_read(DISPI_ENABLE);
    if (m && m->bits > 8)
        return VBE_NOT_IN_THIS_MODE;
    if (r->bl > 1)
        return VBE_FAILED;
    if (r->bl == 0) {
        enable = r->bh >= 8 ? enable | DISPI_8BIT_DAC : enable & ~DISPI_8BIT_DAC;
        dispi_write(DISPI_ENABLE, enable | DISPI_NOCLEARMEM);
    }
    r->bh = enable & DISPI_8BIT_DAC ? 8 : 6;
    return VBE_OK;
}

/* Entries of four bytes: blue, green, red, nothing. */
static u16 dac_entries(struct regs *r)
{
    u16 at = r->di;
    if (r->bl == 0x80)
        wait_retrace();
    else if (r->bl > 1)
        return VBE_FAILED;
    if (r->dx + r->cx > 256)
        return VBE_FAILED;
    for (u16 i = r->dx; i < r->dx + r->cx; i++, at += 4) {
        if (r->bl != 1) {
            dac_write(i, peek8(r->es, at + 2), peek8(r->es, at + 1), peek8(r->es, at));
            continue;
        }
        outb(PORT_DAC_READ, i);
        for (u8 part = 3; part-- > 0;)
            poke8(r->es, at + part, inb(PORT_DAC));
        poke8(r->es, at + 3, 0);
    }
    return VBE_OK;
}

/* ---- the dispatcher ---- */

void vbe(struct regs *r)
{
    /* B0C0h to B0C5h; without the interface the card is a plain VGA */
    if ((dispi_read(DISPI_ID) & 0xFFF0) != 0xB0C0)
        return;
    switch (r->al) {
    case 0x00: r->ax = vbe_info(r); break;
    case 0x01: r->ax = vbe_mode_info(r); break;
    case 0x02: r->ax = set_mode(r); break;
    case 0x03: r->ax = current_mode(r); break;
    case 0x04: r->ax = vbe_state(r); break;
    case 0x05: r->ax = window(r); break;
    case 0x06: r->ax = line_length(r); break;
    case 0x07: r->ax = display_start(r); break;
    case 0x08: r->ax = dac_width(r); break;
    case 0x09: r->ax = dac_entries(r); break;
    case 0x15: r->ax = vbe_ddc(r); break;
    default: r->ax = 0x0100; break; /* not here: AL isn't 4Fh */
    }
}
