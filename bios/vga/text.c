/* SPDX-License-Identifier: MIT */
/* INT 10h AH=01h to 0Ah, 0Eh, 0Fh and 13h: cursor, pages, characters, scrolling; in every model. */
#include "vga.h"

/* ---- the cursor ---- */

static void show_cursor(void)
{
    u8 page = bda8(BDA_VIDEO_PAGE);
    u16 at = bda16(BDA_VIDEO_CURSOR + 2 * page), crtc = bda16(BDA_VIDEO_CRTC);
    u16 cell = bda16(BDA_VIDEO_PAGE_START) / 2 + (at >> 8) * bda16(BDA_VIDEO_COLUMNS) + (at & 0xFF);
    indexed_out(crtc, 0x0E, cell >> 8);
    indexed_out(crtc, 0x0F, cell & 0xFF);
}

void cursor_move(u8 page, u8 x, u8 y)
{
    if (page > 7)
        return;
    bda_set16(BDA_VIDEO_CURSOR + 2 * page, y << 8 | x);
    if (page == bda8(BDA_VIDEO_PAGE))
        show_cursor();
}

/*
 * Programs ask for shapes of a CGA's cell of 8 lines. Unless bit 0 of 0040:0087 says no, a line
 * near the bottom stays there in taller cells, and a block stays a block. Bit 5 of the start hides
 * the cursor.
 */
void cursor_shape(u8 start, u8 end)
{
    u16 crtc = bda16(BDA_VIDEO_CRTC);
    u8 height = bda8(BDA_VIDEO_HEIGHT), flags = start & 0xE0;
    bda_set16(BDA_VIDEO_CURSOR_SHAPE, start << 8 | end);
    start &= 0x1F;
    if (!(bda8(BDA_VIDEO_CONTROL) & VIDEO_NO_CURSOR_EMULATION) && height > 8 && !flags &&
        start <= end && end < 8) {
        if (end - start > 2) {
            start = start * height / 8;
            end = height - 1;
        } else if (end > 4) {
            start += height - 9;
            end += height - 9;
        }
    }
    indexed_out(crtc, 0x0A, flags | start);
    indexed_out(crtc, 0x0B, end);
}

void set_cursor_shape(struct regs *r)
{
    cursor_shape(r->ch, r->cl);
}

void set_cursor(struct regs *r)
{
    cursor_move(r->bh, r->dl, r->dh);
}

void get_cursor(struct regs *r)
{
    r->dx = r->bh <= 7 ? bda16(BDA_VIDEO_CURSOR + 2 * r->bh) : 0;
    r->cx = bda16(BDA_VIDEO_CURSOR_SHAPE);
}

/* A VGA has none. */
void light_pen(struct regs *r)
{
    r->ah = 0;
}

void set_page(struct regs *r)
{
    u8 page = r->al;
    u16 start = page * bda16(BDA_VIDEO_PAGE_SIZE), crtc = bda16(BDA_VIDEO_CRTC);
    struct screen s;
    screen_get(&s, page);
    if (page > 7 || bda8(BDA_VIDEO_MODE) == MODE_VBE)
        return;
    bda_set8(BDA_VIDEO_PAGE, page);
    bda_set16(BDA_VIDEO_PAGE_START, start);
    /* the CRTC counts characters in text modes and bytes of a plane in others */
    u16 address = s.model == MODEL_TEXT || s.model == MODEL_CGA ? start / 2 : start;
    indexed_out(crtc, 0x0C, address >> 8);
    indexed_out(crtc, 0x0D, address & 0xFF);
    show_cursor();
}

void get_mode(struct regs *r)
{
    r->al = bda8(BDA_VIDEO_MODE) | (bda8(BDA_VIDEO_CONTROL) & 0x80);
    r->ah = bda16(BDA_VIDEO_COLUMNS);
    r->bh = bda8(BDA_VIDEO_PAGE);
}

/* ---- scrolling ---- */

static u16 cell_offset(const struct screen *s, u8 x, u8 y)
{
    return s->page_start + (y * s->columns + x) * 2;
}

static void move_rows(const struct screen *s, const struct box *b, u8 to, u8 from, u8 rows)
{
    if (s->model != MODEL_TEXT) {
        pixels_move(s, b, to, from, rows);
        return;
    }
    for (u8 i = 0; i < rows; i++) {
        u8 row = to < from ? i : rows - 1 - i;
        vmem_copy16(s->seg, cell_offset(s, b->left, to + row), cell_offset(s, b->left, from + row),
                    b->right - b->left + 1);
    }
}

static void fill_rows(const struct screen *s, const struct box *b, u8 attr)
{
    if (s->model != MODEL_TEXT) {
        pixels_fill(s, b, attr);
        return;
    }
    for (u16 y = b->top; y <= b->bottom; y++)
        vmem_fill16(s->seg, cell_offset(s, b->left, y), attr << 8 | ' ', b->right - b->left + 1);
}

static void scroll(const struct screen *s, struct box b, u8 lines, u8 attr, bool up)
{
    if (b.bottom >= s->rows)
        b.bottom = s->rows - 1;
    if (b.right >= s->columns)
        b.right = s->columns - 1;
    if (b.top > b.bottom || b.left > b.right)
        return;
    u8 rows = b.bottom - b.top + 1;
    if (lines && lines < rows) {
        struct box rest = b;
        move_rows(s, &b, up ? b.top : b.top + lines, up ? b.top + lines : b.top, rows - lines);
        if (up)
            rest.top = b.bottom - lines + 1;
        else
            rest.bottom = b.top + lines - 1;
        b = rest;
    }
    fill_rows(s, &b, attr);
}

static void scroll_service(struct regs *r, bool up)
{
    struct screen s;
    screen_get(&s, bda8(BDA_VIDEO_PAGE));
    scroll(&s, (struct box){r->ch, r->cl, r->dh, r->dl}, r->al, r->bh, up);
}

void scroll_up(struct regs *r)
{
    scroll_service(r, true);
}

void scroll_down(struct regs *r)
{
    scroll_service(r, false);
}

/* ---- characters ---- */

static void put(const struct screen *s, u8 x, u8 y, u8 ch, u8 attr)
{
    if (s->model == MODEL_TEXT)
        poke16(s->seg, cell_offset(s, x, y), attr << 8 | ch);
    else
        glyph_draw(s, x, y, ch, attr, s->model == MODEL_PACKED ? s->page : 0);
}

static void cursor_of(u8 page, u8 *x, u8 *y)
{
    u16 at = page <= 7 ? bda16(BDA_VIDEO_CURSOR + 2 * page) : 0;
    *x = at & 0xFF;
    *y = at >> 8;
}

/* In 256-colour modes, BH is the colour behind characters, and there is one page. */
static u8 page_of(const struct screen *s, u8 bh)
{
    return s->model == MODEL_PACKED ? 0 : bh;
}

void read_char(struct regs *r)
{
    struct screen s;
    u8 x, y;
    screen_get(&s, r->bh);
    cursor_of(page_of(&s, r->bh), &x, &y);
    if (s.model == MODEL_TEXT)
        r->ax = peek16(s.seg, cell_offset(&s, x, y));
    else
        r->ax = glyph_read(&s, x, y);
}

static void write_repeated(struct regs *r, bool with_attr)
{
    struct screen s;
    u8 x, y;
    screen_get(&s, r->bh);
    cursor_of(page_of(&s, r->bh), &x, &y);
    if (s.model == MODEL_TEXT) {
        u16 at = cell_offset(&s, x, y);
        for (u16 n = r->cx; n; n--, at += 2) {
            poke8(s.seg, at, r->al);
            if (with_attr)
                poke8(s.seg, at + 1, r->bl);
        }
        return;
    }
    for (u16 n = r->cx; n && y < s.rows; n--) {
        put(&s, x, y, r->al, r->bl);
        if (++x >= s.columns) {
            x = 0;
            y++;
        }
    }
}

void write_char_attr(struct regs *r)
{
    write_repeated(r, true);
}

void write_char(struct regs *r)
{
    write_repeated(r, false);
}

/* ---- teletype ---- */

struct tty {
    struct screen s;
    u8 x, y;
    u8 attr;
    bool with_attr; /* text modes: else the cell's attribute stays */
};

/* A bell by the 8254's channel 2: about 900 Hz for a sixth of a second. */
static void beep(void)
{
    u8 port61 = inb(0x61), refresh = port61 & 0x10;
    outb(0x43, 0xB6);
    outb(0x42, 1193182 / 896 & 0xFF);
    outb(0x42, 1193182 / 896 >> 8);
    outb(0x61, port61 | 3);
    /* port 61h bit 4 changes every 15 us; a machine without it must not hang here */
    for (u32 changes = 0, tries = 0; changes < 11000 && tries < 400000; tries++) {
        u8 now = inb(0x61) & 0x10;
        changes += now != refresh;
        refresh = now;
    }
    outb(0x61, port61);
}

static void tty_put(struct tty *t, u8 ch)
{
    switch (ch) {
    case 7: beep(); return;
    case 8:
        if (t->x)
            t->x--;
        return;
    case '\r': t->x = 0; return;
    case '\n': t->y++; break;
    default:
        if (t->s.model == MODEL_TEXT && !t->with_attr)
            poke8(t->s.seg, cell_offset(&t->s, t->x, t->y), ch);
        else
            put(&t->s, t->x, t->y, ch, t->attr);
        if (++t->x < t->s.columns)
            return;
        t->x = 0;
        t->y++;
        break;
    }
    if (t->y >= t->s.rows) {
        u8 blank = 0;
        if (t->s.model == MODEL_TEXT)
            blank = peek8(t->s.seg, cell_offset(&t->s, t->x, t->s.rows - 1) + 1);
        struct box all = {0, 0, t->s.rows - 1, t->s.columns - 1};
        scroll(&t->s, all, 1, blank, true);
        t->y = t->s.rows - 1;
    }
}

void teletype(struct regs *r)
{
    /* programs leave anything in BH; IBM's BIOS writes to the page that is seen */
    struct tty t = {.attr = r->bl};
    u8 page = bda8(BDA_VIDEO_PAGE);
    screen_get(&t.s, page);
    if (t.s.model == MODEL_PACKED)
        t.s.page = 0;
    cursor_of(page, &t.x, &t.y);
    tty_put(&t, r->al);
    cursor_move(page, t.x, t.y);
}

/* AL bit 0: the cursor moves along; bit 1: the string has attributes. */
void write_string(struct regs *r)
{
    enum { MOVE_CURSOR = 1, HAS_ATTRS = 2 };
    struct tty t = {.attr = r->bl, .with_attr = true};
    screen_get(&t.s, r->bh);
    u8 page = page_of(&t.s, r->bh), x, y;
    if (t.s.model == MODEL_PACKED)
        t.s.page = 0;
    if (r->al > 3 || page > 7)
        return;
    cursor_of(page, &x, &y);
    t.x = r->dl;
    t.y = r->dh;
    u16 at = r->bp;
    for (u16 n = r->cx; n; n--) {
        u8 ch = peek8(r->es, at++);
        if (r->al & HAS_ATTRS) {
            t.attr = peek8(r->es, at);
            at++;
        }
        tty_put(&t, ch);
    }
    if (r->al & MOVE_CURSOR)
        cursor_move(page, t.x, t.y);
    else
        cursor_move(page, x, y);
}
