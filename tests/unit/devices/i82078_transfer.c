/* SPDX-License-Identifier: MIT */
/* Transcripts from the 82078 data sheet: data commands, phases, how transfers end. */
#include "unit/devices/i82078_bench.h"

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

int main(void)
{
    Suite *s = suite_create("devices/i82078_transfer");
    TCase *t = tcase_create("all");

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
    suite_add_tcase(s, t);
    return unit_run(s);
}
