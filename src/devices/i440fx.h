/* SPDX-License-Identifier: MIT */
/* The i440FX host bridge (82441FX PMC): the PCI bus hangs off it. */
#ifndef ERSATZ_DEVICES_I440FX_H
#define ERSATZ_DEVICES_I440FX_H

#include "devices/pci.h"

extern const struct device_class i440fx_class;

/* Region: ports CF8h..CFFh. */
enum { I440FX_CONFIG };

#define I440FX_PAM_COUNT 13

/* What the board does when the guest changes who answers below 1 MiB. Called at reset too. */
struct i440fx_board {
    void *opaque;
    /* `size` bytes from base: reads come from RAM or the ROM behind, writes go to RAM or away. */
    void (*pam)(void *opaque, physaddr base, u32 size, bool read_ram, bool write_ram);
    /* A0000h..BFFFFh: RAM for everybody while open, for SMM while enabled, else the display. */
    void (*smram)(void *opaque, bool open, bool enabled);
};

/* Once: the maps that BARs appear on, the callbacks, and the chip that owns CF9h (the PIIX3,
 * its region 0), which lies within the span of ports that the host bridge decodes. */
void i440fx_connect(struct device *d, struct portmap *ports, struct memmap *mem,
                    const struct i440fx_board *board, struct device *piix3);
struct pci_bus *i440fx_bus(struct device *d);

#endif
