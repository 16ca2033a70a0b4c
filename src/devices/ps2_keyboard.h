/* SPDX-License-Identifier: MIT */
/*
 * A PS/2 keyboard: what hangs on the 8042's first port. It gets the keys as bytes of scan code
 * set 2 and sends them in the set that the guest chose. A part of the 8042's device, so it has
 * no class of its own.
 */
#ifndef ERSATZ_DEVICES_PS2_KEYBOARD_H
#define ERSATZ_DEVICES_PS2_KEYBOARD_H

#include "devices/device.h"

#define PS2_KEYS 16   /* bytes of the keyboard's buffer */
#define PS2_REPLIES 8 /* answers to commands go out first */

struct ps2_keyboard {
    u8 keys[PS2_KEYS], key_count;
    u8 replies[PS2_REPLIES], reply_count;
    u8 command; /* waits for its argument; 0: none */
    u8 last;    /* byte sent, for FEh */
    u8 scanning, set, leds, typematic;
    u8 extended, released, pause; /* seen of the key that comes in: E0h, F0h, bytes since E1h */
    u8 key_type[256];             /* set 3: KEY_* */
    u8 down[256];                 /* set 3: keys held */
};

#define PS2_KEYBOARD_FIELDS(type, member)                                                          \
    FIELD_BUFFER(type, member.keys, "keys"), FIELD(type, member.key_count, "key count"),           \
        FIELD_BUFFER(type, member.replies, "replies"),                                             \
        FIELD(type, member.reply_count, "reply count"), FIELD(type, member.command, "command"),    \
        FIELD(type, member.last, "last byte"), FIELD(type, member.scanning, "scanning"),           \
        FIELD(type, member.set, "scan code set"), FIELD(type, member.leds, "LEDs"),                \
        FIELD(type, member.typematic, "typematic"), FIELD(type, member.extended, "E0h seen"),      \
        FIELD(type, member.released, "F0h seen"), FIELD(type, member.pause, "since E1h"),          \
        FIELD_BUFFER(type, member.key_type, "key types"),                                          \
        FIELD_BUFFER(type, member.down, "keys held")

/* Set 2 to set 1, make codes; the 8042 translates by the same table. */
extern const u8 ps2_set1[256];

/* Power-on: default settings, scanning, nothing to send. */
void ps2_keyboard_reset(struct ps2_keyboard *k);
/* A byte from the host. */
void ps2_keyboard_write(struct ps2_keyboard *k, u8 byte);
/* A byte of a key's set 2 code; false if the buffer has no room for what it may become. */
bool ps2_keyboard_key(struct ps2_keyboard *k, u8 byte);
bool ps2_keyboard_has_data(const struct ps2_keyboard *k);
u8 ps2_keyboard_read(struct ps2_keyboard *k);

#endif
