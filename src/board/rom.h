/* SPDX-License-Identifier: MIT */
/* The firmware that is part of the library: images of bios/, built with it or kept prebuilt. */
#ifndef ERSATZ_BOARD_ROM_H
#define ERSATZ_BOARD_ROM_H

#include "base/types.h"

/* The BIOS, 128 KiB: ends at 4 GiB and, until the chipset shadows it, at 1 MiB. */
const u8 *rom_bios(u32 *size);

/* The VGA BIOS: an option ROM for PCI device 1234:1111, fonts and code in some 32 KiB. */
const u8 *rom_vgabios(u32 *size);

/* The tour: a disk's image, which runs from 7C00h on with all of it in memory and DL = FFh. */
const u8 *rom_tour(u32 *size);

#endif
