/* SPDX-License-Identifier: MIT */
/* What no driver writes into the registers of a disk on IDE, but a hostile guest may. */
#include "unit/devices/ide_pio.h"

/* What has no meaning for a disk is aborted: all opcodes but those of ide_ata.c's table. */
START_TEST(unknown_commands)
{
    static const u8 none[] = {0x00, 0x01, 0x08, 0x22, 0x50, 0x60, 0x87, 0x92,
                              0xa0, 0xa1, 0xa2, 0xc0, 0xd0, 0xf1, 0xf9, 0xff};

    for (unsigned i = 0; i < ARRAY_LEN(none); i++) {
        command(MASTER, 0, 1, none[i]);
        expect_end(READY | 1, 0x04);
    }
}
END_TEST

/* ---- against the manual ---- */

START_TEST(commands_while_busy)
{
    command(MASTER, 7, 1, 0x20);
    out8(r.ide, CH, COMMAND, 0xec);
    out8(r.ide, CH, LBA0, 99); /* not heard either */
    out8(r.ide, CH, DEVICE, SLAVE);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(DEVICE), 0xe0);
    out8(r.ide, CH, COMMAND, 0xec); /* DRQ */
    expect_data(7 * 512, 512);
    ck_assert_uint_eq(reg(STATUS), READY);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ], 1);
}
END_TEST

START_TEST(data_port_overruns)
{
    ck_assert_uint_eq(rig_in16(&r, CH), 0);
    rig_out16(&r, CH, 0x1234);
    command(MASTER, 7, 1, 0x20);
    ck_assert_uint_eq(rig_in16(&r, CH), 0); /* BSY */
    rig_wait(&r, CH);
    rig_out16(&r, CH, 0x1234); /* the wrong way */
    expect_data(7 * 512, 512);
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_uint_eq(rig_in16(&r, CH), 0);
    command(MASTER, 20, 1, 0x30);
    ck_assert_uint_eq(rig_in16(&r, CH), 0);
    write_data(3, 512);
    for (unsigned i = 0; i < 1000; i++)
        rig_out16(&r, CH, 0xdead);
    expect_end(READY, 0);
    expect_written(20 * 512, 3, 512);
    ck_assert_uint_eq(r.disk[0].bytes[21 * 512], disk_pattern(21 * 512));
}
END_TEST

/* Words and bytes and double words in turn: nothing is lost but what a byte access drops. */
START_TEST(mixed_widths)
{
    command(MASTER, 3, 1, 0x20);
    rig_wait(&r, CH);
    rig_in16(&r, CH);
    ck_assert_uint_eq(device_read(r.ide, CH, DATA, 4) & 0xff, disk_pattern(3 * 512 + 2));
    ck_assert_uint_eq(in8(r.ide, CH, DATA), disk_pattern(3 * 512 + 6));
    ck_assert_uint_eq(rig_in16(&r, CH) & 0xff, disk_pattern(3 * 512 + 8));
    for (unsigned at = 10; at < 510; at += 4)
        device_read(r.ide, CH, DATA, 4);
    ck_assert_uint_eq(rig_status(&r, CH), READY | 8);
    u64 last = device_read(r.ide, CH, DATA, 4); /* half of it lies behind the end */
    ck_assert_uint_eq(last & 0xff, disk_pattern(3 * 512 + 510));
    ck_assert_uint_eq(last >> 16, 0);
    ck_assert_uint_eq(rig_status(&r, CH), READY);
}
END_TEST

START_TEST(reset_in_the_middle)
{
    command(MASTER, 20, 2, 0x30);
    write_data(1, 300);
    out8(r.ide, CH + 1, 0, 0x04);
    out8(r.ide, CH + 1, 0, 0x00);
    rig_wait(&r, CH);
    ck_assert_uint_eq(reg(STATUS), READY);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(r.disk[0].bytes[20 * 512], disk_pattern(20 * 512));
    command(MASTER, 20, 1, 0x20);
    device_reset(r.ide);
    bench_pass(&r.b, NS_PER_SEC);
    ck_assert_uint_eq(reg(STATUS), READY);
    ck_assert_uint_eq(r.b.rises[IDE_IRQ], 0);
}
END_TEST

/* A state with anything in it: nothing outside the chip is touched. */
START_TEST(state_from_anywhere)
{
    const struct device_class *class = r.ide->class;

    for (unsigned k = 0; k < class->field_count; k++) {
        const struct field *f = &class->fields[k];
        if (f->type == FIELD_UINT && f->size < 8)
            device_field_set(r.ide, f, 0, 0xffffffff >> 8 * (4 - (f->size < 4 ? f->size : 4)));
    }
    device_loaded(r.ide);
    for (unsigned i = 0; i < 70000; i++)
        rig_out16(&r, CH, 0xffff), rig_in16(&r, CH);
    bench_pass(&r.b, NS_PER_SEC);
    device_reset(r.ide);
    command(MASTER, 7, 1, 0x20);
    rig_wait(&r, CH);
    expect_data(7 * 512, 512);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/ide_misuse");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, unknown_commands);
    tcase_add_test(t, commands_while_busy);
    tcase_add_test(t, data_port_overruns);
    tcase_add_test(t, mixed_widths);
    tcase_add_test(t, reset_in_the_middle);
    tcase_add_test(t, state_from_anywhere);
    suite_add_tcase(s, t);
    return unit_run(s);
}
