/* SPDX-License-Identifier: MIT */
/* What can be booted and in which order (boot_order.c), trying it (boot.c), the menu (boot_menu.c).
 */
#ifndef BIOS_BOOT_H
#define BIOS_BOOT_H

#include "bios.h"

struct disk;

/* The numbers are those of CMOS 3Dh and 38h. */
enum boot_kind { BOOT_NONE, BOOT_FLOPPY, BOOT_HARD_DISK, BOOT_CD, BOOT_NETWORK, BOOT_KINDS };

struct boot_entry {
    enum boot_kind kind;
    u8 number;         /* of INT 13h, or the index in boot_roms */
    struct disk *disk; /* a hard disk of ours, whose number may change; a CD-ROM */
    u16 rank;          /* the lowest first */
};

enum { MAX_BOOT_ENTRIES = 16 };
struct boot_list {
    struct boot_entry entry[MAX_BOOT_ENTRIES];
    unsigned count;
};

/* All that is there, in the order that fw_cfg's "bootorder" or the CMOS says. */
void boot_order(struct boot_list *list);
/* Prints its name, without a line's end. */
void boot_print_name(const struct boot_entry *e);
/* Lets the user put one of the list first, if there is to be a menu. */
void boot_menu(struct boot_list *list);

/* boot_jump.S: leaves the BIOS for seg:off with SS:SP = 0000:7C00, ES:DI = $PnP and DX. A return
 * from there is INT 18h. */
void boot_jump(u16 seg, u16 off, u16 dx) __attribute__((noreturn));

#endif
