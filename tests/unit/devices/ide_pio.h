/* SPDX-License-Identifier: MIT */
/* Disks by PIO on one rig: what the transcripts of ide.c and ide_misuse.c are made of. */
#ifndef ERSATZ_TESTS_IDE_PIO_H
#define ERSATZ_TESTS_IDE_PIO_H

#include "unit/devices/ide_rig.h"

static struct ide_rig r;

#define CH IDE_PRIMARY
#define MASTER 0xa0
#define SLAVE 0xb0
#define READY 0x50 /* DRDY, DSC */

static void setup(void)
{
    rig_init(&r);
}

static void teardown(void)
{
    rig_free(&r);
}

static inline u8 reg(unsigned n)
{
    return in8(r.ide, CH, n);
}

static inline bool intrq(void)
{
    return r.b.level[IDE_IRQ];
}

static inline void command(u8 device, u32 lba, u8 count, u8 opcode)
{
    rig_command(&r, CH, device, lba, count, opcode);
}

/* Reads `n` bytes by words and compares them with the disk's from `offset` on. */
static inline void expect_data(u64 offset, unsigned n)
{
    for (unsigned i = 0; i < n; i += 2) {
        u16 wanted = (u16)(disk_pattern(offset + i) | disk_pattern(offset + i + 1) << 8);
        ck_assert_uint_eq(rig_in16(&r, CH), wanted);
    }
}

static inline void write_data(u8 seed, unsigned n)
{
    for (unsigned i = 0; i < n; i += 2)
        rig_out16(&r, CH, (u16)((u8)(seed + i) | (u8)(seed + i + 1) << 8));
}

static inline void expect_written(u64 offset, u8 seed, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ck_assert_uint_eq(r.disk[0].bytes[offset + i], (u8)(seed + i));
}

static inline void expect_end(u8 status, u8 error)
{
    rig_wait(&r, CH);
    ck_assert(intrq());
    ck_assert_uint_eq(reg(STATUS), status);
    ck_assert(!intrq());
    if (status & 1)
        ck_assert_uint_eq(reg(ERROR), error);
}

#endif
