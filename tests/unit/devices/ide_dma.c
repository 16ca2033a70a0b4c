/* SPDX-License-Identifier: MIT */
/*
 * Bus mastering: Programming Interface for Bus Master IDE Controller. The status after a transfer
 * is the table of its section 3.1; PRDs lie as drivers never would.
 */
#include "unit/devices/ide_rig.h"

static struct ide_rig r;

#define CH IDE_PRIMARY
#define MASTER 0xa0
#define SLAVE 0xb0
#define READY 0x50
#define TABLE 0x1000u
#define TO_MEMORY 0x08
#define FROM_MEMORY 0x00
/* Bus master status */
#define ACTIVE 0x01
#define FAILED 0x02
#define INTERRUPT 0x04

static void setup(void)
{
    rig_init(&r);
}

static void teardown(void)
{
    rig_free(&r);
}

static void expect_memory(u32 at, u64 offset, u32 n)
{
    for (u32 i = 0; i < n; i++)
        ck_assert_msg(r.ram[at + i] == disk_pattern(offset + i), "byte %u", i);
}

static void fill(u32 at, u8 seed, u32 n)
{
    for (u32 i = 0; i < n; i++)
        r.ram[at + i] = (u8)(seed + i * 7);
}

static void expect_disk(u64 offset, u8 seed, u32 n)
{
    for (u32 i = 0; i < n; i++)
        ck_assert_uint_eq(r.disk[0].bytes[offset + i], (u8)(seed + i * 7));
}

START_TEST(configuration)
{
    ck_assert_uint_eq(pci_config_read(&r.bus, DEVFN, 0, 4), 0x70108086);
    ck_assert_uint_eq(pci_config_read(&r.bus, DEVFN, 8, 4), 0x01018000);
    ck_assert_uint_eq(pci_config_read(&r.bus, DEVFN, 0x0e, 1), 0x00);
    pci_config_write(&r.bus, DEVFN, 0x20, 0xffffffff, 4);
    ck_assert_uint_eq(pci_config_read(&r.bus, DEVFN, 0x20, 4), 0xfffffff1);
    pci_config_write(&r.bus, DEVFN, 0x10, 0xffffffff, 4); /* BARs 0 to 3 are not there */
    ck_assert_uint_eq(pci_config_read(&r.bus, DEVFN, 0x10, 4), 0);
    pci_config_write(&r.bus, DEVFN, 0x20, 0xc001, 4);
    portmap_write(&r.ports, 0xc004, 0x12345677, 4);
    ck_assert_uint_eq(portmap_read(&r.ports, 0xc004, 4), 0x12345674); /* double words */
    ck_assert_uint_eq(portmap_read(&r.ports, 0xc00c, 4), 0);
    portmap_write(&r.ports, 0xc00a, 0xff, 1);
    ck_assert_uint_eq(portmap_read(&r.ports, 0xc00a, 1), 0x60);
}
END_TEST

/* Data and PRDs end together: active goes, the interrupt comes. */
START_TEST(read)
{
    rig_prd(&r, TABLE, 0x20000, 2048, false);
    rig_prd(&r, TABLE + 8, 0x30000, 2048, true);
    rig_command(&r, CH, MASTER, 40, 8, 0xc8);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    ck_assert_uint_eq(rig_bm_status(&r, CH), ACTIVE);
    ck_assert_uint_eq(rig_status(&r, CH) & 0x80, 0x80);
    rig_wait(&r, CH);
    ck_assert(r.b.level[IDE_IRQ]);
    ck_assert_uint_eq(rig_bm_status(&r, CH), INTERRUPT);
    ck_assert_uint_eq(in8(r.ide, CH, STATUS), READY);
    ck_assert(!r.b.level[IDE_IRQ]);
    ck_assert_uint_eq(rig_bm_status(&r, CH), INTERRUPT); /* until software clears it */
    rig_bm(&r, CH, BM_STATUS, INTERRUPT);
    ck_assert_uint_eq(rig_bm_status(&r, CH), 0);
    rig_bm(&r, CH, BM_COMMAND, 0);
    expect_memory(0x20000, 40 * 512, 2048);
    expect_memory(0x30000, 40 * 512 + 2048, 2048);
    ck_assert_uint_eq(r.ram[0x20000 + 2048], 0);
    ck_assert_uint_eq(r.ram[0x30000 + 2048], 0);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ], 1);
}
END_TEST

/* Start first, then the command. Odd counts and pieces that divide no sector. */
START_TEST(write_in_odd_pieces)
{
    fill(0x20000, 3, 4096);
    rig_prd(&r, TABLE, 0x20000, 511, false); /* bit 0 doesn't count: 510 */
    rig_prd(&r, TABLE + 8, 0x20000 + 510, 2, false);
    rig_prd(&r, TABLE + 16, 0x20000 + 512 + 1, 512, true); /* nor has an address one */
    rig_bm_start(&r, CH, TABLE, FROM_MEMORY);
    rig_command(&r, CH, MASTER, 60, 2, 0xca);
    rig_wait(&r, CH);
    ck_assert_uint_eq(rig_bm_status(&r, CH), INTERRUPT);
    ck_assert_uint_eq(in8(r.ide, CH, STATUS), READY);
    expect_disk(60 * 512, 3, 1024);
    ck_assert_uint_eq(r.disk[0].bytes[62 * 512], disk_pattern(62 * 512));
}
END_TEST

/* A count of 0 is 64 KiB; 128 sectors are more than the drive's buffer. */
START_TEST(whole_64_kib)
{
    rig_prd(&r, TABLE, 0x40000, 0, true);
    rig_command_ext(&r, CH, SLAVE, 0x123456789, 128, 0x25);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    ck_assert_uint_ge(rig_wait(&r, CH), 64 * 2500);
    ck_assert_uint_eq(rig_bm_status(&r, CH), INTERRUPT);
    expect_memory(0x40000, 0x123456789 * 512, 0x10000);
    ck_assert_uint_eq(r.ram[0x50000], 0);
    fill(0x40000, 9, 0x10000);
    rig_command_ext(&r, CH, MASTER, 100, 128, 0x35);
    rig_bm_start(&r, CH, TABLE, FROM_MEMORY);
    rig_wait(&r, CH);
    ck_assert_uint_eq(in8(r.ide, CH, STATUS), READY);
    expect_disk(100 * 512, 9, 0x10000);
}
END_TEST

/* More PRDs than data: INTRQ, and active stays. */
START_TEST(prds_are_longer)
{
    rig_prd(&r, TABLE, 0x20000, 1024, false);
    rig_prd(&r, TABLE + 8, 0x30000, 1024, true);
    rig_command(&r, CH, MASTER, 40, 1, 0xc8);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    rig_wait(&r, CH);
    ck_assert_uint_eq(rig_bm_status(&r, CH), ACTIVE | INTERRUPT);
    ck_assert_uint_eq(in8(r.ide, CH, STATUS), READY);
    expect_memory(0x20000, 40 * 512, 512);
    ck_assert_uint_eq(r.ram[0x20000 + 512], 0);
    rig_bm(&r, CH, BM_COMMAND, 0);
    ck_assert_uint_eq(rig_bm_status(&r, CH), INTERRUPT);
}
END_TEST

/* Fewer: neither; nothing lies behind the last one's end. */
START_TEST(prds_are_shorter)
{
    rig_prd(&r, TABLE, 0x20000, 100, true);
    rig_prd(&r, TABLE + 8, 0x30000, 1024, true);
    rig_command(&r, CH, MASTER, 40, 1, 0xc8);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(rig_bm_status(&r, CH), 0);
    ck_assert(!r.b.level[IDE_IRQ]);
    expect_memory(0x20000, 40 * 512, 100);
    ck_assert_uint_eq(r.ram[0x20000 + 100], 0);
    ck_assert_uint_eq(r.ram[0x30000], 0);
    rig_command(&r, CH, MASTER, 40, 1, 0xca);
    rig_bm(&r, CH, BM_COMMAND, 0);
    rig_bm_start(&r, CH, TABLE, FROM_MEMORY);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(rig_bm_status(&r, CH), 0);
    ck_assert_uint_eq(r.disk[0].bytes[40 * 512], disk_pattern(40 * 512)); /* no torn sector */
    rig_command(&r, CH, MASTER, 7, 1, 0x20);                              /* the drive goes on */
    rig_wait(&r, CH);
    ck_assert_uint_eq(in8(r.ide, CH, STATUS), READY | 8);
}
END_TEST

/* A device's registers are no memory: nothing reaches them, and the error bit tells. */
START_TEST(registers_are_no_memory)
{
    rig_prd(&r, TABLE, MMIO_BASE, 512, false);
    rig_prd(&r, TABLE + 8, 0x20000, 512, true);
    rig_command(&r, CH, MASTER, 40, 2, 0xc8);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    rig_wait(&r, CH);
    ck_assert_uint_eq(r.mmio, 0);
    ck_assert_uint_eq(rig_bm_status(&r, CH), FAILED | INTERRUPT);
    expect_memory(0x20000, 41 * 512, 512);
    rig_prd(&r, TABLE, 0x80000000, 512, true); /* nobody's */
    rig_command(&r, CH, MASTER, 40, 1, 0xca);
    rig_bm(&r, CH, BM_COMMAND, 0);
    rig_bm_start(&r, CH, TABLE, FROM_MEMORY);
    rig_wait(&r, CH);
    ck_assert_uint_eq(rig_bm_status(&r, CH), FAILED | INTERRUPT);
    ck_assert_uint_eq(r.disk[0].bytes[40 * 512], 0xff); /* as the bus reads there */
    rig_bm(&r, CH, BM_COMMAND, 0);
    rig_command(&r, CH, MASTER, 40, 1, 0xc8);
    rig_bm_start(&r, CH, MMIO_BASE, TO_MEMORY); /* nor is a table read from there */
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(r.mmio, 0);
}
END_TEST

/* The end of RAM in the middle of a piece. */
START_TEST(across_the_end_of_memory)
{
    rig_prd(&r, TABLE, RAM_SIZE - 256, 512, true);
    rig_command(&r, CH, MASTER, 40, 1, 0xc8);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    rig_wait(&r, CH);
    ck_assert_uint_eq(rig_bm_status(&r, CH), FAILED | INTERRUPT);
    expect_memory(RAM_SIZE - 256, 40 * 512, 256);
    rig_prd(&r, TABLE, 0xfffffff0, 0, true); /* and of the address space */
    rig_command(&r, CH, MASTER, 40, 128, 0xc8);
    rig_bm(&r, CH, BM_COMMAND, 0);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    rig_wait(&r, CH);
    ck_assert_uint_eq(rig_bm_status(&r, CH), FAILED | INTERRUPT);
}
END_TEST

/* A table without an end, in memory that the transfer itself overwrites, still ends. */
START_TEST(table_without_an_end)
{
    for (u32 at = 0; at < 0x10000; at += 8)
        rig_prd(&r, at, at & 0xfff0, 2, false);
    rig_command(&r, CH, MASTER, 0, 0, 0xc8);
    rig_bm_start(&r, CH, 0xfff8, TO_MEMORY); /* it begins anew at the 64 KiB's start */
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(rig_status(&r, CH) & 0x80, 0);
}
END_TEST

/* Stop and start in the middle: the drive waits; then data go by the table from its start. */
START_TEST(stop_and_go)
{
    rig_prd(&r, TABLE, 0x20000, 0, true);
    rig_command(&r, CH, MASTER, 0, 128, 0xc8);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(rig_status(&r, CH) & 0x80, 0x80); /* not started: it waits for ever */
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    rig_bm(&r, CH, BM_COMMAND, TO_MEMORY);
    ck_assert_uint_eq(rig_bm_status(&r, CH), 0);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(r.ram[0x20001], 0);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    rig_wait(&r, CH);
    ck_assert_uint_eq(rig_bm_status(&r, CH), INTERRUPT);
    expect_memory(0x20000, 0, 0x10000);
}
END_TEST

/* Without bus mastership of the PCI function nothing moves. */
START_TEST(not_a_master)
{
    pci_config_write(&r.bus, DEVFN, PCI_COMMAND, 1, 2);
    rig_prd(&r, TABLE, 0x20000, 512, true);
    rig_command(&r, CH, MASTER, 40, 1, 0xc8);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(rig_bm_status(&r, CH), ACTIVE);
    ck_assert_uint_eq(r.ram[0x20001], 0);
    pci_config_write(&r.bus, DEVFN, PCI_COMMAND, 5, 2);
    rig_wait(&r, CH);
    expect_memory(0x20000, 40 * 512, 512);
}
END_TEST

START_TEST(reset_in_the_middle)
{
    rig_prd(&r, TABLE, 0x20000, 0, true);
    rig_command(&r, CH, MASTER, 0, 128, 0xc8);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    bench_pass(&r.b, 100000); /* some of it has gone over */
    out8(r.ide, CH + 1, 0, 0x04);
    out8(r.ide, CH + 1, 0, 0x00);
    rig_wait(&r, CH);
    memset(r.ram + 0x20000, 0, 0x10000);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ], 0);
    for (u32 i = 0; i < 0x10000; i++)
        ck_assert_uint_eq(r.ram[0x20000 + i], 0);
}
END_TEST

/* The host's disk is full: each byte is fetched once, and is written when it can be. */
START_TEST(host_refuses)
{
    fill(0x40000, 5, 0x10000);
    rig_prd(&r, TABLE, 0x40000, 0, true);
    r.disk[0].refusals = 2;
    rig_command(&r, CH, MASTER, 100, 128, 0xca);
    rig_bm_start(&r, CH, TABLE, FROM_MEMORY);
    bench_pass(&r.b, 500000);
    ck_assert_uint_eq(r.disk[0].failures, 1);
    memset(r.ram + 0x40000, 0, 512); /* the drive has these already */
    rig_wait(&r, CH);
    ck_assert_uint_eq(r.disk[0].failures, 2);
    ck_assert_uint_eq(rig_bm_status(&r, CH), INTERRUPT);
    ck_assert_uint_eq(in8(r.ide, CH, STATUS), READY);
    expect_disk(100 * 512, 5, 0x10000);
}
END_TEST

START_TEST(bad_sector)
{
    r.disk[0].bad = 41 * 512;
    rig_prd(&r, TABLE, 0x20000, 0, true);
    rig_command(&r, CH, MASTER, 40, 8, 0xc8);
    rig_bm_start(&r, CH, TABLE, TO_MEMORY);
    rig_wait(&r, CH);
    ck_assert_uint_eq(rig_bm_status(&r, CH), ACTIVE | INTERRUPT);
    ck_assert_uint_eq(in8(r.ide, CH, STATUS), READY | 1);
    ck_assert_uint_eq(in8(r.ide, CH, ERROR), 0x40);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/ide_dma");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, configuration);
    tcase_add_test(t, read);
    tcase_add_test(t, write_in_odd_pieces);
    tcase_add_test(t, whole_64_kib);
    tcase_add_test(t, prds_are_longer);
    tcase_add_test(t, prds_are_shorter);
    tcase_add_test(t, registers_are_no_memory);
    tcase_add_test(t, across_the_end_of_memory);
    tcase_add_test(t, table_without_an_end);
    tcase_add_test(t, stop_and_go);
    tcase_add_test(t, not_a_master);
    tcase_add_test(t, reset_in_the_middle);
    tcase_add_test(t, host_refuses);
    tcase_add_test(t, bad_sector);
    suite_add_tcase(s, t);
    return unit_run(s);
}
