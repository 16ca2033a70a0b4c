/* SPDX-License-Identifier: MIT */
/* A floppy controller with a disk in memory and a DMA channel, for its two test programs. */
#ifndef ERSATZ_TESTS_I82078_BENCH_H
#define ERSATZ_TESTS_I82078_BENCH_H

#include "devices/i82078.h"

#include "devices/floppy.h"
#include "unit/devices/bench.h"

enum { SRA, SRB, DOR, TDR, MSR, FIFO };
#define DSR MSR

#define MOTOR_0 0x1c /* DOR: motor and select of drive 0, DMA gate, not in reset */
#define MOTOR_1 0x2d
#define SECOND NS_PER_SEC
#define DISK_SIZE 1474560u

/* ---- The bench: a disk in memory, a DMA channel ------------------------------------------- */

struct disk {
    struct medium medium;
    u8 bytes[DISK_SIZE];
    unsigned fails; /* writes that the host will refuse */
};

static struct bench b;
static struct device *fdc;
static struct disk disk;
static struct drive drive[2];
static u8 memory[0x10000];        /* what DMA sees */
static unsigned dma_at, dma_left; /* the channel */
static bool dma_open;

static inline int disk_read(struct medium *m, u64 offset, void *buf, u64 len)
{
    memcpy(buf, ((struct disk *)m)->bytes + offset, len);
    return 0;
}

static inline int disk_write(struct medium *m, u64 offset, const void *buf, u64 len)
{
    struct disk *d = (struct disk *)m;

    if (d->fails) {
        d->fails--;
        return -28;
    }
    memcpy(d->bytes + offset, buf, len);
    return 0;
}

static inline int disk_flush(struct medium *m)
{
    return 0;
}

static inline void disk_close(struct medium *m)
{
}

static const struct medium_ops disk_ops = {disk_read, disk_write, disk_flush, disk_close};

static inline struct dma_grant transfer(void *opaque, unsigned n, void *buf, unsigned len,
                                        bool to_memory)
{
    struct dma_grant g = {0, false};

    if (!dma_open || !dma_left)
        return g;
    g.bytes = len < dma_left ? len : dma_left;
    if (to_memory)
        memcpy(memory + dma_at, buf, g.bytes);
    else
        memcpy(buf, memory + dma_at, g.bytes);
    dma_at += g.bytes;
    dma_left -= g.bytes;
    g.tc = dma_left == 0;
    return g;
}

static inline void setup(void)
{
    bench_init(&b);
    memset(&disk, 0, sizeof disk);
    memset(drive, 0, sizeof drive);
    for (unsigned n = 0; n < DISK_SIZE; n++)
        disk.bytes[n] = (u8)(n / FLOPPY_SECTOR * 7 + n);
    disk.medium = (struct medium){.ops = &disk_ops, .size = DISK_SIZE};
    drive[0] = drive[1] = (struct drive){.kind = DRIVE_FLOPPY};
    drive[0].medium = &disk.medium;
    fdc = bench_device(&b, &i82078_class);
    i82078_connect(fdc, 0, &drive[0]);
    i82078_connect_dma(fdc, (struct dma_channel){transfer, NULL, 2});
    dma_open = true;
    dma_at = dma_left = 0;
}

static inline void teardown(void)
{
    device_free(fdc);
}

static inline u8 get(unsigned reg)
{
    return in8(fdc, I82078_REGS, reg);
}

static inline void put(unsigned reg, u8 value)
{
    out8(fdc, I82078_REGS, reg, value);
}

static inline bool irq(void)
{
    return b.level[I82078_IRQ];
}

static inline void command(const char *bytes, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        ck_assert_uint_eq(get(MSR) & 0xc0, 0x80);
        put(FIFO, (u8)bytes[n]);
    }
}

static inline void results(const char *bytes, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        ck_assert_uint_eq(get(MSR) & 0xd0, 0xd0);
        u8 got = get(FIFO);
        ck_assert_msg(got == (u8)bytes[n], "result %u: %02x, not %02x", n, got, (u8)bytes[n]);
    }
    ck_assert_uint_eq(get(MSR) & 0xf0, 0x80);
}

#define COMMAND(s) command(s, sizeof(s) - 1)
#define RESULTS(s) results(s, sizeof(s) - 1)

static inline void dma(unsigned at, unsigned len)
{
    dma_at = at;
    dma_left = len;
}

/* Out of reset, interrupts of the reset told, 500 kbit/s, motor on, DMA. */
static inline void power_on(void)
{
    put(DOR, MOTOR_0);
    ck_assert(irq());
    for (unsigned n = 0; n < 4; n++) {
        COMMAND("\x08");
        ck_assert(!irq());
        ck_assert_uint_eq(get(FIFO), 0xc0 + n);
        ck_assert_uint_eq(get(FIFO), 0);
    }
    COMMAND("\x08"); /* no more */
    RESULTS("\x80");
    out8(fdc, I82078_DIR, 0, 0);
    COMMAND("\x03\xdf\x02");
}

static inline void wait_irq(void)
{
    u64 end = clock_now(&b.clock) + SECOND;

    while (!irq() && clock_deadline(&b.clock) < end)
        bench_until(&b, clock_deadline(&b.clock));
    ck_assert(irq());
}

static inline void seek(u8 cylinder)
{
    u8 bytes[] = {0x0f, 0, cylinder}, sense[] = {0x20, cylinder};

    command((char *)bytes, 3);
    wait_irq();
    COMMAND("\x08");
    results((char *)sense, 2);
}

static inline void expect_sectors(unsigned memory_at, unsigned lba, unsigned count)
{
    ck_assert_mem_eq(memory + memory_at, disk.bytes + lba * FLOPPY_SECTOR, count * FLOPPY_SECTOR);
}

#endif
