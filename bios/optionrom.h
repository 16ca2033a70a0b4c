/* SPDX-License-Identifier: MIT */
/* Expansion ROMs below 1 MiB, and what of them can boot. */
#ifndef BIOS_OPTIONROM_H
#define BIOS_OPTIONROM_H

#include "bios.h"

/* A ROM with a Plug and Play header that can boot (PnP BIOS 1.0a, 2.7). */
struct boot_rom {
    u16 seg;
    u16 bev;     /* bootstrap entry vector, 0: none */
    u16 bcv;     /* boot connection vector, 0: none */
    u16 bdf;     /* the PCI function it is of, 0: none */
    u16 product; /* offset of its name, 0: none */
};

#define BOOT_ROMS 16
extern struct boot_rom boot_roms[BOOT_ROMS];
extern u8 boot_rom_count;

/* F000:here is the $PnP structure: ES:DI for ROMs, boot connections and boot sectors. */
extern const char pnp_structure[];

#endif
