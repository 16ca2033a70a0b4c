/* SPDX-License-Identifier: MIT */
/* The 82078 floppy disk controller with up to four drives; pins and the board's side. */
#ifndef ERSATZ_DEVICES_I82078_H
#define ERSATZ_DEVICES_I82078_H

#include "board/dma.h"
#include "board/drive.h"
#include "devices/device.h"

extern const struct device_class i82078_class;

/* Regions. The board puts them at 3F0h (six ports) and 3F7h; 3F6h is the disks'. */
enum { I82078_REGS, I82078_DIR };

/* Output pins: the interrupt (IRQ6), and DREQ while an execution phase wants DMA. */
enum { I82078_IRQ, I82078_DREQ };

#define I82078_UNITS 4

/* Puts a drive behind select `unit`; the medium in it may come and go. Takes its `changed`. */
void i82078_connect(struct device *d, unsigned unit, struct drive *drive);
/* The channel that data goes through, unless SPECIFY asks for programmed transfers. */
void i82078_connect_dma(struct device *d, struct dma_channel channel);

#endif
