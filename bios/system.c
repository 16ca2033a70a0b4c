/* SPDX-License-Identifier: MIT */
/* The small services: INT 11h equipment, INT 12h memory, NMI, and INT 15h's dispatch. */
#include "bda.h"
#include "int15.h"

enum { NOT_SUPPORTED = 0x86 };
#define CONFIGURATION_TABLE 0xE6F5 /* configtable.S */

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

void configuration_service(struct regs *r)
{
    r->es = FSEG;
    r->bx = CONFIGURATION_TABLE;
    r->ah = 0;
    set_cf(r, false);
}

void ebda_service(struct regs *r)
{
    r->es = bda16(BDA_EBDA);
    set_cf(r, false);
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
