/* SPDX-License-Identifier: MIT */
/*
 * SMBIOS 2.8 (DMTF DSP0134): structures of a formatted part, whose texts are numbered from 1, and
 * the texts behind it, each with its zero and one more at the end:
 *
 *     00 type   01 length of the formatted part   02 handle   04 .. | text 0 text 0 ... 0
 */
#include "board/smbios.h"

#include <config.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"

enum {
    TYPE_BIOS,
    TYPE_SYSTEM,
    TYPE_BOARD,
    TYPE_CHASSIS,
    TYPE_PROCESSOR,
    TYPE_MEMORY_ARRAY = 16,
    TYPE_MEMORY_DEVICE,
    TYPE_MEMORY_MAPPED = 19,
    TYPE_BOOT = 32,
    TYPE_END = 127
};
#define HANDLE(type, n) ((u16)((type) << 8 | (n)))
#define HANDLE_NONE 0xFFFFu
#define HANDLE_NO_ERRORS 0xFFFEu
#define DEVICE_MAX (16ull << 30) /* bytes of one memory device */
#define TEXT_MAX 255

struct builder {
    struct smbios_tables *t;
    const struct smbios_config *config;
    u8 *now; /* the structure in the making */
    u8 texts;
    unsigned count;
    u32 largest;
    bool full;
    u8 nowhere[64]; /* where a structure goes that doesn't fit */
};

static const struct {
    u8 type, at;
    const char *otherwise;
} rows[] = {
#define SMBIOS_TEXT(type, name, property, at, otherwise) {type, at, otherwise},
#include "board/smbios.def"
#undef SMBIOS_TEXT
};

/* ---- one structure ---- */

static u8 *begin(struct builder *b, u8 type, u8 length, u16 handle)
{
    u8 *p = b->t->bytes + b->t->size;

    if (b->full || SMBIOS_MAX - b->t->size < length + 2u) {
        b->full = true;
        return b->nowhere;
    }
    memset(p, 0, length);
    p[0] = type;
    p[1] = length;
    st16(p + 2, handle);
    b->t->size += length;
    b->now = p;
    b->texts = 0;
    return p;
}

/* Byte `at` of the structure gets the number of a text; an empty one has none. */
static void text(struct builder *b, u8 at, const char *s)
{
    size_t n = strnlen(s, TEXT_MAX);

    if (n == 0 || b->full)
        return;
    if (SMBIOS_MAX - b->t->size < n + 3) {
        b->full = true;
        return;
    }
    memcpy(b->t->bytes + b->t->size, s, n);
    b->t->bytes[b->t->size + n] = 0;
    b->t->size += (u32)n + 1;
    b->now[at] = ++b->texts;
}

/* The texts that a user may give. */
static void texts_of(struct builder *b, u8 type)
{
    for (unsigned i = 0; i < SMBIOS_TEXTS; i++)
        if (rows[i].type == type)
            text(b, rows[i].at, b->config->text[i] ? b->config->text[i] : rows[i].otherwise);
}

static void end(struct builder *b)
{
    if (b->full)
        return;
    unsigned zeros = b->texts ? 1 : 2;
    memset(b->t->bytes + b->t->size, 0, zeros);
    b->t->size += zeros;
    u32 size = (u32)(b->t->bytes + b->t->size - b->now);
    b->largest = size > b->largest ? size : b->largest;
    b->count++;
}

/* ---- each of them ---- */

static void add_bios(struct builder *b)
{
    u8 *p = begin(b, TYPE_BIOS, 24, 0);

    st16(p + 0x06, 0xF000);                              /* segment it begins in */
    st64(p + 0x0A, 0x08);                                /* characteristics: not told */
    p[0x13] = (u8)(0x14 | (b->config->uefi ? 0x08 : 0)); /* a virtual machine */
    p[0x14] = b->config->release[0];
    p[0x15] = b->config->release[1];
    p[0x16] = p[0x17] = 0xFF; /* no embedded controller */
    texts_of(b, TYPE_BIOS);
    end(b);
}

static void add_system(struct builder *b)
{
    u8 *p = begin(b, TYPE_SYSTEM, 27, HANDLE(TYPE_SYSTEM, 0));

    memcpy(p + 0x08, b->config->uuid, 16);
    p[0x18] = 6; /* woken by the power switch */
    texts_of(b, TYPE_SYSTEM);
    end(b);
}

static void add_board(struct builder *b)
{
    u8 *p = begin(b, TYPE_BOARD, 15, HANDLE(TYPE_BOARD, 0));

    p[0x09] = 1; /* hosts others */
    st16(p + 0x0B, HANDLE(TYPE_CHASSIS, 0));
    p[0x0D] = 10; /* motherboard */
    texts_of(b, TYPE_BOARD);
    end(b);
}

static void add_chassis(struct builder *b)
{
    u8 *p = begin(b, TYPE_CHASSIS, 22, HANDLE(TYPE_CHASSIS, 0));

    p[0x05] = 1;                     /* other */
    p[0x09] = p[0x0A] = p[0x0B] = 3; /* boot-up, power, thermal state: safe */
    p[0x0C] = 2;                     /* security: unknown */
    texts_of(b, TYPE_CHASSIS);
    end(b);
}

static void add_processor(struct builder *b, const struct smbios_board *board, unsigned n)
{
    u8 *p = begin(b, TYPE_PROCESSOR, 42, HANDLE(TYPE_PROCESSOR, n));
    char socket[16];

    snprintf(socket, sizeof socket, "CPU %u", n);
    p[0x05] = 3; /* central processor */
    p[0x06] = 1; /* family: other */
    st32(p + 0x08, board->cpuid_eax);
    st32(p + 0x0C, board->cpuid_edx);
    st16(p + 0x14, 1000); /* MHz, the most */
    st16(p + 0x16, 1000); /* and now: the TSC's */
    p[0x18] = 0x41;       /* socket populated, CPU enabled */
    p[0x19] = 1;          /* upgrade: other */
    for (unsigned cache = 0; cache < 3; cache++)
        st16(p + 0x1A + 2 * cache, HANDLE_NONE);
    p[0x23] = p[0x24] = p[0x25] = 1; /* cores, enabled ones, threads */
    st16(p + 0x26, 2);               /* characteristics: unknown */
    st16(p + 0x28, 1);               /* family */
    text(b, 0x04, socket);
    text(b, 0x07, board->cpu_vendor);
    text(b, 0x10, board->cpu_name);
    end(b);
}

static void add_memory_array(struct builder *b, u64 bytes, unsigned devices)
{
    u8 *p = begin(b, TYPE_MEMORY_ARRAY, 23, HANDLE(TYPE_MEMORY_ARRAY, 0));
    bool extended = bytes >> 10 >= 0x80000000u;

    p[0x04] = 1; /* location: other */
    p[0x05] = 3; /* system memory */
    p[0x06] = 3; /* no error correction */
    st32(p + 0x07, extended ? 0x80000000u : (u32)(bytes >> 10));
    st16(p + 0x0B, HANDLE_NO_ERRORS);
    st16(p + 0x0D, (u16)devices);
    st64(p + 0x0F, extended ? bytes : 0);
    end(b);
}

static void add_memory_device(struct builder *b, u64 bytes, unsigned n)
{
    u8 *p = begin(b, TYPE_MEMORY_DEVICE, 40, HANDLE(TYPE_MEMORY_DEVICE, n));
    u64 mib = bytes >> 20;
    char locator[16];

    snprintf(locator, sizeof locator, "DIMM %u", n);
    st16(p + 0x04, HANDLE(TYPE_MEMORY_ARRAY, 0));
    st16(p + 0x06, HANDLE_NO_ERRORS);
    st16(p + 0x08, 0xFFFF); /* widths: unknown */
    st16(p + 0x0A, 0xFFFF);
    st16(p + 0x0C, mib < 0x7FFF ? (u16)mib : 0x7FFF);
    p[0x0E] = 9;            /* DIMM */
    p[0x12] = 7;            /* RAM */
    st16(p + 0x13, 1 << 1); /* other */
    st32(p + 0x1C, mib < 0x7FFF ? 0 : (u32)mib);
    text(b, 0x10, locator);
    end(b);
}

static void add_memory_mapped(struct builder *b, u64 base, u64 bytes, unsigned n)
{
    u8 *p = begin(b, TYPE_MEMORY_MAPPED, 31, HANDLE(TYPE_MEMORY_MAPPED, n));
    u64 last = base + bytes - 1;
    bool extended = last >> 10 >= 0xFFFFFFFFu;

    st32(p + 0x04, extended ? 0xFFFFFFFFu : (u32)(base >> 10));
    st32(p + 0x08, extended ? 0xFFFFFFFFu : (u32)(last >> 10));
    st16(p + 0x0C, HANDLE(TYPE_MEMORY_ARRAY, 0));
    p[0x0E] = 1;
    st64(p + 0x0F, extended ? base : 0);
    st64(p + 0x17, extended ? last : 0);
    end(b);
}

static void add_memory(struct builder *b, const struct smbios_board *board)
{
    u64 all = board->low_ram + board->high_ram;
    unsigned devices = (unsigned)((all + DEVICE_MAX - 1) / DEVICE_MAX);

    add_memory_array(b, all, devices);
    for (unsigned n = 0; n < devices; n++) {
        u64 rest = all - n * DEVICE_MAX;
        add_memory_device(b, rest < DEVICE_MAX ? rest : DEVICE_MAX, n);
    }
    add_memory_mapped(b, 0, board->low_ram, 0);
    if (board->high_ram)
        add_memory_mapped(b, 1ull << 32, board->high_ram, 1);
}

/* ---- all of them ---- */

static void fill_anchor(struct smbios_tables *t, const struct builder *b)
{
    memset(t->anchor, 0, sizeof t->anchor);
    memcpy(t->anchor, "_SM_", 4);
    t->anchor[0x05] = SMBIOS_ANCHOR_SIZE;
    t->anchor[0x06] = 2;
    t->anchor[0x07] = 8;
    st16(t->anchor + 0x08, (u16)b->largest);
    memcpy(t->anchor + 0x10, "_DMI_", 5);
    st16(t->anchor + 0x16, (u16)t->size);
    st16(t->anchor + 0x1C, (u16)b->count);
    t->anchor[0x1E] = 0x28;
}

bool smbios_build(struct smbios_tables *t, const struct smbios_board *board)
{
    const struct smbios_config *config = board->config;
    struct builder b = {.t = t, .config = config};

    t->size = 0;
    if (board->with_bios || config->has_type[TYPE_BIOS])
        add_bios(&b);
    add_system(&b);
    if (config->has_type[TYPE_BOARD])
        add_board(&b);
    add_chassis(&b);
    for (unsigned n = 0; n < board->cpus; n++)
        add_processor(&b, board, n);
    add_memory(&b, board);
    begin(&b, TYPE_BOOT, 11, HANDLE(TYPE_BOOT, 0)); /* status: no errors */
    end(&b);
    begin(&b, TYPE_END, 4, HANDLE(TYPE_END, 0));
    end(&b);
    fill_anchor(t, &b);
    return !b.full;
}

static u8 complement(const u8 *p, u32 n)
{
    u8 s = 0;

    while (n--)
        s = (u8)(s + *p++);
    return (u8)-s;
}

void smbios_link(struct smbios_tables *t, u32 base)
{
    u8 *a = t->anchor;

    st32(a + 0x18, base);
    a[0x04] = a[0x15] = 0;
    a[0x15] = complement(a + 0x10, SMBIOS_ANCHOR_SIZE - 0x10);
    a[0x04] = complement(a, SMBIOS_ANCHOR_SIZE);
}
