/* SPDX-License-Identifier: MIT */
/*
 * INT 10h AH=1Ch: the video state saved to memory and back. One walk over all of it counts, saves
 * or restores; the layout is ours alone, as the standard leaves it.
 */
#include "dispi.h"
#include "vga.h"

enum { PART_HARDWARE = 1, PART_BDA = 2, PART_DAC = 4, PART_VBE = 8 };

struct walk {
    enum state_op op;
    u16 seg, at;
};

/* Restores give the stored byte, saves store v and give it. */
static u8 byte(struct walk *w, u8 v)
{
    u16 at = w->at++;
    if (w->op == STATE_SAVE)
        poke8(w->seg, at, v);
    return w->op == STATE_RESTORE ? peek8(w->seg, at) : v;
}

static void indexed(struct walk *w, u16 port, u8 first, u8 count)
{
    for (u8 i = first; i < first + count; i++) {
        u8 v = byte(w, indexed_in(port, i));
        if (w->op == STATE_RESTORE)
            indexed_out(port, i, v);
    }
}

static void hardware(struct walk *w)
{
    bool restore = w->op == STATE_RESTORE;
    u8 misc = byte(w, inb(PORT_MISC_READ));
    if (restore)
        outb(PORT_MISC, misc);
    u16 crtc = misc & 1 ? CRTC_COLOUR : CRTC_MONO;
    indexed(w, PORT_SEQ, 1, 4);
    u8 lock = byte(w, indexed_in(crtc, 0x11));
    if (restore)
        indexed_out(crtc, 0x11, lock & 0x7F);
    indexed(w, crtc, 0, 0x11);
    indexed(w, crtc, 0x12, 7);
    if (restore)
        indexed_out(crtc, 0x11, lock);
    for (u8 i = 0; i <= 0x14; i++) {
        inb(crtc + 6);
        outb(PORT_ATTR, i);
        u8 v = byte(w, inb(PORT_ATTR_READ));
        if (restore)
            outb(PORT_ATTR, v);
    }
    inb(crtc + 6);
    outb(PORT_ATTR, 0x20);
    indexed(w, PORT_GRC, 0, 9);
}

static void bda_cells(struct walk *w, u8 first, u8 count)
{
    for (u8 i = first; i < first + count; i++) {
        u8 v = byte(w, bda8(i));
        if (w->op == STATE_RESTORE)
            bda_set8(i, v);
    }
}

static void vectors(struct walk *w, u8 vector)
{
    for (u16 i = 4 * vector; i < 4 * vector + 4; i++) {
        u8 v = byte(w, peek8(0, i));
        if (w->op == STATE_RESTORE)
            poke8(0, i, v);
    }
}

static void dac(struct walk *w)
{
    u8 mask = byte(w, inb(PORT_DAC_MASK));
    bool restore = w->op == STATE_RESTORE;
    outb(restore ? PORT_DAC_WRITE : PORT_DAC_READ, 0);
    for (u16 i = 0; i < 768; i++) {
        u8 v = byte(w, restore || w->op == STATE_SIZE ? 0 : inb(PORT_DAC));
        if (restore)
            outb(PORT_DAC, v);
    }
    if (restore)
        outb(PORT_DAC_MASK, mask);
}

/* What a mode is made of comes before ENABLE, what ENABLE resets after it. */
static void vbe_registers(struct walk *w)
{
    static ROM u8 order[] = {DISPI_XRES,       DISPI_YRES,     DISPI_BPP,      DISPI_ENABLE,
                             DISPI_VIRT_WIDTH, DISPI_X_OFFSET, DISPI_Y_OFFSET, DISPI_BANK};
    bool on = true;
    for (u8 i = 0; i < sizeof(order); i++) {
        u16 v = dispi_read(order[i]);
        u8 low = byte(w, v), high = byte(w, v >> 8);
        v = low | high << 8;
        if (w->op != STATE_RESTORE || !on)
            continue;
        if (order[i] == DISPI_ENABLE) {
            on = v & DISPI_ENABLED;
            v |= DISPI_NOCLEARMEM;
        }
        dispi_write(order[i], v);
    }
}

u16 state_walk(enum state_op op, u16 parts, u16 seg, u16 off)
{
    struct walk w = {op, seg, off};
    if (parts & PART_VBE)
        vbe_registers(&w);
    if (parts & PART_HARDWARE)
        hardware(&w);
    if (parts & PART_BDA) {
        bda_cells(&w, BDA_VIDEO_MODE, 0x1E);
        bda_cells(&w, BDA_VIDEO_ROWS, 7);
        bda_cells(&w, BDA_VIDEO_SAVE, 4);
        vectors(&w, 0x1F);
        vectors(&w, 0x43);
    }
    if (parts & PART_DAC)
        dac(&w);
    return w.at - off;
}

void save_restore(struct regs *r)
{
    u16 parts = r->cx & (PART_HARDWARE | PART_BDA | PART_DAC);
    switch (r->al) {
    case 0: r->bx = (state_walk(STATE_SIZE, parts, 0, 0) + 63) / 64; break;
    case 1: state_walk(STATE_SAVE, parts, r->es, r->bx); break;
    case 2: state_walk(STATE_RESTORE, parts, r->es, r->bx); break;
    default: return;
    }
    r->al = 0x1C;
}
