/* SPDX-License-Identifier: MIT */
/* What a firmware finds: its ROM and shadow RAM, SMRAM, resets, CMOS, fw_cfg. */
#include "base/error.h"
#include "board.h"
#include "board/acpi.h"
#include "devices/fw_cfg.h"
#include "devices/mc146818.h"
#include "devices/pm_piix4.h"

#define MIB (1ull << 20)
#define HOST_BRIDGE 0x80000000u
#define PAM0 0x59
#define SMRAM 0x72

static struct machine m;

/* A machine with a ROM whose pages are numbered, from 1 on. */
static int try_board(u64 ram, unsigned cpus, u64 rom, struct ersatz_error *err)
{
    struct machine_config config = {.ram_size = ram, .cpus = cpus, .output = ignore_output};

    config.boot = (struct boot_order){.order = "cad", .once = "d"};
    ck_assert_int_eq(cpu_model_parse("max", &config.model, &config.features, err), 0);
    config.bios = (struct blob){.name = "rom", .data = malloc(rom ? rom : 1), .size = rom};
    for (u64 i = 0; i < rom; i++)
        config.bios.data[i] = (u8)(i / 4096 + 1);
    memset(&m, 0, sizeof m);
    int r = machine_init(&m, &config, err);
    free(config.bios.data);
    return r ? r : machine_reset(&m, err);
}

static void board(u64 ram, unsigned cpus, u64 rom)
{
    struct ersatz_error err;

    ck_assert_msg(try_board(ram, cpus, rom, &err) == 0, "%s", err.text);
}

static u32 rd(physaddr at, unsigned size)
{
    return (u32)memmap_read(&m.mem, at, size);
}

static void wr(physaddr at, u8 value)
{
    memmap_write(&m.mem, at, value, 1);
}

static void config_byte(u8 reg, u8 value)
{
    portmap_write(&m.io, 0xCF8, HOST_BRIDGE | (reg & 0xFC), 4);
    portmap_write(&m.io, (u16)(0xCFC + (reg & 3)), value, 1);
}

/* ---- ROM and shadow RAM ---- */

static const u64 rom_sizes[] = {1, 2, 4, 32, 256}; /* of 64 KiB */

START_TEST(rom_ends_at_4g_and_1m)
{
    u64 size = rom_sizes[_i] * 0x10000;
    u8 last = (u8)(size / 4096);

    board(4 * MIB, 1, size);
    ck_assert_uint_eq(rd(0xFFFFFFF0, 1), last);
    ck_assert_uint_eq(rd(0x100000000 - size, 1), 1);
    ck_assert_uint_eq(rd(0xFFFFF, 1), last);
    ck_assert_uint_eq(rd(0xF0000, 1), (u8)(last - 15));
    ck_assert_uint_eq(rd(0xE0000, 1), size > 0x10000 ? (u8)(last - 31) : 0xFF);
    ck_assert_uint_eq(rd(0xDFFFF, 1), 0xFF);
    wr(0xFFFFFFF0, 0xAA); /* a ROM */
    wr(0xFFFF0, 0xAA);
    ck_assert_uint_eq(rd(0xFFFFFFF0, 1), last);
    ck_assert_uint_eq(rd(0xFFFF0, 1), last);
    machine_destroy(&m);
}
END_TEST

static const u64 bad_sizes[] = {0, 1, 0xFFFF, 0x18000, 0x1010000};

START_TEST(odd_roms_are_refused)
{
    struct ersatz_error err = {0};

    ck_assert_int_eq(try_board(4 * MIB, 1, bad_sizes[_i], &err), -ERSATZ_E_SIZE);
    ck_assert_ptr_nonnull(strstr(err.text, "64 KiB"));
}
END_TEST

START_TEST(pam_chooses_rom_or_ram)
{
    board(4 * MIB, 1, 0x20000);
    config_byte(PAM0, 0x20); /* F0000h: read the ROM, write the RAM */
    wr(0xF0000, 0x5A);
    ck_assert_uint_eq(rd(0xF0000, 1), 17);
    config_byte(PAM0, 0x30);
    ck_assert_uint_eq(rd(0xF0000, 1), 0x5A);
    wr(0xF0000, 0x5B);
    config_byte(PAM0, 0x10); /* read the RAM, write nowhere */
    wr(0xF0000, 0x5C);
    ck_assert_uint_eq(rd(0xF0000, 1), 0x5B);
    config_byte(PAM0, 0x00);
    ck_assert_uint_eq(rd(0xF0000, 1), 17);
    /* Each nibble rules 16 KiB of its own. */
    config_byte(0x5E, 0x30); /* E4000h..E7FFFh */
    wr(0xE3FFF, 1);
    wr(0xE4000, 2);
    wr(0xE8000, 3);
    ck_assert_uint_eq(rd(0xE3FFF, 1), 4);
    ck_assert_uint_eq(rd(0xE4000, 1), 2);
    ck_assert_uint_eq(rd(0xE8000, 1), 9);
    config_byte(0x5A, 0x03); /* C0000h: an option ROM's RAM */
    wr(0xC0000, 4);
    ck_assert_uint_eq(rd(0xC0000, 1), 4);
    ck_assert_uint_eq(rd(0xC4000, 1), 0xFF);
    machine_destroy(&m);
}
END_TEST

START_TEST(reset_undoes_the_shadow_and_keeps_memory)
{
    struct ersatz_error err;

    board(4 * MIB, 1, 0x20000);
    config_byte(PAM0, 0x30);
    wr(0xF0000, 0x5A);
    wr(0x12345, 0x77);
    wr(0x200000, 0x78);
    ck_assert_int_eq(machine_reset(&m, &err), 0);
    ck_assert_uint_eq(rd(0xF0000, 1), 17);
    ck_assert_uint_eq(rd(0x12345, 1), 0x77);
    ck_assert_uint_eq(rd(0x200000, 1), 0x78);
    ck_assert_uint_eq(m.ram.host[0xF0000], 0x5A);
    ck_assert_uint_eq(m.cpus[0]->rip, 0xFFF0);
    ck_assert_uint_eq(m.cpus[0]->seg[CS].base, 0xFFFF0000);
    machine_destroy(&m);
}
END_TEST

/* ---- SMRAM ---- */

/* Whether A0000h shows the RAM there, in which the tests put 51h. */
static bool smram_shows(void)
{
    return rd(0xA0000, 1) == 0x51;
}

START_TEST(smram_opens_closes_locks)
{
    board(4 * MIB, 1, 0x20000);
    m.ram.host[0xA0000] = 0x51;
    ck_assert(!smram_shows());
    config_byte(SMRAM, 0x42); /* D_OPEN alone: not enabled */
    ck_assert(!smram_shows());
    config_byte(SMRAM, 0x4A);
    ck_assert(smram_shows());
    wr(0xBFFFF, 0x52);
    config_byte(SMRAM, 0x0A);
    ck_assert(!smram_shows());
    ck_assert_uint_eq(m.ram.host[0xBFFFF], 0x52);
    config_byte(SMRAM, 0x5A); /* D_LCK closes it, and for ever */
    ck_assert(!smram_shows());
    config_byte(SMRAM, 0x4A);
    ck_assert(!smram_shows());
    struct ersatz_error err;
    ck_assert_int_eq(machine_reset(&m, &err), 0);
    config_byte(SMRAM, 0x4A);
    ck_assert(smram_shows());
    machine_destroy(&m);
}
END_TEST

START_TEST(smram_shows_to_the_cpu_in_smm)
{
    board(4 * MIB, 2, 0x20000);
    m.ram.host[0xA0000] = 0x51;
    machine_turn(&m, 0);
    machine_smm(&m, 0, true);
    ck_assert(!smram_shows()); /* not enabled */
    config_byte(SMRAM, 0x0A);
    ck_assert(smram_shows());
    machine_turn(&m, 1);
    ck_assert(!smram_shows());
    machine_turn(&m, 0);
    ck_assert(smram_shows());
    machine_smm(&m, 0, false);
    ck_assert(!smram_shows());
    machine_smm(&m, 0, true);
    struct ersatz_error err;
    ck_assert_int_eq(machine_reset(&m, &err), 0);
    config_byte(SMRAM, 0x0A);
    ck_assert(!smram_shows()); /* a reset leaves SMM */
    machine_destroy(&m);
}
END_TEST

/* ---- resets ---- */

/* Ways to say INIT, and to say RESET. */
static const struct {
    u16 port;
    u8 first, second;
    bool hard;
} reset_ways[] = {
    {0x64, 0xFE, 0xFE, false},  /* keyboard controller: pulse line 0 */
    {0x92, 0x02, 0x03, false},  /* port 92h: fast INIT */
    {0xCF9, 0x00, 0x04, false}, /* reset control: the CPU */
    {0xCF9, 0x02, 0x06, true},  /* and the board */
};

START_TEST(init_begins_anew_and_keeps_the_rest)
{
    board(4 * MIB, 2, 0x20000);
    struct cpu *c = m.cpus[0];
    c->rip = 0x1234;
    config_byte(PAM0, 0x30);
    portmap_write(&m.io, 0x21, 0xA5, 1); /* the 8259's mask */
    portmap_write(&m.io, 0x92, 0x00, 1);
    portmap_write(&m.io, 0x64, 0xDD, 1); /* A20 off, both ways */
    ck_assert_uint_eq(m.mem.a20_mask, ~BIT(20));
    portmap_write(&m.io, reset_ways[_i].port, reset_ways[_i].first, 1);
    portmap_write(&m.io, reset_ways[_i].port, reset_ways[_i].second, 1);
    ck_assert_int_eq(m.reset_wanted, reset_ways[_i].hard);
    ck_assert_int_eq((c->pending & PEND_INIT) != 0, !reset_ways[_i].hard);
    ck_assert_int_eq((m.cpus[1]->pending & PEND_INIT) != 0, !reset_ways[_i].hard);
    if (!reset_ways[_i].hard)
        ck_assert_uint_eq(m.mem.a20_mask, ~0ull);
    ck_assert_uint_eq(portmap_read(&m.io, 0x21, 1), 0xA5);
    ck_assert(memmap_find(&m.mem, 0xF0000)->rd == m.ram.host + 0xF0000);
    machine_destroy(&m);
}
END_TEST

/* The power management's ports at B000h, decoded. */
static void place_pm(void)
{
    portmap_write(&m.io, 0xCF8, HOST_BRIDGE | 0x0B40, 4);
    portmap_write(&m.io, 0xCFC, 0xB001, 4);
    portmap_write(&m.io, 0xCF8, HOST_BRIDGE | 0x0B80, 4);
    portmap_write(&m.io, 0xCFC, 1, 1);
}

/* Suspend to RAM: nothing runs, memory and shadow RAM stay, the power button resumes. */
START_TEST(s3_keeps_memory_and_shadow)
{
    enum { SUS_EN = 0x2000, S3 = 1 << 10, WAK_STS = 0x8000, PWRBTN_STS = 0x0100 };

    board(4 * MIB, 1, 0x20000);
    place_pm();
    config_byte(PAM0, 0x30);
    wr(0xF0000, 0x5A);
    wr(0x200000, 0x78);
    m.cpus[0]->rip = 0x1234;
    portmap_write(&m.io, 0x21, 0xA5, 1);
    ck_assert(m.can_suspend);
    portmap_write(&m.io, 0xB004, SUS_EN | S3, 2);
    ck_assert(m.suspended);
    ck_assert_uint_eq(mc146818_get(m.rtc, 0x0F), 0xFE);
    ck_assert(!m.wake_wanted);
    input_post(&m.input, INPUT_POWER_BUTTON, 0, 0);
    input_deliver(&m.input);
    ck_assert(m.wake_wanted);
    machine_wake(&m);
    ck_assert(!m.suspended && !m.wake_wanted);
    ck_assert_uint_eq(m.cpus[0]->rip, 0xFFF0);
    ck_assert_uint_eq(rd(0xF0000, 1), 0x5A);
    ck_assert_uint_eq(rd(0x200000, 1), 0x78);
    ck_assert_uint_eq(mc146818_get(m.rtc, 0x0F), 0xFE);
    ck_assert_uint_eq(pm_piix4_base(m.pm, PM_IO), 0); /* a chip like others: reset */
    place_pm();
    ck_assert_uint_eq(portmap_read(&m.io, 0xB000, 2) & (WAK_STS | PWRBTN_STS),
                      WAK_STS | PWRBTN_STS);
    portmap_write(&m.io, 0xB000, WAK_STS | PWRBTN_STS, 2);
    ck_assert_uint_eq(portmap_read(&m.io, 0xB000, 2) & (WAK_STS | PWRBTN_STS), 0);
    machine_destroy(&m);
}
END_TEST

/* ---- CMOS ---- */

static u8 cmos(u8 index)
{
    return mc146818_get(m.rtc, index);
}

START_TEST(cmos_tells_memory_and_order)
{
    struct ersatz_error err;

    board(64 * MIB, 3, 0x20000);
    ck_assert_uint_eq(cmos(0x15) | cmos(0x16) << 8, 640);
    ck_assert_uint_eq(cmos(0x17) | cmos(0x18) << 8, 63 * 1024);
    ck_assert_uint_eq(cmos(0x30) | cmos(0x31) << 8, 63 * 1024);
    ck_assert_uint_eq(cmos(0x34) | cmos(0x35) << 8, 48 * 16);
    ck_assert_uint_eq(cmos(0x5B) | cmos(0x5C) << 8 | cmos(0x5D) << 16, 0);
    ck_assert_uint_eq(cmos(0x5F), 2);
    ck_assert_uint_eq(cmos(0x3D), 0x03); /* once: the CD */
    ck_assert_uint_eq(cmos(0x38), 0);
    ck_assert_int_eq(machine_reset(&m, &err), 0);
    ck_assert_uint_eq(cmos(0x3D), 0x12); /* then disk, floppy, CD */
    ck_assert_uint_eq(cmos(0x38), 0x30);
    machine_destroy(&m);
}
END_TEST

/* ---- fw_cfg ---- */

static u16 find_file(const char *name, u32 *size)
{
    u16 key = fw_cfg_key_of(m.fw_cfg, name);

    ck_assert_msg(key != 0, "%s", name);
    ck_assert_ptr_nonnull(fw_cfg_find(m.fw_cfg, name, size));
    return key;
}

/* Through the ports, as a firmware does it. */
static void read_file(const char *name, u8 *to, u32 size)
{
    u32 have;

    portmap_write(&m.io, 0x510, find_file(name, &have), 2);
    ck_assert_uint_eq(have, size);
    for (u32 i = 0; i < size; i++)
        to[i] = (u8)portmap_read(&m.io, 0x511, 1);
}

START_TEST(fw_cfg_tells_the_memory_map)
{
    u8 e820[40];

    board(3584 * MIB, 1, 0x20000);
    read_file("etc/e820", e820, sizeof e820);
    ck_assert_uint_eq(ld64(e820), 0);
    ck_assert_uint_eq(ld64(e820 + 8), LOW_RAM_MAX);
    ck_assert_uint_eq(ld32(e820 + 16), 1);
    ck_assert_uint_eq(ld64(e820 + 20), HIGH_RAM_BASE);
    ck_assert_uint_eq(ld64(e820 + 28), 3584 * MIB - LOW_RAM_MAX);
    ck_assert_uint_eq(ld32(e820 + 36), 1);
    machine_destroy(&m);
}
END_TEST

/* The firmware moves the power management's ports; the tables that it reads say so. */
START_TEST(acpi_follows_the_firmware)
{
    static const u8 fadt[] = "FACP";
    u32 size;

    board(64 * MIB, 1, 0x20000);
    place_pm();
    ck_assert_uint_eq(pm_piix4_base(m.pm, PM_IO), 0xB000);
    find_file(ACPI_TABLES_NAME, &size);
    u8 *tables = malloc(size);
    read_file(ACPI_TABLES_NAME, tables, size);
    u32 at = 0;
    while (at + 4 <= size && memcmp(tables + at, fadt, 4))
        at += 4;
    ck_assert_uint_lt(at, size - 244);
    ck_assert_uint_eq(ld32(tables + at + 56), 0xB000);
    ck_assert_uint_eq(ld32(tables + at + 76), 0xB008);
    free(tables);
    machine_destroy(&m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/firmware");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, rom_ends_at_4g_and_1m, 0, ARRAY_LEN(rom_sizes));
    tcase_add_loop_test(t, odd_roms_are_refused, 0, ARRAY_LEN(bad_sizes));
    tcase_add_test(t, pam_chooses_rom_or_ram);
    tcase_add_test(t, reset_undoes_the_shadow_and_keeps_memory);
    tcase_add_test(t, smram_opens_closes_locks);
    tcase_add_test(t, smram_shows_to_the_cpu_in_smm);
    tcase_add_loop_test(t, init_begins_anew_and_keeps_the_rest, 0, ARRAY_LEN(reset_ways));
    tcase_add_test(t, s3_keeps_memory_and_shadow);
    tcase_add_test(t, cmos_tells_memory_and_order);
    tcase_add_test(t, fw_cfg_tells_the_memory_map);
    tcase_add_test(t, acpi_follows_the_firmware);
    suite_add_tcase(s, t);
    return unit_run(s);
}
