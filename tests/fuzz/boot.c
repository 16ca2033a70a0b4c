/* SPDX-License-Identifier: MIT */
/*
 * Torn and lying kernels and initrds: small sound images of each kind, and the real ones that
 * GUESTS has, with bytes changed, fields at their limits, ends cut off. The library either starts
 * what it is given or gives a reason; what was started runs a little and is reset.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "image.h"
#include "watch.h"

#define SMALL 0x6000
#define RAMDISK_MAX 0x5000
#define APPEND_MAX 3000

enum kind { KIND_LINUX, KIND_KLUDGE, KIND_ELF, KIND_REAL, KIND_NOISE, KINDS };

enum {
    COUNT_STARTED = KINDS,
    COUNT_SIZE,
    COUNT_FORMAT,
    COUNT_VALUE,
    COUNT_INSNS,
    COUNT_INITRD,
    COUNT_MODULES,
};

static const char *const counters[] = {
    "bzImages",
    "multiboot images that tell their addresses",
    "multiboot images in ELF",
    "?real kernels",
    "files of noise",
    "kernels started",
    "refused by their size",
    "refused by their format",
    "refused by a value or a conflict",
    "instructions",
    "initrds",
    "lists of modules",
    NULL,
};

struct file {
    u8 *data;
    size_t size;
    /* where its header is: changed bytes lie here mostly */
    size_t header, header_end;
};

/* ---- sound images ---- */

/* The header fields that matter, by their offsets (Documentation/arch/x86/boot.rst). */
static void make_linux(struct file *f)
{
    u8 *p = f->data;

    memset(p, 0, f->size);
    p[0x1f1] = 4;
    st32(p + 0x1f4, (u32)((f->size - 5 * 512) / 16));
    st16(p + 0x1fe, 0xaa55);
    p[0x201] = 0x66;
    memcpy(p + 0x202, "HdrS", 4);
    st16(p + 0x206, 0x20f);
    p[0x211] = 1;
    st32(p + 0x214, 0x100000);
    st32(p + 0x22c, 0x7fffffff);
    st32(p + 0x230, 0x200000);
    p[0x234] = 1;
    st16(p + 0x236, 1);
    st32(p + 0x238, 0x7ff);
    st64(p + 0x258, 0x400000);
    st32(p + 0x260, 0x10000);
    st16(p + 5 * 512, 0xfeeb); /* jmp $ at both entries */
    st16(p + 5 * 512 + 0x200, 0xfeeb);
    f->header = 0x1f1;
    f->header_end = 0x290;
}

static void make_kludge(struct file *f)
{
    u8 *p = f->data;

    memset(p, 0, f->size);
    st32(p + 64, 0x1badb002);
    st32(p + 68, 0x10003);
    st32(p + 72, 0u - 0x1badb002 - 0x10003);
    st32(p + 76, 0x200040);
    st32(p + 80, 0x200000);
    st32(p + 84, (u32)(0x200000 + f->size));
    st32(p + 88, (u32)(0x210000 + f->size));
    st32(p + 92, 0x200100);
    st16(p + 0x100, 0xfeeb);
    f->header = 64;
    f->header_end = 96;
}

static void make_elf(struct file *f)
{
    static const u8 ident[] = {0x7f, 'E', 'L', 'F', 1, 1, 1};
    u8 *p = f->data;

    memset(p, 0, f->size);
    memcpy(p, ident, sizeof ident);
    st16(p + 16, 2); /* an executable for the 386 */
    st16(p + 18, 3);
    st32(p + 24, 0x200200);
    st32(p + 28, 52);
    st16(p + 42, 32);
    st16(p + 44, 2);
    for (unsigned i = 0; i < 2; i++) {
        u8 *ph = p + 52 + 32 * i;
        st32(ph, 1);
        st32(ph + 4, 0x1000 * i);
        st32(ph + 8, 0x200000 + 0x10000 * i);
        st32(ph + 12, i ? 0x8000 : 0x200000);
        st32(ph + 16, 0x1000);
        st32(ph + 20, 0x2000);
    }
    st32(p + 0x180, 0x1badb002);
    st32(p + 0x184, 0);
    st32(p + 0x188, 0u - 0x1badb002);
    st16(p + 0x200, 0xfeeb);
    f->header = one_in(&(struct rng){f->size}, 2) ? 0 : 52;
    f->header_end = 116;
}

/* One of the kernels that were fetched for the boots; false: there are none. */
static bool read_real(struct rng *r, struct file *f)
{
    const char *guests = getenv("GUESTS");
    char pattern[512];
    glob_t found;
    bool ok = false;

    snprintf(pattern, sizeof pattern, "%s/vmlinuz*", guests ? guests : "");
    if (guests && glob(pattern, 0, NULL, &found) == 0) {
        FILE *in = fopen(found.gl_pathv[rng_below(r, found.gl_pathc)], "rb");
        long size = in && fseek(in, 0, SEEK_END) == 0 ? ftell(in) : -1;
        u8 *p = size > 0 ? realloc(f->data, (size_t)size) : NULL;
        if (p) {
            f->data = p;
            f->size = (size_t)size;
            rewind(in);
            ok = fread(p, 1, f->size, in) == f->size;
        }
        if (in)
            fclose(in);
        globfree(&found);
    }
    f->header = 0x1f1;
    f->header_end = 0x290;
    return ok;
}

static enum kind make(struct rng *r, struct file *f)
{
    enum kind kind = (enum kind)rng_below(r, KIND_REAL);

    f->size = SMALL;
    f->data = malloc(SMALL);
    if (!f->data)
        abort();
    if (one_in(r, 40) && read_real(r, f))
        return KIND_REAL;
    if (one_in(r, 30))
        kind = KIND_NOISE;
    switch (kind) {
    case KIND_LINUX: make_linux(f); break;
    case KIND_KLUDGE: make_kludge(f); break;
    case KIND_ELF: make_elf(f); break;
    default:
        for (unsigned i = 0; i < SMALL; i += 8)
            st64(f->data + i, rng_next(r));
        f->header_end = SMALL;
        break;
    }
    return kind;
}

/* ---- flaws ---- */

static u32 edge(struct rng *r, const struct file *f)
{
    const u32 values[] = {0,
                          1,
                          0xffff,
                          0x7fffffff,
                          0x80000000,
                          0xffffffff,
                          0xfffff000,
                          0x100000,
                          0xa0000,
                          0x9fc00,
                          0xc0000000,
                          (u32)f->size,
                          (u32)f->size - 1,
                          (u32)f->size + 1,
                          (u32)rng_next(r),
                          (u32)rng_below(r, 0x400)};

    return values[rng_below(r, ARRAY_LEN(values))] + (one_in(r, 4) ? (u32)rng_below(r, 9) - 4 : 0);
}

static void change_field(struct rng *r, struct file *f)
{
    size_t at = f->header + rng_below(r, f->header_end - f->header);
    u32 v = edge(r, f);

    if (one_in(r, 8))
        at = rng_below(r, f->size < 8192 ? f->size : 8192);
    if (at + 4 > f->size)
        return;
    if (!one_in(r, 4))
        at = at & ~(size_t)3;
    switch (rng_below(r, 3)) {
    case 0: f->data[at] = (u8)v; break;
    case 1: st16(f->data + at, (u16)v); break;
    default: st32(f->data + at, v); break;
    }
    /* a multiboot header that still adds up */
    u8 *h = f->data + 64;
    if (f->header == 64 && one_in(r, 2))
        st32(h + 8, 0u - ld32(h) - ld32(h + 4));
}

static void spoil(struct rng *r, struct file *f)
{
    unsigned changes = (unsigned)rng_below(r, 5);

    for (unsigned i = 0; i < changes; i++)
        change_field(r, f);
    if (one_in(r, 3))
        f->size = rng_below(r, one_in(r, 2) ? f->size + 1 : f->size < 0x400 ? f->size + 1 : 0x400);
}

/* ---- a case ---- */

struct trial {
    struct fuzz *f;
    struct rng rng;
    struct ersatz_machine *m;
    struct image kernel, ramdisk;
};

static void set(struct trial *t, const char *key, const char *value)
{
    struct ersatz_error error;

    if (ersatz_set(t->m, key, value, &error))
        fuzz_fail(t->f, "%s=%.40s: %s", key, value, error.text);
}

static void set_ramdisk(struct trial *t)
{
    struct rng *r = &t->rng;
    u8 data[RAMDISK_MAX];
    char list[512] = "";

    for (unsigned i = 0; i < sizeof data; i += 8)
        st64(data + i, rng_next(r));
    image_write(t->f, &t->ramdisk, data, rng_below(r, RAMDISK_MAX + 1));
    if (one_in(r, 8) && ftruncate(t->ramdisk.fd, (off_t)rng_below(r, 40 << 20))) /* mostly holes */
        fuzz_fail(t->f, "an initrd cannot grow");
    unsigned modules = one_in(r, 2) ? 1 : (unsigned)rng_below(r, 8);
    for (unsigned i = 0; i < modules; i++) {
        size_t at = strlen(list);
        snprintf(list + at, sizeof list - at, "%s%s%s", i ? "," : "", t->ramdisk.path,
                 one_in(r, 3) ? " some words" : "");
    }
    set(t, "initrd", list);
    t->f->count[modules > 1 ? COUNT_MODULES : COUNT_INITRD]++;
}

static void configure(struct trial *t)
{
    static const char *const memory[] = {"2M", "3M", "5M", "16M", "64M", "4G"};
    static const char *const models[] = {"max", "max", "486", "pentium3"};
    struct rng *r = &t->rng;
    char append[APPEND_MAX + 1];
    size_t n = one_in(r, 4) ? rng_below(r, APPEND_MAX) : rng_below(r, 40);

    for (size_t i = 0; i < n; i++)
        append[i] = (char)(1 + rng_below(r, 127));
    append[n] = 0;
    set(t, "memory", memory[rng_below(r, ARRAY_LEN(memory))]);
    set(t, "cpu", models[rng_below(r, ARRAY_LEN(models))]);
    set(t, "kernel", t->kernel.path);
    set(t, "append", append);
    if (one_in(r, 2))
        set_ramdisk(t);
}

static void refused(struct trial *t, int result, const struct ersatz_error *error)
{
    bool known = result < 0 && result >= -ERSATZ_E_UNSUPPORTED && -result == (int)error->code;

    if (!known || !error->text[0])
        fuzz_fail(t->f, "a result of %d, and \"%s\"", result, error->text);
    if (result == -ERSATZ_E_HOST || result == -ERSATZ_E_BUSY || result == -ERSATZ_E_STATE)
        fuzz_fail(t->f, "not the file's fault: %s", error->text);
    t->f->count[COUNT_SIZE] += result == -ERSATZ_E_SIZE;
    t->f->count[COUNT_FORMAT] += result == -ERSATZ_E_FORMAT;
    t->f->count[COUNT_VALUE] += result == -ERSATZ_E_VALUE || result == -ERSATZ_E_CONFLICT;
}

static void run(struct trial *t)
{
    struct ersatz_error error;
    struct ersatz_exit why;
    struct watch watch = {0};

    t->f->count[COUNT_STARTED]++;
    watch_begin(&watch, t->f, t->m);
    for (unsigned i = 0; i < 2; i++) {
        u64 before = ersatz_instructions(t->m);
        if (ersatz_run(t->m, 500, &why, &error))
            fuzz_fail(t->f, "started, but %s", error.text);
        t->f->count[COUNT_INSNS] += ersatz_instructions(t->m) - before;
        ersatz_reset(t->m);
    }
    watch_end(&watch);
}

static void run_case(struct fuzz *f, u64 seed)
{
    struct trial t = {.f = f, .rng = {seed}};
    struct ersatz_error error = {0};
    struct file file = {0};

    t.kernel = image_new(f);
    t.ramdisk = image_new(f);
    f->count[make(&t.rng, &file)]++;
    spoil(&t.rng, &file);
    image_write(f, &t.kernel, file.data, file.size);
    t.m = ersatz_create(&error);
    if (!t.m)
        fuzz_fail(f, "%s", error.text);
    configure(&t);
    int result = ersatz_power_on(t.m, &error);
    if (result)
        refused(&t, result, &error);
    else
        run(&t);
    ersatz_destroy(t.m);
    free(file.data);
    close(t.kernel.fd);
    close(t.ramdisk.fd);
}

int main(void)
{
    static const struct fuzz_target target = {"boot", run_case, counters};

    return fuzz_main(&target);
}
