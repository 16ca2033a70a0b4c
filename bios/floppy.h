/* SPDX-License-Identifier: MIT */
/* Floppy drives: INT 13h for numbers 00h to 7Fh. */
#ifndef BIOS_FLOPPY_H
#define BIOS_FLOPPY_H

#include "bios.h"

void floppy_init(void);
unsigned floppy_count(void);
/* drive: the number without the shift that a CD's boot image makes */
void floppy_service(struct regs *r, u8 drive);
/* "1.44 MB" and the like */
const char *floppy_name(u8 drive);
/* The diskette parameter table for an image of so many sectors a track, in our data segment. */
const u8 *floppy_parameter_table(u8 sectors);

#endif
