/* SPDX-License-Identifier: MIT */
#include "devices/pm_piix4.h"

#include "board/memmap.h"
#include "board/ports.h"
#include "unit/devices/bench.h"

static struct bench b;
static struct portmap ports;
static struct memmap mem;
static struct pci_bus bus;
static struct device *pm;

#define DEVFN PCI_DEVFN(1, 3)

static void setup(void)
{
    bench_init(&b);
    ck_assert_int_eq(portmap_init(&ports, &b.log, NULL), 0);
    memmap_init(&mem, &b.log);
    bus = (struct pci_bus){.ports = &ports, .mem = &mem};
    pm = bench_device(&b, &pm_piix4_class);
    ck_assert(pm_piix4_connect(pm, &bus, DEVFN));
    ck_assert_int_eq(device_map_ports(pm, PM_APM, &ports, 0xb2, NULL), 0);
    pci_config_write(&bus, DEVFN, 0x40, 0x600, 4);
    pci_config_write(&bus, DEVFN, 0x80, 1, 1);
}

static void teardown(void)
{
    device_free(pm);
    portmap_destroy(&ports);
    memmap_destroy(&mem);
}

static u32 get(u16 offset, unsigned size)
{
    return portmap_read(&ports, 0x600 + offset, size);
}

static void put(u16 offset, u32 value, unsigned size)
{
    portmap_write(&ports, 0x600 + offset, value, size);
}

START_TEST(configuration)
{
    ck_assert_uint_eq(pci_config_read(&bus, DEVFN, 0, 4), 0x71138086);
    ck_assert_uint_eq(pci_config_read(&bus, DEVFN, 8, 4), 0x06800003);
    ck_assert_uint_eq(pci_config_read(&bus, DEVFN, 0x3d, 1), 1);
    ck_assert_uint_eq(pci_config_read(&bus, DEVFN, 0x40, 4), 0x601);
    pci_config_write(&bus, DEVFN, 0x40, 0xb03f, 2); /* moves; the low bits are fixed */
    ck_assert_uint_eq(pci_config_read(&bus, DEVFN, 0x40, 2), 0xb001);
    ck_assert_uint_eq(get(0, 4), 0xffffffff);
    ck_assert_uint_eq(portmap_read(&ports, 0xb000, 4), 0);
    pci_config_write(&bus, DEVFN, 0x80, 0, 1);
    ck_assert_uint_eq(portmap_read(&ports, 0xb000, 4), 0xffffffff);
}
END_TEST

START_TEST(timer_counts_24_bits)
{
    ck_assert_uint_eq(get(8, 4), 0);
    bench_until(&b, NS_PER_SEC);
    ck_assert_uint_eq(get(8, 4), 3579545);
    bench_until(&b, 5 * NS_PER_SEC);
    ck_assert_uint_eq(get(8, 4), 5 * 3579545 - (1 << 24));
    put(8, 0x1234, 4);
    ck_assert_uint_eq(get(8, 4), 5 * 3579545 - (1 << 24));
}
END_TEST

/* Bit 23 changes every 2^23 / 3.579545 MHz = 2.343 s. */
START_TEST(timer_overflow)
{
    put(4, 0x0001, 2);
    bench_until(&b, 2343000000);
    ck_assert_uint_eq(get(0, 2), 0);
    bench_until(&b, 2344000000);
    ck_assert_uint_eq(get(0, 2), 1);
    ck_assert(!b.level[PM_SCI]);
    put(2, 0x0001, 2);
    ck_assert(b.level[PM_SCI]);
    put(0, 0x0001, 2);
    ck_assert(!b.level[PM_SCI]);
    bench_until(&b, 4686000000);
    ck_assert(!b.level[PM_SCI]);
    bench_until(&b, 4687000000);
    ck_assert(b.level[PM_SCI]);
    bench_until(&b, 60 * NS_PER_SEC); /* nobody answers: the status stands, no flood */
    ck_assert_uint_eq(b.rises[PM_SCI], 2);
}
END_TEST

START_TEST(power_button)
{
    put(2, 0x0100, 2);
    ck_assert(pm_piix4_class.input(pm, 0, 0));
    ck_assert_uint_eq(get(0, 4), 0x01000100);
    ck_assert(!b.level[PM_SCI]); /* SCI_EN is off */
    put(4, 0x0001, 2);
    ck_assert(b.level[PM_SCI]);
    put(1, 0x01, 1); /* by byte */
    ck_assert(!b.level[PM_SCI]);
    ck_assert_uint_eq(get(0, 2), 0);
}
END_TEST

START_TEST(byte_lanes)
{
    put(0, 0xffffffff, 4);
    ck_assert_uint_eq(get(2, 2), 0x0521);
    put(3, 0x00, 1);
    ck_assert_uint_eq(get(2, 2), 0x0021);
    ck_assert_uint_eq(get(2, 1), 0x21);
    put(0x0c, 0xffffffff, 4);
    ck_assert_uint_eq(get(0x0e, 2), 0xffff);
    put(0x0f, 0x12, 1);
    ck_assert_uint_eq(get(0x0c, 4), 0x12ff0000);
}
END_TEST

START_TEST(sleep_types)
{
    put(4, 0x0001 | PM_SLEEP_S5 << 10, 2); /* without SLP_EN: nothing */
    ck_assert_uint_eq(b.rises[PM_POWER_OFF], 0);
    put(4, 0x2001 | PM_SLEEP_S3 << 10, 2);
    ck_assert_uint_eq(b.rises[PM_SUSPEND], 1);
    ck_assert_uint_eq(b.rises[PM_POWER_OFF], 0);
    put(4, 0x2001 | PM_SLEEP_S5 << 10, 2);
    ck_assert_uint_eq(b.rises[PM_POWER_OFF], 1);
    ck_assert_uint_eq(get(4, 2), 0x0001); /* SLP_EN reads 0 */
}
END_TEST

START_TEST(smi_command_port)
{
    portmap_write(&ports, 0xb2, PM_ACPI_ENABLE, 1);
    ck_assert_uint_eq(get(4, 2) & 1, 1);
    ck_assert_uint_eq(b.rises[PM_SMI], 0); /* APMC_EN is off */
    portmap_write(&ports, 0xb2, PM_ACPI_DISABLE, 1);
    ck_assert_uint_eq(get(4, 2) & 1, 0);
    ck_assert_uint_eq(portmap_read(&ports, 0xb2, 1), PM_ACPI_DISABLE);
    portmap_write(&ports, 0xb3, 0x55, 1);
    ck_assert_uint_eq(portmap_read(&ports, 0xb3, 1), 0x55);
    pci_config_write(&bus, DEVFN, 0x5b, 0x02, 1);
    portmap_write(&ports, 0xb2, 0x42, 1);
    ck_assert_uint_eq(b.rises[PM_SMI], 1);
}
END_TEST

START_TEST(smbus_has_nobody)
{
    pci_config_write(&bus, DEVFN, 0x90, 0x700, 4);
    pci_config_write(&bus, DEVFN, 0xd2, 1, 1);
    portmap_write(&ports, 0x704, 0xa1, 1);
    portmap_write(&ports, 0x702, 0x48, 1);
    ck_assert_uint_eq(portmap_read(&ports, 0x700, 1), 0x04);
    portmap_write(&ports, 0x700, 0xff, 1);
    ck_assert_uint_eq(portmap_read(&ports, 0x700, 1), 0x00);
    ck_assert_uint_eq(portmap_read(&ports, 0x702, 1), 0x08);
}
END_TEST

START_TEST(reset_takes_it_off_the_map)
{
    put(2, 0x0521, 2);
    device_reset(pm);
    ck_assert_uint_eq(get(0, 4), 0xffffffff);
    ck_assert_uint_eq(pci_config_read(&bus, DEVFN, 0x40, 4), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/pm_piix4");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, configuration);
    tcase_add_test(t, timer_counts_24_bits);
    tcase_add_test(t, timer_overflow);
    tcase_add_test(t, power_button);
    tcase_add_test(t, byte_lanes);
    tcase_add_test(t, sleep_types);
    tcase_add_test(t, smi_command_port);
    tcase_add_test(t, smbus_has_nobody);
    tcase_add_test(t, reset_takes_it_off_the_map);
    suite_add_tcase(s, t);
    return unit_run(s);
}
