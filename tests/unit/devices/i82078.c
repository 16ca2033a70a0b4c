/* SPDX-License-Identifier: MIT */
/* Transcripts from the 82078 data sheet: registers, commands, seeks; hostile sequences. */
#include "unit/devices/i82078_bench.h"

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

int main(void)
{
    Suite *s = suite_create("devices/i82078");
    TCase *t = tcase_create("all");

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
    suite_add_tcase(s, t);
    return unit_run(s);
}
