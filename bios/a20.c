/* SPDX-License-Identifier: MIT */
/* Address line 20: INT 15h functions 2400h to 2403h, by system control port A (92h). */
#include "int15.h"

enum { PORT92 = 0x92, PORT92_INIT = 1 << 0, PORT92_A20 = 1 << 1 };

void a20_set(bool on)
{
    u8 v = inb(PORT92) & ~(PORT92_INIT | PORT92_A20);

    outb(PORT92, on ? v | PORT92_A20 : v);
}

bool a20_get(void)
{
    return inb(PORT92) & PORT92_A20;
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
