/* SPDX-License-Identifier: MIT */
/*
 * Drives through the public header: settings, media that change, and a host that cannot write:
 * a guest of a few instructions writes a sector, and nothing of it is lost.
 */
#include <ersatz/ersatz.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "unit/api/image.h"

#define DISK_SIZE 1048576
#define SECTOR 1000u

static char disk[64], other[64], setting[256];
static struct ersatz_error error;
static struct ersatz_machine *m;

static void make(const char *path, u64 size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static void setup(void)
{
    snprintf(disk, sizeof disk, "drives-test-%d.img", (int)getpid());
    snprintf(other, sizeof other, "drives-test-%d,2.img", (int)getpid());
    make(disk, DISK_SIZE);
    make(other, 40 * 2048);
    m = ersatz_create(&error);
    ck_assert_ptr_nonnull(m);
}

static void teardown(void)
{
    ersatz_destroy(m);
    unlink(disk);
    unlink(other);
}

static int set(const char *format, const char *file)
{
    snprintf(setting, sizeof setting, format, file);
    return ersatz_set(m, "drive", setting, &error);
}

static void must_set(const char *format, const char *file)
{
    ck_assert_msg(set(format, file) == 0, "%s", error.text);
}

static void must_fail(const char *value, enum ersatz_err code, const char *part)
{
    ck_assert_int_eq(ersatz_set(m, "drive", value, &error), -(int)code);
    ck_assert_msg(strstr(error.text, part) != NULL, "'%s' without '%s'", error.text, part);
}

static struct ersatz_drive_info drive(const char *id)
{
    struct ersatz_drive_info info;

    for (unsigned i = 0; ersatz_drive(m, i, &info, NULL) == 0; i++)
        if (strcmp(info.id, id) == 0)
            return info;
    ck_abort_msg("no drive %s", id);
    return info;
}

static int power_on(void)
{
    ck_assert_int_eq(ersatz_set(m, "memory", "4M", NULL), 0);
    ck_assert_int_eq(ersatz_set(m, "rtc.clock", "vm", NULL), 0);
    return ersatz_power_on(m, &error);
}

/* Writes the first 512 bytes of itself into a sector by PIO, and tells the last status. */
static const u8 writer[] = {
    0x66, 0xBA, 0xF6,          0x01, 0xB0, 0xE0, 0xEE,                /* device: LBA */
    0x66, 0xBA, 0xF2,          0x01, 0xB0, 0x01, 0xEE,                /* one sector */
    0x42, 0xB0, SECTOR & 0xFF, 0xEE,                                  /* at SECTOR */
    0x42, 0xB0, SECTOR >> 8,   0xEE,                                  /* */
    0x42, 0xB0, 0x00,          0xEE,                                  /* */
    0x66, 0xBA, 0xF7,          0x01, 0xB0, 0x30, 0xEE,                /* WRITE SECTORS */
    0xEC, 0xA8, 0x08,          0x74, 0xFB,                            /* until DRQ */
    0x66, 0xBA, 0xF0,          0x01, 0xB9, 0x80, 0,    0,    0, 0xBE, /* rep outsd */
    0x00, 0x00, 0x10,          0x00, 0xFC, 0xF3, 0x6F,                /* */
    0x66, 0xBA, 0xF7,          0x01, 0xEC, 0xA8, 0x80, 0x75,          /* while BSY */
    0xFB, 0xE6, 0xF4,                                                 /* tell */
};

static void load_writer(void)
{
    char path[32];

    write_image(path, writer, sizeof writer);
    ck_assert_int_eq(ersatz_set(m, "kernel", path, NULL), 0);
    ck_assert_int_eq(ersatz_set(m, "device", "isa-debug-exit,iobase=0xf4,iosize=4", NULL), 0);
    ck_assert_int_eq(ersatz_set(m, "no-reboot", "on", NULL), 0);
    ck_assert_msg(power_on() == 0, "%s", error.text);
    unlink(path);
}

static u32 first_word_at(const char *path, u64 offset)
{
    u8 bytes[4];
    int fd = open(path, O_RDONLY);

    ck_assert_int_eq(pread(fd, bytes, 4, (off_t)offset), 4);
    close(fd);
    return ld32(bytes);
}

/* ---- settings ---- */

START_TEST(what_is_there_anyway)
{
    struct ersatz_drive_info info;

    ck_assert_int_eq(power_on(), 0);
    info = drive("ide1-cd0");
    ck_assert_str_eq(info.kind, "cdrom");
    ck_assert_uint_eq(info.index, 2);
    ck_assert(info.removable && !info.present);
    ck_assert_str_eq(info.file, "");
    ck_assert_str_eq(drive("floppy0").kind, "floppy");
    ck_assert_int_eq(ersatz_drive(m, 2, &info, &error), -ERSATZ_E_NAME);
}
END_TEST

START_TEST(places)
{
    must_set("file=%s,readonly=on", disk);
    must_set("file=%s,readonly=on,media=cdrom", disk);
    must_set("file=%s,readonly=on,bus=1,unit=1,id=last", disk);
    must_set("if=floppy,index=1,readonly=on,file=%s", disk);
    must_set("file=%s,readonly=on", disk); /* the place that is left */
    must_fail("file=x", ERSATZ_E_VALUE, "no place");
    ck_assert_int_eq(power_on(), 0);
    ck_assert_uint_eq(drive("ide0-hd0").index, 0);
    ck_assert_str_eq(drive("ide0-cd1").kind, "cdrom");
    ck_assert_uint_eq(drive("last").index, 3);
    ck_assert_str_eq(drive("ide1-hd0").kind, "disk"); /* in place of the empty CD-ROM */
    ck_assert(drive("ide0-hd0").read_only && !drive("ide0-hd0").removable);
    ck_assert_uint_eq(drive("ide0-hd0").size, DISK_SIZE);
    ck_assert_str_eq(drive("floppy1").file, disk);
    ck_assert(!drive("floppy0").present);
}
END_TEST

START_TEST(bad_settings)
{
    must_fail("file", ERSATZ_E_VALUE, "has no value");
    must_fail("fiel=x", ERSATZ_E_NAME, "'file'");
    must_fail("force=on", ERSATZ_E_NAME, "no property 'force'");
    must_fail("if=ide", ERSATZ_E_CONFLICT, "file= is missing");
    must_fail("if=virtio,file=x", ERSATZ_E_VALUE, "ide, floppy");
    must_fail("file=x,media=tape", ERSATZ_E_VALUE, "disk or cdrom");
    must_fail("file=x,index=4", ERSATZ_E_VALUE, "no place");
    must_fail("file=x,index=-1", ERSATZ_E_VALUE, "index");
    must_fail("file=x,index=99999999999", ERSATZ_E_VALUE, "index");
    must_fail("file=x,unit=2", ERSATZ_E_VALUE, "unit");
    must_fail("file=x,bus=2", ERSATZ_E_VALUE, "no place");
    must_fail("file=x,index=0,bus=0", ERSATZ_E_CONFLICT, "index=");
    must_fail("file=x,snapshot=maybe", ERSATZ_E_VALUE, "snapshot");
    must_fail("if=floppy,media=cdrom", ERSATZ_E_CONFLICT, "only IDE");
    must_fail("file=x,id=", ERSATZ_E_VALUE, "id");
    must_set("file=%s,id=here", disk);
    must_fail("file=x,id=here", ERSATZ_E_CONFLICT, "'here'");
    must_fail("file=x,index=0", ERSATZ_E_CONFLICT, "there already");
    ck_assert_int_eq(power_on(), 0); /* none of them has left anything */
    ck_assert_int_eq(set("file=%s,index=1", disk), -ERSATZ_E_STATE);
}
END_TEST

static void must_fail_device(const char *value, enum ersatz_err code, const char *part)
{
    ck_assert_int_eq(ersatz_set(m, "device", value, &error), -(int)code);
    ck_assert_msg(strstr(error.text, part) != NULL, "'%s' without '%s'", error.text, part);
}

START_TEST(drives_that_devices_take)
{
    must_fail("file=x,if=none", ERSATZ_E_CONFLICT, "id=");
    must_set("file=%s,if=none,id=a,readonly=on", disk);
    must_set("if=none,id=%s", "b");
    must_fail_device("ide-hd,drive=c", ERSATZ_E_CONFLICT, "'c'");
    must_fail_device("ide-hd,drive=b", ERSATZ_E_CONFLICT, "no file");
    must_fail_device("ide-hd,driv=b", ERSATZ_E_NAME, "'driv'");
    must_fail_device("ide-hd,drive=a,bus=ide.2", ERSATZ_E_VALUE, "no place");
    ck_assert_int_eq(power_on(), -ERSATZ_E_CONFLICT);
    ck_assert_ptr_nonnull(strstr(error.text, "'a'"));
    ck_assert_int_eq(ersatz_set(m, "device", "ide-hd,drive=a,bus=ide.1,unit=1", &error), 0);
    ck_assert_int_eq(ersatz_set(m, "device", "ide-cd,drive=b", &error), 0);
    ck_assert_msg(power_on() == 0, "%s", error.text);
    ck_assert_str_eq(drive("a").kind, "disk");
    ck_assert_uint_eq(drive("a").index, 3);
    ck_assert_str_eq(drive("b").kind, "cdrom");
    ck_assert_uint_eq(drive("b").index, 0);
}
END_TEST

START_TEST(commas_and_files_that_are_missing)
{
    char doubled[80];

    snprintf(doubled, sizeof doubled, "drives-test-%d,,2.img", (int)getpid());
    must_set("file=%s,media=cdrom", doubled);
    must_set("file=%s", disk);
    ck_assert_msg(power_on() == 0, "%s", error.text);
    ck_assert_str_eq(drive("ide0-cd0").file, other);
    ck_assert(drive("ide0-cd0").read_only);
    struct ersatz_machine *first = m;
    m = ersatz_create(&error);
    must_set("file=%s,snapshot=on", disk); /* the first one writes it */
    ck_assert_int_eq(power_on(), -ERSATZ_E_OPEN);
    ersatz_destroy(first);
    ck_assert_msg(power_on() == 0, "%s", error.text); /* now it can have it */
    ck_assert(drive("ide0-hd0").snapshot);
    ersatz_destroy(m);
    m = ersatz_create(&error);
    must_set("file=/nonexistent/%s", "x");
    ck_assert_int_eq(power_on(), -ERSATZ_E_OPEN);
}
END_TEST

/* ---- a guest that writes ---- */

START_TEST(guest_writes)
{
    struct ersatz_exit why;

    must_set("file=%s,format=raw", disk);
    load_writer();
    ck_assert_int_eq(ersatz_run(m, 0, &why, &error), 0);
    ck_assert_int_eq(why.why, ERSATZ_STOP_DEBUG_EXIT);
    ck_assert_uint_eq(why.value, 0x50);
    ck_assert_uint_eq(first_word_at(disk, SECTOR * 512), 0x1BADB002);
    ck_assert_uint_eq(drive("ide0-hd0").writes, 1);
    ck_assert_uint_eq(drive("ide0-hd0").written_bytes, 512);
}
END_TEST

START_TEST(snapshot_for_all)
{
    struct ersatz_exit why;

    must_set("file=%s,format=raw", disk);
    ck_assert_int_eq(ersatz_set(m, "snapshot", "on", NULL), 0);
    load_writer();
    ck_assert_int_eq(ersatz_run(m, 0, &why, &error), 0);
    ck_assert_uint_eq(why.value, 0x50);
    ck_assert_uint_eq(drive("ide0-hd0").writes, 1);
    ck_assert_uint_eq(first_word_at(disk, SECTOR * 512), 0);
}
END_TEST

START_TEST(guest_meets_write_protection)
{
    struct ersatz_exit why;

    must_set("file=%s,readonly=on", disk);
    load_writer();
    ck_assert_int_eq(ersatz_run(m, 0, &why, &error), 0);
    ck_assert_uint_eq(why.value, 0x51); /* ERR */
    ck_assert_uint_eq(drive("ide0-hd0").writes, 0);
}
END_TEST

static void limit_files(u64 bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The run stops each time the write fails; in the end the same data are there, and the guest
 * has seen nothing but a slow disk. */
START_TEST(host_cannot_write)
{
    struct ersatz_exit why;

    must_set("file=%s,format=raw", disk);
    load_writer();
    limit_files(65536);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(ersatz_run(m, 0, &why, &error), 0);
        ck_assert_int_eq(why.why, ERSATZ_STOP_DISK);
        ck_assert_uint_eq(why.value, EFBIG);
        ck_assert_ptr_nonnull(strstr(why.text, "ide0-hd0"));
        ck_assert_ptr_nonnull(strstr(why.text, disk));
        ck_assert_ptr_nonnull(strstr(why.text, strerror(EFBIG)));
    }
    ck_assert_uint_eq(drive("ide0-hd0").writes, 0);
    limit_files(RLIM_INFINITY);
    ck_assert_int_eq(ersatz_run(m, 0, &why, &error), 0);
    ck_assert_int_eq(why.why, ERSATZ_STOP_DEBUG_EXIT);
    ck_assert_uint_eq(why.value, 0x50);
    ck_assert_uint_eq(first_word_at(disk, SECTOR * 512), 0x1BADB002);
}
END_TEST

/* ---- media that change ---- */

static void change(const char *file, const char *options)
{
    ck_assert_msg(ersatz_medium(m, "ide1-cd0", file, options, &error) == 0, "%s", error.text);
}

START_TEST(media)
{
    struct ersatz_exit why;

    must_set("file=%s,readonly=on", disk);
    ck_assert_int_eq(ersatz_medium(m, "ide1-cd0", other, NULL, &error), -ERSATZ_E_STATE);
    load_writer();
    ck_assert_int_eq(ersatz_medium(m, "ide0-hd0", NULL, NULL, &error), -ERSATZ_E_CONFLICT);
    ck_assert_int_eq(ersatz_medium(m, "ide1-cd", NULL, NULL, &error), -ERSATZ_E_NAME);
    ck_assert_ptr_nonnull(strstr(error.text, "'ide1-cd0'"));
    ck_assert_int_eq(ersatz_medium(m, "ide1-cd0", "/nonexistent/x", NULL, &error), -ERSATZ_E_OPEN);
    ck_assert_int_eq(ersatz_medium(m, "ide1-cd0", other, "index=1", &error), -ERSATZ_E_NAME);
    change(other, NULL);
    ck_assert(!drive("ide1-cd0").present); /* it passes the gate when the machine runs */
    ck_assert_int_eq(ersatz_run(m, 1, &why, &error), 0);
    ck_assert(drive("ide1-cd0").present);
    ck_assert_str_eq(drive("ide1-cd0").file, other);
    ck_assert_uint_eq(drive("ide1-cd0").size, 40 * 2048);
    change(disk, NULL); /* two changes in one go */
    change(NULL, NULL);
    ck_assert_int_eq(ersatz_run(m, 1, &why, &error), 0);
    ck_assert(!drive("ide1-cd0").present);
    change(other, "snapshot=on,force=on"); /* never delivered: freed with the machine */
}
END_TEST

static void on_line(void *opaque, const char *topic, const char *line)
{
    if (!topic && strstr(line, "locked"))
        ++*(unsigned *)opaque;
}

/* PREVENT MEDIUM REMOVAL: device 1F6.. of the second channel, then a packet. */
static const u8 locker[] = {
    0x66, 0xBA, 0x76, 0x01, 0xB0, 0xA0, 0xEE,       /* unit 0 */
    0x42, 0xB0, 0xA0, 0xEE,                         /* PACKET */
    0xEC, 0xA8, 0x08, 0x74, 0xFB,                   /* until DRQ */
    0x66, 0xBA, 0x70, 0x01,                         /* 1E 00 00 00 01 00 ... */
    0x66, 0xB8, 0x1E, 0x00, 0x66, 0xEF,             /* */
    0x66, 0xB8, 0x00, 0x00, 0x66, 0xEF,             /* */
    0x66, 0xB8, 0x01, 0x00, 0x66, 0xEF,             /* */
    0x66, 0xB8, 0x00, 0x00, 0x66, 0xEF, 0x66, 0xEF, /* */
    0x66, 0xEF,                                     /* */
    0x66, 0xBA, 0x77, 0x01, 0xEC, 0xA8, 0x80, 0x75, /* while BSY */
    0xFB, 0xEB, 0xFE,                               /* for ever */
};

START_TEST(locked_medium)
{
    struct ersatz_exit why;
    unsigned told = 0;
    char path[32];

    must_set("file=%s,media=cdrom,index=2", disk);
    write_image(path, locker, sizeof locker);
    ck_assert_int_eq(ersatz_set(m, "kernel", path, NULL), 0);
    ersatz_on_line(m, on_line, &told);
    ck_assert_msg(power_on() == 0, "%s", error.text);
    unlink(path);
    ck_assert_int_eq(ersatz_run(m, 1000000, &why, &error), 0);
    ck_assert(drive("ide1-cd0").locked);
    change(NULL, NULL);
    ck_assert_int_eq(ersatz_run(m, 1000, &why, &error), 0);
    ck_assert_uint_eq(told, 1);
    ck_assert(drive("ide1-cd0").present);
    change(other, "force=on");
    ck_assert_int_eq(ersatz_run(m, 1000, &why, &error), 0);
    ck_assert_uint_eq(told, 1);
    ck_assert_str_eq(drive("ide1-cd0").file, other);
    ck_assert(!drive("ide1-cd0").locked);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("api/drives");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_there_anyway);
    tcase_add_test(t, places);
    tcase_add_test(t, bad_settings);
    tcase_add_test(t, drives_that_devices_take);
    tcase_add_test(t, commas_and_files_that_are_missing);
    tcase_add_test(t, guest_writes);
    tcase_add_test(t, snapshot_for_all);
    tcase_add_test(t, guest_meets_write_protection);
    tcase_add_test(t, host_cannot_write);
    tcase_add_test(t, media);
    tcase_add_test(t, locked_medium);
    suite_add_tcase(s, t);
    return unit_run(s);
}
