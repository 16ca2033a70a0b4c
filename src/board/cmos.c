/* SPDX-License-Identifier: MIT */
/*
 * What the board leaves in CMOS for a BIOS, the cells that QEMU's board has (and most of which an
 * AT had): memory, drives, boot order. Set at power-on; the boot order at resets too.
 *
 *     10  floppy drives        14  equipment       15..18, 30, 31, 34, 35, 5B..5D  memory
 *     12, 19..2C, 39  disks    38, 3D  boot order   5F  CPUs less one
 */
#include <string.h>

#include "board/machine.h"
#include "devices/floppy.h"
#include "devices/mc146818.h"

enum {
    CMOS_FLOPPIES = 0x10, /* types of drives 0 and 1, a nibble each */
    CMOS_DISKS = 0x12,    /* disks 0 and 1, a nibble each: Fh is a type beyond 15 */
    CMOS_EQUIPMENT = 0x14,
    CMOS_BASE_MEMORY = 0x15,
    CMOS_EXTENDED = 0x17,
    CMOS_DISK_TYPE = 0x19,     /* a byte for each of them */
    CMOS_DISK_GEOMETRY = 0x1B, /* nine bytes */
    CMOS_TRANSLATION = 0x39,   /* disks 0 to 3, two bits each: 0 none, 1 by LBA */
    CMOS_EXTENDED_AGAIN = 0x30,
    CMOS_ABOVE_16M = 0x34, /* in units of 64 KiB */
    CMOS_BOOT_THIRD = 0x38,
    CMOS_BOOT_FIRST_TWO = 0x3D,
    CMOS_ABOVE_4G = 0x5B, /* three bytes, in units of 64 KiB */
    CMOS_CPUS = 0x5F,
};
/* Bits 7, 6: floppy drives less one. */
enum { EQUIPMENT_FLOPPY = 0x01, EQUIPMENT_FPU = 0x02, EQUIPMENT_MOUSE = 0x04 };

static u64 at_most(u64 v, u64 max)
{
    return v < max ? v : max;
}

static void set16(struct machine *m, u8 at, u64 v)
{
    mc146818_set(m->rtc, at, (u8)v);
    mc146818_set(m->rtc, (u8)(at + 1), (u8)(v >> 8));
}

static void fill_memory(struct machine *m)
{
    u64 extended = at_most((m->low_ram - HIGH_BASE) >> 10, 0xFFFF);
    u64 above_16m = m->low_ram > 16 << 20 ? at_most((m->low_ram - (16 << 20)) >> 16, 0xFFFF) : 0;
    u64 above_4g = (m->ram.size - m->low_ram) >> 16;

    set16(m, CMOS_BASE_MEMORY, 640);
    set16(m, CMOS_EXTENDED, extended);
    set16(m, CMOS_EXTENDED_AGAIN, extended);
    set16(m, CMOS_ABOVE_16M, above_16m);
    set16(m, CMOS_ABOVE_4G, above_4g);
    mc146818_set(m->rtc, CMOS_ABOVE_4G + 2, (u8)(above_4g >> 16));
}

/* A drive's type follows from the medium in it; returns the bits of the equipment byte. */
static u8 fill_floppies(struct machine *m)
{
    u8 types = 0, count = 0;

    for (unsigned i = 0; i < 2; i++) {
        const struct drive *d = machine_drive(m, DRIVE_FLOPPY, i);
        types = (u8)(types << 4 | (d ? floppy_drive_for(drive_size(d)) : FLOPPY_DRIVE_NONE));
        count += d != NULL;
    }
    mc146818_set(m->rtc, CMOS_FLOPPIES, types);
    return count ? (u8)(EQUIPMENT_FLOPPY | (count - 1) << 6) : 0;
}

/* The user-defined type 47: cylinders, heads, no precompensation, control, landing zone, sectors.
 * The geometry is the one that the disk itself reports. */
enum { DISK_TYPE_USER = 47, DISK_HEADS = 16, DISK_SECTORS = 63, DISK_CYLINDERS_MAX = 16383 };

static void fill_geometry(struct machine *m, u8 at, u64 cylinders)
{
    set16(m, at, cylinders);
    mc146818_set(m->rtc, (u8)(at + 2), DISK_HEADS);
    set16(m, (u8)(at + 3), 0xFFFF);
    mc146818_set(m->rtc, (u8)(at + 5), 0xC8); /* more than eight heads */
    set16(m, (u8)(at + 6), cylinders);
    mc146818_set(m->rtc, (u8)(at + 8), DISK_SECTORS);
}

static void fill_disks(struct machine *m)
{
    u8 types = 0, translation = 0;

    for (unsigned i = 0; i < 4; i++) {
        const struct drive *d = machine_drive(m, DRIVE_DISK, i);
        if (!d || d->kind != DRIVE_DISK)
            continue;
        u64 cylinders = at_most(drive_size(d) / (512 * DISK_HEADS * DISK_SECTORS),
                                DISK_CYLINDERS_MAX);
        translation |= (u8)((cylinders > 1024) << 2 * i); /* what INT 13h can't count */
        if (i > 1)
            continue;
        types |= i ? 0x0F : 0xF0;
        mc146818_set(m->rtc, (u8)(CMOS_DISK_TYPE + i), DISK_TYPE_USER);
        fill_geometry(m, (u8)(CMOS_DISK_GEOMETRY + 9 * i), cylinders);
    }
    mc146818_set(m->rtc, CMOS_DISKS, types);
    mc146818_set(m->rtc, CMOS_TRANSLATION, translation);
}

/* A letter of -boot order= as CMOS has it: floppy, disk, CD, network. 0: no more. */
static u8 boot_device(const char *order, unsigned n)
{
    static const char letters[] = "acdn";
    const char *at = n < strlen(order) ? strchr(letters, order[n] == 'b' ? 'a' : order[n]) : NULL;

    return at ? (u8)(at - letters + 1) : 0;
}

void cmos_boot_order(struct machine *m, const char *order)
{
    mc146818_set(m->rtc, CMOS_BOOT_FIRST_TWO,
                 (u8)(boot_device(order, 0) | boot_device(order, 1) << 4));
    mc146818_set(m->rtc, CMOS_BOOT_THIRD, (u8)(boot_device(order, 2) << 4));
}

void cmos_fill(struct machine *m)
{
    const struct boot_order *b = &m->config.boot;

    mc146818_set(m->rtc, CMOS_EQUIPMENT, EQUIPMENT_FPU | EQUIPMENT_MOUSE | fill_floppies(m));
    fill_memory(m);
    fill_disks(m);
    mc146818_set(m->rtc, CMOS_CPUS, (u8)(m->cpu_count - 1));
    cmos_boot_order(m, *b->once ? b->once : b->order);
}
