/* SPDX-License-Identifier: MIT */
/*
 * The 8042 as the keyboard and the mouse use it. IBM PS/2 Hardware Interface Technical
 * Reference, Keyboard and Auxiliary Device Controller.
 *
 *     status:        5 data are the mouse's  1 input buffer full  0 output buffer full
 *     command byte:  6 translate to set 1  5,4 mouse, keyboard off  2 system flag  1,0 IRQ12, IRQ1
 */
#ifndef BIOS_I8042_H
#define BIOS_I8042_H

#include "bios.h"

enum { I8042_DATA = 0x60, I8042_STATUS = 0x64 };
enum { I8042_OUTPUT_FULL = 1 << 0, I8042_INPUT_FULL = 1 << 1, I8042_AUX = 1 << 5 };
enum {
    I8042_IRQ1 = 1 << 0,
    I8042_IRQ12 = 1 << 1,
    I8042_SYSTEM = 1 << 2,
    I8042_KEYBOARD_OFF = 1 << 4,
    I8042_AUX_OFF = 1 << 5,
    I8042_TRANSLATE = 1 << 6
};
enum { PS2_ACK = 0xFA, PS2_RESEND = 0xFE, PS2_PASSED = 0xAA };

/* What the controller itself is told. */
enum {
    I8042_READ_COMMAND_BYTE = 0x20,
    I8042_WRITE_COMMAND_BYTE = 0x60,
    I8042_AUX_DISABLE = 0xA7,
    I8042_AUX_ENABLE = 0xA8,
    I8042_SELF_TEST = 0xAA,
    I8042_KEYBOARD_ENABLE = 0xAE,
    I8042_TO_AUX = 0xD4
};

/* All of these have a time-out and say by false that it ran out. Interrupts are off. */
bool i8042_command(u8 command);
bool i8042_write(u8 byte);
/* The next byte of the keyboard (or the controller), or with aux of the mouse; another's byte
 * is lost. */
bool i8042_read(bool aux, u8 *byte, u32 timeout_ms);
/* One byte to the keyboard or the mouse; true if it was acknowledged. */
bool i8042_send(bool aux, u8 byte);
/* Changes bits of the command byte; returns the byte as it was. */
u8 i8042_set_command_byte(u8 clear, u8 set);

#endif
