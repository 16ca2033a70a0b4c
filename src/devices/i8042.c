/* SPDX-License-Identifier: MIT */
/*
 * The 8042 keyboard controller of the PS/2, with a keyboard on its first port and a mouse on the
 * second. IBM PS/2 Hardware Interface Technical Reference, Keyboard and Auxiliary Device
 * Controller.
 *
 *     status:   7 parity  6 time-out  5 AUX data  4 unlocked  3 command  2 SYS  1 IBF  0 OBF
 *     command byte (RAM 0):  6 translate  5 AUX off  4 keyboard off  2 SYS  1 IRQ12  0 IRQ1
 *     output port:  7,6 keyboard data, clock  5 IRQ12  4 IRQ1  1 A20  0 not reset
 *
 * The controller's own answers are there at once. A byte from a device takes a millisecond of
 * wire, so that a handler that reads the data port twice reads the same byte twice. When both
 * have something to send, they take turns.
 */
#include "devices/i8042.h"

#include "base/bits.h"
#include "base/log.h"
#include "devices/ps2_keyboard.h"
#include "devices/ps2_mouse.h"

#define STATUS_OBF 0x01
#define STATUS_SYS 0x04
#define STATUS_COMMAND 0x08
#define STATUS_UNLOCKED 0x10
#define STATUS_AUX 0x20
#define STATUS_TIMEOUT 0x40
#define CTR_KEYBOARD_IRQ 0x01
#define CTR_AUX_IRQ 0x02
#define CTR_SYS 0x04
#define CTR_KEYBOARD_OFF 0x10
#define CTR_AUX_OFF 0x20
#define CTR_TRANSLATE 0x40
#define OUT_NOT_RESET 0x01
#define OUT_A20 0x02
#define OUT_KEYBOARD_IRQ 0x10
#define OUT_AUX_IRQ 0x20
#define OUT_LINES 0xc0

#define CMD_READ_RAM 0x20  /* to 3Fh */
#define CMD_WRITE_RAM 0x60 /* to 7Fh */
#define CMD_WRITE_OUT 0xd1
#define CMD_AS_KEYBOARD 0xd2
#define CMD_AS_AUX 0xd3
#define CMD_TO_AUX 0xd4

#define BYTE_NS 1000000ull
#define ANSWERS 4

struct i8042 {
    struct device dev;
    struct timer wire;
    u8 ram[32]; /* ram[0] is the command byte */
    u8 out;     /* output port, bits 0 and 1 */
    u8 status;
    u8 data;    /* output buffer */
    u8 command; /* waits for a byte at the data port; 0: none */
    u8 answers[ANSWERS], answer_count;
    u8 break_seen; /* translation holds an F0h */
    u8 irq;        /* levels: bit 0 IRQ1, bit 1 IRQ12 */
    u8 aux_turn;   /* the mouse is next when both want to send */
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
};

static const struct field i8042_fields[] = {
    FIELD_TIMER(struct i8042, wire, "wire"),
    FIELD_BUFFER(struct i8042, ram, "RAM"),
    FIELD(struct i8042, out, "output port"),
    FIELD(struct i8042, status, "status"),
    FIELD(struct i8042, data, "output buffer"),
    FIELD(struct i8042, command, "command"),
    FIELD_BUFFER(struct i8042, answers, "answers"),
    FIELD(struct i8042, answer_count, "answer count"),
    FIELD(struct i8042, break_seen, "F0h held"),
    FIELD(struct i8042, irq, "IRQs"),
    FIELD(struct i8042, aux_turn, "AUX's turn"),
    PS2_KEYBOARD_FIELDS(struct i8042, keyboard),
    PS2_MOUSE_FIELDS(struct i8042, mouse),
};

/* ---- The output buffer -------------------------------------------------------------------- */

static void update_irq(struct i8042 *c)
{
    bool full = c->status & STATUS_OBF, aux = c->status & STATUS_AUX;
    bool level[2] = {full && !aux && (c->ram[0] & CTR_KEYBOARD_IRQ),
                     full && aux && (c->ram[0] & CTR_AUX_IRQ)};

    for (unsigned n = 0; n < 2; n++) {
        if (level[n] == (c->irq >> n & 1))
            continue;
        c->irq ^= (u8)BIT(n);
        irq_set(&c->dev.out[n ? I8042_AUX_IRQ : I8042_KEYBOARD_IRQ], level[n]);
    }
}

static void fill(struct i8042 *c, u8 byte, u8 status)
{
    c->data = byte;
    c->status = (c->status & (u8) ~(STATUS_AUX | STATUS_TIMEOUT)) | STATUS_OBF | status;
    update_irq(c);
}

static bool keyboard_sends(const struct i8042 *c)
{
    return !(c->ram[0] & CTR_KEYBOARD_OFF) && ps2_keyboard_has_data(&c->keyboard);
}

static bool mouse_sends(const struct i8042 *c)
{
    return !(c->ram[0] & CTR_AUX_OFF) && ps2_mouse_has_data(&c->mouse);
}

/* Lets a device send when it has something and nobody is in its way. */
static void start_wire(struct i8042 *c)
{
    if ((c->status & STATUS_OBF) || (!keyboard_sends(c) && !mouse_sends(c)))
        timer_disarm(&c->wire);
    else if (!c->wire.armed)
        timer_arm(&c->wire, clock_now(c->dev.clock) + BYTE_NS);
}

static void byte_arrives(void *opaque)
{
    struct i8042 *c = opaque;
    u8 byte;

    if (mouse_sends(c) && (c->aux_turn || !keyboard_sends(c))) {
        byte = ps2_mouse_read(&c->mouse);
        c->aux_turn = 0;
        LOG(c->dev.log, PS2, "mouse sends %02x", byte);
        fill(c, byte, STATUS_AUX);
        return;
    }
    byte = ps2_keyboard_read(&c->keyboard);
    c->aux_turn = 1;
    if (c->ram[0] & CTR_TRANSLATE) {
        if (byte == 0xf0) {
            c->break_seen = 0x80;
            start_wire(c);
            return;
        }
        byte = ps2_set1[byte] | c->break_seen;
        c->break_seen = 0;
    }
    LOG(c->dev.log, PS2, "keyboard sends %02x", byte);
    fill(c, byte, 0);
}

static void answer(struct i8042 *c, u8 byte)
{
    if (!(c->status & STATUS_OBF))
        fill(c, byte, 0);
    else if (c->answer_count < ANSWERS)
        c->answers[c->answer_count++] = byte;
    start_wire(c);
}

static u64 data_read(struct device *d, u64 offset, unsigned size)
{
    struct i8042 *c = (struct i8042 *)d;
    u8 byte = c->data;

    c->status &= (u8) ~(STATUS_OBF | STATUS_AUX | STATUS_TIMEOUT);
    update_irq(c);
    if (c->answer_count) {
        fill(c, c->answers[0], 0);
        c->answer_count--;
        for (unsigned i = 0; i < c->answer_count; i++)
            c->answers[i] = c->answers[i + 1];
    }
    start_wire(c);
    return byte;
}

static u64 status_read(struct device *d, u64 offset, unsigned size)
{
    return ((struct i8042 *)d)->status;
}

/* ---- Commands ----------------------------------------------------------------------------- */

static void write_command_byte(struct i8042 *c, u8 value)
{
    c->ram[0] = value & 0x7f;
    c->status = (c->status & (u8)~STATUS_SYS) | (value & CTR_SYS ? STATUS_SYS : 0);
    update_irq(c);
    start_wire(c);
}

static void write_out(struct i8042 *c, u8 value)
{
    bool resets = (c->out & OUT_NOT_RESET) && !(value & OUT_NOT_RESET);

    c->out = value & (OUT_NOT_RESET | OUT_A20);
    irq_set(&c->dev.out[I8042_A20], value & OUT_A20);
    if (resets)
        irq_pulse(&c->dev.out[I8042_INIT]);
}

static u8 read_out(const struct i8042 *c)
{
    return c->out | OUT_LINES | (c->irq & 1 ? OUT_KEYBOARD_IRQ : 0) |
           (c->irq & 2 ? OUT_AUX_IRQ : 0);
}

static void command_data(struct i8042 *c, u8 value)
{
    u8 command = c->command;

    c->command = 0;
    switch (command) {
    case CMD_WRITE_RAM: write_command_byte(c, value); break;
    case CMD_WRITE_OUT: write_out(c, value); break;
    case CMD_AS_KEYBOARD: fill(c, value, 0); break;
    case CMD_AS_AUX: fill(c, value, STATUS_AUX); break;
    case CMD_TO_AUX:
        LOG(c->dev.log, PS2, "to mouse %02x", value);
        timer_disarm(&c->wire);
        ps2_mouse_write(&c->mouse, value);
        start_wire(c);
        break;
    default: c->ram[command & 31] = value; break;
    }
}

static void set_ctr(struct i8042 *c, u8 bits, bool on)
{
    write_command_byte(c, on ? c->ram[0] | bits : c->ram[0] & (u8)~bits);
}

/* Commands without data, but for 20h to 3Fh. */
static void simple_command(struct i8042 *c, u8 command)
{
    switch (command) {
    case 0xa4: answer(c, 0xf1); break; /* no password */
    case 0xa7: set_ctr(c, CTR_AUX_OFF, true); break;
    case 0xa8: set_ctr(c, CTR_AUX_OFF, false); break;
    case 0xa9: answer(c, 0x00); break; /* AUX lines are well */
    case 0xaa:
        set_ctr(c, CTR_SYS, true);
        answer(c, 0x55);
        break;
    case 0xab: answer(c, 0x00); break; /* keyboard lines are well */
    case 0xad: set_ctr(c, CTR_KEYBOARD_OFF, true); break;
    case 0xae: set_ctr(c, CTR_KEYBOARD_OFF, false); break;
    case 0xc0: answer(c, 0xa0); break; /* input port: unlocked, no jumper */
    case 0xd0: answer(c, read_out(c)); break;
    case 0xdd: write_out(c, c->out & (u8)~OUT_A20); break;
    case 0xdf: write_out(c, c->out | OUT_A20); break;
    case 0xe0: answer(c, c->ram[0] & CTR_KEYBOARD_OFF ? 0x02 : 0x03); break;
    default: LOG(c->dev.log, UNIMP, "8042: command %02x", command); break;
    }
}

static void command_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct i8042 *c = (struct i8042 *)d;
    u8 command = (u8)value;

    LOG(d->log, PS2, "command %02x", command);
    c->status |= STATUS_COMMAND;
    c->command = 0;
    if ((command & 0xe0) == CMD_READ_RAM) {
        answer(c, c->ram[command & 31]);
    } else if ((command & 0xe0) == CMD_WRITE_RAM ||
               (command >= CMD_WRITE_OUT && command <= CMD_TO_AUX)) {
        c->command = command;
    } else if ((command & 0xf0) == 0xf0) {
        if (!(command & OUT_NOT_RESET))
            irq_pulse(&d->out[I8042_INIT]);
    } else {
        simple_command(c, command);
    }
}

static void data_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct i8042 *c = (struct i8042 *)d;

    c->status &= (u8)~STATUS_COMMAND;
    if (c->command) {
        command_data(c, (u8)value);
        return;
    }
    LOG(d->log, PS2, "to keyboard %02x", (u8)value);
    c->ram[0] &= (u8)~CTR_KEYBOARD_OFF; /* a byte to the keyboard turns it on */
    timer_disarm(&c->wire);             /* and cuts off what it is sending */
    ps2_keyboard_write(&c->keyboard, (u8)value);
    start_wire(c);
}

static bool i8042_input(struct device *d, u64 a, u64 b)
{
    struct i8042 *c = (struct i8042 *)d;
    bool taken;

    if (a == I8042_KEY)
        taken = ps2_keyboard_key(&c->keyboard, (u8)b);
    else
        taken = ps2_mouse_move(&c->mouse, (i16)b, (i16)(b >> 16), (i8)(b >> 32), (u8)(b >> 40));
    start_wire(c);
    return taken;
}

static int i8042_init(struct device *d, struct ersatz_error *err)
{
    struct i8042 *c = (struct i8042 *)d;
    timer_init(&c->wire, d->clock, byte_arrives, c, "8042 wire");
    return 0;
}

/* Interrupts are on and translation is off, as QEMU's board has it; firmware sets it up. */
static void i8042_reset(struct device *d)
{
    struct i8042 *c = (struct i8042 *)d;

    device_zero(d);
    ps2_keyboard_reset(&c->keyboard);
    ps2_mouse_reset(&c->mouse);
    c->ram[0] = CTR_KEYBOARD_IRQ | CTR_AUX_IRQ;
    c->status = STATUS_COMMAND | STATUS_UNLOCKED;
    c->out = OUT_NOT_RESET | OUT_A20;
    irq_set(&d->out[I8042_KEYBOARD_IRQ], false);
    irq_set(&d->out[I8042_AUX_IRQ], false);
    irq_set(&d->out[I8042_A20], true);
}

const struct device_class i8042_class = {
    .name = "i8042",
    .text = "8042 keyboard controller with PS/2 keyboard and mouse",
    .size = sizeof(struct i8042),
    .fields = i8042_fields,
    .field_count = ARRAY_LEN(i8042_fields),
    .regions =
        {
            [I8042_DATA] = {"kbd-data", REGION_PORT, 1, 1, 0, data_read, data_write},
            [I8042_COMMAND] = {"kbd-command", REGION_PORT, 1, 1, 0, status_read, command_write},
        },
    .init = i8042_init,
    .reset = i8042_reset,
    .input = i8042_input,
};
