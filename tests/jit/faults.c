/* SPDX-License-Identifier: MIT */
/*
 * Precise faults: every row of insn.def that has a memory operand, explicit or on the stack, with
 * that operand where the access goes wrong or takes a slow path, in all modes, between instructions
 * whose results must have reached the registers by then. One TAP line a row.
 *
 *     faults.tap [ROW NUMBER]
 *
 * JIT_FUZZ as for fuzz.tap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/table.h"
#include "reduce.h"

static const struct {
    const char *name;
} situations[] = {
#define SITUATION(name, at) {name},
#include "situations.def"
#undef SITUATION
};

struct tally {
    unsigned runs, faults, wrong;
};

struct bench {
    struct box want, got;
    struct program p;
    struct rng rng;
    u64 gpr[16];
    struct tally row;
};

static u64 place(const struct program *p, unsigned situation, u64 k)
{
    const u64 at[] = {
#define SITUATION(name, at) at,
#include "situations.def"
#undef SITUATION
    };

    return at[situation];
}

/* --- the operand's address --- */

static int operand_of(const struct insn *in, enum operand_kind kind)
{
    for (int i = 0; i < 4; i++)
        if (in->op[i].kind == kind)
            return i;
    return -1;
}

/* Pushes and pops of some kind: their operand is where RSP says. */
static bool on_stack(const struct insn *in)
{
    static const char *const names[] = {"push", "pop", "call", "ret", "leave", "enter", "iret"};

    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (!strncmp(insn_rows[in->row].name, names[i], strlen(names[i])))
            return strncmp(insn_rows[in->row].name, "popcnt", 6) != 0;
    return false;
}

static u64 base_of(const struct box_mode *m, unsigned seg)
{
    return m->code == CODE64 && seg != FS && seg != GS ? 0 : box_base(m, seg);
}

/* Registers such that base + index << scale + disp is `offset`. */
static void steer(struct program *p, const struct insn *in, u64 offset)
{
    u64 index = in->index < 16 ? p->gpr[in->index] << in->scale : 0;

    if (in->base < 16 && in->base != in->index)
        p->gpr[in->base] = offset - index - (u64)(i64)in->disp;
    else if (in->base < 16)
        p->gpr[in->base] = (offset - (u64)(i64)in->disp) / (1 + BIT(in->scale));
    else if (in->index < 16)
        p->gpr[in->index] = (offset - (u64)(i64)in->disp) >> in->scale;
    for (unsigned i = 0; i < 16; i++)
        if (p->mode->code != CODE64)
            p->gpr[i] = i < 8 ? (u32)p->gpr[i] : 0;
}

static void aim(struct program *p, const struct insn *in, u64 lin)
{
    u64 mask = p->mode->code == CODE64 ? ~0ull : 0xffffffff;

    if (operand_of(in, OPND_MEM) >= 0)
        steer(p, in, lin - base_of(p->mode, in->seg));
    else if (operand_of(in, OPND_SI) >= 0)
        p->gpr[RSI] = (lin - base_of(p->mode, in->seg)) & mask;
    if (operand_of(in, OPND_DI) >= 0)
        p->gpr[RDI] = (lin - base_of(p->mode, ES)) & mask;
    if (on_stack(in) && operand_of(in, OPND_MEM) < 0)
        p->gpr[RSP] = (lin - base_of(p->mode, SS)) & mask;
    if (in->prefix & (PFX_REP | PFX_REPNE))
        p->gpr[RCX] = 1 + lin % 9;
}

/* --- one row --- */

/* cmp; the instruction; adc; and, so that it is met in a loop, too, once more. */
static bool make(struct bench *b, unsigned row, const struct box_mode *mode, struct isa_case *t)
{
    struct program *p = &b->p;

    memset(p, 0, offsetof(struct program, image));
    p->mode = mode;
    p->rng = b->rng;
    memset(p->pointer, RBX, sizeof p->pointer);
    p->start = BOX_CODE + 0x100 + (u32)rng_below(&b->rng, 0x800);
    if (!gen_case(&b->rng, row, mode->code, t))
        return false;
    const struct insn *in = &t->in;
    if (operand_of(in, OPND_MEM) < 0 && operand_of(in, OPND_SI) < 0 &&
        operand_of(in, OPND_DI) < 0 && !on_stack(in))
        return false;
    /* INS and OUTS end a chunk where the slice ends: slices of one instruction are no model */
    if (!b->got.jit && (row_matches[row].opcode & 0xfc) == 0x6c && row_matches[row].map == MAP_M1)
        return false;
    program_add(p, "\x39\xc8", 2); /* cmp eax, ecx */
    program_add(p, t->bytes, t->in.len);
    program_add(p, "\x11\xd2", 2); /* adc edx, edx */
    program_state(p, rng_next(&b->rng));
    program_layout(p);
    p->eflags &= ~(u32)EFL_TF;
    memcpy(b->gpr, p->gpr, sizeof b->gpr);
    return true;
}

static void run(struct bench *b, unsigned situation)
{
    for (unsigned again = 0; again < 2; again++) {
        struct play y = {.seed = rng_next(&b->rng)};
        b->row.runs++;
        bool same = play(&y, &b->p, &b->want, &b->got);
        b->row.faults += (unsigned)y.faults;
        if (same)
            continue;
        if (b->row.wrong++ < 3) {
            printf("# %s, time %u: %s\n", situations[situation].name, again, y.why);
            program_print(&b->p, stdout);
        }
        return;
    }
}

static void test_mode(struct bench *b, unsigned row, const struct box_mode *mode)
{
    struct isa_case t;

    if (!make(b, row, mode, &t))
        return;
    for (unsigned s = 0; s < ARRAY_LEN(situations); s++) {
        u64 size = t.in.msize > 1 ? t.in.msize : on_stack(&t.in) ? 8 : 2;
        memcpy(b->p.gpr, b->gpr, sizeof b->gpr);
        aim(&b->p, &t.in, place(&b->p, s, 1 + rng_below(&b->rng, size - 1)));
        run(b, s);
    }
}

/* Reads nothing, or nothing that can fault. */
static bool harmless(unsigned row)
{
    return (insn_rows[row].attr & ATTR_NOMEM) || !strncmp(insn_rows[row].name, "prefetch", 8);
}

static bool test_row(struct bench *b, unsigned row, unsigned *n)
{
    b->row = (struct tally){0};
    b->rng.s = row * 0x10001ull;
    for (unsigned m = 0; m < MODE_COUNT; m++)
        test_mode(b, row, &box_modes[m]);
    if (!b->row.runs)
        return true;
    bool ok = !b->row.wrong && (b->row.faults || harmless(row));
    printf("%sok %u - %s row %u: %u faults in %u runs\n", ok ? "" : "not ", ++*n,
           insn_rows[row].name, row, b->row.faults, b->row.runs);
    return ok;
}

int main(int argc, char **argv)
{
    static struct bench b;
    unsigned n = 0, bad = 0;

    if (!trial_begin(&b.want, &b.got))
        return 1;
    for (unsigned row = 1; row < insn_row_count; row++)
        if (argc < 2 || (unsigned)atoi(argv[1]) == row)
            bad += !test_row(&b, row, &n);
    trial_end(&b.want, &b.got, n);
    return bad || !n;
}
