/* SPDX-License-Identifier: MIT */
/* INT 10h AH=00h: sets a standard mode. */
#include "dispi.h"
#include "vga.h"

ROM struct mode modes[] = {
#define MODE(number, model, bits, dac, seg, p200, p350, p400)                                      \
    {number, MODEL_##model, bits, DAC_##dac, seg, {p200, p350, p400}},
#include "modes.def"
#undef MODE
};

ROM_POINTER struct mode *mode_find(u8 number)
{
    for (u8 i = 0; i < ARRAY_LEN(modes); i++)
        if (modes[i].number == number)
            return &modes[i];
    return NULL;
}

u8 attr_read(u8 index)
{
    inb(bda16(BDA_VIDEO_CRTC) + 6);
    outb(PORT_ATTR, index);
    u8 v = inb(PORT_ATTR_READ);
    inb(bda16(BDA_VIDEO_CRTC) + 6);
    return v;
}

void attr_write(u8 index, u8 v)
{
    inb(bda16(BDA_VIDEO_CRTC) + 6);
    outb(PORT_ATTR, index);
    outb(PORT_ATTR, v);
}

void attr_done(void)
{
    inb(bda16(BDA_VIDEO_CRTC) + 6);
    outb(PORT_ATTR, 0x20);
}

void mode_registers(ROM_POINTER struct params *p)
{
    u16 crtc = p->misc & 1 ? CRTC_COLOUR : CRTC_MONO;
    inb(crtc + 6);
    outb(PORT_ATTR, 0); /* dark meanwhile */
    indexed_out(PORT_SEQ, 0, 1);
    for (u8 i = 0; i < sizeof(p->seq); i++)
        indexed_out(PORT_SEQ, i + 1, p->seq[i]);
    outb(PORT_MISC, p->misc);
    indexed_out(PORT_SEQ, 0, 3);
    indexed_out(crtc, 0x11, 0); /* unlocks 00h to 07h */
    for (u8 i = 0; i < sizeof(p->crtc); i++)
        indexed_out(crtc, i, p->crtc[i]);
    for (u8 i = 0; i < sizeof(p->grc); i++)
        indexed_out(PORT_GRC, i, p->grc[i]);
    inb(crtc + 6);
    for (u8 i = 0; i < sizeof(p->attr); i++) {
        outb(PORT_ATTR, i);
        outb(PORT_ATTR, p->attr[i]);
    }
    outb(PORT_ATTR, 0x14);
    outb(PORT_ATTR, 0);
    outb(PORT_ATTR, 0x20);
    outb(PORT_DAC_MASK, 0xFF);
}

/* What the CGA's registers 3D8h and 3D9h would hold. */
ROM u8 cga_mode_register[8] = {0x2C, 0x28, 0x2D, 0x29, 0x2A, 0x2E, 0x1E, 0x29};

void mode_to_bda(u8 number, ROM_POINTER struct params *p)
{
    bda_set8(BDA_VIDEO_MODE, number);
    bda_set16(BDA_VIDEO_COLUMNS, p->columns);
    bda_set16(BDA_VIDEO_PAGE_SIZE, p->page_size);
    bda_set16(BDA_VIDEO_PAGE_START, 0);
    for (u8 page = 0; page < 8; page++)
        bda_set16(BDA_VIDEO_CURSOR + 2 * page, 0);
    bda_set8(BDA_VIDEO_PAGE, 0);
    bda_set16(BDA_VIDEO_CRTC, p->misc & 1 ? CRTC_COLOUR : CRTC_MONO);
    bda_set8(BDA_VIDEO_ROWS, p->rows_less_one);
    bda_set16(BDA_VIDEO_HEIGHT, p->height);
    if (number < ARRAY_LEN(cga_mode_register)) {
        bda_set8(BDA_VIDEO_CGA_MODE, cga_mode_register[number]);
        bda_set8(BDA_VIDEO_CGA_PALETTE, number == 6 ? 0x3F : 0x30);
    }
}

/* The row of video_params for the scan lines that AH=12h BL=30h chose. */
static u8 params_row(ROM_POINTER struct mode *m)
{
    u8 flags = bda8(BDA_VIDEO_FLAGS);
    if (flags & VIDEO_200_LINES)
        return m->params[0];
    return m->params[flags & VIDEO_400_LINES ? 2 : 1];
}

static void clear(ROM_POINTER struct mode *m)
{
    if (m->model == MODEL_TEXT)
        vmem_fill16(m->seg, 0, 0x0720, 0x4000);
    else
        vmem_fill16(m->seg, 0, 0, m->model == MODEL_CGA ? 0x4000 : 0x8000);
}

static void equipment(u8 number)
{
    enum { MONO_80X25 = 3 << 4, CGA_40X25 = 1 << 4 };
    u16 kind = number == 7 ? MONO_80X25 : number <= 1 ? CGA_40X25 : EQUIPMENT_80X25;
    bda_set16(BDA_EQUIPMENT, (bda16(BDA_EQUIPMENT) & ~MONO_80X25) | kind);
}

void mode_set(u8 number_and_keep)
{
    u8 number = number_and_keep & 0x7F, keep = number_and_keep & 0x80;
    ROM_POINTER struct mode *m = mode_find(number);
    if (!m)
        return;
    dispi_write(DISPI_ENABLE, 0);
    ROM_POINTER struct params *p = &video_params[params_row(m)];
    u8 flags = bda8(BDA_VIDEO_FLAGS);
    if (!(flags & VIDEO_KEEP_PALETTE)) {
        /* attributes of a CGA's screen lie at 10h to 17h, where only its own palette has them */
        bool cga = m->model == MODEL_TEXT && (flags & VIDEO_200_LINES) && number != 7;
        dac_load(cga ? DAC_CGA : m->dac);
        if (flags & VIDEO_GREY)
            dac_sum_to_grey(0, 256);
    }
    mode_registers(p);
    if (!keep)
        clear(m);
    mode_to_bda(number, p);
    bda_set8(BDA_VIDEO_CONTROL, (bda8(BDA_VIDEO_CONTROL) & 0x7F) | keep);
    equipment(number);
    vector_set(0x1F, code_segment(), ROM_OFFSET(font_8x8 + 128 * 8));
    if (m->model == MODEL_TEXT) {
        bda_set16(BDA_VIDEO_CURSOR_SHAPE, p->crtc[0x0A] << 8 | p->crtc[0x0B]);
        if (p->height != 8)
            bda_set16(BDA_VIDEO_CURSOR_SHAPE, 0x0607); /* CGA's cells: see cursor_shape */
        font_for_mode(p->height);
    } else {
        bda_set16(BDA_VIDEO_CURSOR_SHAPE, 0);
    }
    u16 font = p->height == 8    ? ROM_OFFSET(font_8x8)
               : p->height == 14 ? ROM_OFFSET(font_8x14)
                                 : ROM_OFFSET(font_8x16);
    vector_set(0x43, code_segment(), font);
}

u16 mode_lines(void)
{
    u16 crtc = bda16(BDA_VIDEO_CRTC);
    u8 overflow = indexed_in(crtc, 7);
    u16 lines = indexed_in(crtc, 0x12) | (overflow & 2) << 7 | (overflow & 0x40) << 3;
    return lines + 1;
}

void screen_get(struct screen *s, u8 page)
{
    u8 number = bda8(BDA_VIDEO_MODE);
    ROM_POINTER struct mode *m = mode_find(number);
    s->page = page;
    s->columns = bda16(BDA_VIDEO_COLUMNS);
    s->rows = bda8(BDA_VIDEO_ROWS) + 1;
    s->height = bda8(BDA_VIDEO_HEIGHT);
    s->page_start = page * bda16(BDA_VIDEO_PAGE_SIZE);
    s->cga_font = number <= 6;
    if (number == MODE_VBE) {
        s->seg = 0xA000;
        s->bits = dispi_read(DISPI_BPP);
        s->model = s->bits == 8 ? MODEL_PACKED : MODEL_DIRECT;
        s->pitch = dispi_read(DISPI_VIRT_WIDTH);
        s->page_start = 0;
        return;
    }
    s->model = m ? m->model : MODEL_TEXT;
    s->bits = m ? m->bits : 4;
    s->seg = m ? m->seg : 0xB800;
    s->pitch = s->model == MODEL_PACKED ? s->columns * 8 : s->columns;
    if (s->model == MODEL_PACKED || s->model == MODEL_CGA)
        s->page_start = 0;
}
