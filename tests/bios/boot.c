/* SPDX-License-Identifier: MIT */
/*
 * Tells that it was booted, from which of boot.py's images, and how. The tag says what then: its
 * last character is '+' for INT 18h, '!' for a reset; else it ends the machine.
 */
#include "ask.h"

extern const char tag[];
extern u8 drive;

void main(void)
{
    struct regs r = {0};
    const char *last = tag;

    begin(tag);
    field("dl", drive, 2);
    field("disks", peek8(0x40, 0x75), 2);
    end();
    while (last[0] && last[1])
        last++;
    if (*last == '+')
        call_int(0x18, &r);
    while (*last == '!') { /* the chipset's reset, of the whole board */
        outb(0xcf9, 0x02);
        outb(0xcf9, 0x06);
    }
}
