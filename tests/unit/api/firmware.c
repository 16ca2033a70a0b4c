/* SPDX-License-Identifier: MIT */
/* ROMs of a few instructions behind the public library: where they start, what resets do. */
#include <ersatz/ersatz.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "unit/unit.h"

#define ROM_SIZE 0x10000u
#define COUNTER 0x500 /* in memory: how often the ROM has begun */

static char path[] = "/tmp/ersatz-rom-XXXXXX";
static u8 debug[64];
static size_t debug_count;

static void on_output(void *opaque, enum ersatz_channel channel, const u8 *bytes, size_t len)
{
    for (size_t i = 0; i < len && debug_count < sizeof debug; i++)
        debug[debug_count++] = bytes[i];
}

static void write_rom(const u8 *code, size_t size)
{
    static const u8 entry[] = {0xea, 0x00, 0x00, 0x00, 0xf0}; /* jmp F000:0000 */
    u8 rom[ROM_SIZE] = {0};
    int fd = mkstemp(path);

    memcpy(rom, code, size);
    memcpy(rom + 0xfff0, entry, sizeof entry);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, rom, sizeof rom), (ssize_t)sizeof rom);
    close(fd);
}

static struct ersatz_machine *machine(const u8 *code, size_t size, const char *no_reboot)
{
    static const char *const keys[] = {"memory", "rtc.clock", "clock", "no-reboot", "bios"};
    const char *const values[] = {"4M", "vm", "virtual", no_reboot, path};
    struct ersatz_error error;
    struct ersatz_machine *m = ersatz_create(&error);

    ck_assert_ptr_nonnull(m);
    write_rom(code, size);
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++)
        ck_assert_msg(ersatz_set(m, keys[i], values[i], &error) == 0, "%s", error.text);
    debug_count = 0;
    ck_assert_int_eq(ersatz_connect(m, ERSATZ_DEBUGCON, on_output, NULL, &error), 0);
    int r = ersatz_power_on(m, &error);
    unlink(path);
    ck_assert_msg(r == 0, "%s", error.text);
    return m;
}

static struct ersatz_exit run(struct ersatz_machine *m)
{
    struct ersatz_error error;
    struct ersatz_exit why;

    ck_assert_msg(ersatz_run(m, 1000000, &why, &error) == 0, "%s", error.text);
    return why;
}

static u8 byte_at(struct ersatz_machine *m, u64 at)
{
    u8 b;

    ck_assert_int_eq(ersatz_read_phys(m, at, &b, 1, NULL), 0);
    return b;
}

START_TEST(starts_at_the_reset_vector)
{
    static const u8 code[] = {0xb0, 'X',  0xe6,
                              0xe9, 0xfa, 0xf4}; /* mov al,'X'; out E9h; cli; hlt */
    struct ersatz_machine *m = machine(code, sizeof code, "off");

    ck_assert_int_eq(run(m).why, ERSATZ_STOP_HALTED);
    ck_assert_uint_eq(debug_count, 1);
    ck_assert_uint_eq(debug[0], 'X');
    ck_assert_uint_eq(byte_at(m, 0xFFFF0000), 0xb0);
    ck_assert_uint_eq(byte_at(m, 0xF0000), 0xb0);
    ersatz_destroy(m);
}
END_TEST

/* Counts how often it has begun; the third time it halts, before that it does `again`. */
#define AGAIN_AT 15
static const u8 counting[] = {
    0x31, 0xc0, 0x8e, 0xd8,                            /* xor ax, ax; mov ds, ax */
    0xfe, 0x06, 0x00, 0x05,                            /* inc byte [500h] */
    0x80, 0x3e, 0x00, 0x05, 0x03,                      /* cmp byte [500h], 3 */
    0x74, 0x08,                                        /* je halt */
    0,    0,    0,    0,    0,    0, 0, 0, 0xfa, 0xf4, /* halt: cli; hlt */
};

static const struct {
    const char *name;
    u8 again[8];
    enum ersatz_stop with_no_reboot;
    u8 count; /* by then */
} ways[] = {
    {"triple fault", {0x0f, 0x01, 0x1e, 0x10, 0x06, 0xcc, 0x90, 0x90}, ERSATZ_STOP_TRIPLE_FAULT, 1},
    {"hard reset", {0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xeb, 0xfe}, ERSATZ_STOP_RESET, 1},
    {"INIT", {0xba, 0xf9, 0x0c, 0xee, 0xb0, 0x04, 0xee, 0xf4}, ERSATZ_STOP_HALTED, 3},
    {"keyboard controller", {0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe}, ERSATZ_STOP_HALTED, 3},
    {"port 92h", {0xb0, 0x00, 0xe6, 0x92, 0xfe, 0xc0, 0xe6, 0x92}, ERSATZ_STOP_HALTED, 3},
};

START_TEST(begins_again_with_its_memory)
{
    u8 code[sizeof counting];

    memcpy(code, counting, sizeof code);
    memcpy(code + AGAIN_AT, ways[_i].again, sizeof ways[_i].again);
    struct ersatz_machine *m = machine(code, sizeof code, "off");
    ck_assert_msg(run(m).why == ERSATZ_STOP_HALTED, "%s", ways[_i].name);
    ck_assert_uint_eq(byte_at(m, COUNTER), 3);
    ersatz_destroy(m);

    strcpy(path + strlen(path) - 6, "XXXXXX");
    m = machine(code, sizeof code, "on");
    struct ersatz_exit why = run(m);
    ck_assert_msg(why.why == ways[_i].with_no_reboot, "%s: %s", ways[_i].name, why.text);
    ck_assert_uint_eq(byte_at(m, COUNTER), ways[_i].count);
    ersatz_destroy(m);
}
END_TEST

static const struct {
    const char *key, *value;
    enum ersatz_err error;
    const char *text; /* is in the error's */
} settings[] = {
    {"boot", "order=dca", ERSATZ_OK, ""},
    {"boot", "d", ERSATZ_OK, ""},
    {"boot", "order=cad,once=d,menu=on,splash-time=5000", ERSATZ_OK, ""},
    {"boot", "order=x", ERSATZ_E_VALUE, "'x'"},
    {"boot", "order=aa", ERSATZ_E_VALUE, "twice"},
    {"boot", "ordre=a", ERSATZ_E_NAME, "order"},
    {"boot", "menu=perhaps", ERSATZ_E_VALUE, "perhaps"},
    {"boot", "splash-time=70000", ERSATZ_E_VALUE, "65535"},
    {"fw_cfg", "name=opt/a,string=b,,c", ERSATZ_OK, ""},
    {"fw_cfg", "opt/a,string=b", ERSATZ_OK, ""},
    {"fw_cfg", "name=opt/a", ERSATZ_E_VALUE, "file="},
    {"fw_cfg", "string=a", ERSATZ_E_VALUE, "name"},
    {"fw_cfg", "name=a,string=b,string=c", ERSATZ_E_VALUE, "once"},
    {"fw_cfg", "name=a,strong=b", ERSATZ_E_NAME, "string"},
    {"fw_cfg", "name=a,file=/nonexistent", ERSATZ_E_OPEN, "/nonexistent"},
    {"fw_cfg", "name=0123456789012345678901234567890123456789012345678901234567890,string=b",
     ERSATZ_E_VALUE, "55"},
    {"smbios", "type=1,manufacturer=a,uuid=00112233-4455-6677-8899-aabbccddeeff", ERSATZ_OK, ""},
    {"smbios", "type=0,vendor=a,release=1.2,uefi=on", ERSATZ_OK, ""},
    {"smbios", "type=4", ERSATZ_E_VALUE, "'4'"},
    {"smbios", "vendor=a", ERSATZ_E_VALUE, "type="},
    {"smbios", "type=0,vendr=a", ERSATZ_E_NAME, "vendor"},
    {"smbios", "type=2,uuid=1", ERSATZ_E_NAME, "uuid"},
    {"smbios", "type=1,uuid=00112233", ERSATZ_E_VALUE, "00112233"},
    {"smbios", "type=1,uuid=00112233-4455-6677-8899-aabbccddeef", ERSATZ_E_VALUE, "uuid"},
    {"smbios", "type=0,release=1.256", ERSATZ_E_VALUE, "1.256"},
};

START_TEST(settings_are_checked)
{
    struct ersatz_error error = {0};
    struct ersatz_machine *m = ersatz_create(&error);

    int r = ersatz_set(m, settings[_i].key, settings[_i].value, &error);
    ck_assert_msg(r == -(int)settings[_i].error, "%s: %d %s", settings[_i].value, r, error.text);
    if (r)
        ck_assert_msg(strstr(error.text, settings[_i].text) != NULL, "%s", error.text);
    ersatz_destroy(m);
}
END_TEST

static const struct {
    const char *bios;
    enum ersatz_err error;
    const char *text;
} files[] = {
    {"/nonexistent/bios", ERSATZ_E_OPEN, "/nonexistent/bios"},
    {"/proc/self/exe", ERSATZ_E_SIZE, "64 KiB"},
    {"/tmp", ERSATZ_E_OPEN, "/tmp"},
};

START_TEST(unusable_roms_are_named)
{
    struct ersatz_error error = {0};
    struct ersatz_machine *m = ersatz_create(&error);

    ck_assert_int_eq(ersatz_set(m, "bios", files[_i].bios, &error), 0);
    int r = ersatz_power_on(m, &error);
    ck_assert_msg(r == -(int)files[_i].error, "%d %s", r, error.text);
    ck_assert_msg(strstr(error.text, files[_i].text) != NULL, "%s", error.text);
    ersatz_destroy(m);
}
END_TEST

/* Names of fw_cfg's own files are taken. */
START_TEST(own_files_stay)
{
    struct ersatz_error error = {0};
    struct ersatz_machine *m = ersatz_create(&error);

    ck_assert_int_eq(ersatz_set(m, "fw_cfg", "name=etc/e820,string=x", &error), 0);
    ck_assert_int_eq(ersatz_power_on(m, &error), -ERSATZ_E_CONFLICT);
    ck_assert_ptr_nonnull(strstr(error.text, "etc/e820"));
    ersatz_destroy(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("api/firmware");
    TCase *t = tcase_create("all");

    tcase_add_test(t, starts_at_the_reset_vector);
    tcase_add_loop_test(t, begins_again_with_its_memory, 0, ARRAY_LEN(ways));
    tcase_add_loop_test(t, settings_are_checked, 0, ARRAY_LEN(settings));
    tcase_add_loop_test(t, unusable_roms_are_named, 0, ARRAY_LEN(files));
    tcase_add_test(t, own_files_stay);
    suite_add_tcase(s, t);
    return unit_run(s);
}
