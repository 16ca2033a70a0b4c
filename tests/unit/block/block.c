/* SPDX-License-Identifier: MIT */
/* Image files as media: sizes, formats, locks, snapshots, and hosts that refuse. */
#include "block/block.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/error.h"
#include "unit/unit.h"

static char path[64];
static struct ersatz_error error;

static void setup(void)
{
    snprintf(path, sizeof path, "block-test-%d.img", (int)getpid());
}

static void teardown(void)
{
    unlink(path);
}

/* A file of `size` bytes that begins with `head`. */
static void make(u64 size, const void *head, size_t len)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, head, len, 0), (ssize_t)len);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static struct medium *open_image(bool read_only, bool snapshot)
{
    const struct block_options o = {.file = path, .read_only = read_only, .snapshot = snapshot};

    return block_open(&o, &error);
}

static struct medium *must_open(bool read_only, bool snapshot)
{
    struct medium *m = open_image(read_only, snapshot);

    ck_assert_msg(m != NULL, "%s", error.text);
    return m;
}

static void must_fail(struct medium *m, enum ersatz_err code, const char *part)
{
    ck_assert_ptr_null(m);
    ck_assert_int_eq(error.code, code);
    ck_assert_msg(strstr(error.text, part) != NULL, "'%s' without '%s'", error.text, part);
    ck_assert_msg(strchr(error.text, '\n') == NULL, "%s", error.text);
}

static u8 byte_at(struct medium *m, u64 offset)
{
    u8 byte = 0xcc;

    ck_assert_int_eq(m->ops->read(m, offset, &byte, 1), 0);
    return byte;
}

/* ---- raw ---- */

START_TEST(raw)
{
    u8 buf[1024];

    make(4096, "hello", 5);
    struct medium *m = must_open(false, false);
    ck_assert_uint_eq(m->size, 4096);
    ck_assert_str_eq(m->name, path);
    ck_assert(!m->read_only && !m->snapshot);
    ck_assert_int_eq(m->ops->read(m, 0, buf, sizeof buf), 0);
    ck_assert_mem_eq(buf, "hello\0", 6);
    memset(buf, 7, sizeof buf);
    ck_assert_int_eq(m->ops->write(m, 3072, buf, sizeof buf), 0);
    ck_assert_int_eq(m->ops->flush(m), 0);
    medium_close(m);
    m = must_open(true, false);
    ck_assert(m->read_only);
    ck_assert_uint_eq(byte_at(m, 4095), 7);
    ck_assert_uint_eq(byte_at(m, 3071), 0);
    medium_close(m);
}
END_TEST

/* A file that ends within a sector: the sector is whole for the guest. */
START_TEST(odd_size)
{
    u8 sector[512];
    struct stat st;

    make(1000, "x", 1);
    struct medium *m = must_open(false, false);
    ck_assert_uint_eq(m->size, 1024);
    memset(sector, 0xcc, sizeof sector);
    ck_assert_int_eq(m->ops->read(m, 512, sector, 512), 0);
    ck_assert_uint_eq(sector[511], 0);
    ck_assert_uint_eq(byte_at(m, 1023), 0);
    memset(sector, 0x5a, sizeof sector);
    ck_assert_int_eq(m->ops->write(m, 512, sector, 512), 0);
    medium_close(m);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_size, 1024);
}
END_TEST

/* Somebody cuts the file short: an error, not zeros. */
START_TEST(torn)
{
    u8 sector[512];

    make(1 << 20, "x", 1);
    struct medium *m = must_open(false, false);
    ck_assert_int_eq(truncate(path, 4096 + 100), 0);
    ck_assert_int_eq(m->ops->read(m, 0, sector, 512), 0);
    ck_assert_int_eq(m->ops->read(m, 4096, sector, 512), -EIO);
    ck_assert_int_eq(m->ops->read(m, 500000, sector, 512), -EIO);
    medium_close(m);
}
END_TEST

START_TEST(vast)
{
    u64 size = 6ull << 40;
    u8 sector[512] = "far out";

    make(512, "x", 1);
    if (truncate(path, (off_t)size)) {
        printf("# skipped: this file system has no files of 6 TiB (%s)\n", strerror(errno));
        return;
    }
    struct medium *m = must_open(false, false);
    ck_assert_uint_eq(m->size, size);
    ck_assert_int_eq(m->ops->write(m, size - 512, sector, 512), 0);
    ck_assert_uint_eq(byte_at(m, size - 512), 'f');
    ck_assert_uint_eq(byte_at(m, (size - 512) & 0xffffffff), 0);
    medium_close(m);
    m = must_open(false, true);
    sector[0] = 'F';
    ck_assert_int_eq(m->ops->write(m, size - 512, sector, 512), 0);
    ck_assert_uint_eq(byte_at(m, size - 512), 'F');
    ck_assert_uint_eq(byte_at(m, size - 511), 'a');
    medium_close(m);
}
END_TEST

START_TEST(what_is_no_image)
{
    struct block_options o = {.file = "/nonexistent/x"};

    must_fail(block_open(&o, &error), ERSATZ_E_OPEN, "No such file");
    o.file = ".";
    must_fail(block_open(&o, &error), ERSATZ_E_OPEN, "directory");
    o.read_only = true;
    must_fail(block_open(&o, &error), ERSATZ_E_FORMAT, "neither a file nor");
    o.file = "/dev/null";
    must_fail(block_open(&o, &error), ERSATZ_E_FORMAT, "neither a file nor");
    make(0, "", 0);
    must_fail(open_image(false, false), ERSATZ_E_SIZE, "empty");
}
END_TEST

/* ---- formats ---- */

static const struct {
    const char *name;
    u64 size, at;
    size_t len;
    const char *magic, *advice;
} formats[] = {
    {"qcow2", 65536, 0, 8, "QFI\xfb\0\0\0\3", "qemu-img convert -O raw"},
    {"vmdk", 65536, 0, 4, "KDMV", "qemu-img convert -O raw"},
    {"vmdk", 1000, 0, 21, "# Disk DescriptorFile", "qemu-img convert -O raw"},
    {"vdi", 65536, 64, 4, "\x7f\x10\xda\xbe", "qemu-img convert -O raw"},
    {"vhd", 65536, 0, 8, "conectix", "qemu-img convert -O raw"},
    {"vhd", 65536 + 512, 65536, 8, "conectix", "qemu-img convert -O raw"},
    {"vhdx", 65536, 0, 8, "vhdxfile", "qemu-img convert -O raw"},
    {"qed", 65536, 0, 4, "QED\0", "qemu-img convert -O raw"},
    {"luks", 65536, 0, 6, "LUKS\xba\xbe", "cryptsetup open"},
    {"gzip", 65536, 0, 4, "\x1f\x8b\x08\x08", "gunzip -k"},
    {"xz", 65536, 0, 6, "\xfd\x37zXZ\0", "unxz -k"},
    {"zip", 65536, 0, 4, "PK\3\4", "unzip"},
};

START_TEST(other_formats)
{
    char head[128] = {0}, named[32];

    if (formats[_i].at < sizeof head)
        memcpy(head + formats[_i].at, formats[_i].magic, formats[_i].len);
    make(formats[_i].size, head, sizeof head);
    if (formats[_i].at >= sizeof head) {
        int fd = open(path, O_WRONLY);
        ck_assert_int_eq(pwrite(fd, formats[_i].magic, formats[_i].len, (off_t)formats[_i].at),
                         (ssize_t)formats[_i].len);
        close(fd);
    }
    must_fail(open_image(true, false), ERSATZ_E_FORMAT, formats[_i].advice);
    snprintf(named, sizeof named, "(%s)", formats[_i].name);
    ck_assert_ptr_nonnull(strstr(error.text, named));
    ck_assert_ptr_nonnull(strstr(error.text, path));
    const struct block_options raw = {.file = path, .format = "raw", .read_only = true};
    struct medium *m = block_open(&raw, &error); /* if the user insists */
    ck_assert_ptr_nonnull(m);
    medium_close(m);
    const struct block_options by_name = {.file = path, .format = formats[_i].name};
    must_fail(block_open(&by_name, &error), ERSATZ_E_FORMAT, formats[_i].advice);
}
END_TEST

START_TEST(unknown_format)
{
    const struct block_options o = {.file = path, .format = "rwa"};

    make(512, "x", 1);
    must_fail(block_open(&o, &error), ERSATZ_E_FORMAT, "no format 'rwa'");
    ck_assert_ptr_nonnull(strstr(error.text, "raw"));
}
END_TEST

/* ---- locks ---- */

START_TEST(locks)
{
    make(4096, "x", 1);
    struct medium *w = must_open(false, false);
    must_fail(open_image(false, false), ERSATZ_E_OPEN, path);
    must_fail(open_image(true, false), ERSATZ_E_OPEN, "in use");
    must_fail(open_image(false, true), ERSATZ_E_OPEN, "in use"); /* what lies below would move */
    medium_close(w);
    struct medium *a = must_open(true, false), *b = must_open(false, true);
    must_fail(open_image(false, false), ERSATZ_E_OPEN, "in use");
    medium_close(a);
    medium_close(b);
    medium_close(must_open(false, false));
}
END_TEST

/* Another process holds it, and dies without a word: the lock goes with it. */
START_TEST(lock_of_another_process)
{
    char pid[32];
    int pipes[2], status;

    make(4096, "x", 1);
    ck_assert_int_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct medium *m = open_image(false, false);
        bool ok = m && write(pipes[1], "x", 1) == 1;
        while (ok)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(pipes[0], pid, 1), 1);
    must_fail(open_image(false, false), ERSATZ_E_OPEN, "in use by process");
    snprintf(pid, sizeof pid, "process %d (", (int)child);
    ck_assert_msg(strstr(error.text, pid) != NULL, "%s", error.text);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    medium_close(must_open(false, false));
}
END_TEST

/* ---- snapshots ---- */

#define BYTES 300000u

static void read_file(u8 *buf)
{
    int fd = open(path, O_RDONLY);

    ck_assert_int_eq(read(fd, buf, BYTES), BYTES);
    close(fd);
}

/* Random writes and reads: what is read is what was written, the file stays as it was. */
START_TEST(snapshot)
{
    static u8 before[BYTES], model[BYTES + 512], buf[20000];
    u64 seed = 12345;

    for (u32 i = 0; i < BYTES; i++)
        before[i] = (u8)(i * 31 >> 3);
    make(BYTES, before, BYTES);
    memcpy(model, before, BYTES);
    struct medium *m = must_open(false, true);
    ck_assert(m->snapshot && !m->read_only);
    ck_assert_uint_eq(m->size, align_up(BYTES, 512));
    for (unsigned k = 0; k < 2000; k++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        u64 at = (seed >> 33) % m->size, len = (seed >> 20) % sizeof buf;
        len = len > m->size - at ? m->size - at : len;
        if (k % 3) {
            ck_assert_int_eq(m->ops->read(m, at, buf, len), 0);
            ck_assert_mem_eq(buf, model + at, len);
            continue;
        }
        len %= 6000;
        memset(buf, (int)k, len);
        memset(model + at, (int)k, len);
        ck_assert_int_eq(m->ops->write(m, at, buf, len), 0);
    }
    ck_assert_int_eq(m->ops->flush(m), 0);
    medium_close(m);
    read_file(model);
    ck_assert_mem_eq(model, before, BYTES);
}
END_TEST

START_TEST(snapshot_of_what_cannot_be_written)
{
    make(4096, "x", 1);
    ck_assert_int_eq(chmod(path, 0400), 0);
    if (access(path, W_OK) != 0)
        must_fail(open_image(false, false), ERSATZ_E_OPEN, "snapshot=on");
    struct medium *m = must_open(false, true);
    ck_assert_int_eq(m->ops->write(m, 0, "yes", 3), 0);
    ck_assert_uint_eq(byte_at(m, 0), 'y');
    medium_close(m);
    setenv("TMPDIR", "/nonexistent", 1);
    must_fail(open_image(false, true), ERSATZ_E_OPEN, "TMPDIR");
}
END_TEST

/* ---- a host that refuses ---- */

static void limit_files(u64 bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(refused_writes)
{
    u8 sector[512] = "again";

    make(1 << 20, "x", 1);
    for (unsigned snapshot = 0; snapshot < 2; snapshot++) {
        struct medium *m = must_open(false, snapshot);
        limit_files(65536);
        ck_assert_int_eq(m->ops->write(m, 500000 / 512 * 512, sector, 512), -EFBIG);
        ck_assert_uint_eq(byte_at(m, 500000 / 512 * 512), 0);
        limit_files(RLIM_INFINITY);
        ck_assert_int_eq(m->ops->write(m, 500000 / 512 * 512, sector, 512), 0);
        ck_assert_uint_eq(byte_at(m, 500000 / 512 * 512), 'a');
        medium_close(m);
        make(1 << 20, "x", 1);
    }
}
END_TEST

/* A drive on top of it says when. */
static void on_failed(void *opaque, struct drive *d, int e)
{
    *(int *)opaque = e;
}

START_TEST(drive_on_top)
{
    u8 sector[512] = "again";
    int failure = 0;

    make(1 << 20, "x", 1);
    struct drive d = {.kind = DRIVE_DISK, .failed = on_failed, .board = &failure};
    ck_assert(!drive_read(&d, 0, sector, 512)); /* empty */
    ck_assert_int_eq(drive_write(&d, 0, sector, 512), DRIVE_REFUSED);
    drive_change(&d, must_open(false, false));
    ck_assert_uint_eq(drive_size(&d), 1 << 20);
    ck_assert(drive_read(&d, (1 << 20) - 512, sector, 512));
    ck_assert(!drive_read(&d, (1 << 20) - 511, sector, 512));
    ck_assert(!drive_read(&d, UINT64_MAX - 100, sector, 512));
    ck_assert_int_eq(drive_write(&d, UINT64_MAX - 100, sector, 512), DRIVE_REFUSED);
    limit_files(65536);
    ck_assert_int_eq(drive_write(&d, 512000, sector, 512), DRIVE_LATER);
    ck_assert_int_eq(failure, EFBIG);
    limit_files(RLIM_INFINITY);
    ck_assert_int_eq(drive_write(&d, 512000, sector, 512), DRIVE_DONE);
    ck_assert_int_eq(drive_flush(&d), DRIVE_DONE);
    ck_assert_uint_eq(d.count.writes, 1);
    ck_assert_uint_eq(d.count.written_bytes, 512);
    ck_assert_uint_eq(d.count.reads, 1);
    ck_assert_uint_eq(d.changes, 1);
    drive_change(&d, NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("block");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, raw);
    tcase_add_test(t, odd_size);
    tcase_add_test(t, torn);
    tcase_add_test(t, vast);
    tcase_add_test(t, what_is_no_image);
    tcase_add_loop_test(t, other_formats, 0, ARRAY_LEN(formats));
    tcase_add_test(t, unknown_format);
    tcase_add_test(t, locks);
    tcase_add_test(t, lock_of_another_process);
    tcase_add_test(t, snapshot);
    tcase_add_test(t, snapshot_of_what_cannot_be_written);
    tcase_add_test(t, refused_writes);
    tcase_add_test(t, drive_on_top);
    suite_add_tcase(s, t);
    return unit_run(s);
}
