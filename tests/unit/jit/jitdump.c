/* SPDX-License-Identifier: MIT */
/* The files that perf reads: what is in them, by their own formats. */
#include <stdio.h>
#include <unistd.h>

#include "jit/engine_state.h"
#include "unit/testcpu.h"
#include "unit/unit.h"

enum { HEADER = 40, RECORD = 16, LOAD = 56, FILE_MAX = 1 << 20 };

struct dump {
    u8 bytes[FILE_MAX];
    size_t size;
};

/* mov ecx, 100; l: inc eax; dec ecx; jnz l; hlt */
static const u8 code[] = {0xb9, 100, 0, 0, 0, 0x40, 0x49, 0x75, 0xfc, 0xf4};

static struct jit *run(struct testcpu *t, const struct jit_config *config)
{
    struct jit *jit = jit_new(t->engine, config);

    ck_assert_ptr_nonnull(jit);
    testcpu_load(t, TESTCPU_CODE, code, sizeof code);
    ck_assert_uint_eq(testcpu_run(t, TESTCPU_CODE, 10000), TESTCPU_HALTED);
    ck_assert_uint_ge(jit_stats(jit).translations, 1);
    return jit;
}

static void path_of(char path[64], const char *format)
{
    snprintf(path, 64, format, (long)getpid());
}

static void read_file(struct dump *d, const char *path)
{
    FILE *f = fopen(path, "r");

    ck_assert_msg(f, "%s", path);
    d->size = fread(d->bytes, 1, sizeof d->bytes - 1, f);
    d->bytes[d->size] = 0;
    fclose(f);
    unlink(path);
}

static void check_header(const struct dump *d)
{
    ck_assert_uint_ge(d->size, HEADER);
    ck_assert_uint_eq(ld32(d->bytes), 0x4a695444);
    ck_assert_uint_eq(ld32(d->bytes + 4), 1);
    ck_assert_uint_eq(ld32(d->bytes + 8), HEADER);
#ifdef __x86_64__
    ck_assert_uint_eq(ld32(d->bytes + 12), 62); /* EM_X86_64 */
#elif defined(__aarch64__)
    ck_assert_uint_eq(ld32(d->bytes + 12), 183); /* EM_AARCH64 */
#endif
    ck_assert_uint_eq(ld32(d->bytes + 20), (u32)getpid());
    ck_assert_uint_eq(ld64(d->bytes + 32), 0);
}

/* A LOAD record against the engine's own list; the first is of the thunks. */
static void check_load(const u8 *r, const struct jit *j, unsigned number)
{
    const char *name = (const char *)r + LOAD;
    size_t bytes = ld64(r + 40);

    ck_assert_uint_eq(ld32(r + 16), (u32)getpid());
    ck_assert_uint_ne(ld32(r + 20), 0);
    ck_assert_uint_eq(ld64(r + 24), ld64(r + 32));
    ck_assert_uint_eq(ld64(r + 48), number);
    ck_assert_uint_eq(ld32(r + 4), LOAD + strlen(name) + 1 + bytes);
    if (!number) {
        ck_assert_str_eq(name, "jit_thunks");
        return;
    }
    const struct jit_code *c = &j->codes[number - 1];
    char own[JIT_NAME];
    jit_name(own, c);
    ck_assert_str_eq(name, own);
    ck_assert_uint_eq(ld64(r + 24), (uintptr_t)c->entry);
    ck_assert_uint_eq(bytes, c->bytes);
}

/* Records one after the other up to CLOSE, in the order of their times. */
static unsigned check_records(const struct dump *d, const struct jit *j)
{
    unsigned loads = 0;
    u64 before = ld64(d->bytes + 24);
    size_t at = HEADER;

    for (;; at += ld32(d->bytes + at + 4)) {
        const u8 *r = d->bytes + at;
        ck_assert_uint_le(at + RECORD, d->size);
        ck_assert_uint_le(at + ld32(r + 4), d->size);
        ck_assert_uint_ge(ld32(r + 4), RECORD);
        ck_assert_uint_ge(ld64(r + 8), before);
        before = ld64(r + 8);
        if (ld32(r) == 3)
            break;
        ck_assert_uint_eq(ld32(r), 0);
        check_load(r, j, loads++);
    }
    ck_assert_uint_eq(at + RECORD, d->size);
    return loads;
}

/* What the process maps of the file, as perf sees it. */
static bool mapped(const char *path)
{
    char line[512];
    bool found = false;
    FILE *f = fopen("/proc/self/maps", "r");

    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f))
        found |= strstr(line, path) && strstr(line, " r-xp 00000000 ");
    fclose(f);
    return found;
}

START_TEST(test_jitdump)
{
    static struct dump d;
    const struct jit_config config = {.heat = 1, .jitdump = true};
    struct testcpu *t = testcpu_new(TESTCPU_32), *other = testcpu_new(TESTCPU_32);
    char path[64];

    path_of(path, "/tmp/jit-%ld.dump");
    struct jit *jit = run(t, &config);
    struct jit copy = *jit;
    struct jit_code *codes = malloc(copy.code_count * sizeof *codes);
    memcpy(codes, jit->codes, copy.code_count * sizeof *codes);
    copy.codes = codes;
    ck_assert(mapped(path));
    jit_destroy(run(other, &config)); /* another machine leaves the file alone */
    unsigned number = (unsigned)jit_stats(jit).translations;
    jit_destroy(jit);
    ck_assert(!mapped(path));
    read_file(&d, path);
    check_header(&d);
    ck_assert_uint_eq(check_records(&d, &copy), number + 1);
    free(codes);
    testcpu_free(t);
    testcpu_free(other);
}
END_TEST

/* `START SIZE NAME` a line. */
START_TEST(test_perfmap)
{
    static struct dump d;
    struct testcpu *t = testcpu_new(TESTCPU_32);
    unsigned number, lines = 0;
    unsigned long long start;
    char path[64], name[64];
    unsigned size;

    path_of(path, "/tmp/perf-%ld.map");
    unlink(path);
    struct jit *jit = run(t, &(struct jit_config){.heat = 1, .perfmap = true});
    number = (unsigned)jit_stats(jit).translations;
    jit_destroy(jit);
    read_file(&d, path);
    for (const char *p = (const char *)d.bytes; *p; p += strcspn(p, "\n") + 1, lines++) {
        ck_assert_int_eq(sscanf(p, "%llx %x %63s\n", &start, &size, name), 3);
        ck_assert_msg(start && !strncmp(name, lines ? "guest_1000" : "jit_thunks", 10), "%s", name);
    }
    ck_assert_uint_eq(lines, number + 1);
    testcpu_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("jit/jitdump");
    TCase *c = tcase_create("perf");

    tcase_add_test(c, test_jitdump);
    tcase_add_test(c, test_perfmap);
    suite_add_tcase(s, c);
    return unit_run(s);
}
