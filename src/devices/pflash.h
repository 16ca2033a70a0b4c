/* SPDX-License-Identifier: MIT */
/* A parallel NOR flash with the Intel command set, for firmware: kept in a drive's file. */
#ifndef ERSATZ_DEVICES_PFLASH_H
#define ERSATZ_DEVICES_PFLASH_H

#include "board/drive.h"
#include "devices/device.h"

extern const struct device_class pflash_class;

/* Region: the chip's window, as large as the medium. The board does not map it by itself:
 * pflash_map() does, as memory that is read directly while the chip is in read-array mode. */
enum { PFLASH_WINDOW };

#define PFLASH_SECTOR 4096u /* the erase block; the size is a multiple of it */
#define PFLASH_MAX 0x1000000u

/* Once: reads the medium's content. 0, or an error. */
int pflash_connect(struct device *d, struct drive *drive, struct ersatz_error *err);
int pflash_map(struct device *d, struct memmap *mem, physaddr base, struct ersatz_error *err);
/* What is in it; NULL before it is connected. */
u8 *pflash_data(struct device *d);

#endif
