/* SPDX-License-Identifier: MIT */
/*
 * -d jitno: how often translated code had the interpreter run an instruction, by row and reason:
 * a row of jit_no.def where the lifter or the backend refused, else the fast path didn't do; and
 * how many were sensitive: of the 17 that tell or change what a monitor would keep to itself.
 */
#include <stdlib.h>

#include "base/log.h"
#include "jit/engine_state.h"

#define REASONS (JIT_NO_COUNT + 1)
#define LINES 60

/* How many rows insn.def has. */
enum {
#define INSN(map, opcode, ext, prefix, ...) +1
    ROWS = 0
#include "decode/insn.def"
#undef INSN
};

struct jit_profile {
    u64 count[ROWS][REASONS];
};

struct line {
    u64 count;
    unsigned row, why;
};

/* The interpreter's decoded instruction has room for what only the JIT wants to know of it. */
static void note(const struct ir *ir, unsigned insn, unsigned why)
{
    ((struct op *)(uintptr_t)ir_insn(ir, insn))->why = (u8)why;
}

void jit_profile_note(const struct ir *ir)
{
    for (unsigned n = 0; n < ir->insns; n++)
        note(ir, n, 0);
    for (unsigned i = 1; i <= ir->count; i++)
        if (ir->op[i].code == IR_STUB || ir->op[i].code == IR_STUBEND)
            note(ir, ir->op[i].insn, ir->op[i].reg + 1u);
}

void jit_no_tile(const struct ir *ir, unsigned n)
{
    note(ir, n, JIT_NO_TILE + 1);
}

void jit_profile_count(struct jit *j, const struct op *op)
{
    if (!j->profile)
        j->profile = calloc(1, sizeof *j->profile);
    if (j->profile)
        j->profile->count[op->in.row][op->why]++;
}

static int more_first(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

void jit_profile_log(const struct jit *j)
{
    struct line *line = malloc(ROWS * REASONS * sizeof *line);
    u64 all = 0, sensitive = 0;
    unsigned n = 0;

    if (!line)
        return;
    for (unsigned row = 0; row < ROWS; row++)
        for (unsigned why = 0; why < REASONS; why++)
            if (j->profile->count[row][why])
                line[n++] = (struct line){j->profile->count[row][why], row, why};
    for (unsigned i = 0; i < n; i++) {
        all += line[i].count;
        if (insn_rows[line[i].row].attr & ATTR_SENSITIVE)
            sensitive += line[i].count;
    }
    LOG(j->engine->log, JITNO, "%llu instructions by the interpreter, %llu of them sensitive",
        (unsigned long long)all, (unsigned long long)sensitive);
    qsort(line, n, sizeof *line, more_first);
    for (unsigned i = 0; i < n && i < LINES; i++)
        LOG(j->engine->log, JITNO, "%llu %s: %s", (unsigned long long)line[i].count,
            insn_rows[line[i].row].name, line[i].why ? jit_no_text[line[i].why - 1] : "slow path");
    free(line);
}
