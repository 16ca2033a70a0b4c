/* SPDX-License-Identifier: MIT */
#include "devices/i8237.h"

#include "board/memmap.h"
#include "unit/devices/bench.h"

/* Ports of the first controller; of the second they lie two apart. */
enum { STATUS = 8, COMMAND = 8, REQUEST, MASK_BIT, MODE, FLIP_FLOP, CLEAR, CLEAR_MASK, ALL_MASK };
enum { PAGE2 = 1, PAGE3 = 2, PAGE1 = 3, PAGE0 = 7, PAGE6 = 9, PAGE7 = 10, PAGE5 = 11 };

#define RAM_SIZE 0x40000

static struct bench b;
static struct device *dma;
static struct memmap mem;
static u8 *ram;

static void first(unsigned reg, u8 value)
{
    out8(dma, I8237_FIRST, reg, value);
}

static void second(unsigned reg, u8 value)
{
    out8(dma, I8237_SECOND, 2 * reg, value);
}

static void setup(void)
{
    struct mem_range range = {.name = "RAM", .size = RAM_SIZE};

    bench_init(&b);
    memmap_init(&mem, &b.log);
    ram = calloc(1, RAM_SIZE);
    range.rd = range.wr = ram;
    ck_assert_int_eq(memmap_add(&mem, &range, NULL), 0);
    dma = bench_device(&b, &i8237_class);
    dma->dma = &mem;
    second(MODE, 0xc0);
    second(MASK_BIT, 0);
}

static void teardown(void)
{
    device_free(dma);
    memmap_destroy(&mem);
    free(ram);
}

/* Address and count as software writes them, low bytes first; then the mask is opened. */
static void program(unsigned channel, u8 mode, u16 address, u16 count)
{
    void (*out)(unsigned, u8) = channel < 4 ? first : second;
    unsigned n = channel % 4;

    out(FLIP_FLOP, 0);
    out(2 * n, (u8)address);
    out(2 * n, (u8)(address >> 8));
    out(2 * n + 1, (u8)count);
    out(2 * n + 1, (u8)(count >> 8));
    out(MODE, (u8)(mode | n));
    out(MASK_BIT, (u8)n);
}

static u16 word(unsigned channel, unsigned count)
{
    unsigned region = channel < 4 ? I8237_FIRST : I8237_SECOND;
    unsigned step = channel < 4 ? 1 : 2, reg = 2 * (channel % 4) + count;

    out8(dma, region, step * FLIP_FLOP, 0);
    u8 low = in8(dma, region, step * reg);
    return (u16)(low | in8(dma, region, step * reg) << 8);
}

static struct dma_grant put(unsigned channel, const char *text, unsigned len)
{
    char buf[512];

    ck_assert_uint_le(len, sizeof buf);
    memcpy(buf, text, len);
    return i8237_transfer(dma, channel, buf, len, true);
}

static void expect(struct dma_grant g, unsigned bytes, bool tc)
{
    ck_assert_uint_eq(g.bytes, bytes);
    ck_assert_int_eq(g.tc, tc);
}

START_TEST(registers)
{
    first(CLEAR, 0);
    first(2, 0x34);
    first(2, 0x12);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, 2), 0x34);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, 2), 0x12);
    second(CLEAR, 0);
    second(2, 0x78);
    second(2, 0x56);
    ck_assert_uint_eq(in8(dma, I8237_SECOND, 4), 0x78);
    ck_assert_uint_eq(in8(dma, I8237_SECOND, 4), 0x56);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, ALL_MASK), 0xff); /* all masked at reset */
    first(MASK_BIT, 2);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, ALL_MASK), 0xfb);
    first(CLEAR_MASK, 0);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, ALL_MASK), 0xf0);
    first(CLEAR, 0);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, ALL_MASK), 0xff);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x00);
    out8(dma, I8237_PAGES, PAGE0, 0x9a);
    ck_assert_uint_eq(in8(dma, I8237_PAGES, PAGE0), 0x9a);
}
END_TEST

START_TEST(bytes_to_memory)
{
    out8(dma, I8237_PAGES, PAGE2, 0x02);
    program(2, 0x44, 0x1000, 5);
    expect(put(2, "abcd", 4), 4, false);
    ck_assert_mem_eq(ram + 0x21000, "abcd\0", 5);
    ck_assert_uint_eq(word(2, 0), 0x1004);
    ck_assert_uint_eq(word(2, 1), 1);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x00);
    expect(put(2, "efgh", 4), 2, true); /* two are left */
    ck_assert_mem_eq(ram + 0x21000, "abcdef\0", 7);
    ck_assert_uint_eq(word(2, 1), 0xffff);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x04);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x00);   /* until read */
    ck_assert_uint_eq(in8(dma, I8237_FIRST, ALL_MASK), 0xff); /* TC masks the channel */
    expect(put(2, "x", 1), 0, false);
}
END_TEST

START_TEST(each_channel_has_its_page)
{
    static const struct {
        u8 channel, page;
    } rows[] = {{0, PAGE0}, {1, PAGE1}, {2, PAGE2}, {3, PAGE3}, {5, PAGE5}, {6, PAGE6}, {7, PAGE7}};
    unsigned n = rows[_i].channel;

    out8(dma, I8237_PAGES, rows[_i].page, 0x03); /* of words, the page's lowest bit is not used */
    program(n, 0x44, n < 4 ? 0x0100 : 0x8080, 1);
    expect(put(n, "wxyz", 4), n < 4 ? 2 : 4, true);
    ck_assert_mem_eq(ram + 0x30100, n < 4 ? "wx\0\0" : "wxyz", 4);
}
END_TEST

START_TEST(memory_to_the_device)
{
    char buf[8] = "........";

    memcpy(ram + 0x500, "12345678", 8);
    program(2, 0x48, 0x500, 3);
    struct dma_grant g = i8237_transfer(dma, 2, buf, 8, false);
    expect(g, 4, true);
    ck_assert_mem_eq(buf, "1234....", 8);
}
END_TEST

START_TEST(auto_initialise)
{
    program(1, 0x54, 0x600, 1);
    expect(put(1, "ab", 2), 2, true);
    ck_assert_uint_eq(word(1, 0), 0x600);
    ck_assert_uint_eq(word(1, 1), 1);
    expect(put(1, "cd", 2), 2, true);
    ck_assert_mem_eq(ram + 0x600, "cd", 2);
}
END_TEST

START_TEST(decrement)
{
    program(3, 0x64, 0x702, 2);
    expect(put(3, "abc", 3), 3, true);
    ck_assert_mem_eq(ram + 0x700, "cba", 3);
}
END_TEST

START_TEST(addresses_wrap_within_the_page)
{
    out8(dma, I8237_PAGES, PAGE2, 0x01);
    program(2, 0x44, 0xfffe, 3);
    expect(put(2, "abcd", 4), 4, true);
    ck_assert_mem_eq(ram + 0x1fffe, "ab", 2);
    ck_assert_mem_eq(ram + 0x10000, "cd", 2);
    ck_assert_mem_eq(ram + 0x20000, "\0\0", 2);
}
END_TEST

START_TEST(verify_counts_and_moves_nothing)
{
    program(2, 0x40, 0x800, 1);
    expect(put(2, "ab", 2), 2, true);
    ck_assert_mem_eq(ram + 0x800, "\0\0", 2);
}
END_TEST

START_TEST(the_wrong_direction_moves_nothing)
{
    char buf[2] = "xy";

    memcpy(ram + 0x900, "mn", 2);
    program(2, 0x48, 0x900, 1);
    expect(put(2, "ab", 2), 2, true);
    ck_assert_mem_eq(ram + 0x900, "mn", 2);
    program(2, 0x44, 0x900, 1);
    expect(i8237_transfer(dma, 2, buf, 2, false), 2, true);
    ck_assert_mem_eq(buf, "\xff\xff", 2);
    ck_assert_mem_eq(ram + 0x900, "mn", 2);
}
END_TEST

START_TEST(what_keeps_a_channel_shut)
{
    program(2, 0x44, 0xa00, 9);
    first(MASK_BIT, 6);
    expect(put(2, "a", 1), 0, false);
    first(MASK_BIT, 2);
    first(COMMAND, 0x04); /* controller off */
    expect(put(2, "a", 1), 0, false);
    first(COMMAND, 0);
    second(MASK_BIT, 4); /* the cascade is masked */
    expect(put(2, "a", 1), 0, false);
    second(MASK_BIT, 0);
    second(MODE, 0x40); /* channel 4 doesn't cascade */
    expect(put(2, "a", 1), 0, false);
    second(MODE, 0xc0);
    first(MODE, 0xc2); /* channel 2 is one that cascades */
    expect(put(2, "a", 1), 0, false);
    first(MODE, 0x46);
    expect(put(2, "a", 1), 1, false);
    expect(put(4, "a", 1), 0, false);
    expect(put(8, "a", 1), 0, false);
    program(5, 0x44, 0xa00, 9);
    expect(put(5, "abc", 3), 2, false); /* no half words */
}
END_TEST

START_TEST(requests_show_in_the_status)
{
    bench_line(dma, I8237_DREQ + 2, true);
    bench_line(dma, I8237_DREQ + 7, true);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x40);
    ck_assert_uint_eq(in8(dma, I8237_SECOND, 2 * STATUS), 0x80);
    bench_line(dma, I8237_DREQ + 2, false);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x00);
    first(REQUEST, 0x05); /* channel 1, but not in block mode: it waits */
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x20);
    first(REQUEST, 0x01);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x00);
}
END_TEST

START_TEST(memory_to_memory)
{
    memcpy(ram + 0xb00, "from here", 9);
    program(0, 0x88, 0xb00, 8);
    program(1, 0x84, 0xc00, 8);
    first(COMMAND, 0x01);
    first(REQUEST, 0x04);
    ck_assert_mem_eq(ram + 0xc00, "from here\0", 10);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x02);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, CLEAR), 'e'); /* the temporary register */
    program(0, 0x88, 0xb00, 3);
    program(1, 0x84, 0xc00, 3);
    first(COMMAND, 0x03); /* channel 0 stays where it is: a fill */
    first(REQUEST, 0x04);
    ck_assert_mem_eq(ram + 0xc00, "ffff here", 9);
}
END_TEST

START_TEST(a_block_that_nobody_answers)
{
    memset(ram + 0xd00, 0, 4);
    program(3, 0x84, 0xd00, 1);
    first(MASK_BIT, 7); /* software asks past the mask */
    first(REQUEST, 0x07);
    ck_assert_mem_eq(ram + 0xd00, "\xff\xff\0\0", 4);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, STATUS), 0x08);
    ck_assert_uint_eq(in8(dma, I8237_FIRST, ALL_MASK) & 8, 8);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/i8237");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, registers);
    tcase_add_test(t, bytes_to_memory);
    tcase_add_loop_test(t, each_channel_has_its_page, 0, 7);
    tcase_add_test(t, memory_to_the_device);
    tcase_add_test(t, auto_initialise);
    tcase_add_test(t, decrement);
    tcase_add_test(t, addresses_wrap_within_the_page);
    tcase_add_test(t, verify_counts_and_moves_nothing);
    tcase_add_test(t, the_wrong_direction_moves_nothing);
    tcase_add_test(t, what_keeps_a_channel_shut);
    tcase_add_test(t, requests_show_in_the_status);
    tcase_add_test(t, memory_to_memory);
    tcase_add_test(t, a_block_that_nobody_answers);
    suite_add_tcase(s, t);
    return unit_run(s);
}
