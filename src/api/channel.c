/* SPDX-License-Identifier: MIT */
/* The outside world: bytes out by channel, bytes and keys in by the input gate, lines. */
#include "api/api.h"
#include "base/error.h"
#include "devices/i8042.h"

static void flush(struct channel *c, enum ersatz_channel n)
{
    if (c->count && c->output)
        c->output(c->opaque, n, c->buffer, c->count);
    c->count = 0;
}

void channel_byte(void *opaque, enum ersatz_channel n, u8 byte)
{
    struct ersatz_machine *m = opaque;
    struct channel *c = &m->channel[n];

    c->buffer[c->count++] = byte;
    if (c->count == OUTPUT_BUFFER)
        flush(c, n);
}

void channel_flush(struct ersatz_machine *m)
{
    for (unsigned n = 0; n < ERSATZ_CHANNELS; n++)
        if (m->channel[n].count)
            flush(&m->channel[n], n);
}

int ersatz_connect(struct ersatz_machine *m, enum ersatz_channel channel, ersatz_output_fn *output,
                   void *opaque, struct ersatz_error *error)
{
    if ((unsigned)channel >= ERSATZ_CHANNELS)
        return err_set(error, ERSATZ_E_VALUE, "no channel %u", (unsigned)channel);
    if (m->powered)
        return err_set(error, ERSATZ_E_STATE, "too late to connect, the machine is on");
    m->channel[channel].connected = true;
    m->channel[channel].output = output;
    m->channel[channel].opaque = opaque;
    return 0;
}

size_t ersatz_serial_input(struct ersatz_machine *m, enum ersatz_channel channel,
                           const uint8_t *bytes, size_t len)
{
    size_t n = 0;

    if ((unsigned)channel > ERSATZ_SERIAL3 || !m->powered)
        return 0;
    while (n < len && input_post(&m->board.input, INPUT_SERIAL, channel - ERSATZ_SERIAL0, bytes[n]))
        n++;
    return n;
}

/*
 * Scan codes of set 1 to those that a keyboard sends, set 2: the 8042 turns them back. Row by
 * row as the codes of set 1 run; 0: no such key. (IBM PS/2 keyboard technical reference.)
 */
static const u8 set2[0x59] = {
    0x00, 0x76, 0x16, 0x1E, 0x26, 0x25, 0x2E, 0x36, 0x3D, 0x3E, 0x46, 0x45, 0x4E, 0x55, 0x66,
    0x0D, 0x15, 0x1D, 0x24, 0x2D, 0x2C, 0x35, 0x3C, 0x43, 0x44, 0x4D, 0x54, 0x5B, 0x5A, 0x14,
    0x1C, 0x1B, 0x23, 0x2B, 0x34, 0x33, 0x3B, 0x42, 0x4B, 0x4C, 0x52, 0x0E, 0x12, 0x5D, 0x1A,
    0x22, 0x21, 0x2A, 0x32, 0x31, 0x3A, 0x41, 0x49, 0x4A, 0x59, 0x7C, 0x11, 0x29, 0x58, 0x05,
    0x06, 0x04, 0x0C, 0x03, 0x0B, 0x83, 0x0A, 0x01, 0x09, 0x77, 0x7E, 0x6C, 0x75, 0x7D, 0x7B,
    0x6B, 0x73, 0x74, 0x79, 0x69, 0x72, 0x7A, 0x70, 0x71, 0x84, 0x00, 0x61, 0x78, 0x07,
};

#define KEY_EXTENDED 0xE0
#define KEY_RELEASED 0xF0

bool ersatz_key(struct ersatz_machine *m, uint16_t scan_code, bool down)
{
    u8 low = scan_code & 0xFF, prefix = (u8)(scan_code >> 8);
    u8 code = low < ARRAY_LEN(set2) ? set2[low] : 0;
    u8 bytes[3];
    unsigned n = 0;

    if (!code || (prefix && prefix != KEY_EXTENDED) || !m->powered)
        return true; /* no key that this keyboard has */
    if (prefix)
        bytes[n++] = KEY_EXTENDED;
    if (!down)
        bytes[n++] = KEY_RELEASED;
    bytes[n++] = code;
    return input_post_key(&m->board.input, bytes, n);
}

static int clamp(int v, int max)
{
    return v > max ? max : v < -max ? -max : v;
}

bool ersatz_mouse(struct ersatz_machine *m, int dx, int dy, int wheel, unsigned buttons)
{
    u64 packed = i8042_pack_mouse((i16)clamp(dx, INT16_MAX), (i16)-clamp(dy, INT16_MAX),
                                  (i8)-clamp(wheel, INT8_MAX), (u8)(buttons & 0x1F));

    return !m->powered || input_post(&m->board.input, INPUT_MOUSE, packed, 0);
}

void ersatz_on_line(struct ersatz_machine *m, ersatz_line_fn *fn, void *opaque)
{
    m->line = fn;
    m->line_opaque = opaque;
}
