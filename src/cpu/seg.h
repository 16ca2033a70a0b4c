/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors (SDM vol. 3, 3.4.5, 5.8.3, 7.2.2), as they lie in the tables:
 *
 *     63      56 55 54 53  52  51     48 47 46 45 44 43   40 39      32
 *     +---------+--+--+--+---+----------+--+-----+--+-------+---------+
 *     | base    |G |DB|L |AVL| limit    |P | DPL |S | type  | base    |
 *     | 31..24  |  |  |  |   | 19..16   |  |     |  |       | 23..16  |
 *     +---------+--+--+--+---+----------+--+-----+--+-------+---------+
 *     31                   16 15                                     0
 *     +----------------------+---------------------------------------+
 *     | base 15..0           | limit 15..0                           |
 *     +----------------------+---------------------------------------+
 *
 * and the stacks that far transfers and events build their frames on.
 */
#ifndef ERSATZ_CPU_SEG_H
#define ERSATZ_CPU_SEG_H

#include "cpu/mem.h"

/* Types of system descriptors (S = 0). */
enum sys_type {
    SYS_TSS16 = 1,
    SYS_LDT = 2,
    SYS_TSS16_BUSY = 3,
    SYS_CALL16 = 4,
    SYS_TASK_GATE = 5,
    SYS_INT16 = 6,
    SYS_TRAP16 = 7,
    SYS_TSS32 = 9,
    SYS_TSS32_BUSY = 11,
    SYS_CALL32 = 12,
    SYS_INT32 = 14,
    SYS_TRAP32 = 15,
    SYS_TSS_BUSY = 2, /* the bit that makes an available TSS a busy one */
};

enum { SEL_RPL = 3, SEL_TI = 4, SEL_INDEX = 0xfff8 };

/* A descriptor or gate in its low 8 bytes; high: bits 32..63 of a 16-byte one's base. */
struct desc {
    u64 raw;
    u32 high;
    u16 sel; /* what selected it */
};

static inline u32 desc_attr(const struct desc *d)
{
    return (u32)(d->raw >> 40) & 0xf0ff;
}

static inline unsigned desc_dpl(const struct desc *d)
{
    return bits_get(d->raw, 45, 2);
}

static inline bool desc_present(const struct desc *d)
{
    return bits_get(d->raw, 47, 1);
}

/* S and type: code and data have bit 4 set, what is left are enum sys_type. */
static inline unsigned desc_type(const struct desc *d)
{
    return bits_get(d->raw, 40, 5);
}

static inline bool desc_is_code(const struct desc *d)
{
    return (desc_type(d) & (SEG_S | SEG_CODE)) == (SEG_S | SEG_CODE);
}

static inline bool desc_conforming(const struct desc *d)
{
    return desc_type(d) & SEG_CONFORMING;
}

static inline u32 desc_limit(const struct desc *d)
{
    u32 limit = (u32)bits_get(d->raw, 0, 16) | (u32)bits_get(d->raw, 48, 4) << 16;
    return bits_get(d->raw, 55, 1) ? limit << 12 | 0xfff : limit;
}

static inline u64 desc_base(const struct desc *d)
{
    return bits_get(d->raw, 16, 24) | bits_get(d->raw, 56, 8) << 24 | (u64)d->high << 32;
}

/* Gates: target and parameter count. */
static inline u16 gate_sel(const struct desc *d)
{
    return (u16)bits_get(d->raw, 16, 16);
}

static inline u64 gate_offset(const struct desc *d)
{
    return bits_get(d->raw, 0, 16) | bits_get(d->raw, 48, 16) << 16 | (u64)d->high << 32;
}

/* Reads the descriptor that sel names; false if it lies outside its table or sel is null. */
bool desc_read(struct cpu *c, u16 sel, struct desc *d);
/* Reads the second half of a 16-byte system descriptor; false: outside, or its type isn't 0. */
bool desc_read_high(struct cpu *c, struct desc *d);
/* The same with the fault that a load gives: vec(sel). */
void desc_need(struct cpu *c, u16 sel, struct desc *d, enum vector vec);
/* Sets the accessed bit of a code or data descriptor, in memory too. */
void desc_touch(struct cpu *c, struct desc *d);
/* Rewrites the type's busy bit of a TSS descriptor in memory. */
void desc_set_busy(struct cpu *c, u16 sel, bool busy);

/*
 * Segments and stacks go out through pointers and are copied member by member: a copy of the whole
 * right after its parts were written would wait for them to reach the host's cache.
 */
static inline void seg_copy(struct seg *to, const struct seg *from)
{
    to->sel = from->sel;
    to->attr = from->attr;
    to->limit = from->limit;
    to->base = from->base;
}

/* A segment register's contents from a descriptor. */
static inline void seg_from_desc(struct seg *s, const struct desc *d)
{
    s->sel = d->sel;
    s->attr = desc_attr(d);
    s->limit = desc_limit(d);
    s->base = desc_base(d);
}
/* A null selector's. */
struct seg seg_null(u16 sel, unsigned dpl);
/* Those of real and VM86 mode: the base is sel << 4. Real mode keeps limit and size of old. */
struct seg seg_real(const struct seg *old, u16 sel);
struct seg seg_vm86(u16 sel);

/* Puts a value into a segment register and derives what hangs on it, cpu_update_mode() apart. */
void seg_set(struct cpu *c, enum seg_reg reg, const struct seg *s);

/* What a load of reg with sel gives in the current mode, after all checks; then commit it. */
void seg_prepare(struct cpu *c, enum seg_reg reg, u16 sel, struct seg *s);

/* Checks a data (not stack) segment and a stack segment for a load at privilege cpl; faults
 * carry vec for what would be #GP (#TS in task switches and stack switches). */
void seg_check_data(struct cpu *c, u16 sel, unsigned cpl, enum vector vec, struct seg *s);
void seg_check_stack(struct cpu *c, u16 sel, unsigned cpl, enum vector vec, struct seg *s);

/* Faults with a selector as error code. */
_Noreturn void cpu_raise_sel(struct cpu *c, enum vector vec, u16 sel);

/* --- code segment and instruction pointer of a far transfer --- */

/* A new rip in the code segment cs must be within its limit, or canonical: else #GP(0). */
void seg_check_rip(struct cpu *c, const struct seg *cs, u64 rip);
/* The code segment that a RET or IRET goes to, all checks done. */
void seg_check_return(struct cpu *c, u16 sel, struct seg *cs);
/* After a return to an outer ring: data segments of inner rings become null. */
void seg_drop_inner(struct cpu *c);
/* Commits CS, rip, CPL. */
void seg_set_code(struct cpu *c, const struct seg *cs, u64 rip, unsigned cpl);

/* --- stacks --- */

struct stack {
    struct seg ss;
    u64 sp;
    u16 error;  /* #SS gets this error code */
    u8 width;   /* bytes of SP that count: 2, 4, 8 */
    bool inner; /* not yet the current stack: its accesses are the new CPL's, supervisor's */
};

void stack_current(struct cpu *c, struct stack *s);
/* All n bytes below sp are within the segment, or canonical: checked before the first push. */
void stack_room(struct cpu *c, const struct stack *s, unsigned n);
void stack_put(struct cpu *c, struct stack *s, u64 v, unsigned size);
u64 stack_get(struct cpu *c, struct stack *s, unsigned size);
/* n words in the order of n calls, at once where that is plain memory. */
void stack_put_words(struct cpu *c, struct stack *s, const u64 *v, unsigned n, unsigned size);
void stack_get_words(struct cpu *c, struct stack *s, u64 *v, unsigned n, unsigned size);
/* The outer stack that a return pops: SS checked at the privilege that cs returns to. */
void stack_outer(struct cpu *c, struct stack *s, u16 sel, u64 sp, const struct seg *cs);
/* SP becomes s->sp, the width's part of it. */
void stack_commit(struct cpu *c, const struct stack *s);
/* The width of a stack in ss under the mode that code segment cs gives. */
u8 stack_width(const struct cpu *c, const struct seg *ss, const struct seg *cs);

/* SS:SP for privilege cpl from the TSS, outside long mode: #TS faults. */
void stack_from_tss(struct cpu *c, unsigned cpl, struct stack *s);
/* RSP from the 64-bit TSS: RSP0..2 (n 0..2), IST1..7 (n 4..10). */
u64 tss64_rsp(struct cpu *c, unsigned n);

#endif
