/* SPDX-License-Identifier: MIT */
/* ATA and ATAPI drives by programmed I/O. */
#ifndef BIOS_ATA_H
#define BIOS_ATA_H

#include "disk.h"

struct ata_channel {
    u16 command, control; /* port bases: registers 0 to 7; device control */
    u8 irq;
};

/* Offsets from the command base. */
enum {
    ATA_DATA = 0,
    ATA_ERROR = 1, /* read; features when written */
    ATA_COUNT = 2, /* ATAPI: interrupt reason */
    ATA_LBA_LOW = 3,
    ATA_LBA_MID = 4, /* ATAPI: byte count, low */
    ATA_LBA_HIGH = 5,
    ATA_DEVICE = 6,
    ATA_STATUS = 7 /* read; command when written */
};
enum {
    ATA_STATUS_ERR = 1 << 0,
    ATA_STATUS_DRQ = 1 << 3,
    ATA_STATUS_DF = 1 << 5,
    ATA_STATUS_DRDY = 1 << 6,
    ATA_STATUS_BSY = 1 << 7
};
enum { ATA_CONTROL_NIEN = 1 << 1, ATA_CONTROL_SRST = 1 << 2, ATA_CONTROL_ALWAYS = 1 << 3 };
enum { ATA_TIMEOUT_MS = 10000 };

/* ata.c */
extern const struct ata_channel ata_channels[2];
/* Finds the drives; returns how many. */
unsigned ata_probe(struct disk *disks, unsigned max);
enum disk_status ata_transfer(struct disk *d, struct transfer *t);
bool ata_ready(const struct disk *d);
/* Resets both drives of the channel, which forget what they were set up for. */
void ata_reset(const struct disk *d);
void ata_set_up(const struct disk *d);

/* The first half of every command: interrupts of the drive off, drive selected and idle. */
bool ata_select(const struct disk *d, u8 device_bits);
/* Interrupts on again. */
void ata_release(const struct disk *d);
/* Waits for BSY = 0; the status, or -1 after the time. */
int ata_wait(const struct ata_channel *c, u32 timeout_ms);

/* atapi.c */
void atapi_identify(struct disk *d, const u16 *identity);
enum disk_status atapi_transfer(struct disk *d, struct transfer *t);
/* A medium is in and ready; waits for one that is spinning up. */
enum disk_status atapi_ready(struct disk *d);
enum disk_status atapi_load(struct disk *d, bool load);
enum disk_status atapi_lock(struct disk *d, bool lock);

#endif
