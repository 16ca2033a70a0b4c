/* SPDX-License-Identifier: MIT */
/*
 * The screen and the keyboard of a text terminal, by ncurses. There is one in a process: the one
 * on standard input and output.
 */
#ifndef ERSATZ_UI_CURSES_H
#define ERSATZ_UI_CURSES_H

#include <ersatz/ersatz.h>

/* False, with the reason in `error`, if the terminal cannot do it or this build has no curses. */
bool curses_open(struct ersatz_error *error);
void curses_close(void);

/* What brings the terminal out of it when there is no time to call curses_close(). */
const char *curses_leave_text(void);

/* Shows a text screen; the rest of the terminal stays empty. */
void curses_show(const struct ersatz_text *text);
/* Shows one line instead. */
void curses_say(const char *line);
/* All of the terminal is unknown: draw everything anew next time. */
void curses_forget(void);

/* An empty page that text is written on, scrolling as it comes to the bottom. */
void curses_page(void);
void curses_write(const char *text, size_t len);

/* A key typed: keys that are held, and the key, as scan codes. */
struct curses_key {
    uint16_t held[3], code; /* code 0: it means nothing to a PC */
    unsigned held_count;
    int character; /* what it is at a prompt: ASCII, 8 for backspace, 13 for Enter; else 0 */
};

/* Takes the next key; false if none was typed. */
bool curses_key(struct curses_key *key);

#endif
