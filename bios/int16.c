/* SPDX-License-Identifier: MIT */
/*
 * INT 16h, what programs ask of the keyboard. IBM PS/2 and PC BIOS Interface Technical
 * Reference, INT 16h; Ralf Brown's Interrupt List for 09h, 0Ah, 20h to 22h, 92h.
 *
 * 00h to 02h know the keys of the AT's first keyboard, 10h to 12h those of 101 and 102 keys,
 * 20h to 22h those of 122.
 */
#include "bda.h"
#include "i8042.h"
#include "keyboard.h"

enum { KEYBOARD_SET_RATE = 0xF3 };
enum { LAST_OLD_SCAN_CODE = 0x84, GRAY = 0xE0, KEYBOARD_ID = 0x41AB /* MF2, translated */ };
/* Functions that 09h reports. */
enum { HAS_SET_RATE = 1 << 2, HAS_ID = 1 << 4, HAS_101 = 1 << 5, HAS_122 = 1 << 6 };

/* A keystroke as the first keyboard had it; false: that one had no such key. */
static bool as_old(u16 *stroke)
{
    u8 code = *stroke >> 8, ascii = (u8)*stroke;

    if (code == GRAY) /* Enter and / of the keypad: the typewriter keys' codes */
        *stroke = ascii == '/' ? 0x3500 | ascii : 0x1c00 | ascii;
    else if (code > LAST_OLD_SCAN_CODE)
        return false;
    else if (ascii == GRAY && code)
        *stroke = code << 8;
    return true;
}

/* The next keystroke, left in the buffer; what an old caller does not know is thrown away. */
static bool look(bool old, u16 *stroke)
{
    while (keyboard_peek(stroke)) {
        if (!old || as_old(stroke))
            return true;
        keyboard_get(stroke);
    }
    return false;
}

static u16 wait_key(bool old)
{
    struct regs device_busy = {.eax = 0x9002};
    u16 stroke, taken;

    cli();
    if (!look(old, &stroke))
        int_call(0x15, &device_busy);
    while (cli(), !look(old, &stroke)) {
        wait_irq();
        keyboard_show_locks();
    }
    keyboard_get(&taken);
    return stroke;
}

static void poll_key(struct regs *r, bool old)
{
    u16 stroke;

    cli();
    if (look(old, &stroke)) {
        r->ax = stroke;
        set_zf(r, false);
    } else {
        set_zf(r, true);
    }
    sti();
}

/* 12h: AL as 02h, AH: 7 SysRq  6 Caps  5 Num  4 Scroll held  3,2 right Alt, Ctrl  1,0 left ones */
static u16 shift_states(void)
{
    u8 flags2 = bda8(BDA_SHIFT_FLAGS2), flags3 = bda8(BDA_KEY_FLAGS3);
    u8 high = (flags2 & (SHIFT_CAPS | SHIFT_NUM | SHIFT_SCROLL | SHIFT2_LALT | SHIFT2_LCTRL)) |
              (flags3 & (FLAGS3_RALT | FLAGS3_RCTRL)) | (flags2 & SHIFT2_SYSRQ ? 0x80 : 0);

    return high << 8 | bda8(BDA_SHIFT_FLAGS);
}

/* 03h: AL = 05h, BH = delay (0 to 3), BL = rate (0 to 1Fh, 0 the fastest) */
static void set_rate(const struct regs *r)
{
    u32 flags = save_flags();

    if (r->al != 0x05 || r->bh > 3 || r->bl > 0x1f)
        return;
    cli();
    i8042_set_command_byte(I8042_IRQ1, 0);
    if (i8042_send(false, KEYBOARD_SET_RATE))
        i8042_send(false, r->bh << 5 | r->bl);
    i8042_set_command_byte(0, I8042_IRQ1);
    restore_flags(flags);
}

void int16(struct regs *r)
{
    sti();
    keyboard_show_locks(); /* a program may have changed 40:17 */
    switch (r->ah) {
    case 0x00: r->ax = wait_key(true); break;
    case 0x01: poll_key(r, true); break;
    case 0x02: r->al = bda8(BDA_SHIFT_FLAGS); break;
    case 0x03: set_rate(r); break;
    case 0x05:
        cli();
        r->al = !keyboard_put(r->cx);
        break;
    case 0x09: r->al = HAS_SET_RATE | HAS_ID | HAS_101 | HAS_122; break;
    case 0x0a: r->bx = KEYBOARD_ID; break;
    case 0x10:
    case 0x20: r->ax = wait_key(false); break;
    case 0x11:
    case 0x21: poll_key(r, false); break;
    case 0x12:
    case 0x22: r->ax = shift_states(); break;
    case 0x92: /* are 10h to 12h there? */
    case 0xa2: /* are 20h to 22h? */ r->ah = 0x80; break;
    }
}
