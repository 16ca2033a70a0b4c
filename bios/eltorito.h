/* SPDX-License-Identifier: MIT */
/* Booting from CDs (El Torito), and the drive that a boot image plays. */
#ifndef BIOS_ELTORITO_H
#define BIOS_ELTORITO_H

#include "disk.h"

/* What the CD asks to be started: at segment:0, with the drive number. */
struct eltorito_start {
    u16 segment;
    u8 drive;
};

/* Loads the boot image of the CD in the drive. False: there is none, and *why says so. */
bool eltorito_load(u8 cd, struct eltorito_start *start, const char **why);
/* Leaves the BIOS for it. */
void eltorito_jump(const struct eltorito_start *start) __attribute__((noreturn));
/* No CD was booted from. */
void eltorito_stop(void);
/* Is a boot image number 00h (class 0) or 80h (class 80h)? */
bool eltorito_plays(u8 class);
/* INT 13h, if it is the played drive or one of 4Ah to 4Dh. */
bool eltorito_service(struct regs *r);

#endif
