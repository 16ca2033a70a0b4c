/* SPDX-License-Identifier: MIT */
/* The pointing device: INT 15h function C2h (int15.def), INT 74h. */
#ifndef BIOS_MOUSE_H
#define BIOS_MOUSE_H

#include "bios.h"

/* mouse_call.S: a far call with four words on the stack, the first one pushed first. */
void mouse_call(u16 seg, u16 off, const u16 *words);

#endif
