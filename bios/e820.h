/* SPDX-License-Identifier: MIT */
/* The memory map (e820.c), and permanent memory at the end of low RAM. */
#ifndef BIOS_E820_H
#define BIOS_E820_H

#include "bios.h"

enum { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3, E820_NVS = 4 };

/* Gives a range a type, whatever it was before; 0 takes it out of the map. */
void e820_add(u64 base, u64 size, u32 type);
/* Where RAM ends below 4 GiB, all of it; and how much lies above. */
u32 low_ram_end(void);
u64 high_ram_size(void);
/* Where the RAM between 1 MiB and 4 GiB that POST leaves alone ends, in whole 64 KiB. */
u32 usable_ram_end(void);
/* Memory for tables, zeroed, never given back; 0: there is none. After e820_done() no more. */
u32 high_alloc(u32 size, u32 align);
/* The same in the F segment: an offset there, 0 if it is full. Zeroed. */
u16 fseg_alloc(u16 size, u16 align);

#endif
