/* SPDX-License-Identifier: MIT */
/*
 * The first meaning of the bodies in *.sem.inc: values are 64-bit integers, primitives are
 * inline functions, and a handler is a body compiled for one operand form and size.
 *
 * In a special handler operands are known to be registers, immediates or memory of one kind.
 * When its fast memory path misses, nothing has been committed yet (bodies read, compute, then
 * commit, memory first): it leaves the work to the body's general handler, whose form is
 * FORM_ANY, and so needs no stack frame of its own.
 *
 * Values that come from operands are zero-extended; what arithmetic leaves above the operand
 * size doesn't matter, and primitives that care mask it.
 */
#ifndef ERSATZ_CPU_INTERP_H
#define ERSATZ_CPU_INTERP_H

#include "cpu/block.h"
#include "cpu/cpu.h"
#include "cpu/flags.h"
#include "cpu/mem.h"
#include "cpu/op.h"

typedef u64 V;

/* --- operand forms: kinds of the first two operands, and how memory is addressed --- */

enum { K_NONE, K_REG, K_MEM, K_IMM };
enum {
    M_NONE,
    M_SEG, /* any segment and address size: base and limit are looked at */
    M_32,  /* 32-bit address in a flat segment */
    M_64,  /* 64-bit mode, 64-bit address, base 0 */
};
#define FORM(k0, k1, m) ((m) << 4 | (k1) << 2 | (k0))
#define FORM_COUNT 64
#define FORM_ANY FORM_COUNT

static ALWAYS_INLINE unsigned form_kind(unsigned form, unsigned n)
{
    return form == FORM_ANY || n > 1 ? K_NONE : form >> 2 * n & 3;
}

static ALWAYS_INLINE unsigned form_mem(unsigned form)
{
    return form == FORM_ANY ? M_NONE : form >> 4;
}

/* What a body leaves for its handler. */
struct leave {
    bool miss;    /* a special handler's fast path missed */
    u8 *host;     /* of the operand that rdw() read, or NULL: */
    u64 offset;   /* its offset in in->seg */
    u64 rip;      /* SEM_END: where it goes on */
    unsigned way; /* enum block_way */
};

/* What every body sees beside its text. */
#define BODY_ARGS                                                                                  \
    struct cpu *c, const struct op *op, const unsigned size, const unsigned form,                  \
        const unsigned cc, struct leave *x
#define BODY(name) static ALWAYS_INLINE void body_##name(BODY_ARGS)

/* --- memory --- */

static ALWAYS_INLINE u64 in_ea(const struct cpu *c, const struct insn *in, unsigned form)
{
    u64 ea = c->gpr[in->base] + (c->gpr[in->index] << in->scale) + (u64)(i64)in->disp;
    switch (form_mem(form)) {
    case M_64: return ea;
    case M_32: return (u32)ea;
    default: return zext(ea, in->asize);
    }
}

/* Offset to linear address, or false: not simple. */
static ALWAYS_INLINE bool in_linear(const struct cpu *c, unsigned seg, unsigned form, u64 off,
                                    unsigned size, bool write, linaddr *lin)
{
    *lin = off;
    if (form_mem(form) != M_SEG)
        return true;
    const struct seg *s = &c->seg[seg];
    if (c->code_mode == CODE64) {
        if (seg >= FS)
            *lin += s->base;
        return true;
    }
    *lin = (u32)(s->base + off);
    return off + size <= (write ? s->wlimit : s->rlimit);
}

static ALWAYS_INLINE const u8 *fast_read(const struct cpu *c, unsigned seg, unsigned form, u64 off,
                                         unsigned size)
{
    linaddr lin;
    if (!in_linear(c, seg, form, off, size, false, &lin))
        return NULL;
    return mmu_fast_read(&c->mmu, lin, size);
}

static ALWAYS_INLINE u8 *fast_write(const struct cpu *c, unsigned seg, unsigned form, u64 off,
                                    unsigned size)
{
    linaddr lin;
    if (!in_linear(c, seg, form, off, size, true, &lin))
        return NULL;
    return mmu_fast_write(&c->mmu, lin, size);
}

/* --- operands; false: a special handler missed --- */

static ALWAYS_INLINE bool in_read(struct cpu *c, const struct op *op, unsigned n, unsigned size,
                                  unsigned form, V *v)
{
    const struct insn *in = &op->in;
    switch (form_kind(form, n)) {
    case K_REG: *v = zext(c->gpr[in->op[n].reg], size); return true;
    case K_IMM: *v = zext(in->imm, size); return true;
    case K_MEM: {
        const u8 *p = fast_read(c, in->seg, form, in_ea(c, in, form), size);
        *v = p ? ld_size(p, size) : 0;
        return likely(p != NULL);
    }
    default: *v = operand_read(c, in, n, size); return true;
    }
}

static ALWAYS_INLINE bool in_modify(BODY_ARGS, V *v)
{
    const struct insn *in = &op->in;
    if (form_kind(form, 0) == K_MEM) {
        x->host = fast_write(c, in->seg, form, in_ea(c, in, form), size);
        *v = x->host ? ld_size(x->host, size) : 0;
        return likely(x->host != NULL);
    }
    if (form == FORM_ANY && in->op[0].kind == OPND_MEM) {
        x->offset = mem_ea(c, in);
        *v = operand_modify(c, in, x->offset, size);
        return true;
    }
    return in_read(c, op, 0, size, form, v);
}

/* Writes the operand that in_modify() read. */
static ALWAYS_INLINE void in_put_back(BODY_ARGS, V v)
{
    const struct insn *in = &op->in;
    if (x->host)
        st_size(x->host, v, size);
    else if (form == FORM_ANY && in->op[0].kind == OPND_MEM)
        mem_write(c, in->seg, x->offset, v, size);
    else if (form == FORM_ANY)
        operand_write(c, in, 0, v, size);
    else
        gpr_write(c, in->op[0].reg, v, size);
}

static ALWAYS_INLINE bool in_write(struct cpu *c, const struct op *op, unsigned n, V v,
                                   unsigned size, unsigned form)
{
    const struct insn *in = &op->in;
    switch (form_kind(form, n)) {
    case K_REG: gpr_write(c, in->op[n].reg, v, size); return true;
    case K_MEM: {
        u8 *p = fast_write(c, in->seg, form, in_ea(c, in, form), size);
        if (likely(p != NULL))
            st_size(p, v, size);
        return likely(p != NULL);
    }
    default: operand_write(c, in, n, v, size); return true;
    }
}

/* The primitives. A miss ends the body; its handler starts again generally. */
#define OR_MISS(done)                                                                              \
    do {                                                                                           \
        if (unlikely(!(done))) {                                                                   \
            x->miss = true;                                                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

#define rds(n, bytes) /* operand n as a number of so many bytes, zero-extended */                  \
    ({                                                                                             \
        V v_;                                                                                      \
        OR_MISS(in_read(c, op, n, bytes, form, &v_));                                              \
        v_;                                                                                        \
    })
#define rd(n) rds(n, size)
#define rdw() /* operand 0, to be written back by wrb() */                                         \
    ({                                                                                             \
        V v_;                                                                                      \
        OR_MISS(in_modify(c, op, size, form, cc, x, &v_));                                         \
        v_;                                                                                        \
    })
#define wrb(v) in_put_back(c, op, size, form, cc, x, v)
/* Memory is written whatever `when` says: v, or `old` again; a register only if it says so. */
#define wrb_if(when, v, old)                                                                       \
    do {                                                                                           \
        if ((when) || (form == FORM_ANY && op->in.op[0].kind == OPND_MEM))                         \
            wrb((when) ? (v) : (old));                                                             \
    } while (0)
#define wrs(n, v, bytes) OR_MISS(in_write(c, op, n, v, bytes, form))
#define wr(n, v) wrs(n, v, size)
/* Writes operand 0, a register, only if `when`: else not even its upper half changes. */
#define wr_if(when, v)                                                                             \
    do {                                                                                           \
        if (when)                                                                                  \
            wr(0, v);                                                                              \
    } while (0)

/* Registers by name. */
#define reg(r) zext(c->gpr[r], size)
#define regs(r, bytes) zext(c->gpr[r], bytes)
#define set_reg(r, v) gpr_write(c, r, v, size)
#define set_reg_if(when, r, v)                                                                     \
    do {                                                                                           \
        if (when)                                                                                  \
            gpr_write(c, r, v, size);                                                              \
    } while (0)
#define set_regs(r, v, bytes) gpr_write(c, r, v, bytes)

#define operand_size() size
#define operand_bits() (8 * size)
#define source_size() op->in.msize
#define address_size() op->in.asize
/* The number of the last source operand: forms with two and with three share a body. */
#define last_source() (form != FORM_ANY || op->in.op[2].kind == OPND_NONE ? 1u : 2u)
#define ea() in_ea(c, &op->in, form)
#define k(constant) ((V)(constant))

/* --- arithmetic --- */

static ALWAYS_INLINE V add(V a, V b)
{
    return a + b;
}

static ALWAYS_INLINE V sub(V a, V b)
{
    return a - b;
}

static ALWAYS_INLINE V and (V a, V b)
{
    return a & b;
}

static ALWAYS_INLINE V or (V a, V b)
{
    return a | b;
}

static ALWAYS_INLINE V xor (V a, V b) { return a ^ b; }

    static ALWAYS_INLINE V not(V a)
{
    return ~a;
}

static ALWAYS_INLINE V mul(V a, V b)
{
    return a * b;
}

/* Shifts of all 64 bits, by 0 to 63. */
static ALWAYS_INLINE V shl(V a, V n)
{
    return a << (n & 63);
}

static ALWAYS_INLINE V shr(V a, V n)
{
    return a >> (n & 63);
}

static ALWAYS_INLINE V sar(V a, V n)
{
    return (V)((i64)a >> (n & 63));
}

static ALWAYS_INLINE V select(V when, V a, V b)
{
    return when ? a : b;
}

static ALWAYS_INLINE V eq(V a, V b)
{
    return a == b;
}

static ALWAYS_INLINE V ltu(V a, V b)
{
    return a < b;
}

#define zx(v, bytes) zext(v, bytes)
#define sx(v, bytes) ((V)sext(v, bytes))
#define msb(v) ((v) >> (operand_bits() - 1) & 1)
#define mulhu(a, b) in_mulhu(a, b, size)
#define mulhs(a, b) in_mulhs(a, b, size)

static ALWAYS_INLINE V in_mulhu(V a, V b, unsigned size)
{
    return (V)((u128)a * b >> 8 * size);
}

static ALWAYS_INLINE V in_mulhs(V a, V b, unsigned size)
{
    return (V)((__int128)sext(a, size) * sext(b, size) >> 8 * size);
}

static ALWAYS_INLINE V ctz(V a) /* not 0 */
{
    return (V)__builtin_ctzll(a);
}

static ALWAYS_INLINE V clz(V a) /* not 0; of 64 bits */
{
    return (V)__builtin_clzll(a);
}

static ALWAYS_INLINE V popcount(V a)
{
    return (V)__builtin_popcountll(a);
}

static ALWAYS_INLINE V byte_swap(V a, unsigned size)
{
    return __builtin_bswap64(a) >> (64 - 8 * size);
}

/* --- flags --- */

#define flags_add(a, b, r) (flags_add)(c, a, b, r, size)
#define flags_sub(a, b, r) (flags_sub)(c, a, b, r, size)
#define flags_logic(r) (flags_logic)(c, r, size)
#define flags_keep_cf(old) (flags_keep_cf)(c, old)
#define flags_put(r, carry, over) (flags_put)(c, r, carry, over, size)
#define flags_put_if(when, r, carry, over)                                                         \
    do {                                                                                           \
        if (when)                                                                                  \
            (flags_put)(c, r, carry, over, size);                                                  \
    } while (0)
#define flags_carry_overflow_if(when, carry, over)                                                 \
    do {                                                                                           \
        if (when)                                                                                  \
            flags_set_cf_of(c, carry, over);                                                       \
    } while (0)
#define flags_all(efl) flags_set(c, (u32)(efl))
#define flags_some(mask, efl) flags_change(c, mask, (u32)(efl))
#define flags_now() ((V)flags_get(c))
#define cf() ((V)flags_cf(c))
#define of() ((V)flags_of(c))
#define zf() ((V)flags_zf(c))
#define set_cf(v) flags_set_cf_of(c, v, flags_of(c))
#define set_of(v) flags_set_cf_of(c, flags_cf(c), v)
#define set_df(on) (c->eflags = (on) ? c->eflags | EFL_DF : c->eflags & ~(u32)EFL_DF)
#define cond() ((V)flags_cond(c, cc))
/* The carries of an addition of bit 0..n-1, as flags_add() has them: here the last one. */
#define carry_out(a, b, r) msb(((a) & (b)) | (((a) | (b)) & ~(r)))

/* --- stack: SS:SP of the current stack size --- */

static ALWAYS_INLINE u64 in_sp(const struct cpu *c, unsigned form)
{
    return form_mem(form) == M_64   ? c->gpr[RSP]
           : form_mem(form) == M_32 ? (u32)c->gpr[RSP]
                                    : zext(c->gpr[RSP], c->stack_size);
}

static ALWAYS_INLINE void in_set_sp(struct cpu *c, u64 sp, unsigned form)
{
    if (form == FORM_ANY)
        gpr_write(c, RSP, sp, c->stack_size);
    else
        gpr_write(c, RSP, sp, form_mem(form) == M_64 ? 8 : 4);
}

static ALWAYS_INLINE bool in_push(struct cpu *c, V v, unsigned size, unsigned form)
{
    if (form == FORM_ANY) {
        stack_push(c, v, size);
        return true;
    }
    u64 sp = in_sp(c, form) - size;
    if (form_mem(form) == M_32)
        sp = (u32)sp;
    u8 *p = mmu_fast_write(&c->mmu, sp, size);
    if (unlikely(!p))
        return false;
    st_size(p, v, size);
    in_set_sp(c, sp, form);
    return true;
}

static ALWAYS_INLINE bool in_stack(struct cpu *c, u64 sp, unsigned size, unsigned form, V *v)
{
    if (form == FORM_ANY) {
        *v = mem_read(c, SS, zext(sp, c->stack_size), size);
        return true;
    }
    const u8 *p = mmu_fast_read(&c->mmu, form_mem(form) == M_32 ? (u32)sp : sp, size);
    *v = p ? ld_size(p, size) : 0;
    return likely(p != NULL);
}

#define push(v) OR_MISS(in_push(c, v, size, form))
#define stack_at(sp) /* of operand size */                                                         \
    ({                                                                                             \
        V v_;                                                                                      \
        OR_MISS(in_stack(c, sp, size, form, &v_));                                                 \
        v_;                                                                                        \
    })
#define sp() in_sp(c, form)
#define set_sp(v) in_set_sp(c, v, form)
#define pop_to(v, sp) in_pop_to(c, op, v, sp, size, form)

/* POP's commit: SP, then the register; but memory first, addressed with the new SP. */
static ALWAYS_INLINE void in_pop_to(struct cpu *c, const struct op *op, V v, V sp, unsigned size,
                                    unsigned form)
{
    const struct insn *in = &op->in;
    if (form == FORM_ANY && in->op[0].kind == OPND_MEM) {
        u64 ea = mem_ea(c, in) + (in->base == RSP ? size : 0);
        mem_write(c, in->seg, zext(ea, in->asize), v, size);
        in_set_sp(c, sp, form);
    } else {
        in_set_sp(c, sp, form);
        gpr_write(c, in->op[0].reg, v, size);
    }
}

/* --- leaving the block --- */

static ALWAYS_INLINE u64 in_target(BODY_ARGS)
{
    u64 t = c->gpr[GPR_BASE] + op->in.imm;
    return form_mem(form) == M_64 ? t : form_mem(form) == M_32 ? (u32)t : zext(t, size);
}

static ALWAYS_INLINE u64 in_next_rip(const struct cpu *c, const struct op *op, unsigned form)
{
    u64 rip = c->gpr[GPR_BASE] + op->at + op->in.len;
    bool wide = form == FORM_ANY ? c->code_mode == CODE64 : form_mem(form) == M_64;
    return wide ? rip : (u32)rip;
}

/* The address may be jumped to, or #GP: inside CS's limit, canonical in 64-bit mode. */
static ALWAYS_INLINE bool rip_allowed(const struct cpu *c, u64 rip, unsigned form)
{
    if (form_mem(form) == M_64 || (form == FORM_ANY && c->code_mode == CODE64))
        return is_canonical(rip);
    return form_mem(form) == M_32 || rip <= c->seg[CS].limit;
}

#define target() in_target(c, op, size, form, cc, x) /* of a relative branch */
#define next_rip() in_next_rip(c, op, form)
#define check_target(t) OR_MISS(in_check(c, t, form))
#define check_target_if(when, t)                                                                   \
    do {                                                                                           \
        if (when)                                                                                  \
            check_target(t);                                                                       \
    } while (0)
#define branch(when, t)                                                                            \
    do {                                                                                           \
        bool w_ = (when);                                                                          \
        x->rip = w_ ? (t) : next_rip();                                                            \
        x->way = w_ ? WAY_TAKEN : WAY_NEXT;                                                        \
    } while (0)
#define expect_return(t) ((void)(t)) /* a CALL's: a RET will come back there, most likely */
#define jump(t) (x->rip = (t), x->way = WAY_TAKEN)
#define jump_indirect(t) (x->rip = (t), x->way = WAY_INDIRECT)

static ALWAYS_INLINE bool in_check(struct cpu *c, u64 rip, unsigned form)
{
    bool good = rip_allowed(c, rip, form);
    if (form == FORM_ANY && !good)
        cpu_raise(c, VEC_GP, 0);
    return good;
}

#endif
