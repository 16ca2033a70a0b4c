/* SPDX-License-Identifier: MIT */
/* The keyboard: its controller, its interrupt (keyboard.c), its service (int16.c). */
#ifndef BIOS_KEYBOARD_H
#define BIOS_KEYBOARD_H

#include "bios.h"

/* The shift states; keyboard.c draws the bytes. */
enum {
    SHIFT_RIGHT = 1 << 0,
    SHIFT_LEFT = 1 << 1,
    SHIFT_ANY = SHIFT_RIGHT | SHIFT_LEFT,
    SHIFT_CTRL = 1 << 2,
    SHIFT_ALT = 1 << 3,
    SHIFT_SCROLL = 1 << 4,
    SHIFT_NUM = 1 << 5,
    SHIFT_CAPS = 1 << 6,
    SHIFT_INSERT = 1 << 7
};
enum { SHIFT2_LCTRL = 1 << 0, SHIFT2_LALT = 1 << 1, SHIFT2_SYSRQ = 1 << 2, SHIFT2_PAUSE = 1 << 3 };
enum {
    FLAGS3_E1 = 1 << 0,
    FLAGS3_E0 = 1 << 1,
    FLAGS3_RCTRL = 1 << 2,
    FLAGS3_RALT = 1 << 3,
    FLAGS3_ENHANCED = 1 << 4
};

/* After the 8259s and the vectors, with interrupts off: finds and enables the keyboard. */
void keyboard_init(void);
/* Lights the LEDs as the locks are. */
void keyboard_show_locks(void);

/* The buffer of keystrokes, scan code << 8 | ASCII. False: it is full; it is empty. */
bool keyboard_put(u16 stroke);
bool keyboard_get(u16 *stroke);
bool keyboard_peek(u16 *stroke);

#endif
