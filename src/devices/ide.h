/* SPDX-License-Identifier: MIT */
/* Function 1 of the PIIX3: two IDE channels with bus-master DMA, and the drives on them. */
#ifndef ERSATZ_DEVICES_IDE_H
#define ERSATZ_DEVICES_IDE_H

#include "board/drive.h"
#include "devices/pci.h"

extern const struct device_class ide_class;

/* Regions: the two channels' command and control blocks, BAR 4's bus master registers. */
enum {
    IDE_PRIMARY,
    IDE_PRIMARY_CONTROL,
    IDE_SECONDARY,
    IDE_SECONDARY_CONTROL,
    IDE_BUS_MASTER,
};

/* Output pins: INTRQ of the channels. */
enum { IDE_IRQ = 0 };

/* Puts it on a bus at function 1 of slot `slot`. */
bool ide_connect(struct device *d, struct pci_bus *bus, unsigned slot);
/* Drive `place`, 0..3: primary master, primary slave, secondary master, secondary slave. Before
 * the first reset. */
void ide_set_drive(struct device *d, unsigned place, struct drive *drive);

#endif
