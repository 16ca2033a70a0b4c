/* SPDX-License-Identifier: MIT */
/*
 * The enhanced 101/102-key keyboard. IBM PS/2 Hardware Interface Technical Reference, Keyboard
 * (101/102). Repetition is the host's: a held key comes in again and again, and the typematic
 * rate is only kept. In set 3 each key has a type that says what it sends.
 */
#include "devices/ps2_keyboard.h"

#include <string.h>

#define ACK 0xfa
#define RESEND 0xfe
#define BAT_OK 0xaa
#define ECHO 0xee
#define BREAK 0xf0

#define CMD_LEDS 0xed
#define CMD_ECHO 0xee
#define CMD_SET 0xf0
#define CMD_ID 0xf2
#define CMD_TYPEMATIC 0xf3
#define CMD_ENABLE 0xf4
#define CMD_DISABLE 0xf5
#define CMD_DEFAULT 0xf6
#define CMD_ALL_TYPES 0xf7 /* to FAh: typematic, make/break, make only, all three */
#define CMD_KEY_TYPES 0xfb /* to FDh: the same first three for the keys that follow */
#define CMD_RESEND 0xfe
#define CMD_RESET 0xff

#define KEY_REPEATS 1
#define KEY_BREAKS 2
#define DEFAULT_TYPEMATIC 0x2b /* 10.9 characters a second after half a second */

const u8 ps2_set1[256] = {
    /* clang-format off */
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
    0x80, 0x81, 0x82, 0x41, 0x54, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f,
    0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f,
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
    0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf,
    0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf,
    0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf,
    0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef,
    0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
    /* clang-format on */
};

/* Where set 3 differs from set 2: {set 2, set 3}, plain keys and those after E0h. */
static const u8 set3_plain[][2] = {
    {0x05, 0x07}, {0x06, 0x0f}, {0x04, 0x17}, {0x0c, 0x1f}, {0x03, 0x27}, {0x0b, 0x2f},
    {0x83, 0x37}, {0x0a, 0x3f}, {0x01, 0x47}, {0x09, 0x4f}, {0x78, 0x56}, {0x07, 0x5e},
    {0x7e, 0x5f}, {0x58, 0x14}, {0x14, 0x11}, {0x11, 0x19}, {0x5d, 0x5c}, {0x76, 0x08},
    {0x77, 0x76}, {0x7c, 0x7e}, {0x7b, 0x84}, {0x79, 0x7c}, {0x61, 0x13}, {0x84, 0x57},
};
static const u8 set3_extended[][2] = {
    {0x7c, 0x57}, {0x11, 0x39}, {0x14, 0x58}, {0x70, 0x67}, {0x71, 0x64}, {0x6c, 0x6e},
    {0x69, 0x65}, {0x7d, 0x6f}, {0x7a, 0x6d}, {0x75, 0x63}, {0x6b, 0x61}, {0x72, 0x60},
    {0x74, 0x6a}, {0x4a, 0x77}, {0x5a, 0x79}, {0x1f, 0x8b}, {0x27, 0x8c}, {0x2f, 0x8d},
};
#define SET3_PAUSE 0x62

/* Set 3 at power-on: these only make, these make and break, all others repeat. */
static const u8 set3_make_only[] = {
    0x07, 0x08, 0x0f, 0x17, 0x1f, 0x27, 0x2f, 0x37, 0x39, 0x3f, 0x47, 0x4f, 0x56,
    0x57, 0x58, 0x5e, 0x5f, 0x62, 0x65, 0x67, 0x69, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
    0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x79, 0x7a, 0x7d, 0x7e, 0x84,
};
static const u8 set3_make_break[] = {0x11, 0x12, 0x14, 0x19, 0x59};

static void defaults(struct ps2_keyboard *k)
{
    k->typematic = DEFAULT_TYPEMATIC;
    k->key_count = 0;
    k->command = 0;
    k->extended = k->released = k->pause = 0;
    memset(k->key_type, KEY_REPEATS, sizeof k->key_type);
    memset(k->down, 0, sizeof k->down);
    for (unsigned i = 0; i < sizeof set3_make_only; i++)
        k->key_type[set3_make_only[i]] = 0;
    for (unsigned i = 0; i < sizeof set3_make_break; i++)
        k->key_type[set3_make_break[i]] = KEY_BREAKS;
}

void ps2_keyboard_reset(struct ps2_keyboard *k)
{
    memset(k, 0, sizeof *k);
    defaults(k);
    k->set = 2;
    k->scanning = 1;
}

/* ---- To the host -------------------------------------------------------------------------- */

static void reply(struct ps2_keyboard *k, u8 byte)
{
    if (k->reply_count < PS2_REPLIES)
        k->replies[k->reply_count++] = byte;
}

static void send(struct ps2_keyboard *k, u8 byte)
{
    if (k->key_count < PS2_KEYS)
        k->keys[k->key_count++] = byte;
}

bool ps2_keyboard_has_data(const struct ps2_keyboard *k)
{
    return k->reply_count || k->key_count;
}

u8 ps2_keyboard_read(struct ps2_keyboard *k)
{
    u8 *from = k->reply_count ? k->replies : k->keys;
    u8 *count = k->reply_count ? &k->reply_count : &k->key_count;

    if (*count) {
        k->last = from[0];
        memmove(from, from + 1, --*count);
    }
    return k->last;
}

/* ---- From the host ------------------------------------------------------------------------ */

static u8 types_of(u8 command)
{
    static const u8 types[4] = {KEY_REPEATS, KEY_BREAKS, 0, KEY_REPEATS | KEY_BREAKS};
    return types[command & 3];
}

static void argument(struct ps2_keyboard *k, u8 byte)
{
    u8 command = k->command;

    k->command = 0;
    reply(k, ACK);
    switch (command) {
    case CMD_LEDS: k->leds = byte & 7; break;
    case CMD_TYPEMATIC: k->typematic = byte & 0x7f; break;
    case CMD_SET:
        if (byte == 0)
            reply(k, k->set);
        else if (byte <= 3)
            k->set = byte;
        break;
    default: /* key types: more keys may follow until the next command */
        k->key_type[byte] = types_of((u8)(command - CMD_KEY_TYPES));
        k->command = command;
        break;
    }
}

static void command(struct ps2_keyboard *k, u8 byte)
{
    switch (byte) {
    case CMD_LEDS:
    case CMD_SET:
    case CMD_TYPEMATIC:
    case CMD_KEY_TYPES:
    case CMD_KEY_TYPES + 1:
    case CMD_KEY_TYPES + 2: k->command = byte; break;
    case CMD_ENABLE:
        k->key_count = 0;
        k->scanning = 1;
        break;
    case CMD_DISABLE:
    case CMD_DEFAULT:
        defaults(k);
        k->scanning = byte == CMD_DEFAULT;
        break;
    case CMD_RESET: ps2_keyboard_reset(k); break;
    default: /* F7h to FAh */
        memset(k->key_type, types_of((u8)(byte - CMD_ALL_TYPES)), sizeof k->key_type);
        break;
    }
    reply(k, ACK);
    if (byte == CMD_RESET)
        reply(k, BAT_OK);
}

void ps2_keyboard_write(struct ps2_keyboard *k, u8 byte)
{
    if (byte == CMD_RESEND) {
        reply(k, k->last);
        return;
    }
    k->reply_count = 0; /* a new byte cuts short the answer to the one before */
    if (k->command && byte < CMD_LEDS) {
        argument(k, byte);
        return;
    }
    k->command = 0;
    if (byte == CMD_ECHO) {
        reply(k, ECHO);
    } else if (byte == CMD_ID) {
        reply(k, ACK);
        reply(k, 0xab);
        reply(k, 0x83);
    } else if (byte < CMD_LEDS || byte == 0xef || byte == 0xf1) {
        reply(k, RESEND);
    } else {
        command(k, byte);
    }
}

/* ---- Keys --------------------------------------------------------------------------------- */

static u8 set3_code(u8 byte, bool extended)
{
    for (unsigned i = 0; extended && i < ARRAY_LEN(set3_extended); i++)
        if (set3_extended[i][0] == byte)
            return set3_extended[i][1];
    for (unsigned i = 0; !extended && i < ARRAY_LEN(set3_plain); i++)
        if (set3_plain[i][0] == byte)
            return set3_plain[i][1];
    return extended ? 0 : byte; /* a shift that set 2 only pretends has no code */
}

static void send_set3(struct ps2_keyboard *k, u8 code, bool released)
{
    bool held = k->down[code];

    k->down[code] = code && !released;
    if (!code)
        return;
    if (!released && (!held || (k->key_type[code] & KEY_REPEATS)))
        send(k, code);
    if (released && (k->key_type[code] & KEY_BREAKS)) {
        send(k, BREAK);
        send(k, code);
    }
}

/* A whole key is in: its last byte, with what came before it in k. */
static void key(struct ps2_keyboard *k, u8 byte)
{
    switch (k->set) {
    case 1:
        if (k->extended)
            send(k, 0xe0);
        send(k, ps2_set1[byte] | (k->released ? 0x80 : 0));
        break;
    case 2:
        if (k->extended)
            send(k, 0xe0);
        if (k->released)
            send(k, BREAK);
        send(k, byte);
        break;
    default: send_set3(k, set3_code(byte, k->extended), k->released); break;
    }
    k->extended = k->released = 0;
}

/* Pause is E1 14 77 E1 F0 14 F0 77, all at once, and never released. */
static void pause_byte(struct ps2_keyboard *k, u8 byte)
{
    if (k->set == 2) {
        send(k, byte);
    } else if (k->set == 1) {
        if (byte == BREAK)
            k->released = 1;
        else
            send(k, byte == 0xe1 ? byte : ps2_set1[byte] | (k->released ? 0x80 : 0));
        if (byte != BREAK)
            k->released = 0;
    } else if (k->pause == 8) {
        send_set3(k, SET3_PAUSE, false);
        send_set3(k, SET3_PAUSE, true);
    }
    k->pause = (u8)(k->pause - 1);
}

bool ps2_keyboard_key(struct ps2_keyboard *k, u8 byte)
{
    if (!k->scanning)
        return true; /* a keyboard that isn't asked loses its keys */
    if (k->key_count + 4 > PS2_KEYS)
        return false;
    if (byte == 0xe1 && !k->pause)
        k->pause = 8;
    if (k->pause)
        pause_byte(k, byte);
    else if (byte == 0xe0)
        k->extended = 1;
    else if (byte == BREAK)
        k->released = 1;
    else
        key(k, byte);
    return true;
}
