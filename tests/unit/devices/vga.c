/* SPDX-License-Identifier: MIT */
/* The VGA's ports: register by register, retrace by the clock, its place on the PCI bus. */
#include "unit/devices/vga_bench.h"

static struct vga_bench v;

static void setup(void)
{
    vga_bench_init(&v);
    vga_set_text_mode(v.d, NULL);
}

static void teardown(void)
{
    vga_bench_free(&v);
}

START_TEST(crtc)
{
    ck_assert_uint_eq(inb(&v, 0x3cc), 0x67);
    set(&v, 0x3d4, 0x0e, 0x12); /* index and data at once: the cursor's place */
    set(&v, 0x3d4, 0x0f, 0x34);
    ck_assert_uint_eq(get(&v, 0x3d4, 0x0f), 0x34);
    ck_assert_uint_eq(get(&v, 0x3d4, 0x0e), 0x12);
    set(&v, 0x3d4, 0x00, 0x11); /* 0 to 7 are protected by register 11h */
    ck_assert_uint_eq(get(&v, 0x3d4, 0x00), 0x5f);
    set(&v, 0x3d4, 0x07, 0x00); /* but for the line compare bit */
    ck_assert_uint_eq(get(&v, 0x3d4, 0x07), 0x0f);
    set(&v, 0x3d4, 0x11, 0x0e);
    set(&v, 0x3d4, 0x00, 0x11);
    ck_assert_uint_eq(get(&v, 0x3d4, 0x00), 0x11);
    ck_assert_uint_eq(get(&v, 0x3d4, 0x19), 0xff); /* there is none */
    ck_assert_uint_eq(inb(&v, 0x3b5), 0xff);       /* not decoded in colour */
    outb(&v, 0x3c2, 0x66);                         /* to monochrome */
    ck_assert_uint_eq(inb(&v, 0x3d5), 0xff);
    ck_assert_uint_eq(get(&v, 0x3b4, 0x0e), 0x12);
}
END_TEST

START_TEST(attributes)
{
    inb(&v, 0x3da);
    outb(&v, 0x3c0, 0x31);
    outb(&v, 0x3c0, 0x2a);
    ck_assert_uint_eq(inb(&v, 0x3c0), 0x31);
    ck_assert_uint_eq(inb(&v, 0x3c1), 0x2a);
    outb(&v, 0x3c0, 0x05); /* the flip-flop went round: an index again */
    outb(&v, 0x3c0, 0xff);
    ck_assert_uint_eq(inb(&v, 0x3c1), 0x3f); /* six bits */
    outb(&v, 0x3c0, 0x06);
    inb(&v, 0x3da); /* back to the index */
    outb(&v, 0x3c0, 0x05);
    outb(&v, 0x3c0, 0x11);
    ck_assert_uint_eq(inb(&v, 0x3c1), 0x11);
    outb(&v, 0x3c0, 0x1f); /* no such register */
    outb(&v, 0x3c0, 0xff);
    ck_assert_uint_eq(inb(&v, 0x3c1), 0xff);
}
END_TEST

START_TEST(bits_that_are_there)
{
    static const struct {
        u16 port;
        u8 index, reads;
    } rows[] = {{0x3c4, 0, 0x03}, {0x3c4, 1, 0x3d}, {0x3c4, 2, 0x0f}, {0x3c4, 3, 0x3f},
                {0x3c4, 4, 0x0e}, {0x3c4, 5, 0xff}, {0x3ce, 0, 0x0f}, {0x3ce, 1, 0x0f},
                {0x3ce, 2, 0x0f}, {0x3ce, 3, 0x1f}, {0x3ce, 4, 0x03}, {0x3ce, 5, 0x7b},
                {0x3ce, 6, 0x0f}, {0x3ce, 7, 0x0f}, {0x3ce, 8, 0xff}, {0x3ce, 9, 0xff}};

    for (unsigned n = 0; n < ARRAY_LEN(rows); n++) {
        set(&v, rows[n].port, rows[n].index, 0xff);
        ck_assert_msg(get(&v, rows[n].port, rows[n].index) == rows[n].reads, "%x.%x: %x",
                      rows[n].port, rows[n].index, get(&v, rows[n].port, rows[n].index));
    }
}
END_TEST

START_TEST(dac)
{
    outb(&v, 0x3c8, 5);
    for (unsigned n = 0; n < 6; n++)
        outb(&v, 0x3c9, (u8)(0xc0 + n));
    ck_assert_uint_eq(inb(&v, 0x3c7), 0);
    outb(&v, 0x3c7, 5);
    ck_assert_uint_eq(inb(&v, 0x3c7), 3);
    for (unsigned n = 0; n < 6; n++)
        ck_assert_uint_eq(inb(&v, 0x3c9), n);
    ck_assert_uint_eq(inb(&v, 0x3c8), 7); /* went on by itself */
    outb(&v, 0x3c8, 255);
    for (unsigned n = 0; n < 4; n++) /* wraps; a colour without its blue isn't one yet */
        outb(&v, 0x3c9, (u8)(0x11 + n));
    outb(&v, 0x3c7, 255);
    ck_assert_uint_eq(inb(&v, 0x3c9), 0x11);
    ck_assert_uint_eq(inb(&v, 0x3c9), 0x12);
    ck_assert_uint_eq(inb(&v, 0x3c9), 0x13);
    ck_assert_uint_eq(inb(&v, 0x3c9), 0x00);
    set_dispi(&v, 4, 0x20); /* eight bits */
    outb(&v, 0x3c8, 1);
    for (unsigned n = 0; n < 3; n++)
        outb(&v, 0x3c9, 0xfe);
    outb(&v, 0x3c7, 1);
    ck_assert_uint_eq(inb(&v, 0x3c9), 0xfe);
}
END_TEST

/* 70 pictures a second; of 449 lines 2 are retrace, and 400 * 640 of 449 * 800 dots show. */
START_TEST(retrace)
{
    unsigned retraces = 0, shown = 0, all = 0, before = 0;

    for (; clock_now(&v.b.clock) < NS_PER_SEC; bench_pass(&v.b, 5000), all++) {
        u8 s = inb(&v, 0x3da);
        retraces += (s & 8) && !before;
        before = s & 8;
        shown += !(s & 1);
    }
    ck_assert_uint_eq(retraces, 70);
    ck_assert_uint_ge(shown * 1000ull / all, 705);
    ck_assert_uint_le(shown * 1000ull / all, 720);
}
END_TEST

/* With registers that make no sense there is a retrace all the same. */
START_TEST(retrace_of_nonsense)
{
    device_reset(v.d);
    outb(&v, 0x3c2, 0x01);
    for (unsigned turn = 0; turn < 2; turn++) {
        unsigned seen = 0, unseen = 0;
        for (unsigned n = 0; n < 10000; n++, bench_pass(&v.b, 100000)) {
            bool in = inb(&v, 0x3da) & 8;
            seen += in;
            unseen += !in;
        }
        ck_assert_uint_gt(seen, 0);
        ck_assert(turn == 0 || unseen > seen);
        for (u8 n = 0; n < 0x19; n++)
            set(&v, 0x3d4, n, 0xff);
    }
}
END_TEST

START_TEST(on_the_bus)
{
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x00, 4), 0x11111234);
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x08, 4), 0x03000002);
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x2c, 4), 0x11001af4);
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x10, 4), 0x00000008);
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x3d, 1), 0);
    for (u8 reg = 0x10; reg <= 0x30; reg += 4)
        pci_config_write(&v.bus, VGA_DEVFN, reg, 0xffffffff, 4);
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x10, 4), 0xfff00008);
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x14, 4), 0);
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x18, 4), 0xfffff000);
    ck_assert_uint_eq(pci_config_read(&v.bus, VGA_DEVFN, 0x30, 4), 0xfffff001);
    pci_config_write(&v.bus, VGA_DEVFN, 0x10, 0xe0000000, 4);
    pci_config_write(&v.bus, VGA_DEVFN, 0x18, 0xe8000000, 4);
    pci_config_write(&v.bus, VGA_DEVFN, 0x30, 0xe9000001, 4);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xe9000000, 2), 0xffff); /* memory space is off */
    pci_config_write(&v.bus, VGA_DEVFN, 0x04, 0x0002, 2);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xe9000000, 4), 0xff04aa55);
    memmap_write(&v.mem, 0xe9000000, 0, 4);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xe9000000, 4), 0xff04aa55);
    pci_config_write(&v.bus, VGA_DEVFN, 0x30, 0xe9000000, 4);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xe9000000, 4), 0xffffffff);
    memmap_write(&v.mem, 0xe0000000 + VRAM_SIZE - 4, 0x12345678, 4);
    ck_assert_uint_eq(ld32(v.ram + VRAM_SIZE - 4), 0x12345678);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xe8000500, 2), 0xb0c5);
    device_reset(v.d);
    ck_assert_uint_eq(memmap_read(&v.mem, 0xe0000000, 4), 0xffffffff);
}
END_TEST

START_TEST(out_of_smram_s_way)
{
    poke(&v, 0xb8000, 'A');
    ck_assert_uint_eq(peek(&v, 0xb8000), 'A');
    vga_map_legacy(v.d, &v.mem, false);
    ck_assert_ptr_null(memmap_find(&v.mem, 0xa0000));
    set(&v, 0x3c4, 4, 0x0e); /* a change of mode doesn't bring it back */
    ck_assert_ptr_null(memmap_find(&v.mem, 0xa0000));
    set(&v, 0x3c4, 4, 0x02);
    vga_map_legacy(v.d, &v.mem, true);
    ck_assert_uint_eq(peek(&v, 0xb8000), 'A');
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/vga");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, crtc);
    tcase_add_test(t, attributes);
    tcase_add_test(t, bits_that_are_there);
    tcase_add_test(t, dac);
    tcase_add_test(t, retrace);
    tcase_add_test(t, retrace_of_nonsense);
    tcase_add_test(t, on_the_bus);
    tcase_add_test(t, out_of_smram_s_way);
    suite_add_tcase(s, t);
    return unit_run(s);
}
