/* SPDX-License-Identifier: MIT */
/* The small services: INT 11h equipment, INT 12h memory, NMI, and INT 15h's dispatch. */
#include "int15.h"

#include "bda.h"

enum { NOT_SUPPORTED = 0x86 };

void int11(struct regs *r)
{
    r->ax = bda16(BDA_EQUIPMENT);
}

void int12(struct regs *r)
{
    r->ax = bda16(BDA_MEMORY);
}

void int02(struct regs *r)
{
    log_printf("NMI at %04x:%04x\n", r->cs, r->ip);
}

void int15(struct regs *r)
{
    switch (r->ah) {
#define FUNCTION(number, handler)                                                                  \
    case number:                                                                                   \
        handler(r);                                                                                \
        break;
#include "int15.def"
#undef FUNCTION
    default: r->ah = NOT_SUPPORTED; set_cf(r, true);
    }
}
