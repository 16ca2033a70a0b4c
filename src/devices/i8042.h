/* SPDX-License-Identifier: MIT */
/* The 8042 keyboard controller with a PS/2 keyboard and mouse; pins. */
#ifndef ERSATZ_DEVICES_I8042_H
#define ERSATZ_DEVICES_I8042_H

#include "devices/device.h"

extern const struct device_class i8042_class;

/* Regions. The board puts them at 60h and 64h. */
enum { I8042_DATA, I8042_COMMAND };

/* Output pins: IRQ1, IRQ12, the A20 gate (a level, high after reset), INIT (pulses). */
enum { I8042_KEYBOARD_IRQ, I8042_AUX_IRQ, I8042_A20, I8042_INIT };

/*
 * What users do are events: input(d, I8042_KEY, byte of scan code set 2), and input(d,
 * I8042_MOUSE, movement and buttons as below).
 */
enum { I8042_KEY, I8042_MOUSE };

/* 47..40 buttons (PS2_LEFT...)  39..32 wheel towards the user  31..16 up  15..0 right */
static inline u64 i8042_pack_mouse(i16 right, i16 up, i8 wheel, u8 buttons)
{
    return (u64)buttons << 40 | (u64)(u8)wheel << 32 | (u64)(u16)up << 16 | (u16)right;
}

#endif
