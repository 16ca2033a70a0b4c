/* SPDX-License-Identifier: MIT */
/*
 * The decoder against Zydis and Capstone over random strings. DECODE_STRINGS is the number of
 * strings (10^6 if unset), DECODE_SEED the seed.
 */
#include <Zydis/Zydis.h>
#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

struct bulk {
    ZydisDecoder zydis[3];
    csh capstone[3];
    cs_insn *insn;
    struct oracle by_zydis, by_capstone, by_text;
};

static bool valid(const struct sample *s)
{
    return s->result == DECODE_OK && s->in.row != ROW_UD;
}

/* What an instruction means differs from CPU to CPU: AMD's branches, and neither MPX, CET nor
 * CLDEMOTE, whose encodings then are NOPs. */
static void zydis_open(ZydisDecoder d[3])
{
    static const ZydisDecoderMode off[] = {ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET,
                                           ZYDIS_DECODER_MODE_CLDEMOTE};
    ZydisDecoderInit(&d[CODE16], ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
    ZydisDecoderInit(&d[CODE32], ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    ZydisDecoderInit(&d[CODE64], ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (unsigned i = 0; i < 3; i++) {
        ZydisDecoderEnableMode(&d[i], ZYDIS_DECODER_MODE_AMD_BRANCHES, ZYAN_TRUE);
        for (unsigned k = 0; k < sizeof off / sizeof off[0]; k++)
            ZydisDecoderEnableMode(&d[i], off[k], ZYAN_FALSE);
    }
}

static bool bulk_open(struct bulk *b)
{
    static const cs_mode modes[3] = {CS_MODE_16, CS_MODE_32, CS_MODE_64};

    memset(b, 0, sizeof *b);
    zydis_open(b->zydis);
    for (unsigned i = 0; i < 3; i++) {
        if (cs_open(CS_ARCH_X86, modes[i], &b->capstone[i]) != CS_ERR_OK)
            return false;
    }
    b->insn = cs_malloc(b->capstone[0]);
    b->by_zydis = (struct oracle){
        .name = "Zydis", .errata = zydis_errata, .count = zydis_errata_count};
    b->by_capstone = (struct oracle){
        .name = "Capstone", .errata = capstone_errata, .count = capstone_errata_count};
    b->by_text = b->by_capstone;
    b->by_text.name = "Capstone's text";
    return b->insn != NULL;
}

static struct verdict ask_zydis(struct bulk *b, const struct sample *s)
{
    ZydisDecodedInstruction z;
    struct verdict v = {.extension = ""};

    if (ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&b->zydis[s->mode], NULL, s->bytes, SAMPLE_BYTES, &z))) {
        v.valid = true;
        v.len = z.length;
        v.extension = ZydisISAExtGetString(z.meta.isa_ext);
    }
    return v;
}

static struct verdict ask_capstone(struct bulk *b, const struct sample *s)
{
    const u8 *p = s->bytes;
    size_t n = SAMPLE_BYTES;
    u64 address = 0x1000;
    struct verdict v = {.mnemonic = "", .operands = ""};

    if (cs_disasm_iter(b->capstone[s->mode], &p, &n, &address, b->insn)) {
        v.valid = true;
        v.len = b->insn->size;
        v.mnemonic = b->insn->mnemonic;
        v.operands = b->insn->op_str;
    }
    return v;
}

static bool agree(const struct sample *s, const struct verdict *v)
{
    return v->valid == valid(s) && (!v->valid || v->len == s->in.len);
}

static void check(struct bulk *b, const struct sample *s)
{
    struct verdict z = ask_zydis(b, s), c = ask_capstone(b, s);

    if (agree(s, &z))
        b->by_zydis.agreed++;
    else
        oracle_differs(&b->by_zydis, s, &z);

    c.extension = z.extension;
    if (!agree(s, &c)) {
        oracle_differs(&b->by_capstone, s, &c);
        return;
    }
    b->by_capstone.agreed++;
    if (!c.valid)
        return;
    if (capstone_same_text(s, &c))
        b->by_text.agreed++;
    else
        oracle_differs(&b->by_text, s, &c);
}

static void report(unsigned number, const struct oracle *o, const char *what)
{
    for (unsigned i = 0; i < o->count; i++) {
        if (o->met[i])
            printf("# %s: %9llu  %s: %s\n", o->name, (unsigned long long)o->met[i],
                   o->errata[i].name, o->errata[i].reason);
    }
    printf("%s %u - %s: %llu agree, %llu differ without an erratum\n",
           o->unexplained || !o->agreed ? "not ok" : "ok", number, what,
           (unsigned long long)o->agreed, (unsigned long long)o->unexplained);
}

/* An erratum that nothing meets any more hides what it once explained. */
static unsigned stale(const struct oracle *o, const u64 *also)
{
    unsigned n = 0;

    for (unsigned i = 0; i < o->count; i++) {
        if (o->met[i] || also[i] || o->errata[i].rare)
            continue;
        printf("# %s: never met: %s\n", o->name, o->errata[i].name);
        n++;
    }
    return n;
}

static void report_stale(unsigned number, const struct bulk *b, u64 strings)
{
    if (strings < 10000000) {
        printf("ok %u - every erratum is met # SKIP too few strings to tell: "
               "DECODE_STRINGS=10000000\n",
               number);
        return;
    }
    unsigned n = stale(&b->by_zydis, b->by_zydis.met);
    n += stale(&b->by_capstone, b->by_text.met);
    printf("%s %u - every erratum is met\n", n ? "not ok" : "ok", number);
}

int main(void)
{
    const char *count = getenv("DECODE_STRINGS"), *seed = getenv("DECODE_SEED");
    u64 n = count ? strtoull(count, NULL, 0) : 1000000;
    u64 state = seed ? strtoull(seed, NULL, 0) : 1;
    static struct bulk b;
    struct sample s;

    if (!bulk_open(&b)) {
        printf("Bail out! Capstone does not open\n");
        return 1;
    }
    for (u64 i = 0; i < n; i++) {
        sample_make(&s, &state);
        check(&b, &s);
    }
    printf("1..4\n");
    printf("# %llu strings\n", (unsigned long long)n);
    report(1, &b.by_zydis, "validity and length against Zydis");
    report(2, &b.by_capstone, "validity and length against Capstone");
    report(3, &b.by_text, "names and operands against Capstone");
    report_stale(4, &b, n);
    return 0;
}
