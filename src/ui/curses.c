/* SPDX-License-Identifier: MIT */
/*
 * Attributes of a VGA's cell: IRGB of the background in the high nibble (bit 7 may mean blinking),
 * of the foreground in the low one. Curses counts colours as BGR, so red and blue change places.
 * Pair n = background * 8 + (7 - foreground): white on black is pair 0, as curses wants it.
 */
#include "ui/curses.h"

#include <stdio.h>

#include "config.h"

#ifdef HAVE_CURSES
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/cp437.h"
#include "ui/keys.h"

/* The one terminal. */
static struct {
    bool colours, bright, wide;
    char leave[128];
} ui;

static short ansi(unsigned vga)
{
    return (short)((vga & 1) << 2 | (vga & 2) | (vga & 4) >> 2);
}

static void init_colours(void)
{
    ui.colours = has_colors() && start_color() == OK && COLOR_PAIRS >= 64;
    ui.bright = ui.colours && COLORS >= 16 && COLOR_PAIRS >= 128;
    for (unsigned pair = 1; ui.colours && pair < 64; pair++)
        init_pair((short)pair, ansi(7 - pair % 8), ansi(pair / 8));
    for (unsigned pair = 64; ui.bright && pair < 128; pair++)
        init_pair((short)pair, (short)(8 + ansi(7 - pair % 8)), ansi(pair / 8 % 8));
}

static void add_capability(char *text, size_t size, const char *name)
{
    const char *value = tigetstr((char *)name);

    if (value && value != (const char *)-1)
        strncat(text, value, size - strlen(text) - 1);
}

bool curses_open(struct ersatz_error *error)
{
    setlocale(LC_CTYPE, "");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !newterm(NULL, stdout, stdin)) {
        error->code = ERSATZ_E_UNSUPPORTED;
        snprintf(error->text, sizeof error->text,
                 "-display curses needs a terminal on standard input and output");
        return false;
    }
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    init_colours();
    ui.wide = MB_CUR_MAX > 1;
    add_capability(ui.leave, sizeof ui.leave, "sgr0");
    add_capability(ui.leave, sizeof ui.leave, "cnorm");
    add_capability(ui.leave, sizeof ui.leave, "rmcup");
    return true;
}

void curses_close(void)
{
    endwin();
}

const char *curses_leave_text(void)
{
    return ui.leave;
}

/* ---- the screen ---- */

/* A terminal without Unicode gets what comes near. */
static wchar_t plain(uint8_t c)
{
    static const char frames[] = "###|++++++|+++++++++-++++++++-+++++++++++++#_###";

    if (c >= ' ' && c < 0x7F)
        return c;
    return c >= 0xB0 && c < 0xB0 + sizeof frames - 1 ? frames[c - 0xB0] : c == 0 ? ' ' : '?';
}

static attr_t attribute(uint8_t vga, short *pair)
{
    attr_t bold = 0;

    *pair = 0;
    if (ui.colours)
        *pair = (short)((vga >> 4 & 7) * 8 + 7 - (vga & 7));
    if (vga & 8 && ui.bright)
        *pair = (short)(*pair + 64);
    else if (vga & 8)
        bold = A_BOLD;
    return bold | (vga & 0x80 ? A_BLINK : 0);
}

static void put_cell(uint16_t cell)
{
    uint8_t c = (uint8_t)cell;
    wchar_t text[2] = {ui.wide ? cp437_unicode(c) : plain(c), 0};
    short pair;
    attr_t attributes = attribute((uint8_t)(cell >> 8), &pair);
    cchar_t out;

    if (setcchar(&out, text, attributes, pair, NULL) == OK)
        add_wch(&out);
}

void curses_show(const struct ersatz_text *text)
{
    erase();
    for (unsigned row = 0; row < text->rows && (int)row < LINES; row++) {
        move((int)row, 0);
        for (unsigned column = 0; column < text->columns && (int)column < COLS; column++)
            put_cell(text->cells[row * text->columns + column]);
    }
    bool cursor = text->cursor_row >= 0 && text->cursor_row < LINES && text->cursor_column < COLS;
    curs_set(cursor);
    if (cursor)
        move(text->cursor_row, text->cursor_column);
    refresh();
}

void curses_say(const char *line)
{
    erase();
    curs_set(0);
    mvaddnstr(LINES / 2, 0, line, COLS);
    refresh();
}

void curses_forget(void)
{
    endwin();
    clearok(curscr, TRUE);
    refresh();
}

void curses_page(void)
{
    scrollok(stdscr, TRUE);
    erase();
    curs_set(1);
    move(LINES - 1, 0);
    refresh();
}

void curses_write(const char *text, size_t len)
{
    scrollok(stdscr, TRUE);
    addnstr(text, (int)len);
    refresh();
    scrollok(stdscr, FALSE);
}

/* ---- the keyboard ---- */

static uint16_t special(int c, bool *shift)
{
    static const struct {
        int curses;
        uint16_t code;
    } keys[] = {
        {KEY_UP, 0xE048},   {KEY_DOWN, 0xE050}, {KEY_LEFT, 0xE04B},  {KEY_RIGHT, 0xE04D},
        {KEY_HOME, 0xE047}, {KEY_END, 0xE04F},  {KEY_PPAGE, 0xE049}, {KEY_NPAGE, 0xE051},
        {KEY_IC, 0xE052},   {KEY_DC, 0xE053},   {KEY_ENTER, 0xE01C}, {KEY_BACKSPACE, 0x0E},
    };

    *shift = c == KEY_BTAB || (c >= KEY_F(13) && c <= KEY_F(24));
    if (c == KEY_BTAB)
        return 0x0F;
    if (*shift)
        c -= 12;
    if (c >= KEY_F(1) && c <= KEY_F(10))
        return (uint16_t)(0x3B + c - KEY_F(1));
    if (c >= KEY_F(11) && c <= KEY_F(12))
        return (uint16_t)(0x57 + c - KEY_F(11));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].curses == c)
            return keys[i].code;
    return 0;
}

static void hold(struct curses_key *key, uint16_t code)
{
    key->held[key->held_count++] = code;
}

/* One that getch() gave, without what Alt put before it. */
static void translate(struct curses_key *key, int c)
{
    bool shift = false;

    if (c == KEY_BACKSPACE || c == 127)
        c = 8;
    else if (c == KEY_ENTER || c == '\n')
        c = '\r';
    if (c < 128)
        key->character = c;
    if (c >= 1 && c < ' ' && c != 8 && c != '\t' && c != '\r' && c != 27) {
        hold(key, KEY_CTRL);
        c = c < 27 ? c + 'a' - 1 : c + '@';
    } else if (c == 0) {
        hold(key, KEY_CTRL);
        c = ' ';
    }
    key->code = c < 128 ? key_of_char(c, &shift) : special(c, &shift);
    if (shift)
        hold(key, KEY_SHIFT);
}

bool curses_key(struct curses_key *key)
{
    int c = getch();

    *key = (struct curses_key){.code = 0};
    if (c == ERR)
        return false;
    if (c == 27) { /* the Escape key, or what Alt puts before another */
        int next = getch();
        if (next != ERR) {
            hold(key, KEY_ALT);
            c = next;
        }
    }
    if (c == KEY_RESIZE)
        clearok(curscr, TRUE);
    else
        translate(key, c);
    return true;
}

#else

bool curses_open(struct ersatz_error *error)
{
    error->code = ERSATZ_E_UNSUPPORTED;
    snprintf(error->text, sizeof error->text, "-display curses: this build has no ncurses");
    return false;
}

void curses_close(void)
{
}

const char *curses_leave_text(void)
{
    return "";
}

void curses_show(const struct ersatz_text *text)
{
}
void curses_say(const char *line)
{
}
void curses_forget(void)
{
}
void curses_page(void)
{
}
void curses_write(const char *text, size_t len)
{
}

bool curses_key(struct curses_key *key)
{
    return false;
}

#endif
