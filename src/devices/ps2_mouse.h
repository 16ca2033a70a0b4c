/* SPDX-License-Identifier: MIT */
/*
 * A PS/2 mouse with a wheel and up to five buttons: what hangs on the 8042's second port. A part
 * of the 8042's device, so it has no class of its own.
 */
#ifndef ERSATZ_DEVICES_PS2_MOUSE_H
#define ERSATZ_DEVICES_PS2_MOUSE_H

#include "devices/device.h"

#define PS2_MOUSE_REPLIES 8 /* answers to commands go out first */
#define PS2_MOUSE_PACKET 4

/* Bits of `buttons`. */
enum { PS2_LEFT = 1, PS2_RIGHT = 2, PS2_MIDDLE = 4, PS2_FOURTH = 8, PS2_FIFTH = 16 };

struct ps2_mouse {
    u8 replies[PS2_MOUSE_REPLIES], reply_count;
    u8 packet[PS2_MOUSE_PACKET], packet_left; /* its last bytes are still to be sent */
    u8 command;                               /* waits for its argument; 0: none */
    u8 last;                                  /* byte sent, for FEh */
    u8 id, knock;                             /* 0, 3, 4; steps of the sequences that change it */
    u8 remote, wrap, reporting, scaling, resolution, rate;
    u8 buttons, told; /* as they are; as the last packet said */
    /* Movement since the last packet, two's complement: right, up, towards the user. */
    u16 dx, dy, dz;
};

#define PS2_MOUSE_FIELDS(type, member)                                                             \
    FIELD_BUFFER(type, member.replies, "mouse replies"),                                           \
        FIELD(type, member.reply_count, "mouse reply count"),                                      \
        FIELD_BUFFER(type, member.packet, "mouse packet"),                                         \
        FIELD(type, member.packet_left, "mouse packet left"),                                      \
        FIELD(type, member.command, "mouse command"), FIELD(type, member.last, "mouse last byte"), \
        FIELD(type, member.id, "mouse ID"), FIELD(type, member.knock, "mouse knocks"),             \
        FIELD(type, member.remote, "remote mode"), FIELD(type, member.wrap, "wrap mode"),          \
        FIELD(type, member.reporting, "reporting"), FIELD(type, member.scaling, "scaling 2:1"),    \
        FIELD(type, member.resolution, "resolution"), FIELD(type, member.rate, "sample rate"),     \
        FIELD(type, member.buttons, "buttons"), FIELD(type, member.told, "buttons told"),          \
        FIELD(type, member.dx, "dx"), FIELD(type, member.dy, "dy"), FIELD(type, member.dz, "dz")

/* Power-on: stream mode, not reporting. */
void ps2_mouse_reset(struct ps2_mouse *m);
/* A byte from the host. */
void ps2_mouse_write(struct ps2_mouse *m, u8 byte);
/* It moved by so much (right, up, wheel towards the user), and these buttons are down. False
 * while buttons that changed before are still to be told: later. */
bool ps2_mouse_move(struct ps2_mouse *m, int dx, int dy, int dz, u8 buttons);
bool ps2_mouse_has_data(const struct ps2_mouse *m);
u8 ps2_mouse_read(struct ps2_mouse *m);

#endif
