/* SPDX-License-Identifier: MIT */
/*
 * The host's CPU as the oracle: every row of insn.def that user mode can run, in 64-bit and
 * 32-bit code, from generated states, on the hardware and on us. One TAP line a row and mode.
 *
 * Where there is no such hardware, or with --golden, the digests of digests.txt stand in for it:
 * for each row and mode a hash of our outcomes from 200 states, written (--digests) on a host
 * where they were found equal to the hardware's. So the portable kernels (--soft), the soft TLB
 * (--soft-tlb), translated code (--jit) and other hosts are held to the same bits.
 *
 *     isa [--states N] [--seed S] [--row NAME] [--soft] [--soft-tlb] [--jit] [--golden]
 *         [--digests] [--verbose]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "decode/feature.h"
#include "state.h"

#define DIGEST_STATES 200

struct options {
    unsigned states;
    u64 seed;
    const char *row;
    bool soft, soft_tlb, jit, golden, digests, verbose;
};

struct bench {
    struct options opt;
    struct emu *emu;
    bool native;
    FILE *golden;
    unsigned ran, failed, tests;
    struct isa_state before, want, got;
};

/* --- can the host run it? --- */

static bool host_has(unsigned feature)
{
#if defined(__x86_64__)
    enum { NONE = ~0u, EAX = 0, EBX, ECX, EDX };
    static const struct {
        u32 leaf, subleaf;
        u8 reg, bit;
    } rows[] = {
#define FEATURE(symbol, name, leaf, subleaf, reg, bit) {leaf, subleaf, reg, bit},
#include "decode/feature.def"
#undef FEATURE
    };
    u32 r[4];
    if (rows[feature].leaf == NONE)
        return true;
    if (!__get_cpuid_count(rows[feature].leaf, rows[feature].subleaf, &r[0], &r[1], &r[2], &r[3]))
        return false;
    return r[rows[feature].reg] >> rows[feature].bit & 1;
#else
    (void)feature;
    return false;
#endif
}

/* --- digests: FNV-1a over what isa_same() would compare --- */

static u64 hash(u64 h, const void *p, size_t n)
{
    for (const u8 *b = p; n--; b++)
        h = (h ^ *b) * 0x100000001b3;
    return h;
}

static u64 outcome_hash(u64 h, const struct isa_case *t, const struct isa_state *s)
{
    u32 flags = s->eflags & (EFL_STATUS | EFL_DF) & ~insn_rows[t->in.row].flags_undefined;
    u32 head[2] = {(u32)s->vector, flags};
    h = hash(h, t->bytes, t->in.len);
    h = hash(h, head, sizeof head);
    h = hash(h, s->gpr, t->mode == CODE64 ? sizeof s->gpr : sizeof s->gpr / 2);
    h = hash(h, &s->rip, sizeof s->rip);
    h = hash(h, s->fx.st, sizeof s->fx.st);
    h = hash(h, s->fx.xmm, sizeof s->fx.xmm);
    h = hash(h, &s->fx.fsw, sizeof s->fx.fsw);
    h = hash(h, &s->fx.mxcsr, sizeof s->fx.mxcsr);
    for (unsigned i = 0; i < sizeof s->mem; i += 8)
        h = (h ^ ld64(s->mem + i)) * 0x100000001b3;
    return h ^ h >> 32;
}

static void show(const struct isa_case *t, const char *why)
{
    char text[80];
    insn_print(&t->in, ISA_INSN, text, sizeof text);
    printf("# %d-bit ", t->mode == CODE64 ? 64 : 32);
    for (unsigned i = 0; i < t->in.len; i++)
        printf("%02x", t->bytes[i]);
    printf(" %s:%s\n", text, why);
}

struct outcome {
    unsigned states, wrong;
    u64 digest;
};

static struct outcome run_row(struct bench *b, unsigned row, enum code_mode mode)
{
    struct outcome o = {0, 0, 0xcbf29ce484222325};
    struct rng r = {b->opt.seed * 0x10001 + row * 4 + mode};
    char why[600];
    for (unsigned i = 0; i < b->opt.states; i++) {
        struct isa_case t;
        if (!gen_case(&r, row, mode, &t))
            break;
        gen_state(&r, &t, &b->before);
        emu_run(b->emu, &t, &b->before, &b->got);
        isa_settle(&b->got);
        if (!b->native)
            o.digest = outcome_hash(o.digest, &t, &b->got);
        o.states++;
        if (!b->native)
            continue;
        native_run(&t, &b->before, &b->want);
        isa_settle(&b->want);
        if (isa_same(&t, &b->want, &b->got, why, sizeof why))
            continue;
        if (o.wrong++ < (b->opt.verbose ? 20 : 2))
            show(&t, why);
    }
    return o;
}

static void result(struct bench *b, bool ok, const char *name, const char *rest)
{
    b->tests++;
    b->failed += !ok;
    printf("%sok %u - %s%s\n", ok ? "" : "not ", b->tests, name, rest);
}

/* The digest's line for this row and mode; rows follow in order, so it is mostly the next one. */
static bool find_digest(struct bench *b, const char *name, char *line, int room)
{
    size_t n = strlen(name);
    for (unsigned pass = 0; b->golden && pass < 2; pass++) {
        while (fgets(line, room, b->golden))
            if (!strncmp(line, name, n) && line[n] == ' ')
                return true;
        rewind(b->golden);
    }
    return false;
}

static void check_digest(struct bench *b, const char *name, u64 digest)
{
    char line[128];
    if (!find_digest(b, name, line, sizeof line))
        result(b, false, name, ": no digest");
    else
        result(b, strtoull(line + strlen(name), NULL, 16) == digest, name, ": digest");
}

/* False if the generator found no encoding of the row in this mode. */
static bool test_row(struct bench *b, unsigned row, enum code_mode mode)
{
    const struct insn_row *facts = &insn_rows[row];
    char name[64], rest[64];
    snprintf(name, sizeof name, "%s row %u %d-bit", facts->name, row, mode == CODE64 ? 64 : 32);
    bool skip = b->native && !host_has(facts->cpu);
    struct outcome o = {0, 0, 0};
    if (!skip)
        o = run_row(b, row, mode);
    if (skip)
        result(b, true, name, " # SKIP the host's CPU lacks it");
    if (skip || !o.states)
        return skip;
    b->ran += o.states;
    if (b->opt.digests)
        printf("%s %016llx\n", name, (unsigned long long)o.digest);
    else if (!b->native)
        check_digest(b, name, o.digest);
    else {
        snprintf(rest, sizeof rest, ": %u of %u states", o.states - o.wrong, o.states);
        result(b, !o.wrong, name, rest);
    }
    return true;
}

/* Every row that user mode can run must have been run in some mode. */
static void test_both(struct bench *b, unsigned row)
{
    const struct insn_row *facts = &insn_rows[row];
    if (!(facts->attr & ATTR_USER) || (b->opt.row && strcmp(b->opt.row, facts->name)))
        return;
    bool in64 = test_row(b, row, CODE64), in32 = test_row(b, row, CODE32);
    if (!in64 && !in32)
        result(b, false, facts->name, ": no encoding was found");
}

static bool parse(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {{"states", 1, NULL, 'n'},   {"seed", 1, NULL, 's'},
                                          {"row", 1, NULL, 'r'},      {"soft", 0, NULL, 'f'},
                                          {"soft-tlb", 0, NULL, 't'}, {"digests", 0, NULL, 'd'},
                                          {"golden", 0, NULL, 'g'},   {"jit", 0, NULL, 'j'},
                                          {"verbose", 0, NULL, 'v'},  {NULL, 0, NULL, 0}};
    const char *states = getenv("ISA_STATES");
    *o = (struct options){.states = states ? (unsigned)atoi(states) : DIGEST_STATES, .seed = 1};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 'n': o->states = (unsigned)strtoul(optarg, NULL, 0); break;
        case 's': o->seed = strtoull(optarg, NULL, 0); break;
        case 'r': o->row = optarg; break;
        case 'f': o->soft = true; break;
        case 't': o->soft_tlb = true; break;
        case 'j': o->jit = o->golden = true; break; /* its code needs GS, as native_run() does */
        case 'g': o->golden = true; break;
        case 'd': o->digests = true; break;
        case 'v': o->verbose = true; break;
        default: return false;
        }
    }
    return o->states > 0;
}

static FILE *open_digests(void)
{
    char path[1000];
    const char *srcdir = getenv("srcdir");
    snprintf(path, sizeof path, "%s/tests/isa/digests.txt", srcdir ? srcdir : ".");
    return fopen(path, "r");
}

int main(int argc, char **argv)
{
    static struct bench b;
    if (!parse(&b.opt, argc, argv)) {
        fprintf(stderr, "isa: see the head of tests/isa/isa.c for its options\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    b.native = !b.opt.digests && !b.opt.golden && native_open();
    if (!b.native)
        b.opt.states = DIGEST_STATES;
    if (!b.native && !b.opt.digests)
        b.golden = open_digests();
    b.emu = emu_open(b.opt.soft, !b.opt.soft_tlb);
    if (b.opt.jit && !emu_jit(b.emu)) {
        printf("1..0 # SKIP no translated code on this host\n");
        return 0;
    }
    for (unsigned row = 1; row < insn_row_count; row++)
        test_both(&b, row);
    if (b.opt.jit)
        result(&b, emu_translations(b.emu) >= b.ran, "each state ran in translated code", "");
    emu_close(b.emu);
    if (b.golden)
        fclose(b.golden);
    if (b.opt.digests)
        return 0;
    printf("1..%u\n# %u states, %s\n", b.tests, b.ran, b.native ? "hardware" : "digests");
    return b.failed != 0;
}
