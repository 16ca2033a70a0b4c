/* SPDX-License-Identifier: MIT */
/*
 * Disks on IDE by PIO, as ATA/ATAPI-6 has it: what a driver writes into the registers, what the
 * drive must answer. By DMA: ide_dma.c.
 */
#include "unit/devices/ide_pio.h"

/* ---- presence and resets ---- */

START_TEST(signature_at_power_on)
{
    ck_assert_uint_eq(reg(STATUS), READY);
    ck_assert_uint_eq(reg(ERROR), 1);
    ck_assert_uint_eq(reg(COUNT), 1);
    ck_assert_uint_eq(reg(LBA0), 1);
    ck_assert_uint_eq(reg(LBA1), 0);
    ck_assert_uint_eq(reg(LBA2), 0);
    ck_assert_uint_eq(reg(DEVICE), 0xa0);
    ck_assert_uint_eq(in8(r.ide, IDE_SECONDARY, LBA1), 0x14);
    ck_assert_uint_eq(in8(r.ide, IDE_SECONDARY, LBA2), 0xeb);
    ck_assert_uint_eq(in8(r.ide, IDE_SECONDARY, STATUS), 0);
}
END_TEST

/* Nobody is at the second channel's unit 1: it reads as 0 and takes no command. */
START_TEST(absent_unit)
{
    out8(r.ide, IDE_SECONDARY, DEVICE, SLAVE);
    for (unsigned n = ERROR; n <= STATUS; n++)
        ck_assert_uint_eq(in8(r.ide, IDE_SECONDARY, n), 0);
    out8(r.ide, IDE_SECONDARY, COUNT, 0x55);
    ck_assert_uint_eq(in8(r.ide, IDE_SECONDARY, COUNT), 0);
    out8(r.ide, IDE_SECONDARY, COMMAND, 0xec);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(in8(r.ide, IDE_SECONDARY, STATUS), 0);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ + 1], 0);
    out8(r.ide, IDE_SECONDARY, DEVICE, MASTER);
    ck_assert_uint_eq(in8(r.ide, IDE_SECONDARY, COUNT), 0x55); /* both hear a write */
}
END_TEST

START_TEST(software_reset)
{
    command(SLAVE, 5, 2, 0x20);
    out8(r.ide, CH + 1, 0, 0x06);
    ck_assert_uint_eq(rig_status(&r, CH) & 0x80, 0x80);
    bench_pass(&r.b, NS_PER_SEC); /* as long as SRST is held */
    ck_assert_uint_eq(rig_status(&r, CH) & 0x80, 0x80);
    out8(r.ide, CH + 1, 0, 0x00);
    ck_assert_uint_eq(rig_status(&r, CH), 0x80);
    ck_assert_uint_gt(rig_wait(&r, CH), 0);
    ck_assert_uint_eq(rig_status(&r, CH), READY);
    ck_assert_uint_eq(reg(DEVICE), 0xa0);
    ck_assert_uint_eq(reg(ERROR), 1);
    ck_assert_uint_eq(reg(COUNT), 1);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ], 0); /* the interrupted read is gone */
}
END_TEST

START_TEST(diagnostic)
{
    out8(r.ide, CH, DEVICE, SLAVE);
    out8(r.ide, CH, COMMAND, 0x90);
    ck_assert_uint_eq(rig_status(&r, CH), 0x80);
    rig_wait(&r, CH);
    ck_assert(intrq());
    ck_assert_uint_eq(reg(ERROR), 1);
    ck_assert_uint_eq(reg(DEVICE), 0xa0);
    ck_assert_uint_eq(reg(STATUS), READY);
    out8(r.ide, CH, DEVICE, SLAVE);
    ck_assert_uint_eq(reg(ERROR), 1);
}
END_TEST

/* ---- registers ---- */

START_TEST(high_order_bytes)
{
    out8(r.ide, CH, LBA1, 0x12);
    out8(r.ide, CH, LBA1, 0x34);
    out8(r.ide, CH, COUNT, 0x56);
    out8(r.ide, CH, COUNT, 0x78);
    ck_assert_uint_eq(reg(LBA1), 0x34);
    out8(r.ide, CH + 1, 0, 0x80);
    ck_assert_uint_eq(reg(LBA1), 0x12);
    ck_assert_uint_eq(reg(COUNT), 0x56);
    out8(r.ide, CH, LBA0, 0); /* any write of a command register takes HOB back */
    ck_assert_uint_eq(reg(LBA1), 0x34);
}
END_TEST

START_TEST(wide_accesses_of_byte_registers)
{
    device_write(r.ide, CH, COUNT, 0x1234, 2);
    ck_assert_uint_eq(reg(COUNT), 0x34);
    ck_assert_uint_eq(reg(LBA0), 0x12);
    ck_assert_uint_eq(device_read(r.ide, CH, COUNT, 2), 0x1234);
    ck_assert_uint_eq(device_read(r.ide, CH, LBA1, 4) >> 16, READY << 8 | 0xa0);
}
END_TEST

START_TEST(interrupt_enable)
{
    out8(r.ide, CH + 1, 0, 0x02);
    command(MASTER, 0, 1, 0x40);
    rig_wait(&r, CH);
    ck_assert(!intrq());
    out8(r.ide, CH + 1, 0, 0x00); /* it was pending */
    ck_assert(intrq());
    ck_assert_uint_eq(rig_status(&r, CH), READY); /* the alternate status leaves it */
    ck_assert(intrq());
    ck_assert_uint_eq(reg(STATUS), READY);
    ck_assert(!intrq());
}
END_TEST

/* ---- identity ---- */

static void identify(u8 device, u16 words[256])
{
    command(device, 0, 0, 0xec);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), READY | 8);
    for (unsigned i = 0; i < 256; i++)
        words[i] = rig_in16(&r, CH);
    ck_assert_uint_eq(reg(STATUS), READY);
}

static void expect_text(const u16 *words, const char *text)
{
    for (unsigned i = 0; text[i]; i++)
        ck_assert_int_eq((char)(words[i / 2] >> (i % 2 ? 0 : 8)), text[i]);
}

START_TEST(identify_disk)
{
    u16 w[256];
    u8 sum = 0;

    identify(MASTER, w);
    ck_assert_uint_eq(w[0], 0x0040);
    ck_assert_uint_eq(w[1], SECTORS / 1008);
    ck_assert_uint_eq(w[3], 16);
    ck_assert_uint_eq(w[6], 63);
    expect_text(w + 27, "ERSATZ HARDDISK     ");
    expect_text(w + 10, "EZ00001");
    ck_assert_uint_eq(w[47] & 0xff, 16);
    ck_assert_uint_eq(w[49] & 0x0300, 0x0300);
    ck_assert_uint_eq(w[60] | (u32)w[61] << 16, SECTORS);
    ck_assert_uint_eq(w[100], SECTORS);
    ck_assert_uint_eq(w[83] & 0x3400, 0x3400);
    ck_assert_uint_eq(w[255] & 0xff, 0xa5);
    for (unsigned i = 0; i < 256; i++)
        sum = (u8)(sum + (w[i] & 0xff) + (w[i] >> 8));
    ck_assert_uint_eq(sum, 0);
    identify(SLAVE, w);
    expect_text(w + 10, "EZ00002");
    ck_assert_uint_eq(w[1], 16383);
    ck_assert_uint_eq(w[60] | (u32)w[61] << 16, 0x0fffffff);
    ck_assert_uint_eq(w[100] | (u64)w[101] << 16 | (u64)w[102] << 32, VAST_SECTORS);
}
END_TEST

START_TEST(features_show_in_identify)
{
    u16 w[256];

    identify(MASTER, w);
    ck_assert_uint_eq(w[85] & 0x60, 0x60);
    out8(r.ide, CH, FEATURE, 0x82);
    command(MASTER, 0, 0, 0xef);
    expect_end(READY, 0);
    ck_assert_uint_eq(r.disk[0].flushes, 1); /* the cache was written back */
    out8(r.ide, CH, FEATURE, 0x03);
    command(MASTER, 0, 0x22, 0xef); /* multi-word DMA 2 */
    expect_end(READY, 0);
    identify(MASTER, w);
    ck_assert_uint_eq(w[85] & 0x60, 0x40);
    ck_assert_uint_eq(w[63], 0x0407);
    ck_assert_uint_eq(w[88] >> 8, 0);
    command(MASTER, 0, 0x45, 0xef); /* Ultra DMA 5 */
    expect_end(READY, 0);
    identify(MASTER, w);
    ck_assert_uint_eq(w[63], 0x0007);
    ck_assert_uint_eq(w[88], 0x203f);
    command(MASTER, 0, 0x47, 0xef); /* there is no Ultra DMA 7 */
    expect_end(READY | 1, 0x04);
    out8(r.ide, CH, FEATURE, 0x99);
    command(MASTER, 0, 0, 0xef);
    expect_end(READY | 1, 0x04);
}
END_TEST

/* ---- reading ---- */

START_TEST(read_one_sector)
{
    command(MASTER, 7, 1, 0x20);
    ck_assert_uint_eq(reg(STATUS), 0x80 | READY);
    ck_assert(!intrq());
    ck_assert_uint_ge(rig_wait(&r, CH), 5000);
    ck_assert(intrq());
    ck_assert_uint_eq(reg(STATUS), READY | 8);
    ck_assert(!intrq());
    expect_data(7 * 512, 512);
    ck_assert_uint_eq(rig_status(&r, CH), READY);
    ck_assert_uint_eq(reg(COUNT), 0);
    ck_assert_uint_eq(reg(LBA0), 7);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ], 1); /* none after the last sector's data */
}
END_TEST

START_TEST(read_by_double_words)
{
    command(MASTER, 3, 1, 0x20);
    rig_wait(&r, CH);
    for (unsigned i = 0; i < 512; i += 4) {
        u32 v = (u32)device_read(r.ide, CH, DATA, 4);
        for (unsigned k = 0; k < 4; k++)
            ck_assert_uint_eq((u8)(v >> 8 * k), disk_pattern(3 * 512 + i + k));
    }
    ck_assert_uint_eq(reg(STATUS), READY);
}
END_TEST

/* Every sector has its own DRQ and interrupt. */
START_TEST(read_256_sectors)
{
    command(MASTER, 100, 0, 0x20);
    for (unsigned i = 0; i < 256; i++) {
        rig_wait(&r, CH);
        ck_assert_uint_eq(reg(STATUS), READY | 8);
        expect_data((100 + i) * 512, 512);
    }
    ck_assert_uint_eq(reg(STATUS), READY);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ], 256);
}
END_TEST

START_TEST(read_multiple)
{
    command(MASTER, 0, 8, 0xc6);
    expect_end(READY, 0);
    command(MASTER, 50, 20, 0xc4); /* blocks of 8, 8, 4 */
    for (unsigned done = 0; done < 20; done += 8) {
        rig_wait(&r, CH);
        ck_assert_uint_eq(reg(STATUS), READY | 8);
        expect_data((50 + done) * 512, (done < 16 ? 8 : 4) * 512);
    }
    ck_assert_uint_eq(reg(STATUS), READY);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ], 1 + 3);
    command(MASTER, 0, 3, 0xc6); /* not a power of two; what held goes on to hold */
    expect_end(READY | 1, 0x04);
    command(MASTER, 0, 32, 0xc6);
    expect_end(READY | 1, 0x04);
    command(MASTER, 0, 0, 0xc6); /* off */
    expect_end(READY, 0);
    command(MASTER, 50, 1, 0xc4);
    expect_end(READY | 1, 0x04);
}
END_TEST

START_TEST(cylinder_head_sector)
{
    out8(r.ide, CH, DEVICE, 0xa5); /* head 5 */
    out8(r.ide, CH, COUNT, 1);
    out8(r.ide, CH, LBA0, 9);
    out8(r.ide, CH, LBA1, 1);
    out8(r.ide, CH, LBA2, 0);
    out8(r.ide, CH, COMMAND, 0x20);
    rig_wait(&r, CH);
    expect_data(((1 * 16 + 5) * 63 + 8) * 512, 512);
    out8(r.ide, CH, DEVICE, 0xa3); /* 4 heads of 17 sectors from now on */
    out8(r.ide, CH, COUNT, 17);
    out8(r.ide, CH, COMMAND, 0x91);
    expect_end(READY, 0);
    out8(r.ide, CH, DEVICE, 0xa2);
    out8(r.ide, CH, COUNT, 1);
    out8(r.ide, CH, LBA0, 17);
    out8(r.ide, CH, LBA1, 3);
    out8(r.ide, CH, COMMAND, 0x20);
    rig_wait(&r, CH);
    expect_data(((3 * 4 + 2) * 17 + 16) * 512, 512);
    out8(r.ide, CH, LBA0, 18); /* no such sector */
    out8(r.ide, CH, COMMAND, 0x20);
    expect_end(READY | 1, 0x10);
    out8(r.ide, CH, LBA0, 0);
    out8(r.ide, CH, COMMAND, 0x20);
    expect_end(READY | 1, 0x10);
    out8(r.ide, CH, COUNT, 0); /* no sectors in a track */
    out8(r.ide, CH, COMMAND, 0x91);
    expect_end(READY | 1, 0x04);
}
END_TEST

START_TEST(read_beyond_the_end)
{
    command(MASTER, SECTORS - 1, 3, 0x20);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), READY | 8);
    expect_data((SECTORS - 1) * 512, 512);
    expect_end(READY | 1, 0x10);
    ck_assert_uint_eq(reg(LBA0) | reg(LBA1) << 8, SECTORS); /* where it failed */
    command(MASTER, SECTORS, 1, 0x20);
    expect_end(READY | 1, 0x10);
    command(MASTER, 0x0fffffff, 0, 0x40);
    expect_end(READY | 1, 0x10);
    rig_command_ext(&r, CH, MASTER, 0xffffffffffff, 0, 0x24);
    expect_end(READY | 1, 0x10);
}
END_TEST

START_TEST(read_48_bit)
{
    u64 lba = 0x123456789;

    rig_command_ext(&r, CH, SLAVE, lba, 2, 0x24);
    for (unsigned i = 0; i < 2; i++) {
        rig_wait(&r, CH);
        ck_assert_uint_eq(reg(STATUS), READY | 8);
        expect_data((lba + i) * 512, 512);
    }
    out8(r.ide, CH + 1, 0, 0x80);
    ck_assert_uint_eq(reg(LBA0), 0x23); /* bits 24 to 47 of the last sector's address */
    ck_assert_uint_eq(reg(LBA1), 0x01);
    ck_assert_uint_eq(reg(LBA2), 0x00);
    out8(r.ide, CH + 1, 0, 0);
    ck_assert_uint_eq(reg(LBA0), 0x8a);
    rig_command_ext(&r, CH, SLAVE, 0, 0, 0x42); /* verifies 65,536 sectors */
    ck_assert_uint_gt(rig_wait(&r, CH), 65536ull * 2000);
    ck_assert_uint_eq(reg(STATUS), READY);
    rig_command_ext(&r, CH, SLAVE, VAST_SECTORS - 0xffff, 0, 0x42); /* one too many */
    expect_end(READY | 1, 0x10);
}
END_TEST

START_TEST(native_max)
{
    command(MASTER, 0, 0, 0xf8);
    expect_end(READY, 0);
    ck_assert_uint_eq(reg(LBA0) | reg(LBA1) << 8 | reg(LBA2) << 16, SECTORS - 1);
    command(SLAVE, 0, 0, 0xf8);
    expect_end(READY, 0);
    ck_assert_uint_eq(reg(LBA0) & reg(LBA1) & reg(LBA2), 0xff);
    ck_assert_uint_eq(reg(DEVICE) & 15, 15);
    rig_command_ext(&r, CH, SLAVE, 0, 0, 0x27);
    expect_end(READY, 0);
    out8(r.ide, CH + 1, 0, 0x80);
    ck_assert_uint_eq(reg(LBA0) | reg(LBA1) << 8, (VAST_SECTORS - 1) >> 24);
}
END_TEST

START_TEST(bad_sector)
{
    r.disk[0].bad = 12 * 512 + 3;
    command(MASTER, 11, 3, 0x20);
    rig_wait(&r, CH);
    expect_data(11 * 512, 512);
    expect_end(READY | 1, 0x40);
    ck_assert_uint_eq(reg(LBA0), 12);
    command(MASTER, 0, 200, 0x40); /* and VERIFY finds it */
    expect_end(READY | 1, 0x40);
}
END_TEST

/* ---- writing ---- */

START_TEST(write_sectors)
{
    command(MASTER, 20, 2, 0x30);
    ck_assert_uint_eq(reg(STATUS), READY | 8); /* at once, and without an interrupt */
    ck_assert(!intrq());
    write_data(1, 512);
    ck_assert_uint_eq(rig_status(&r, CH) & 0x88, 0x80);
    rig_wait(&r, CH);
    ck_assert(intrq());
    ck_assert_uint_eq(reg(STATUS), READY | 8);
    expect_written(20 * 512, 1, 512);
    write_data(99, 512);
    expect_end(READY, 0);
    expect_written(21 * 512, 99, 512);
    ck_assert_uint_eq(r.disk[0].bytes[22 * 512], disk_pattern(22 * 512));
    ck_assert_uint_eq(r.disk[0].flushes, 0);
}
END_TEST

START_TEST(write_without_cache_reaches_the_disk)
{
    out8(r.ide, CH, FEATURE, 0x82);
    command(MASTER, 0, 0, 0xef);
    expect_end(READY, 0);
    command(MASTER, 20, 1, 0x30);
    write_data(1, 512);
    expect_end(READY, 0);
    ck_assert_uint_eq(r.disk[0].flushes, 2);
    command(MASTER, 0, 0, 0xe7);
    expect_end(READY, 0);
    ck_assert_uint_eq(r.disk[0].flushes, 3);
}
END_TEST

START_TEST(write_beyond_the_end)
{
    command(MASTER, SECTORS - 1, 2, 0x30);
    write_data(5, 512);
    expect_end(READY | 1, 0x10);
    expect_written((SECTORS - 1) * 512, 5, 512);
    rig_command_ext(&r, CH, SLAVE, VAST_SECTORS - 1, 1, 0x34);
    write_data(6, 512);
    expect_end(READY, 0);
    ck_assert_uint_eq(r.disk[1].written, (VAST_SECTORS - 1) * 512);
}
END_TEST

START_TEST(write_protected)
{
    r.disk[0].medium.read_only = true;
    command(MASTER, 20, 1, 0x30);
    write_data(1, 512);
    expect_end(READY | 1, 0x04);
    ck_assert_uint_eq(r.disk[0].bytes[20 * 512], disk_pattern(20 * 512));
}
END_TEST

/* The host's disk is full: BSY stays until it is not, and the data are there. */
START_TEST(host_refuses)
{
    r.disk[0].refusals = 3;
    command(MASTER, 20, 1, 0x30);
    write_data(7, 512);
    ck_assert_uint_ge(rig_wait(&r, CH), 3000000);
    ck_assert_uint_eq(r.disk[0].failures, 3);
    expect_end(READY, 0);
    expect_written(20 * 512, 7, 512);
    r.disk[0].refusals = 1;
    command(MASTER, 0, 0, 0xea);
    expect_end(READY, 0);
    ck_assert_uint_eq(r.disk[0].failures, 4);
    ck_assert_uint_eq(r.disk[0].flushes, 1);
}
END_TEST

/* ---- other commands ---- */

START_TEST(power_modes)
{
    static const struct {
        u8 opcode, mode;
    } row[] = {{0xe0, 0x00}, {0xe1, 0x80}, {0xe2, 0x00}, {0xe3, 0x80}, {0xe6, 0x00}, {0x94, 0x00}};

    for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
        command(MASTER, 0, 0, row[i].opcode);
        expect_end(READY, 0);
        command(MASTER, 0, 0x77, 0xe5);
        expect_end(READY, 0);
        ck_assert_uint_eq(reg(COUNT), row[i].mode);
    }
    command(MASTER, 0, 1, 0x20); /* it spins up again */
    rig_wait(&r, CH);
    expect_data(0, 512);
    command(MASTER, 0, 0, 0x98);
    expect_end(READY, 0);
    ck_assert_uint_eq(reg(COUNT), 0xff);
}
END_TEST

START_TEST(smart)
{
    u8 sum = 0;

    out8(r.ide, CH, FEATURE, 0xda);
    command(MASTER, 0xc24f00, 0, 0xb0);
    expect_end(READY, 0);
    ck_assert_uint_eq(reg(LBA1), 0x4f); /* nothing is about to fail */
    ck_assert_uint_eq(reg(LBA2), 0xc2);
    out8(r.ide, CH, FEATURE, 0xd0);
    command(MASTER, 0xc24f00, 0, 0xb0);
    rig_wait(&r, CH);
    for (unsigned i = 0; i < 256; i++) {
        u16 w = rig_in16(&r, CH);
        sum = (u8)(sum + (w & 0xff) + (w >> 8));
    }
    ck_assert_uint_eq(sum, 0);
    command(MASTER, 0, 0, 0xb0); /* without the key */
    expect_end(READY | 1, 0x04);
    out8(r.ide, CH, FEATURE, 0xd9);
    command(MASTER, 0xc24f00, 0, 0xb0);
    expect_end(READY, 0);
    out8(r.ide, CH, FEATURE, 0xda); /* switched off */
    command(MASTER, 0xc24f00, 0, 0xb0);
    expect_end(READY | 1, 0x04);
}
END_TEST

static void add_all(TCase *t)
{
    tcase_add_test(t, signature_at_power_on);
    tcase_add_test(t, absent_unit);
    tcase_add_test(t, software_reset);
    tcase_add_test(t, diagnostic);
    tcase_add_test(t, high_order_bytes);
    tcase_add_test(t, wide_accesses_of_byte_registers);
    tcase_add_test(t, interrupt_enable);
    tcase_add_test(t, identify_disk);
    tcase_add_test(t, features_show_in_identify);
    tcase_add_test(t, read_one_sector);
    tcase_add_test(t, read_by_double_words);
    tcase_add_test(t, read_256_sectors);
    tcase_add_test(t, read_multiple);
    tcase_add_test(t, cylinder_head_sector);
    tcase_add_test(t, read_beyond_the_end);
    tcase_add_test(t, read_48_bit);
    tcase_add_test(t, native_max);
    tcase_add_test(t, bad_sector);
    tcase_add_test(t, write_sectors);
    tcase_add_test(t, write_without_cache_reaches_the_disk);
    tcase_add_test(t, write_beyond_the_end);
    tcase_add_test(t, write_protected);
    tcase_add_test(t, host_refuses);
    tcase_add_test(t, power_modes);
    tcase_add_test(t, smart);
}

int main(void)
{
    Suite *s = suite_create("devices/ide");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    add_all(t);
    suite_add_tcase(s, t);
    return unit_run(s);
}
