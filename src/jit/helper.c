/* SPDX-License-Identifier: MIT */
/*
 * The table of helpers, and the helpers of registers, memory and status flags. Those that
 * calculate are in helper_alu.c.
 */
#include "jit/helper.h"

#include "cpu/flags.h"
#include "cpu/mem.h"
#include "cpu/op.h"
#include "cpu/system.h"
#include "jit/helper_flags.h"
#include "jit/host.h"

#define FN_WALK(name) NULL
#define FN_VALUE(name) (void (*)(void)) help_##name
#define FN_ACT(name) (void (*)(void)) help_##name
#define FN_TRY(name) (void (*)(void)) help_##name

const struct helper helpers[IR_COUNT] = {
#define HELPER(name, kind, values, effects)                                                        \
    [IR_##name] = {FN_##kind(name), HELPER_##kind, values, EFFECT_##effects},
#include "jit/helper.def"
#undef HELPER
};

enum {
#define HELPER(name, kind, values, effects) ROW_##name,
#include "jit/helper.def"
#undef HELPER
    HELPER_ROWS
};
_Static_assert((int)HELPER_ROWS == (int)IR_COUNT, "every operation has its row in helper.def");

/* --- guest registers --- */

u64 help_GET(struct cpu *c, const struct ir_op *op)
{
    return gpr_read(c, op->reg, op->size);
}

u64 help_GETH(struct cpu *c, const struct ir_op *op)
{
    return bits_get(c->gpr[op->reg], 8, 8);
}

void help_PUT(struct cpu *c, const struct ir_op *op, u64 a)
{
    gpr_write(c, op->reg, a, op->size);
}

void help_PUTH(struct cpu *c, const struct ir_op *op, u64 a)
{
    c->gpr[op->reg] = bits_set(c->gpr[op->reg], 8, 8, a);
}

u64 help_RIP(struct cpu *c, const struct ir_op *op)
{
    return zext(jit_regs(c)->rip_page + (u64)op->imm, op->size);
}

/* --- guest memory --- */

u64 help_EA(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    return zext(a + (b << op->scale) + (u64)op->imm, op->size);
}

bool help_SEG(struct cpu *c, const struct ir_op *op, u64 *a)
{
    const struct seg *s = &c->seg[op->reg];

    if (c->code_mode == CODE64) {
        if (op->reg >= FS)
            *a += s->base;
        return true;
    }
    if (*a + op->size > (op->write ? s->wlimit : s->rlimit))
        return false;
    *a = (u32)(s->base + *a);
    return true;
}

/* Host address of an access, by the flat table or the soft TLB; NULL: the slow path. */
static u8 *ready(const struct cpu *c, u64 lin, unsigned size, bool write)
{
    const struct mmu *m = &c->mmu;

    if (!m->soft)
        return write ? mmu_fast_write(m, lin, size) : (u8 *)mmu_fast_read(m, lin, size);
    const struct mmu_soft *e = &m->soft[mmu_page(lin) % MMU_SOFT_ENTRIES];
    u64 at = lin - (write ? e->write : e->read);
    return at <= 4096 - size ? (u8 *)(uintptr_t)(e->host + at) : NULL;
}

static bool load(const struct cpu *c, const struct ir_op *op, u64 *a, bool write)
{
    const u8 *p = ready(c, *a, op->size, write);
    if (p)
        *a = ld_size(p, op->size);
    return p != NULL;
}

bool help_LD(struct cpu *c, const struct ir_op *op, u64 *a)
{
    return load(c, op, a, false);
}

bool help_LDW(struct cpu *c, const struct ir_op *op, u64 *a)
{
    return load(c, op, a, true);
}

bool help_ST(struct cpu *c, const struct ir_op *op, u64 *a, u64 b)
{
    u8 *p = ready(c, *a, op->size, true);
    if (p)
        st_size(p, b, op->size);
    return p != NULL;
}

/* Nothing has happened since LDW that could have emptied the entry. */
void help_STW(struct cpu *c, const struct ir_op *op, u64 a, u64 b)
{
    st_size(ready(c, a, op->size, true), b, op->size);
}

/* --- status flags --- */

u64 help_COND(struct cpu *c, const struct ir_op *op)
{
    return flags_cond(c, op->reg);
}

u64 help_GETF(struct cpu *c, const struct ir_op *op)
{
    return flags_get(c);
}

void help_PUTF(struct cpu *c, const struct ir_op *op, u64 a)
{
    flags_change(c, ir_eflags(op->sets), (u32)a);
}

void help_FLAGR(struct cpu *c, const struct ir_op *op, u64 a, u64 b, u64 d)
{
    struct lazy_flags old = c->flags;
    flags_put(c, a, b, d, op->size);
    helper_keep(c, op->sets, old);
}

u64 help_GETDF(struct cpu *c, const struct ir_op *op)
{
    return c->eflags & EFL_DF ? ~0ull : 1;
}

void help_PUTDF(struct cpu *c, const struct ir_op *op)
{
    c->eflags = op->imm ? c->eflags | EFL_DF : c->eflags & ~(u32)EFL_DF;
}

u64 help_GETE(struct cpu *c, const struct ir_op *op)
{
    return (c->eflags & ~(u32)(EFL_STATUS | EFL_RF | EFL_VM)) | EFL_FIXED;
}

bool help_PUTE(struct cpu *c, const struct ir_op *op, u64 *a)
{
    u32 changed = (c->eflags ^ (u32)*a) & (u32)op->imm;

    if (c->cpl || (changed & ~(u32)EFL_IF))
        return false;
    if ((changed & (u32)*a) && (c->pending || c->budget <= 0))
        return false;
    c->eflags ^= changed;
    return true;
}

u64 help_GETSEL(struct cpu *c, const struct ir_op *op)
{
    return c->seg[op->reg].sel;
}

bool help_SWAPGS(struct cpu *c, const struct ir_op *op)
{
    u64 base = c->seg[GS].base;

    if (c->cpl)
        return false;
    c->seg[GS].base = c->kernel_gs_base;
    c->kernel_gs_base = base;
    return true;
}

bool help_GETTSC(struct cpu *c, const struct ir_op *op, u64 *a)
{
    if (c->cr4 & CR4_TSD)
        return false;
    *a = tsc_read(c);
    return true;
}

u64 help_GETAUX(struct cpu *c, const struct ir_op *op)
{
    return (u32)c->tsc_aux;
}

bool help_PAUSE(struct cpu *c, const struct ir_op *op)
{
    return !c->bus.pause;
}

/* --- leaving --- */

bool help_CHECK(struct cpu *c, const struct ir_op *op, u64 *a)
{
    return c->code_mode == CODE64 ? is_canonical(*a) : *a <= c->seg[CS].limit;
}
