/* SPDX-License-Identifier: MIT */
/*
 * The lifter, the optimiser and a backend against the interpreter. For every row of insn.def that
 * user mode can run, in each mode: random encodings and states; the block of the instruction alone,
 * and blocks in which others stand before it, so that flags and registers live and die; run by the
 * interpreter, and as IR (as lifted, optimised, with only the live flags). Registers, flags,
 * memory, faults and the place of a fault must be the same. One TAP line a row and mode.
 *
 *     eval [--native] [--soft-tlb] [--states N] [--seed S] [--row NAME] [--verbose]
 *
 * --native: by this host's own backend, not the portable one; --soft-tlb: without flat tables.
 *
 * A row that the lifter makes no more of than a call of the interpreter is run a few times only.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval.h"

#define STATES 200
#define FEW_STATES 40 /* on an emulated host */
#define STUB_STATES 8 /* of such a row */
#define PREFIX_INSNS 5

struct options {
    unsigned states;
    u64 seed;
    const char *row;
    bool native, soft_tlb, verbose;
};

struct bench {
    struct options opt;
    struct eval *eval;
    unsigned bodies[4096]; /* rows to put before others */
    unsigned body_count;
    unsigned tests, failed, states, faults;
};

static const bool row_has_body[] = {
#define BODY(name) true
#define CALL(name) false
#define INSN(map, opcode, ext, prefix, mnemonic, sem, ...) sem,
#include "decode/insn.def"
#undef INSN
#undef CALL
#undef BODY
};

static const char *const mode_names[EVAL_MODES] = {
    [EVAL_64] = "64-bit", [EVAL_32] = "32-bit", [EVAL_32_SEG] = "segmented", [EVAL_16] = "16-bit"};

/* --- blocks --- */

struct bytes {
    u8 at[128];
    unsigned n;
};

static void append(struct bytes *b, const struct isa_case *t)
{
    memcpy(b->at + b->n, t->bytes, t->in.len);
    b->n += t->in.len;
}

/* Instructions that go before: mostly without memory operands, which would mostly fault. */
static void gen_prefix(struct bench *b, struct rng *r, enum code_mode mode, struct bytes *to)
{
    unsigned count = (unsigned)rng_below(r, PREFIX_INSNS + 1);

    for (unsigned i = 0, tries = 0; i < count && tries < 50; tries++) {
        struct isa_case t;
        unsigned row = b->bodies[rng_below(r, b->body_count)];
        if ((insn_rows[row].attr & ATTR_END) || !gen_case(r, row, mode, &t))
            continue;
        bool memory = false;
        for (unsigned n = 0; n < ARRAY_LEN(t.in.op); n++)
            memory |= t.in.op[n].kind == OPND_MEM || t.in.op[n].kind == OPND_MOFFS;
        if (memory && rng_below(r, 8))
            continue;
        append(to, &t);
        i++;
    }
}

/* A jump to the next instruction ends a block that goes on. */
static void end_block(struct bytes *b)
{
    static const u8 jump[] = {0xeb, 0x00};

    memcpy(b->at + b->n, jump, sizeof jump);
    b->n += sizeof jump;
}

/* Now and then an address isn't canonical: bits that the MMU's tables don't look at. */
static void spoil_address(struct rng *r, const struct isa_case *t, struct isa_state *s)
{
    unsigned reg = t->in.base;

    if (t->mode != CODE64 || rng_below(r, 6))
        return;
    if (reg > R15)
        reg = rng_below(r, 2) ? RSP : RSI;
    s->gpr[reg] ^= BIT(48 + rng_below(r, 15));
}

/* --- one experiment --- */

static void show(const struct bench *b, const struct block *block)
{
    char text[80];

    printf("# %s:%s\n", mode_names[b->eval->mode], b->eval->why);
    for (unsigned i = 0; i < block->count; i++) {
        insn_print(&block->ops[i].in, block->ops[i].at, text, sizeof text);
        printf("#   %2x  %s\n", block->ops[i].at, text);
    }
    if (!b->opt.verbose)
        return;
    ir_print(b->eval->jit->ir, stdout);
}

/* True if the first instruction is more than a call of the interpreter. */
static bool is_lifted(const struct ir *ir, bool native)
{
    for (unsigned i = 1; i <= ir->count && ir->op[i].insn == 0; i++) {
        unsigned code = ir->op[i].code;
        if (code == IR_STUB || code == IR_STUBEND || (code == IR_HOST && !native))
            return false;
    }
    return true;
}

struct tally {
    unsigned states, wrong, lifted;
};

static void experiment(struct bench *b, struct rng *r, const struct isa_case *t, bool alone,
                       struct tally *tally)
{
    struct eval *e = b->eval;
    struct bytes code = {.n = 0};

    if (!alone)
        gen_prefix(b, r, t->mode, &code);
    append(&code, t);
    end_block(&code);
    struct block *block = eval_block(e, code.at, code.n);
    if (!ir_can_lift(block))
        return;
    eval_interpret(e, block);
    b->faults += e->want.end == END_FAULT;
    tally->states++;
    for (enum eval_form form = EVAL_RAW; form < EVAL_FORMS; form++) {
        if (eval_translate(e, block, form) && eval_same(e))
            continue;
        if (tally->wrong++ < (b->opt.verbose ? 3 : 1))
            show(b, block);
        break;
    }
    if (alone)
        tally->lifted += is_lifted(e->jit->ir, b->opt.native);
}

/* The interpreter must not be what a body comes to. */
static bool may_be_stub(unsigned row)
{
    return !row_has_body[row];
}

static void test_row(struct bench *b, unsigned row, enum eval_mode mode)
{
    struct rng r = {b->opt.seed * 0x10001 + row * EVAL_MODES + mode};
    struct tally tally = {0};
    struct isa_case t;

    b->eval->mode = mode;
    for (unsigned i = 0; i < b->opt.states; i++) {
        if (!gen_case(&r, row, eval_code_mode(mode), &t))
            break;
        gen_state(&r, &t, &b->eval->before);
        spoil_address(&r, &t, &b->eval->before);
        experiment(b, &r, &t, i % 2 == 0, &tally);
        if (i >= STUB_STATES && !tally.lifted)
            break;
    }
    if (!tally.states)
        return;
    b->tests++;
    b->states += tally.states;
    bool good = !tally.wrong && (tally.lifted || may_be_stub(row));
    b->failed += !good;
    printf("%sok %u - %s row %u %s: %u of %u states%s\n", good ? "" : "not ", b->tests,
           insn_rows[row].name, row, mode_names[mode], tally.states - tally.wrong, tally.states,
           tally.lifted ? "" : ", by the interpreter");
}

static bool parse(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {{"states", 1, NULL, 'n'},   {"seed", 1, NULL, 's'},
                                          {"row", 1, NULL, 'r'},      {"native", 0, NULL, 'h'},
                                          {"soft-tlb", 0, NULL, 't'}, {"verbose", 0, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};

    const char *runner = getenv("TEST_RUNNER");
    *o = (struct options){.states = runner && *runner ? FEW_STATES : STATES, .seed = 1};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 'n': o->states = (unsigned)strtoul(optarg, NULL, 0); break;
        case 's': o->seed = strtoull(optarg, NULL, 0); break;
        case 'r': o->row = optarg; break;
        case 'h': o->native = true; break;
        case 't': o->soft_tlb = true; break;
        case 'v': o->verbose = true; break;
        default: return false;
        }
    }
    return o->states > 0;
}

int main(int argc, char **argv)
{
    static struct bench b;

    if (!parse(&b.opt, argc, argv)) {
        fprintf(stderr, "eval: see the head of tests/unit/jit/eval.c for its options\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    b.eval = eval_open(b.opt.native, !b.opt.soft_tlb);
    if (!b.eval || (b.opt.native && b.eval->jit->host == jit_portable())) {
        printf("1..0 # SKIP %s\n", b.eval ? "no backend for this host" : "no libffi, or no room");
        return 0;
    }
    for (unsigned row = 1; row < insn_row_count; row++)
        if (row_has_body[row])
            b.bodies[b.body_count++] = row;
    for (unsigned row = 1; row < insn_row_count; row++) {
        if (!(insn_rows[row].attr & ATTR_USER))
            continue;
        if (b.opt.row && strcmp(b.opt.row, insn_rows[row].name))
            continue;
        for (enum eval_mode mode = 0; mode < EVAL_MODES; mode++)
            test_row(&b, row, mode);
    }
    printf("1..%u\n# %s: %u states, %u of them faults; %llu instructions by the interpreter, %s\n",
           b.tests, jit_backend(b.eval->jit), b.states, b.faults, (unsigned long long)b.eval->stubs,
           b.eval->c->mmu.flat ? "flat tables" : "soft TLB");
    eval_close(b.eval);
    return b.failed != 0;
}
