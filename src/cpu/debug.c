/* SPDX-License-Identifier: MIT */
/*
 * Debug registers (SDM vol. 3, 17.2):
 *
 *     DR7  31 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16  13 11 10  9  8  7  6 .. 1  0
 *         +-----+-----+-----+-----+-----+-----+-----+-----+--+---+--+--+--+--+--+  +--+--+
 *         |LEN3 |R/W3 |LEN2 |R/W2 |LEN1 |R/W1 |LEN0 |R/W0 |GD|RTM| 1|GE|LE|G3|L3|  |G0|L0|
 *         +-----+-----+-----+-----+-----+-----+-----+-----+--+---+--+--+--+--+--+  +--+--+
 */
#include "cpu/debug.h"

#include "cpu/interrupt.h"
#include "cpu/op.h"
#include "cpu/system.h"

static enum dr7_rw dr7_rw(const struct cpu *c, unsigned n)
{
    return c->dr7 >> (16 + 4 * n) & 3;
}

/* LEN: 1, 2, 8, 4 bytes. */
static unsigned dr7_len(const struct cpu *c, unsigned n)
{
    static const u8 bytes[] = {1, 2, 8, 4};
    return bytes[c->dr7 >> (18 + 4 * n) & 3];
}

/* Breakpoint n lies on one of the size bytes at addr; its own address is aligned to LEN. */
static bool hits(const struct cpu *c, unsigned n, u64 addr, unsigned size)
{
    unsigned len = dr7_len(c, n);
    u64 at = c->dr[n] & ~(u64)(len - 1);

    return addr < at + len && at < addr + size;
}

/* The breakpoints of the kinds in mask (bits over enum dr7_rw) that meet an access: bits 0..3.
 * DR6 tells of those that are not enabled, too, but only if one that is enabled was met. */
static u32 matches(const struct cpu *c, u32 mask, u64 addr, unsigned size)
{
    u32 met = 0;
    bool enabled = false;

    for (unsigned n = 0; n < 4; n++) {
        if (!(mask >> dr7_rw(c, n) & 1) || !hits(c, n, addr, size))
            continue;
        met |= 1u << n;
        enabled |= dr7_enabled(c, n);
    }
    return enabled ? met : 0;
}

bool cpu_debug_watches(const struct cpu *c)
{
    if (likely(!(c->dr7 & DR7_ENABLE)))
        return false;
    for (unsigned n = 0; n < 4; n++)
        if (dr7_enabled(c, n) && dr7_rw(c, n) != DR7_EXECUTE)
            return true;
    return false;
}

static void collect(struct cpu *c, u32 met)
{
    c->dr6_pending |= met;
    if (met)
        c->pending |= PEND_DEBUG;
}

void cpu_debug_data(struct cpu *c, linaddr lin, unsigned size, bool write)
{
    collect(c, matches(c, 1 << DR7_ACCESS | (write ? 1 << DR7_WRITE : 0), lin, size));
}

void cpu_debug_io(struct cpu *c, u16 port, unsigned size)
{
    if ((c->cr4 & CR4_DE) && (c->dr7 & DR7_ENABLE))
        collect(c, matches(c, 1 << DR7_IO, port, size));
}

void cpu_step_begin(struct cpu *c)
{
    linaddr lin = c->code_mode == CODE64 ? c->rip : (u32)(c->seg[CS].base + c->rip);

    c->op = NULL;
    c->step_rf = c->eflags & EFL_RF;
    c->step_shadow = c->shadow;
    c->step_held = c->dr6_pending;
    if ((c->dr7 & DR7_ENABLE) && !c->step_rf && !(c->shadow & SHADOW_MOVSS)) {
        u32 met = matches(c, 1 << DR7_EXECUTE, lin, 1);
        if (met) {
            c->dr6 = (c->dr6 & ~(u32)DR6_B) | met;
            cpu_fault(c, VEC_DB);
        }
    }
    c->shadow = 0;
    if (c->eflags & EFL_TF)
        c->dr6_pending |= DR6_BS;
}

void cpu_step_end(struct cpu *c)
{
    if (c->step_rf)
        c->eflags &= ~(u32)EFL_RF;
    c->step_rf = false;
    c->step_shadow = 0;
    c->step_held = 0;
    if (c->dr6_pending)
        c->pending |= PEND_DEBUG;
}

void cpu_step_cancel(struct cpu *c)
{
    c->shadow = c->step_shadow;
    c->dr6_pending = c->step_held;
    c->step_rf = false;
    c->step_shadow = 0;
    c->step_held = 0;
}

void cpu_debug_trap(struct cpu *c)
{
    c->dr6 = (c->dr6 & ~(u32)DR6_B) | c->dr6_pending;
    c->dr6_pending = 0;
    c->pending &= ~(u32)PEND_DEBUG;
    cpu_deliver(c, VEC_DB, 0);
}

/* --- MOV DR --- */

/* DR4 and DR5 stand for DR6 and DR7 unless CR4.DE says that they don't exist. */
static unsigned need_dr(struct cpu *c, unsigned n)
{
    if (n > 7 || ((n == 4 || n == 5) && (c->cr4 & CR4_DE)))
        cpu_fault(c, VEC_UD);
    need_cpl0(c);
    if (c->dr7 & DR7_GD) {
        c->dr6 |= DR6_BD;
        cpu_raise(c, VEC_DB, DB_GENERAL_DETECT);
    }
    return n == 4 || n == 5 ? n + 2 : n;
}

void op_mov_dr_store(struct cpu *c, const struct insn *in)
{
    unsigned n = need_dr(c, in->op[1].reg);
    u64 v = n < 4 ? c->dr[n] : n == 6 ? c->dr6 : c->dr7;

    gpr_write(c, in->op[0].reg, v, c->code_mode == CODE64 ? 8 : 4);
}

void op_mov_dr_load(struct cpu *c, const struct insn *in)
{
    const u32 dr6_writable = DR6_B | DR6_BD | DR6_BS | DR6_BT;
    unsigned n = need_dr(c, in->op[0].reg);
    u64 v = gpr_read(c, in->op[1].reg, c->code_mode == CODE64 ? 8 : 4);

    if (n >= 6 && v >> 32)
        cpu_raise(c, VEC_GP, 0);
    if (n == 6) {
        c->dr6 = ((u32)v & dr6_writable) | DR6_FIXED;
    } else if (n == 7) {
        c->dr7 = ((u32)v & DR7_WRITABLE) | DR7_FIXED;
        cpu_update_mode(c);
    } else {
        c->dr[n] = v;
    }
}
