/* SPDX-License-Identifier: MIT */
/*
 * The PS/2 mouse: INT 15h function C2h, and IRQ 12 (INT 74h), which gathers a packet and calls
 * the driver. IBM PS/2 and PC BIOS Interface Technical Reference, INT 15h (AH) = C2h and the
 * extended data area:
 *
 *     22h  far pointer to the driver
 *     26h  2..0 bytes of the packet so far
 *     27h  7 there is a driver   2..0 bytes of a packet, less one
 *     28h  the packet
 */
#include "mouse.h"

#include "bda.h"
#include "i8042.h"
#include "int15.h"
#include "pic.h"
#include "post.h"

enum { EBDA_DRIVER = 0x22, EBDA_INDEX = 0x26, EBDA_DEVICE = 0x27, EBDA_PACKET = 0x28 };
enum { DEVICE_HAS_DRIVER = 1 << 7, COUNT = 7, MOUSE_IRQ = 12, DEFAULT_PACKET = 3 };
enum { ANSWER_MS = 100, RESET_MS = 1000 };
enum {
    MOUSE_SCALING_1 = 0xE6,
    MOUSE_SCALING_2 = 0xE7,
    MOUSE_SET_RESOLUTION = 0xE8,
    MOUSE_STATUS = 0xE9,
    MOUSE_GET_TYPE = 0xF2,
    MOUSE_SET_RATE = 0xF3,
    MOUSE_ENABLE = 0xF4,
    MOUSE_DISABLE = 0xF5,
    MOUSE_RESET = 0xFF
};
/* What AH answers. */
enum mouse_status {
    MOUSE_OK = 0,
    MOUSE_BAD_FUNCTION = 1,
    MOUSE_BAD_INPUT = 2,
    MOUSE_NO_ANSWER = 3,
    MOUSE_NO_DRIVER = 5
};

/* ---- Commands ----------------------------------------------------------------------------- */

/* Sends bytes, takes the answers that follow the last one's acknowledgement. The keyboard keeps
 * quiet meanwhile. */
static enum mouse_status ask(const u8 *bytes, unsigned n, u8 *answers, unsigned wanted)
{
    u32 flags = save_flags(), ms = *bytes == MOUSE_RESET ? RESET_MS : ANSWER_MS;
    bool ok = true;
    u8 old;

    cli();
    old = i8042_set_command_byte(I8042_IRQ1 | I8042_IRQ12 | I8042_AUX_OFF, I8042_KEYBOARD_OFF);
    while (ok && n--)
        ok = i8042_send(true, *bytes++);
    while (ok && wanted--)
        ok = i8042_read(true, answers++, ms);
    i8042_set_command_byte(0xff, old & ~I8042_AUX_OFF);
    restore_flags(flags);
    return ok ? MOUSE_OK : MOUSE_NO_ANSWER;
}

static enum mouse_status tell(u8 command)
{
    return ask(&command, 1, NULL, 0);
}

static enum mouse_status tell_value(u8 command, u8 value)
{
    const u8 bytes[] = {command, value};

    return ask(bytes, sizeof bytes, NULL, 0);
}

static void begin_packet(void)
{
    poke8(EBDA_SEG, EBDA_INDEX, peek8(EBDA_SEG, EBDA_INDEX) & ~COUNT);
}

/* ---- The functions ------------------------------------------------------------------------ */

static enum mouse_status enable(u8 on)
{
    enum mouse_status status;

    if (on > 1)
        return MOUSE_BAD_INPUT;
    if (on && !(peek8(EBDA_SEG, EBDA_DEVICE) & DEVICE_HAS_DRIVER))
        return MOUSE_NO_DRIVER;
    begin_packet();
    status = tell(on ? MOUSE_ENABLE : MOUSE_DISABLE);
    if (!status) {
        u32 flags = save_flags();

        cli();
        i8042_set_command_byte(I8042_IRQ12, on ? I8042_IRQ12 : 0);
        restore_flags(flags);
    }
    return status;
}

/* BL: AAh, BH: type */
static enum mouse_status reset(struct regs *r)
{
    const u8 command = MOUSE_RESET;
    u8 answers[2];
    enum mouse_status status = ask(&command, 1, answers, sizeof answers);

    begin_packet();
    if (status)
        return status;
    r->bl = answers[0];
    r->bh = answers[1];
    return answers[0] == PS2_PASSED ? MOUSE_OK : MOUSE_NO_ANSWER;
}

static enum mouse_status set_rate(u8 n)
{
    static const u8 rates[] = {10, 20, 40, 60, 80, 100, 200};

    return n < sizeof rates ? tell_value(MOUSE_SET_RATE, rates[n]) : MOUSE_BAD_INPUT;
}

static enum mouse_status initialize(struct regs *r)
{
    struct regs result = *r;
    u8 device = peek8(EBDA_SEG, EBDA_DEVICE);

    if (r->bh < 1 || r->bh > 8)
        return MOUSE_BAD_INPUT;
    poke8(EBDA_SEG, EBDA_DEVICE, (device & ~COUNT) | (r->bh - 1));
    return reset(&result);
}

/* BH: 00h status to BL, CL, DL  01h scaling 1:1  02h scaling 2:1 */
static enum mouse_status extended(struct regs *r)
{
    const u8 command = MOUSE_STATUS;
    u8 answers[3];
    enum mouse_status status;

    if (r->bh)
        return r->bh > 2 ? MOUSE_BAD_INPUT : tell(r->bh == 1 ? MOUSE_SCALING_1 : MOUSE_SCALING_2);
    status = ask(&command, 1, answers, sizeof answers);
    if (!status) {
        r->bl = answers[0];
        r->cl = answers[1];
        r->dl = answers[2];
    }
    return status;
}

static enum mouse_status get_type(struct regs *r)
{
    const u8 command = MOUSE_GET_TYPE;
    u8 type;
    enum mouse_status status = ask(&command, 1, &type, 1);

    if (!status)
        r->bh = type;
    return status;
}

static enum mouse_status set_driver(const struct regs *r)
{
    u8 device = peek8(EBDA_SEG, EBDA_DEVICE) & ~DEVICE_HAS_DRIVER;

    poke16(EBDA_SEG, EBDA_DRIVER, r->bx);
    poke16(EBDA_SEG, EBDA_DRIVER + 2, r->es);
    poke8(EBDA_SEG, EBDA_DEVICE, device | (r->bx || r->es ? DEVICE_HAS_DRIVER : 0));
    return MOUSE_OK;
}

static enum mouse_status function(struct regs *r)
{
    if (!(bda16(BDA_EQUIPMENT) & EQUIPMENT_MOUSE))
        return MOUSE_NO_ANSWER;
    switch (r->al) {
    case 0x00: return enable(r->bh);
    case 0x01: return reset(r);
    case 0x02: return set_rate(r->bh);
    case 0x03: return r->bh > 3 ? MOUSE_BAD_INPUT : tell_value(MOUSE_SET_RESOLUTION, r->bh);
    case 0x04: return get_type(r);
    case 0x05: return initialize(r);
    case 0x06: return extended(r);
    case 0x07: return set_driver(r);
    default: return MOUSE_BAD_FUNCTION;
    }
}

void mouse_service(struct regs *r)
{
    r->ah = function(r);
    set_cf(r, r->ah != MOUSE_OK);
}

/* ---- IRQ 12 ------------------------------------------------------------------------------- */

static void call_driver(void)
{
    u16 words[4] = {0};
    u8 size = (peek8(EBDA_SEG, EBDA_DEVICE) & COUNT) + 1;

    for (u8 n = 0; n < size && n < ARRAY_LEN(words); n++)
        words[n] = peek8(EBDA_SEG, EBDA_PACKET + n);
    mouse_call(peek16(EBDA_SEG, EBDA_DRIVER + 2), peek16(EBDA_SEG, EBDA_DRIVER), words);
}

void int74(struct regs *r)
{
    u8 status = inb(I8042_STATUS), device = peek8(EBDA_SEG, EBDA_DEVICE);
    u8 index = peek8(EBDA_SEG, EBDA_INDEX) & COUNT;

    if ((status & I8042_OUTPUT_FULL) && (status & I8042_AUX)) {
        poke8(EBDA_SEG, EBDA_PACKET + index, inb(I8042_DATA));
        begin_packet();
        if (index < (device & COUNT))
            poke8(EBDA_SEG, EBDA_INDEX, peek8(EBDA_SEG, EBDA_INDEX) + index + 1);
        else if (device & DEVICE_HAS_DRIVER)
            call_driver();
    }
    pic_eoi(MOUSE_IRQ);
}

void mouse_init(void)
{
    struct regs r = {0};

    i8042_command(I8042_AUX_ENABLE);
    poke8(EBDA_SEG, EBDA_DEVICE, DEFAULT_PACKET - 1);
    if (reset(&r) == MOUSE_OK) {
        bda_set16(BDA_EQUIPMENT, bda16(BDA_EQUIPMENT) | EQUIPMENT_MOUSE);
        pic_unmask(MOUSE_IRQ);
    } else {
        i8042_command(I8042_AUX_DISABLE);
        log_printf("mouse: no answer\n");
    }
}
