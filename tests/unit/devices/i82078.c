/* SPDX-License-Identifier: MIT */
/* Transcripts from the 82078 data sheet: registers, commands, phases, how transfers end. */
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

static int disk_read(struct medium *m, u64 offset, void *buf, u64 len)
{
    memcpy(buf, ((struct disk *)m)->bytes + offset, len);
    return 0;
}

static int disk_write(struct medium *m, u64 offset, const void *buf, u64 len)
{
    struct disk *d = (struct disk *)m;

    if (d->fails) {
        d->fails--;
        return -28;
    }
    memcpy(d->bytes + offset, buf, len);
    return 0;
}

static int disk_flush(struct medium *m)
{
    return 0;
}

static void disk_close(struct medium *m)
{
}

static const struct medium_ops disk_ops = {disk_read, disk_write, disk_flush, disk_close};

static struct dma_grant transfer(void *opaque, unsigned n, void *buf, unsigned len, bool to_memory)
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

static void setup(void)
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

static void teardown(void)
{
    device_free(fdc);
}

static u8 get(unsigned reg)
{
    return in8(fdc, I82078_REGS, reg);
}

static void put(unsigned reg, u8 value)
{
    out8(fdc, I82078_REGS, reg, value);
}

static bool irq(void)
{
    return b.level[I82078_IRQ];
}

static void command(const char *bytes, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        ck_assert_uint_eq(get(MSR) & 0xc0, 0x80);
        put(FIFO, (u8)bytes[n]);
    }
}

static void results(const char *bytes, unsigned count)
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

static void dma(unsigned at, unsigned len)
{
    dma_at = at;
    dma_left = len;
}

/* Out of reset, interrupts of the reset told, 500 kbit/s, motor on, DMA. */
static void power_on(void)
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

static void wait_irq(void)
{
    u64 end = clock_now(&b.clock) + SECOND;

    while (!irq() && clock_deadline(&b.clock) < end)
        bench_until(&b, clock_deadline(&b.clock));
    ck_assert(irq());
}

static void seek(u8 cylinder)
{
    u8 bytes[] = {0x0f, 0, cylinder}, sense[] = {0x20, cylinder};

    command((char *)bytes, 3);
    wait_irq();
    COMMAND("\x08");
    results((char *)sense, 2);
}

static void expect_sectors(unsigned memory_at, unsigned lba, unsigned count)
{
    ck_assert_mem_eq(memory + memory_at, disk.bytes + lba * FLOPPY_SECTOR, count * FLOPPY_SECTOR);
}

/* ---- Registers and reset ------------------------------------------------------------------ */

START_TEST(formats_by_size)
{
    static const struct {
        u32 size;
        u8 sectors, cylinders, heads, drive;
    } rows[] = {
        {163840, 8, 40, 1, 1},   {184320, 9, 40, 1, 1},   {327680, 8, 40, 2, 1},
        {368640, 9, 40, 2, 1},   {737280, 9, 80, 2, 4},   {1228800, 15, 80, 2, 2},
        {1474560, 18, 80, 2, 4}, {1720320, 21, 80, 2, 4}, {2949120, 36, 80, 2, 5},
        {1296384, 18, 80, 2, 4}, {9999999, 36, 80, 2, 5}, {512, 8, 40, 1, 1},
    };

    for (unsigned n = 0; n < ARRAY_LEN(rows); n++) {
        const struct floppy_format *f = floppy_format(rows[n].size);
        ck_assert_uint_eq(f->sectors, rows[n].sectors);
        ck_assert_uint_eq(f->cylinders, rows[n].cylinders);
        ck_assert_uint_eq(f->heads, rows[n].heads);
        ck_assert_uint_eq(floppy_drive_for(rows[n].size), rows[n].drive);
    }
    ck_assert_ptr_null(floppy_format(0));
    ck_assert_uint_eq(floppy_drive_for(0), FLOPPY_DRIVE_1440K);
}
END_TEST

START_TEST(reset_and_registers)
{
    ck_assert_uint_eq(get(MSR), 0x00); /* held in reset */
    put(FIFO, 0x10);
    power_on();
    ck_assert_uint_eq(get(MSR), 0x80);
    ck_assert_uint_eq(get(DOR), MOTOR_0);
    ck_assert_uint_eq(get(SRA), 0x46); /* one drive, at track 0, not protected */
    ck_assert_uint_eq(get(SRB), 0xc1);
    put(TDR, 0xff);
    ck_assert_uint_eq(get(TDR), 0xff);
    put(TDR, 0x01);
    ck_assert_uint_eq(get(TDR), 0xfd);
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0), 0xf8); /* changed; 500 kbit/s */
    out8(fdc, I82078_DIR, 0, 2);
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0), 0xfd);
    put(DSR, 0x80); /* a reset, too; the rate is what it says */
    ck_assert(irq());
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0), 0xf8);
    put(DOR, 0x08);
    ck_assert(!irq());
    ck_assert_uint_eq(get(MSR), 0x00);
}
END_TEST

START_TEST(commands_without_execution)
{
    power_on();
    COMMAND("\x10");
    RESULTS("\x90");
    COMMAND("\x18");
    RESULTS("\x41");
    COMMAND("\x94");
    RESULTS("\x10");
    COMMAND("\x13\x00\x57\x05");
    COMMAND("\x12\x84");
    COMMAND("\x12\x03"); /* without OW only the low bits */
    COMMAND("\x0e");
    RESULTS("\0\0\0\0\xdf\x02\0\x87\x57\x05");
    COMMAND("\x04\x04");
    RESULTS("\x3c");
    COMMAND("\x04\x01"); /* nobody there: no track 0 */
    RESULTS("\x29");
    COMMAND("\x33\x02");
    COMMAND("\x2e");
    RESULTS("\0\x02\0\0\0\0\xdf\x02\0\x87\x57\x05\0\0\0\0");
    COMMAND("\x17\x03");
    RESULTS("\x03");
    COMMAND("\x8e\x0a\x25\xc0"); /* NRP: no results */
    COMMAND("\x8e\x80");
    RESULTS("\x0a\x05\0\0");
    COMMAND("\x4e\0\0\0\0\0\0\xcf\x04\x12\x04\x60\x07\0\0\0\0");
    COMMAND("\x0e");
    RESULTS("\0\0\0\0\xcf\x04\x12\x04\x60\x07");
}
END_TEST

START_TEST(invalid_commands)
{
    static const u8 bad[] = {0x00, 0x01, 0x0b, 0x15, 0x1a, 0x1b, 0x1c,
                             0x1f, 0x30, 0x48, 0x83, 0x90, 0xb4, 0xff};

    power_on();
    for (unsigned n = 0; n < sizeof bad; n++) {
        put(FIFO, bad[n]);
        RESULTS("\x80");
    }
}
END_TEST

START_TEST(a_software_reset_keeps_what_is_locked)
{
    power_on();
    COMMAND("\x13\x00\x17\x05");
    put(DSR, 0x80);
    COMMAND("\x0e");
    RESULTS("\0\0\0\0\xdf\x02\0\x00\x20\x00");
    COMMAND("\x13\x00\x17\x05");
    COMMAND("\x94");
    RESULTS("\x10");
    put(DSR, 0x80);
    COMMAND("\x0e");
    RESULTS("\0\0\0\0\xdf\x02\0\x80\x17\x05");
    COMMAND("\x14");
    RESULTS("\x00");
}
END_TEST

/* ---- Seeks -------------------------------------------------------------------------------- */

START_TEST(seeks)
{
    power_on();
    COMMAND("\x0f\x04\x05");
    ck_assert_uint_eq(get(MSR), 0x81); /* drive 0 is busy, the chip is not */
    ck_assert(!irq());
    wait_irq();
    ck_assert_uint_eq(get(MSR), 0x81);
    COMMAND("\x08");
    RESULTS("\x24\x05");
    ck_assert_uint_eq(get(MSR), 0x80);
    ck_assert_uint_eq(get(SRA) & 0x10, 0x10); /* not at track 0 */
    COMMAND("\xcf\x00\x03");
    wait_irq();
    COMMAND("\x08");
    RESULTS("\x20\x08");
    COMMAND("\x8f\x00\x09"); /* beyond track 0 there is nothing */
    wait_irq();
    COMMAND("\x08");
    RESULTS("\x20\x00");
    seek(79);
    COMMAND("\x07\x00");
    wait_irq();
    COMMAND("\x08");
    RESULTS("\x20\x00");
    COMMAND("\x07\x01"); /* no drive, no track 0 */
    wait_irq();
    COMMAND("\x08");
    RESULTS("\x71\x00");
}
END_TEST

START_TEST(seeks_overlap)
{
    i82078_connect(fdc, 1, &drive[1]);
    power_on();
    COMMAND("\x0f\x01\x02");
    COMMAND("\x0f\x00\x03");
    ck_assert_uint_eq(get(MSR), 0x83);
    bench_pass(&b, SECOND);
    ck_assert(irq());
    COMMAND("\x08");
    RESULTS("\x20\x03");
    ck_assert(irq()); /* the other one is news, too */
    COMMAND("\x08");
    RESULTS("\x21\x02");
    ck_assert(!irq());
    COMMAND("\x08");
    RESULTS("\x80");
}
END_TEST

START_TEST(disk_change_line)
{
    power_on();
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0) & 0x80, 0x80);
    seek(0); /* no step */
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0) & 0x80, 0x80);
    seek(1);
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0) & 0x80, 0x00);
    drive_change(&drive[0], NULL);
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0) & 0x80, 0x80);
    seek(2); /* nothing in it: the step doesn't help */
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0) & 0x80, 0x80);
    drive_change(&drive[0], &disk.medium);
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0) & 0x80, 0x80);
    put(DOR, 0x0c); /* the motor selects the drive */
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0) & 0x80, 0x00);
    put(DOR, MOTOR_0);
    seek(1);
    ck_assert_uint_eq(in8(fdc, I82078_DIR, 0) & 0x80, 0x00);
}
END_TEST

/* ---- Reading ------------------------------------------------------------------------------ */

START_TEST(read_by_dma)
{
    power_on();
    dma(0x100, 3 * FLOPPY_SECTOR);
    COMMAND("\xe6\x00\x00\x00\x02\x02\x12\x1b\xff");
    ck_assert_uint_eq(get(MSR), 0x10);
    ck_assert(b.level[I82078_DREQ]);
    wait_irq();
    ck_assert(!b.level[I82078_DREQ]);
    expect_sectors(0x100, 1, 3);
    ck_assert_uint_eq(memory[0x100 + 3 * FLOPPY_SECTOR], 0);
    RESULTS("\x00\x00\x00\x00\x00\x05\x02");
    ck_assert(!irq());
}
END_TEST

/* Where a transfer ends, and the C, H, R that the result phase shows then. */
START_TEST(how_reads_end)
{
    static const struct {
        u16 sectors;
        char command[9], results[7];
    } rows[] = {
        {1, "\x46\x00\x00\x00\x12\x02\x12\x1b\xff", "\x00\x00\x00\x01\x00\x01\x02"},
        {1, "\xc6\x00\x00\x00\x12\x02\x12\x1b\xff", "\x00\x00\x00\x00\x01\x01\x02"},
        {2, "\xc6\x00\x00\x00\x12\x02\x12\x1b\xff", "\x04\x00\x00\x00\x01\x02\x02"},
        {1, "\xc6\x04\x00\x01\x12\x02\x12\x1b\xff", "\x04\x00\x00\x01\x00\x01\x02"},
        {1, "\x46\x04\x00\x01\x04\x02\x12\x1b\xff", "\x04\x00\x00\x00\x01\x05\x02"},
        {9, "\x46\x00\x00\x00\x12\x02\x12\x1b\xff", "\x40\x80\x00\x01\x00\x01\x02"}, /* EN */
        {9, "\x46\x00\x00\x00\x13\x02\x12\x1b\xff", "\x40\x04\x00\x00\x00\x13\x02"}, /* ND */
        {9, "\x46\x00\x00\x00\x01\x03\x12\x1b\xff", "\x40\x04\x00\x00\x00\x01\x03"}, /* N */
        {9, "\x46\x00\x00\x01\x01\x02\x12\x1b\xff", "\x40\x04\x00\x00\x01\x01\x02"}, /* H */
        {9, "\x46\x00\x07\x00\x01\x02\x12\x1b\xff", "\x40\x04\x10\x07\x00\x01\x02"}, /* C */
    };

    power_on();
    dma(0, rows[_i].sectors * FLOPPY_SECTOR);
    command(rows[_i].command, 9);
    wait_irq();
    if (_i == 2) {
        expect_sectors(0, 17, 2);
        ck_assert_uint_eq(get(SRA) & 0x08, 0x08);
    }
    results(rows[_i].results, 7);
}
END_TEST

START_TEST(implied_seek)
{
    power_on();
    COMMAND("\x13\x00\x57\x00");
    dma(0, FLOPPY_SECTOR);
    COMMAND("\x46\x04\x07\x01\x03\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x04\x00\x00\x07\x01\x04\x02");
    expect_sectors(0, (7 * 2 + 1) * 18 + 2, 1);
}
END_TEST

START_TEST(no_medium_motor_or_rate)
{
    power_on();
    out8(fdc, I82078_DIR, 0, 2); /* 250 kbit/s finds nothing on this disk */
    COMMAND("\x4a\x00");
    wait_irq();
    RESULTS("\x40\x01\x00\x00\x00\x00\x00");
    out8(fdc, I82078_DIR, 0, 0);
    put(DOR, 0x0c);
    COMMAND("\x4a\x00");
    wait_irq();
    RESULTS("\x40\x01\x00\x00\x00\x00\x00");
    put(DOR, MOTOR_0);
    drive_change(&drive[0], NULL);
    COMMAND("\x46\x00\x00\x00\x01\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x40\x01\x00\x00\x00\x01\x02");
    COMMAND("\x46\x03\x00\x00\x01\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x43\x01\x00\x00\x00\x01\x02");
}
END_TEST

START_TEST(read_id)
{
    power_on();
    seek(3);
    COMMAND("\x4a\x04");
    wait_irq();
    ck_assert_uint_eq(get(FIFO), 0x04);
    ck_assert_uint_eq(get(FIFO), 0x00);
    ck_assert_uint_eq(get(FIFO), 0x00);
    ck_assert_uint_eq(get(FIFO), 3);
    ck_assert_uint_eq(get(FIFO), 1);
    u8 r = get(FIFO);
    ck_assert(r >= 1 && r <= 18);
    ck_assert_uint_eq(get(FIFO), 2);
    seek(80); /* behind the last cylinder */
    COMMAND("\x4a\x00");
    wait_irq();
    RESULTS("\x40\x01\x00\x00\x00\x00\x00");
}
END_TEST

START_TEST(overrun)
{
    power_on();
    dma_open = false;
    COMMAND("\x46\x00\x00\x00\x01\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x40\x10\x00\x00\x00\x01\x02");
    COMMAND("\x45\x00\x00\x00\x01\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x40\x10\x00\x00\x00\x01\x02");
}
END_TEST

START_TEST(programmed_read)
{
    power_on();
    COMMAND("\x03\xdf\x03"); /* ND */
    COMMAND("\x46\x00\x00\x00\x01\x02\x02\x1b\xff");
    ck_assert_uint_eq(get(MSR), 0x30);
    ck_assert(!b.level[I82078_DREQ]);
    for (unsigned n = 0; n < 2 * FLOPPY_SECTOR; n++) {
        if (n % FLOPPY_SECTOR == 0)
            wait_irq();
        ck_assert_uint_eq(get(MSR), 0xf0);
        ck_assert_uint_eq(get(FIFO), disk.bytes[n]);
        if (n + 1 < 2 * FLOPPY_SECTOR)
            ck_assert(!irq());
    }
    RESULTS("\x40\x80\x00\x01\x00\x01\x02"); /* nobody can say TC: the cylinder's end */
}
END_TEST

/* A byte for each interrupt, as for a driver without FIFO. */
START_TEST(programmed_read_by_interrupts)
{
    power_on();
    COMMAND("\x03\xdf\x03");
    COMMAND("\x46\x00\x00\x00\x12\x02\x12\x1b\xff");
    for (unsigned n = 0; n < FLOPPY_SECTOR; n++) {
        wait_irq();
        ck_assert_uint_eq(get(FIFO), disk.bytes[17 * FLOPPY_SECTOR + n]);
    }
    wait_irq();
    RESULTS("\x40\x80\x00\x01\x00\x01\x02");
}
END_TEST

START_TEST(read_track)
{
    power_on();
    dma(0, 18 * FLOPPY_SECTOR);
    COMMAND("\x42\x00\x00\x00\x01\x02\x12\x1b\xff");
    wait_irq();
    expect_sectors(0, 0, 18);
    RESULTS("\x00\x00\x00\x01\x00\x01\x02");
    dma(0, 2 * FLOPPY_SECTOR); /* IDs that don't match are told, their data comes all the same */
    COMMAND("\x42\x00\x00\x00\x05\x02\x12\x1b\xff");
    wait_irq();
    expect_sectors(0, 0, 2);
    RESULTS("\x00\x00\x00\x00\x00\x07\x02");
}
END_TEST

/* There are no deleted sectors: one is read and told, or, with SK, none. */
START_TEST(read_deleted)
{
    power_on();
    dma(0, 4 * FLOPPY_SECTOR);
    COMMAND("\x4c\x00\x00\x00\x03\x02\x12\x1b\xff");
    wait_irq();
    expect_sectors(0, 2, 1);
    ck_assert_uint_eq(dma_left, 3 * FLOPPY_SECTOR);
    RESULTS("\x00\x00\x40\x00\x00\x03\x02");
    COMMAND("\x6c\x00\x00\x00\x03\x02\x12\x1b\xff");
    wait_irq();
    ck_assert_uint_eq(dma_left, 3 * FLOPPY_SECTOR);
    RESULTS("\x40\x80\x40\x01\x00\x01\x02");
}
END_TEST

START_TEST(verify)
{
    power_on();
    COMMAND("\x56\x00\x00\x00\x10\x02\x12\x1b\x00");
    wait_irq();
    RESULTS("\x00\x00\x00\x01\x00\x01\x02");
    COMMAND("\xd6\x80\x00\x00\x11\x02\x12\x1b\x04"); /* EC: four sectors */
    wait_irq();
    RESULTS("\x04\x00\x00\x00\x01\x03\x02");
    COMMAND("\x56\x00\x00\x00\x10\x02\x13\x1b\x00");
    wait_irq();
    RESULTS("\x40\x04\x00\x00\x00\x13\x02");
}
END_TEST

START_TEST(scans)
{
    static const struct {
        u8 command;
        char host, st2, r;
    } rows[] = {
        {0x51, 5, 0x08, 2}, {0x51, 6, 0x04, 1}, {0x59, 5, 0x08, 2},
        {0x59, 6, 0x00, 2}, {0x59, 4, 0x04, 1}, {0x5d, 5, 0x08, 2},
        {0x5d, 4, 0x00, 2}, {0x5d, 6, 0x04, 1}, {0x51, -1, 0x08, 2},
    };
    char bytes[9] = {(char)rows[_i].command, 0, 0, 0, 1, 2, 2, 0x1b, 1};
    char expected[7] = {0, 0, rows[_i].st2, rows[_i].r == 1, 0, rows[_i].r, 2};

    power_on();
    memset(disk.bytes, 5, 2 * FLOPPY_SECTOR);
    memset(memory, rows[_i].host, 4 * FLOPPY_SECTOR);
    dma(0, 4 * FLOPPY_SECTOR);
    command(bytes, 9);
    wait_irq();
    results(expected, 7);
}
END_TEST

/* ---- Writing ------------------------------------------------------------------------------ */

START_TEST(write_by_dma)
{
    power_on();
    memset(memory, 0xa5, sizeof memory);
    dma(0, FLOPPY_SECTOR + 2); /* the second sector is filled up with zeros */
    COMMAND("\xc5\x00\x00\x00\x12\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x04\x00\x00\x00\x01\x02\x02");
    ck_assert_uint_eq(disk.bytes[17 * FLOPPY_SECTOR], 0xa5);
    ck_assert_uint_eq(disk.bytes[18 * FLOPPY_SECTOR + 1], 0xa5);
    ck_assert_uint_eq(disk.bytes[18 * FLOPPY_SECTOR + 2], 0x00);
    ck_assert_uint_eq(disk.bytes[19 * FLOPPY_SECTOR], (u8)(19 * 7));
    dma(0, FLOPPY_SECTOR);
    COMMAND("\x49\x00\x00\x00\x01\x02\x12\x1b\xff"); /* the mark is lost, the data is not */
    wait_irq();
    RESULTS("\x00\x00\x00\x00\x00\x02\x02");
    ck_assert_uint_eq(disk.bytes[511], 0xa5);
}
END_TEST

START_TEST(write_protection)
{
    disk.medium.read_only = true;
    power_on();
    ck_assert_uint_eq(get(SRA) & 2, 0);
    COMMAND("\x04\x00");
    RESULTS("\x78");
    dma(0, FLOPPY_SECTOR);
    COMMAND("\x45\x00\x00\x00\x01\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x40\x02\x00\x00\x00\x01\x02");
    COMMAND("\x4d\x00\x02\x12\x54\xf6");
    wait_irq();
    ck_assert_uint_eq(get(FIFO), 0x40);
    ck_assert_uint_eq(get(FIFO), 0x02);
}
END_TEST

/* A host that cannot write: the sector waits and is not lost. */
START_TEST(a_full_host)
{
    power_on();
    disk.fails = 3;
    memset(memory, 0x5a, sizeof memory);
    dma(0, FLOPPY_SECTOR);
    COMMAND("\x45\x00\x00\x00\x01\x02\x12\x1b\xff");
    bench_pass(&b, 5000000);
    ck_assert(!irq());
    ck_assert_uint_eq(get(MSR), 0x10);
    wait_irq();
    ck_assert_uint_eq(disk.fails, 0);
    RESULTS("\x00\x00\x00\x00\x00\x02\x02");
    ck_assert_uint_eq(disk.bytes[0], 0x5a);
}
END_TEST

START_TEST(programmed_write)
{
    power_on();
    COMMAND("\x03\xdf\x03");
    COMMAND("\x45\x00\x00\x00\x02\x02\x02\x1b\xff");
    wait_irq();
    for (unsigned n = 0; n < FLOPPY_SECTOR; n++) {
        ck_assert_uint_eq(get(MSR), 0xb0);
        put(FIFO, 0x3c);
    }
    put(FIFO, 0xee); /* one too many */
    wait_irq();
    RESULTS("\x40\x80\x00\x01\x00\x01\x02");
    ck_assert_uint_eq(disk.bytes[FLOPPY_SECTOR], 0x3c);
    ck_assert_uint_eq(disk.bytes[2 * FLOPPY_SECTOR - 1], 0x3c);
    ck_assert_uint_eq(disk.bytes[2 * FLOPPY_SECTOR], (u8)(2 * 7));
}
END_TEST

START_TEST(format_track)
{
    power_on();
    seek(5);
    for (unsigned n = 0; n < 18; n++)
        memcpy(memory + 4 * n, (u8[]){5, 1, (u8)(18 - n), 2}, 4);
    dma(0, 18 * 4);
    COMMAND("\x4d\x04\x02\x12\x54\xf6");
    wait_irq();
    RESULTS("\x04\x00\x00\x05\x01\x01\x02");
    ck_assert_uint_eq(disk.bytes[(5 * 2 + 1) * 18 * FLOPPY_SECTOR], 0xf6);
    ck_assert_uint_eq(disk.bytes[(5 * 2 + 2) * 18 * FLOPPY_SECTOR - 1], 0xf6);
    ck_assert_uint_ne(disk.bytes[(5 * 2 + 2) * 18 * FLOPPY_SECTOR], 0xf6);
    memory[3] = 3; /* sectors of 1,024 bytes don't fit into this image */
    dma(0, 18 * 4);
    COMMAND("\x4d\x04\x03\x12\x54\x00");
    wait_irq();
    ck_assert_uint_eq(get(FIFO), 0x44);
    ck_assert_uint_eq(get(FIFO), 0x02);
    ck_assert_uint_eq(disk.bytes[(5 * 2 + 1) * 18 * FLOPPY_SECTOR], 0xf6);
}
END_TEST

/* An image shorter than its format: zeros behind it, and nothing to write to. */
START_TEST(a_short_image)
{
    disk.medium.size = 1296384; /* 2,532 sectors: cylinder 70, head 0, sector 13 is the first */
    power_on();
    seek(70);
    memset(memory, 0xee, FLOPPY_SECTOR);
    dma(0, FLOPPY_SECTOR);
    COMMAND("\x46\x00\x46\x00\x0d\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x00\x00\x00\x46\x00\x0e\x02");
    for (unsigned n = 0; n < FLOPPY_SECTOR; n++)
        ck_assert_uint_eq(memory[n], 0);
    dma(0, FLOPPY_SECTOR);
    COMMAND("\x45\x00\x46\x00\x0d\x02\x12\x1b\xff");
    wait_irq();
    RESULTS("\x40\x02\x00\x46\x00\x0d\x02");
}
END_TEST

/* ---- Hostile sequences -------------------------------------------------------------------- */

START_TEST(bytes_without_end)
{
    power_on();
    for (unsigned first = 0; first < 256; first++) {
        put(DSR, 0x80);
        put(FIFO, (u8)first);
        for (unsigned n = 0; n < 600; n++)
            put(FIFO, first == 0x8e ? 0x7f : (u8)n);
        for (unsigned n = 0; n < 600; n++)
            get(FIFO);
        bench_pass(&b, SECOND);
        for (unsigned n = 0; n < 1200; n++) {
            get(FIFO);
            put(FIFO, 0xff);
        }
        bench_pass(&b, SECOND);
    }
    put(DSR, 0x80);
    COMMAND("\x10");
    RESULTS("\x90");
}
END_TEST

START_TEST(reset_in_the_middle)
{
    power_on();
    dma(0, 2 * FLOPPY_SECTOR);
    COMMAND("\x46\x00\x00\x00\x01\x02\x12\x1b\xff");
    bench_pass(&b, 1000);
    put(DOR, 0x18);
    bench_pass(&b, SECOND);
    ck_assert_uint_eq(dma_left, 2 * FLOPPY_SECTOR);
    ck_assert(!irq());
    ck_assert(!b.level[I82078_DREQ]);
    power_on();
    COMMAND("\x0f\x00\x20");
    put(DSR, 0x80);
    bench_pass(&b, SECOND);
    ck_assert_uint_eq(get(MSR), 0x80);
}
END_TEST

START_TEST(a_medium_that_leaves)
{
    power_on();
    dma(0, 9 * FLOPPY_SECTOR);
    COMMAND("\x46\x00\x00\x00\x01\x02\x12\x1b\xff");
    bench_pass(&b, 600000);
    drive_change(&drive[0], NULL);
    wait_irq();
    ck_assert_uint_eq(get(FIFO), 0x40);
    ck_assert_uint_eq(get(FIFO), 0x01);
}
END_TEST

START_TEST(every_port_size_and_alignment)
{
    power_on();
    for (unsigned size = 1; size <= 8; size *= 2)
        for (unsigned at = 0; at < 8; at++) {
            device_read(fdc, I82078_REGS, at, size);
            device_write(fdc, I82078_REGS, at, 0x1c1c1c1c1c1c1c1cull, size);
            device_read(fdc, I82078_DIR, at, size);
            device_write(fdc, I82078_DIR, at, ~0ull, size);
            bench_pass(&b, SECOND);
        }
    ck_assert_uint_eq(device_read(fdc, I82078_REGS, 6, 2), 0xffff);
}
END_TEST

static TCase *positions(void)
{
    TCase *t = tcase_create("registers, seeks");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, formats_by_size);
    tcase_add_test(t, reset_and_registers);
    tcase_add_test(t, commands_without_execution);
    tcase_add_test(t, invalid_commands);
    tcase_add_test(t, a_software_reset_keeps_what_is_locked);
    tcase_add_test(t, seeks);
    tcase_add_test(t, seeks_overlap);
    tcase_add_test(t, disk_change_line);
    tcase_add_test(t, bytes_without_end);
    tcase_add_test(t, reset_in_the_middle);
    tcase_add_test(t, a_medium_that_leaves);
    tcase_add_test(t, every_port_size_and_alignment);
    return t;
}

static TCase *transfers(void)
{
    TCase *t = tcase_create("transfers");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, read_by_dma);
    tcase_add_loop_test(t, how_reads_end, 0, 10);
    tcase_add_test(t, implied_seek);
    tcase_add_test(t, no_medium_motor_or_rate);
    tcase_add_test(t, read_id);
    tcase_add_test(t, overrun);
    tcase_add_test(t, programmed_read);
    tcase_add_test(t, programmed_read_by_interrupts);
    tcase_add_test(t, read_track);
    tcase_add_test(t, read_deleted);
    tcase_add_test(t, verify);
    tcase_add_loop_test(t, scans, 0, 9);
    tcase_add_test(t, write_by_dma);
    tcase_add_test(t, write_protection);
    tcase_add_test(t, a_full_host);
    tcase_add_test(t, programmed_write);
    tcase_add_test(t, format_track);
    tcase_add_test(t, a_short_image);
    return t;
}

int main(void)
{
    Suite *s = suite_create("devices/i82078");

    suite_add_tcase(s, positions());
    suite_add_tcase(s, transfers());
    return unit_run(s);
}
