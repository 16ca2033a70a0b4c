/* SPDX-License-Identifier: MIT */
/* Disks and CD-ROMs: what is there (drives.c), and INT 13h (disk.c, edd.c, eltorito.c, floppy.c).
 */
#ifndef BIOS_DISK_H
#define BIOS_DISK_H

#include "bios.h"

/* What INT 13h answers in AH. */
enum disk_status {
    DISK_OK = 0x00,
    DISK_BAD_COMMAND = 0x01,
    DISK_BAD_MARK = 0x02,
    DISK_WRITE_PROTECTED = 0x03,
    DISK_NO_SECTOR = 0x04,
    DISK_CHANGED = 0x06,
    DISK_DMA_OVERRUN = 0x08,
    DISK_DMA_BOUNDARY = 0x09,
    DISK_BAD_MEDIA = 0x0C,
    DISK_BAD_DATA = 0x10,
    DISK_CONTROLLER = 0x20,
    DISK_NO_MEDIA = 0x31,
    DISK_SEEK = 0x40,
    DISK_TIMEOUT = 0x80,
    DISK_NOT_READY = 0xAA,
    DISK_NOT_LOCKED = 0xB0,
    DISK_LOCKED = 0xB1,
    DISK_NOT_REMOVABLE = 0xB2,
    DISK_LOCK_COUNT = 0xB4
};

enum { FIRST_HARD_DISK = 0x80, FIRST_CD = 0xE0 };
enum { SECTOR_SIZE = 512, CD_SECTOR_SIZE = 2048 };

struct geometry {
    u32 cylinders;
    u16 heads, sectors;
};

struct disk {
    bool atapi, cd, slave, lba, lba48;
    u8 channel;  /* 0: 1F0h, 1: 170h */
    u8 multiple; /* sectors a data request of READ MULTIPLE, 0: unused */
    u8 locks;
    u64 sectors;
    struct geometry physical; /* what the drive says */
    struct geometry logical;  /* what INT 13h says */
    char model[41];
};

/* A transfer between a disk and the first megabyte. The sectors are the disk's own. */
enum disk_op { DISK_READ, DISK_WRITE, DISK_VERIFY };
struct transfer {
    enum disk_op op;
    u64 sector;
    u16 count;
    u16 done;   /* how many were transferred */
    u32 buffer; /* segment * 16 + offset */
};

/* drives.c. A number is that of INT 13h; NULL: no such drive. */
void drives_init(void);
unsigned hard_disk_count(void);
unsigned cd_count(void);
struct disk *hard_disk(u8 number);
struct disk *cd_drive(u8 number);
/* Gives the disk the number 80h, and 81h and so on to those that were before it. */
void hard_disk_make_first(struct disk *d);

/* A transfer by the disk's own protocol. */
enum disk_status disk_transfer(struct disk *d, struct transfer *t);
/* Resets the channel, and sets its drives up again. */
void disk_reset(const struct disk *d);
/* disk.c: AH, CF and the BDA's status byte. */
void disk_answer(struct regs *r, enum disk_status status);
/* 01h, of any drive but a floppy: what the last call has answered. */
void disk_last_status(struct regs *r);
/* disk.c: cylinder, head and sector in CX and DH as the number of a sector; false: outside. */
bool disk_chs_to_sector(const struct regs *r, const struct geometry *g, u32 *sector);
/* disk.c: function 08h's CX and DH. */
void disk_geometry_answer(struct regs *r, const struct geometry *g);

/* edd.c: functions 41h to 49h and 4Eh; number is without the shift that an emulated drive makes. */
void edd_service(struct regs *r, struct disk *d);

#endif
