/* SPDX-License-Identifier: MIT */
/*
 * Address line 20: INT 15h functions 2400h to 2403h, by system control port A (92h) and the
 * keyboard controller, either of which opens the gate.
 */
#include "i8042.h"
#include "int15.h"

enum { PORT92 = 0x92, PORT92_INIT = 1 << 0, PORT92_A20 = 1 << 1 };
enum { WRITE_OUTPUT_PORT = 0xD1, OUTPUT_A20_OFF = 0xDD };

/* Does a byte above 1 MiB differ from the one that it would be without the line? */
bool a20_get(void)
{
    enum { CELL = 0x500 };
    u32 flags = save_flags();

    cli();
    u8 kept = peek8(0, CELL), high = peek8(0xFFFF, CELL + 16);
    poke8(0, CELL, ~high);
    bool on = peek8(0xFFFF, CELL + 16) == high;
    poke8(0, CELL, kept);
    restore_flags(flags);
    return on;
}

/* Port 92h opens the gate; whoever opened it at the keyboard controller has to be shut there. */
void a20_set(bool on)
{
    u8 v = inb(PORT92) & ~(PORT92_INIT | PORT92_A20);

    outb(PORT92, on ? v | PORT92_A20 : v);
    if (on || !a20_get())
        return;
    u32 flags = save_flags();
    cli();
    if (i8042_command(WRITE_OUTPUT_PORT))
        i8042_write(OUTPUT_A20_OFF);
    restore_flags(flags);
}

void a20_service(struct regs *r)
{
    set_cf(r, false);
    switch (r->al) {
    case 0x00: a20_set(false); break;
    case 0x01: a20_set(true); break;
    case 0x02: r->al = a20_get(); break;
    case 0x03: r->bx = 3; break; /* keyboard controller and port 92h both */
    default:
        r->ah = 0x86;
        set_cf(r, true);
        return;
    }
    r->ah = 0;
}
