/* SPDX-License-Identifier: MIT */
/*
 * INT 9h, the keyboard's interrupt: scan codes of set 1 into shift states and into the buffer of
 * INT 16h. IBM PS/2 and PC BIOS Interface Technical Reference, "Keyboard" and the BIOS data area.
 *
 *     40:17   7 Insert  6 Caps  5 Num  4 Scroll (states)   3 Alt  2 Ctrl  1,0 left, right Shift
 *     40:18   7 Insert  6 Caps  5 Num  4 Scroll (held)     3 Pause  2 SysRq  1,0 left Alt, Ctrl
 *     40:96   4 enhanced keyboard   3,2 right Alt, Ctrl    1,0 the last byte was E0h, E1h
 *     40:97   6 LEDs are being set  2 Caps  1 Num  0 Scroll, as the LEDs show them
 */
#include "keyboard.h"

#include "bda.h"
#include "bios.h"
#include "i8042.h"
#include "pic.h"

#define NONE 0 /* no keystroke */
#define CAPS SHIFT_CAPS
#define NUM SHIFT_NUM

#define CODE_RELEASE 0x80
#define CODE_CTRL 0x1d
#define CODE_LEFT_SHIFT 0x2a
#define CODE_RIGHT_SHIFT 0x36
#define CODE_PRINT 0x37
#define CODE_ALT 0x38
#define CODE_CAPS 0x3a
#define CODE_NUM 0x45
#define CODE_SCROLL 0x46
#define CODE_INSERT 0x52
#define CODE_DELETE 0x53
#define CODE_SYSRQ 0x54
#define CODE_E0 0xe0
#define CODE_E1 0xe1

struct keystrokes {
    u8 code;
    u8 lock; /* this lock does what Shift does */
    u16 alone, shift, ctrl, alt;
};

static const struct keystrokes keys[] = {
#define KEY(code, alone, shift, ctrl, alt, lock) {code, lock, alone, shift, ctrl, alt},
#define KEY_E0(code, alone, shift, ctrl, alt)
#include "scancodes.def"
#undef KEY
#undef KEY_E0
};

static const struct keystrokes keys_e0[] = {
#define KEY(code, alone, shift, ctrl, alt, lock)
#define KEY_E0(code, alone, shift, ctrl, alt) {code, 0, alone, shift, ctrl, alt},
#include "scancodes.def"
#undef KEY
#undef KEY_E0
};

/* ---- The buffer --------------------------------------------------------------------------- */

static u16 next_slot(u16 slot)
{
    slot += 2;
    return slot >= bda16(BDA_KEY_END) ? bda16(BDA_KEY_START) : slot;
}

bool keyboard_put(u16 stroke)
{
    u16 tail = bda16(BDA_KEY_TAIL), next = next_slot(tail);

    if (next == bda16(BDA_KEY_HEAD))
        return false;
    poke16(BDA_SEG, tail, stroke);
    bda_set16(BDA_KEY_TAIL, next);
    return true;
}

bool keyboard_peek(u16 *stroke)
{
    u16 head = bda16(BDA_KEY_HEAD);

    if (head == bda16(BDA_KEY_TAIL))
        return false;
    *stroke = peek16(BDA_SEG, head);
    return true;
}

bool keyboard_get(u16 *stroke)
{
    if (!keyboard_peek(stroke))
        return false;
    bda_set16(BDA_KEY_HEAD, next_slot(bda16(BDA_KEY_HEAD)));
    return true;
}

static void put(u16 stroke)
{
    if (stroke != NONE) /* one that finds no place is lost */
        keyboard_put(stroke);
}

/* ---- Shift states ------------------------------------------------------------------------- */

static void change(u8 cell, u8 bits, bool on)
{
    u8 old = bda8(cell);

    bda_set8(cell, on ? old | bits : old & (u8)~bits);
}

/* Ctrl and Alt: the left key's bit is in 40:18, the right one's in 40:96, "one of them" in 40:17.
 */
static void side_key(u8 any, u8 left, u8 right, bool e0, bool press)
{
    if (e0)
        change(BDA_KEY_FLAGS3, right, press);
    else
        change(BDA_SHIFT_FLAGS2, left, press);
    change(BDA_SHIFT_FLAGS, any, (bda8(BDA_SHIFT_FLAGS2) & left) || (bda8(BDA_KEY_FLAGS3) & right));
}

/* A lock changes when its key goes down, not while the key repeats. */
static void lock_key(u8 bit, bool press)
{
    if (press && !(bda8(BDA_SHIFT_FLAGS2) & bit))
        bda_set8(BDA_SHIFT_FLAGS, bda8(BDA_SHIFT_FLAGS) ^ bit);
    change(BDA_SHIFT_FLAGS2, bit, press);
}

/* The number that was typed on the keypad while Alt was held. */
static void alt_number_ends(void)
{
    u8 number = bda8(BDA_ALT_KEYPAD);

    bda_set8(BDA_ALT_KEYPAD, 0);
    if (number)
        put(number);
}

/* True: the code belongs to a key that only changes states. */
static bool state_key(u8 code, bool e0, bool press)
{
    switch (code) {
    case CODE_LEFT_SHIFT:
    case CODE_RIGHT_SHIFT:
        if (!e0) /* with E0h they are made up around keys that the old keyboards had elsewhere */
            change(BDA_SHIFT_FLAGS, code == CODE_LEFT_SHIFT ? SHIFT_LEFT : SHIFT_RIGHT, press);
        return true;
    case CODE_CTRL: side_key(SHIFT_CTRL, SHIFT2_LCTRL, FLAGS3_RCTRL, e0, press); return true;
    case CODE_ALT:
        side_key(SHIFT_ALT, SHIFT2_LALT, FLAGS3_RALT, e0, press);
        if (!press)
            alt_number_ends();
        return true;
    case CODE_CAPS: lock_key(SHIFT_CAPS, press); return true;
    case CODE_NUM: lock_key(SHIFT_NUM, press); return true;
    case CODE_SCROLL: lock_key(SHIFT_SCROLL, press); return true;
    }
    return false;
}

/* ---- Keys with a meaning of their own ----------------------------------------------------- */

static void call_vector(u8 vector, u16 ax)
{
    struct regs call = {.eax = ax};

    int_call(vector, &call);
}

static void pause(void)
{
    change(BDA_SHIFT_FLAGS2, SHIFT2_PAUSE, true);
    pic_eoi(1);
    while (bda8(BDA_SHIFT_FLAGS2) & SHIFT2_PAUSE)
        wait_irq();
}

static void control_break(void)
{
    bda_set16(BDA_KEY_HEAD, bda16(BDA_KEY_START));
    bda_set16(BDA_KEY_TAIL, bda16(BDA_KEY_START));
    bda_set8(BDA_BREAK, bda8(BDA_BREAK) | 0x80);
    keyboard_put(0);
    call_vector(0x1b, 0);
}

/* True: it was one of them. */
static bool special_key(u8 code, bool e0, bool press)
{
    u8 flags = bda8(BDA_SHIFT_FLAGS);
    bool ctrl = flags & SHIFT_CTRL, alt = flags & SHIFT_ALT, shift = flags & SHIFT_ANY;

    if (code == CODE_DELETE && ctrl && alt && press) {
        bda_set16(BDA_RESET, RESET_WARM);
        restart();
    }
    if (code == CODE_SYSRQ) {
        if (press == !(bda8(BDA_SHIFT_FLAGS2) & SHIFT2_SYSRQ)) {
            change(BDA_SHIFT_FLAGS2, SHIFT2_SYSRQ, press);
            call_vector(0x15, press ? 0x8500 : 0x8501);
        }
        return true;
    }
    if (code == CODE_SCROLL && (e0 || ctrl)) {
        if (press)
            control_break();
        return true;
    }
    if (code == CODE_NUM && ctrl && !e0) {
        if (press && !(bda8(BDA_SHIFT_FLAGS2) & SHIFT2_PAUSE))
            pause();
        return true;
    }
    if (code == CODE_PRINT && !ctrl && !alt && (e0 || shift)) {
        if (press)
            call_vector(0x05, 0);
        return true;
    }
    return false;
}

/* ---- Ordinary keys ------------------------------------------------------------------------ */

static const struct keystrokes *find_key(u8 code, bool e0)
{
    const struct keystrokes *row = e0 ? keys_e0 : keys;
    const struct keystrokes *end = e0 ? keys_e0 + ARRAY_LEN(keys_e0) : keys + ARRAY_LEN(keys);

    for (; row < end; row++)
        if (row->code == code)
            return row;
    return NULL;
}

/* True: a digit of the keypad with Alt held, which adds to a number. */
static bool alt_digit(u8 code)
{
    static const u8 pad[] = {0x52, 0x4f, 0x50, 0x51, 0x4b, 0x4c, 0x4d, 0x47, 0x48, 0x49};

    for (u8 digit = 0; digit < sizeof pad; digit++)
        if (pad[digit] == code) {
            bda_set8(BDA_ALT_KEYPAD, bda8(BDA_ALT_KEYPAD) * 10 + digit);
            return true;
        }
    return false;
}

static void ordinary_key(u8 code, bool e0)
{
    const struct keystrokes *row = find_key(code, e0);
    u8 flags = bda8(BDA_SHIFT_FLAGS);
    bool shift = flags & SHIFT_ANY;

    if (!row)
        return;
    if (flags & SHIFT_ALT) {
        if (e0 || !alt_digit(code))
            put(row->alt);
    } else if (flags & SHIFT_CTRL) {
        put(row->ctrl);
    } else {
        shift ^= row->lock && (flags & (row->lock == SHIFT_CAPS ? SHIFT_CAPS : SHIFT_NUM));
        put(shift ? row->shift : row->alone);
    }
}

/* Insert without Alt and Ctrl, not as the keypad's 0. */
static bool means_insert(bool e0)
{
    u8 flags = bda8(BDA_SHIFT_FLAGS);
    bool digit = !e0 && !(flags & SHIFT_NUM) != !(flags & SHIFT_ANY);

    return !(flags & (SHIFT_ALT | SHIFT_CTRL)) && !digit;
}

static void key(u8 code, bool e0)
{
    bool press = !(code & CODE_RELEASE);

    code &= 0x7f;
    if (press && (bda8(BDA_SHIFT_FLAGS2) & SHIFT2_PAUSE) && code != CODE_NUM && code != CODE_CTRL) {
        change(BDA_SHIFT_FLAGS2, SHIFT2_PAUSE, false); /* any key ends a pause and is lost */
        return;
    }
    if (special_key(code, e0, press) || state_key(code, e0, press))
        return;
    if (code == CODE_INSERT && (!press || means_insert(e0))) /* a state, and a keystroke too */
        lock_key(SHIFT_INSERT, press);
    if (press)
        ordinary_key(code, e0);
}

/* ---- INT 9h ------------------------------------------------------------------------------- */

/* What a program that hooked INT 15h function 4Fh makes of the code. False: nothing is left. */
static bool intercept(u8 *code)
{
    struct regs call = {.eax = 0x4f00 | *code, .flags = FLAG_CF};

    int_call(0x15, &call);
    *code = call.al;
    return call.flags & FLAG_CF;
}

static void scan_code(u8 code)
{
    u8 flags = bda8(BDA_KEY_FLAGS3);

    if (code == CODE_E0) {
        bda_set8(BDA_KEY_FLAGS3, flags | FLAGS3_E0);
    } else if (code == CODE_E1) {
        bda_set8(BDA_KEY_FLAGS3, flags | FLAGS3_E1);
    } else if (flags & FLAGS3_E1) { /* Pause: E1 1D 45 E1 9D C5 */
        if ((code & 0x7f) != CODE_CTRL)
            bda_set8(BDA_KEY_FLAGS3, flags & ~FLAGS3_E1);
        if (code == CODE_NUM && !(bda8(BDA_SHIFT_FLAGS2) & SHIFT2_PAUSE))
            pause();
    } else {
        bda_set8(BDA_KEY_FLAGS3, flags & ~FLAGS3_E0);
        key(code, flags & FLAGS3_E0);
    }
}

void int09(struct regs *r)
{
    u8 status = inb(I8042_STATUS), code;

    if ((status & (I8042_OUTPUT_FULL | I8042_AUX)) == I8042_OUTPUT_FULL) {
        code = inb(I8042_DATA);
        if (code != PS2_ACK && code != PS2_RESEND && intercept(&code))
            scan_code(code);
    }
    pic_eoi(1);
    keyboard_show_locks();
}

/* ---- The LEDs, and the start -------------------------------------------------------------- */

enum { KEYBOARD_SET_LEDS = 0xED, KEYBOARD_ENABLE = 0xF4, KEYBOARD_RESET = 0xFF };
enum { LEDS_BUSY = 1 << 6, LEDS = 7 };

void keyboard_show_locks(void)
{
    u8 leds = bda8(BDA_SHIFT_FLAGS) / SHIFT_SCROLL & LEDS, shown = bda8(BDA_KEY_LEDS);
    u32 flags;

    if ((shown & LEDS) == leds || (shown & LEDS_BUSY))
        return;
    flags = save_flags();
    cli();
    bda_set8(BDA_KEY_LEDS, (shown & ~LEDS) | LEDS_BUSY | leds);
    i8042_set_command_byte(I8042_IRQ1, 0);
    if (i8042_send(false, KEYBOARD_SET_LEDS) && !i8042_send(false, leds))
        i8042_send(false, KEYBOARD_ENABLE);
    i8042_set_command_byte(0, I8042_IRQ1);
    change(BDA_KEY_LEDS, LEDS_BUSY, false);
    restore_flags(flags);
}

void keyboard_init(void)
{
    u8 answer;

    bda_set16(BDA_KEY_START, BDA_KEY_BUFFER);
    bda_set16(BDA_KEY_END, BDA_KEY_BUFFER + BDA_KEY_BUFFER_SIZE);
    bda_set16(BDA_KEY_HEAD, BDA_KEY_BUFFER);
    bda_set16(BDA_KEY_TAIL, BDA_KEY_BUFFER);
    while (inb(I8042_STATUS) & I8042_OUTPUT_FULL && inb(I8042_STATUS) != 0xff)
        inb(I8042_DATA);
    if (!i8042_command(I8042_SELF_TEST) || !i8042_read(false, &answer, 100) || answer != 0x55) {
        log_printf("keyboard controller: no answer\n");
        return;
    }
    i8042_set_command_byte(0xff, I8042_TRANSLATE | I8042_AUX_OFF | I8042_SYSTEM);
    if (i8042_send(false, KEYBOARD_RESET) && i8042_read(false, &answer, 1000) &&
        answer == PS2_PASSED && i8042_send(false, KEYBOARD_ENABLE))
        bda_set8(BDA_KEY_FLAGS3, FLAGS3_ENHANCED);
    else
        log_printf("keyboard: no answer\n");
    i8042_set_command_byte(0, I8042_IRQ1);
    pic_unmask(1);
}
