/* SPDX-License-Identifier: MIT */
/*
 * The PS/2 mouse: IBM PS/2 Hardware Interface Technical Reference, Mouse; Microsoft's
 * IntelliMouse extension, by which sample rates set one after the other (200, 100, 80, and then
 * 200, 200, 80) turn on the wheel (ID 3) and two more buttons (ID 4).
 *
 *     byte 1:  7 Y overflow  6 X overflow  5 Y sign  4 X sign  3 one  2 middle  1 right  0 left
 *     byte 2:  X      byte 3:  Y
 *     byte 4:  Z with ID 3; with ID 4:  5,4 fifth, fourth button  3..0 Z
 *
 * Movement that doesn't fit into a packet goes into the next one, so the overflow bits stay 0.
 * The sample rate is only kept: the wire is the pace.
 */
#include "devices/ps2_mouse.h"

#include <string.h>

#define ACK 0xfa
#define RESEND 0xfe
#define BAT_OK 0xaa

#define CMD_SCALING_1 0xe6
#define CMD_SCALING_2 0xe7
#define CMD_RESOLUTION 0xe8
#define CMD_STATUS 0xe9
#define CMD_STREAM 0xea
#define CMD_READ 0xeb
#define CMD_NO_WRAP 0xec
#define CMD_WRAP 0xee
#define CMD_REMOTE 0xf0
#define CMD_ID 0xf2
#define CMD_RATE 0xf3
#define CMD_ENABLE 0xf4
#define CMD_DISABLE 0xf5
#define CMD_DEFAULT 0xf6
#define CMD_RESEND 0xfe
#define CMD_RESET 0xff

#define ID_WHEEL 3
#define ID_FIVE_BUTTONS 4
#define PACKET_ONE 0x08
#define THREE_BUTTONS (PS2_LEFT | PS2_RIGHT | PS2_MIDDLE)

static void forget_movement(struct ps2_mouse *m)
{
    m->dx = m->dy = m->dz = 0;
    m->packet_left = 0;
    m->told = m->buttons;
}

static void defaults(struct ps2_mouse *m)
{
    m->rate = 100;
    m->resolution = 2; /* 4 counts a millimetre */
    m->scaling = m->remote = m->wrap = m->reporting = 0;
    m->command = m->knock = 0;
    forget_movement(m);
}

void ps2_mouse_reset(struct ps2_mouse *m)
{
    memset(m, 0, sizeof *m);
    defaults(m);
}

/* ---- To the host -------------------------------------------------------------------------- */

static void reply(struct ps2_mouse *m, u8 byte)
{
    if (m->reply_count < PS2_MOUSE_REPLIES)
        m->replies[m->reply_count++] = byte;
}

static bool news(const struct ps2_mouse *m)
{
    return m->dx || m->dy || m->dz || m->told != m->buttons;
}

bool ps2_mouse_has_data(const struct ps2_mouse *m)
{
    bool streams = m->reporting && !m->remote && !m->wrap && !m->command;

    return m->reply_count || m->packet_left || (streams && news(m));
}

/* Takes up to `max` either way out of a counter. */
static int take(u16 *counter, int max)
{
    int v = (i16)*counter;

    v = v > max ? max : v < -max ? -max : v;
    *counter = (u16)(*counter - v);
    return v;
}

/* Scaling 2:1 stretches fast movements and holds slow ones. */
static int scale(int v)
{
    static const u8 slow[] = {0, 1, 1, 3, 6, 9};
    int n = v < 0 ? -v : v;

    n = n < (int)ARRAY_LEN(slow) ? slow[n] : 2 * n;
    return v < 0 ? -n : n;
}

/* What happened since the last packet, into the last bytes of m->packet. */
static void compose(struct ps2_mouse *m)
{
    bool scaled = m->scaling && !m->remote;
    int x = take(&m->dx, scaled ? 127 : 255), y = take(&m->dy, scaled ? 127 : 255);
    int z = take(&m->dz, m->id == ID_FIVE_BUTTONS ? 7 : 127);
    u8 *p = m->packet;

    if (scaled) {
        x = scale(x);
        y = scale(y);
    }
    m->packet_left = m->id ? 4 : 3;
    p += PS2_MOUSE_PACKET - m->packet_left;
    p[0] = (u8)(PACKET_ONE | (m->buttons & THREE_BUTTONS) | (x < 0) << 4 | (y < 0) << 5);
    p[1] = (u8)x;
    p[2] = (u8)y;
    if (m->id == ID_WHEEL)
        p[3] = (u8)z;
    else if (m->id == ID_FIVE_BUTTONS)
        p[3] = (u8)((z & 0x0f) | (m->buttons & (PS2_FOURTH | PS2_FIFTH)) << 1);
    m->told = m->buttons;
}

u8 ps2_mouse_read(struct ps2_mouse *m)
{
    if (m->reply_count) {
        m->last = m->replies[0];
        memmove(m->replies, m->replies + 1, --m->reply_count);
        return m->last;
    }
    if (!m->packet_left)
        compose(m);
    m->last = m->packet[(PS2_MOUSE_PACKET - m->packet_left) % PS2_MOUSE_PACKET];
    m->packet_left--;
    return m->last;
}

/* ---- From the host ------------------------------------------------------------------------ */

/* Three rates in a row change the ID: 3, and from there 4. */
static void set_rate(struct ps2_mouse *m, u8 rate)
{
    bool again = m->knock == 1 || m->knock == 2;

    m->rate = rate;
    if (rate == 80 && again) {
        if (m->knock == 1)
            m->id = m->id ? m->id : ID_WHEEL;
        else if (m->id)
            m->id = ID_FIVE_BUTTONS;
        m->knock = 0;
    } else if (m->knock == 3) { /* after a 200 */
        m->knock = rate == 100 ? 1 : rate == 200 ? 2 : 0;
    } else {
        m->knock = rate == 200 ? 3 : 0;
    }
}

static void argument(struct ps2_mouse *m, u8 byte)
{
    u8 command = m->command;

    m->command = 0;
    if (command == CMD_RATE) {
        set_rate(m, byte);
        reply(m, ACK);
    } else if (byte <= 3) {
        m->resolution = byte;
        reply(m, ACK);
    } else {
        reply(m, RESEND);
    }
}

static void status(struct ps2_mouse *m)
{
    bool left = m->buttons & PS2_LEFT, middle = m->buttons & PS2_MIDDLE;
    bool right = m->buttons & PS2_RIGHT;

    reply(m, (u8)(m->remote << 6 | m->reporting << 5 | m->scaling << 4 | left << 2 | middle << 1 |
                  right));
    reply(m, m->resolution);
    reply(m, m->rate);
}

/* Commands that are acknowledged; false: there is none of that number. */
static bool command(struct ps2_mouse *m, u8 byte)
{
    switch (byte) {
    case CMD_SCALING_1:
    case CMD_SCALING_2: m->scaling = byte == CMD_SCALING_2; break;
    case CMD_STREAM:
    case CMD_REMOTE:
        m->remote = byte == CMD_REMOTE;
        forget_movement(m);
        break;
    case CMD_NO_WRAP:
    case CMD_WRAP:
        m->wrap = byte == CMD_WRAP;
        forget_movement(m);
        break;
    case CMD_ENABLE:
    case CMD_DISABLE:
        m->reporting = byte == CMD_ENABLE;
        forget_movement(m);
        break;
    case CMD_RESOLUTION:
    case CMD_RATE: m->command = byte; break;
    case CMD_DEFAULT: defaults(m); break;
    case CMD_STATUS:
    case CMD_READ:
    case CMD_ID: break;
    default: return false;
    }
    return true;
}

/* A reset takes back the ID, too. The buttons are the user's. */
static void reset_by_host(struct ps2_mouse *m)
{
    u8 buttons = m->buttons;

    ps2_mouse_reset(m);
    m->buttons = m->told = buttons;
    reply(m, ACK);
    reply(m, BAT_OK);
    reply(m, 0);
}

void ps2_mouse_write(struct ps2_mouse *m, u8 byte)
{
    if (m->wrap && byte != CMD_NO_WRAP && byte != CMD_RESET) {
        reply(m, byte);
        return;
    }
    if (byte == CMD_RESEND) {
        reply(m, m->last);
        return;
    }
    m->reply_count = m->packet_left = 0; /* a new byte cuts short what it was sending */
    if (byte == CMD_RESET) {
        reset_by_host(m);
        return;
    }
    if (m->command && byte < CMD_SCALING_1) {
        argument(m, byte);
        return;
    }
    m->command = 0;
    if (!command(m, byte)) {
        reply(m, RESEND);
        return;
    }
    reply(m, ACK);
    if (byte == CMD_STATUS)
        status(m);
    else if (byte == CMD_ID)
        reply(m, m->id);
    else if (byte == CMD_READ)
        compose(m);
}

/* ---- From the user ------------------------------------------------------------------------ */

static void move(u16 *counter, int by)
{
    int v = (i16)*counter + by;

    v = v > INT16_MAX ? INT16_MAX : v < -INT16_MAX ? -INT16_MAX : v;
    *counter = (u16)v;
}

bool ps2_mouse_move(struct ps2_mouse *m, int dx, int dy, int dz, u8 buttons)
{
    bool streams = m->reporting && !m->remote;

    if (!m->id)
        dz = 0;
    if (m->id != ID_FIVE_BUTTONS)
        buttons &= THREE_BUTTONS;
    if (streams && m->told != m->buttons && buttons != m->buttons)
        return false;
    m->buttons = buttons;
    if (m->reporting || m->remote) {
        move(&m->dx, dx);
        move(&m->dy, dy);
        move(&m->dz, dz);
    } else {
        m->told = buttons; /* a mouse that isn't asked loses its movements */
    }
    return true;
}
