/* SPDX-License-Identifier: MIT */
/*
 * Events through the IDT (SDM vol. 3, chapter 6; vol. 2, INT n). An event builds its whole frame
 * before it changes a register, so that a fault on the way finds the interrupted state.
 */
#include "cpu/interrupt.h"

#include "base/log.h"
#include "cpu/debug.h"
#include "cpu/flags.h"
#include "cpu/seg.h"
#include "cpu/system.h"

struct event {
    u8 vec;
    bool soft; /* INT n, INT3, INTO: the gate's DPL counts */
    bool has_error;
    u32 error;
    u32 flags; /* the image that is pushed */
};

/* EXCEPTION(vector, class, has an error code, is a fault: the pushed RF is 1) */
#define EXCEPTIONS(EXCEPTION)                                                                      \
    EXCEPTION(DE, CONTRIBUTORY, false, true)                                                       \
    EXCEPTION(DB, BENIGN, false, false)                                                            \
    EXCEPTION(NMI, BENIGN, false, false)                                                           \
    EXCEPTION(BP, BENIGN, false, false)                                                            \
    EXCEPTION(OF, BENIGN, false, false)                                                            \
    EXCEPTION(BR, BENIGN, false, true)                                                             \
    EXCEPTION(UD, BENIGN, false, true)                                                             \
    EXCEPTION(NM, BENIGN, false, true)                                                             \
    EXCEPTION(DF, DOUBLE, true, false)                                                             \
    EXCEPTION(CSO, BENIGN, false, true)                                                            \
    EXCEPTION(TS, CONTRIBUTORY, true, true)                                                        \
    EXCEPTION(NP, CONTRIBUTORY, true, true)                                                        \
    EXCEPTION(SS, CONTRIBUTORY, true, true)                                                        \
    EXCEPTION(GP, CONTRIBUTORY, true, true)                                                        \
    EXCEPTION(PF, PAGE, true, true)                                                                \
    EXCEPTION(MF, BENIGN, false, true)                                                             \
    EXCEPTION(AC, BENIGN, true, true)                                                              \
    EXCEPTION(MC, BENIGN, false, false)                                                            \
    EXCEPTION(XM, BENIGN, false, true)

struct exception {
    u8 fault_class;
    bool has_error, is_fault;
};

static const struct exception exceptions[32] = {
#define EXCEPTION(name, fault_class, has_error, is_fault)                                          \
    [VEC_##name] = {FAULT_##fault_class, has_error, is_fault},
    EXCEPTIONS(EXCEPTION)
#undef EXCEPTION
};

bool vector_has_error(enum vector vec)
{
    return exceptions[vec & 31].has_error;
}

/* A fault that names the event's gate: selector index = vector, IDT bit. */
static _Noreturn void gate_fault(struct cpu *c, enum vector vec, const struct event *ev)
{
    cpu_raise(c, vec, ev->vec * 8u + 2);
}

/* The target code segment of a gate, its privilege checks done. */
static void gate_code(struct cpu *c, u16 sel, unsigned *cpl, struct seg *cs)
{
    struct desc d;

    desc_need(c, sel, &d, VEC_GP);
    if (!desc_is_code(&d) || desc_dpl(&d) > c->cpl)
        cpu_raise_sel(c, VEC_GP, sel);
    if (cpu_long_mode(c) && (desc_attr(&d) & (SEG_L | SEG_DB)) != SEG_L)
        cpu_raise_sel(c, VEC_GP, sel);
    if (!desc_present(&d))
        cpu_raise_sel(c, VEC_NP, sel);
    *cpl = desc_conforming(&d) ? c->cpl : desc_dpl(&d);
    if (cpu_vm86(c) && *cpl != 0)
        cpu_raise_sel(c, VEC_GP, sel);
    desc_touch(c, &d);
    seg_from_desc(cs, &d);
    cs->sel = (sel & ~SEL_RPL) | *cpl;
}

/* --- real mode --- */

/* IP and CS from the interrupt vector table at base, and a 16-bit frame for them. */
static void through_ivt(struct cpu *c, u8 vec, linaddr base, u32 flags)
{
    struct stack st;
    u16 ip = (u16)mem_read_sys(c, base + vec * 4u, 2);
    u16 sel = (u16)mem_read_sys(c, base + vec * 4u + 2, 2);
    struct seg cs = cpu_vm86(c) ? seg_vm86(sel) : seg_real(&c->seg[CS], sel);

    stack_current(c, &st);
    stack_room(c, &st, 6);
    seg_check_rip(c, &cs, ip);
    stack_put(c, &st, flags, 2);
    stack_put(c, &st, c->seg[CS].sel, 2);
    stack_put(c, &st, c->rip, 2);
    stack_commit(c, &st);
    seg_set_code(c, &cs, ip, c->cpl);
}

static void deliver_real(struct cpu *c, const struct event *ev)
{
    if (ev->vec * 4u + 3 > c->idtr.limit)
        gate_fault(c, VEC_GP, ev);
    through_ivt(c, ev->vec, c->idtr.base, ev->flags);
    c->eflags &= ~(u32)(EFL_IF | EFL_TF | EFL_AC | EFL_RF);
    cpu_update_mode(c);
}

/* --- protected mode --- */

/* Checks that gates of every kind go through; mask: the types that are gates here. */
static void check_gate(struct cpu *c, const struct event *ev, const struct desc *gate, u32 mask)
{
    if ((desc_type(gate) & SEG_S) || !(mask >> desc_type(gate) & 1))
        gate_fault(c, VEC_GP, ev);
    if (ev->soft && desc_dpl(gate) < c->cpl)
        gate_fault(c, VEC_GP, ev);
    if (!desc_present(gate))
        gate_fault(c, VEC_NP, ev);
}

/* EFLAGS in the handler: an interrupt gate masks interrupts, a trap gate doesn't. */
static void enter_flags(struct cpu *c, bool interrupt_gate)
{
    c->eflags &= ~(u32)(EFL_TF | EFL_NT | EFL_RF | EFL_VM | (interrupt_gate ? EFL_IF : 0));
}

/* Pushes SS and SP if `stack`, the flags, CS, IP and an error code. */
static void push_frame(struct cpu *c, struct stack *st, const struct event *ev, bool stack,
                       unsigned size)
{
    const u64 words[] = {c->seg[SS].sel, c->gpr[RSP], ev->flags, c->seg[CS].sel, c->rip, ev->error};
    unsigned first = stack ? 0 : 2, end = ev->has_error ? 6 : 5;

    stack_put_words(c, st, words + first, end - first, size);
}

static void push_vm86_segments(struct cpu *c, struct stack *st, unsigned size)
{
    static const u8 order[] = {GS, FS, DS, ES};

    for (unsigned i = 0; i < ARRAY_LEN(order); i++)
        stack_put(c, st, c->seg[order[i]].sel, size);
}

static void leave_vm86_segments(struct cpu *c)
{
    static const u8 order[] = {GS, FS, DS, ES};
    struct seg null = seg_null(0, 0);

    for (unsigned i = 0; i < ARRAY_LEN(order); i++)
        seg_set(c, order[i], &null);
}

static void through_gate(struct cpu *c, const struct event *ev, const struct desc *gate)
{
    bool wide = desc_type(gate) & 8;
    unsigned size = wide ? 4 : 2, cpl;
    u64 rip = wide ? gate_offset(gate) : (u16)gate_offset(gate);
    struct seg cs;
    struct stack st;

    gate_code(c, gate_sel(gate), &cpl, &cs);
    bool inner = cpl != c->cpl, vm86 = cpu_vm86(c);
    if (inner)
        stack_from_tss(c, cpl, &st);
    else
        stack_current(c, &st);
    unsigned words = (inner ? 5 : 3) + (vm86 ? 4 : 0) + (ev->has_error ? 1 : 0);

    stack_room(c, &st, words * size);
    seg_check_rip(c, &cs, rip);
    if (vm86)
        push_vm86_segments(c, &st, size);
    push_frame(c, &st, ev, inner, size);

    enter_flags(c, !(desc_type(gate) & 1));
    if (vm86)
        leave_vm86_segments(c);
    if (inner)
        seg_set(c, SS, &st.ss);
    stack_commit(c, &st);
    seg_set_code(c, &cs, rip, cpl);
}

static void deliver_protected(struct cpu *c, const struct event *ev)
{
    enum {
        GATES = 1 << SYS_TASK_GATE | 1 << SYS_INT16 | 1 << SYS_TRAP16 | 1 << SYS_INT32 |
                1 << SYS_TRAP32
    };
    const struct op *op = c->op;
    struct desc gate = {0};

    if (ev->vec * 8u + 7 > c->idtr.limit)
        gate_fault(c, VEC_GP, ev);
    gate.raw = mem_read_sys(c, (u32)(c->idtr.base + ev->vec * 8u), 8);
    check_gate(c, ev, &gate, GATES);
    if (desc_type(&gate) != SYS_TASK_GATE) {
        through_gate(c, ev, &gate);
        return;
    }
    bool wide = task_gate(c, &gate, TASK_INT, ev->flags);
    if (ev->has_error) {
        struct stack st;
        stack_current(c, &st);
        stack_put(c, &st, ev->error, wide ? 4 : 2);
        stack_commit(c, &st);
    }
    seg_check_rip(c, &c->seg[CS], c->rip);
    c->op = op;
}

/* --- long mode --- */

static void long_stack(struct cpu *c, unsigned ist, unsigned cpl, struct stack *st)
{
    stack_current(c, st);
    st->sp = c->gpr[RSP];
    st->width = 8;
    st->inner = cpl != c->cpl;
    if (st->inner)
        st->ss = seg_null((u16)cpl, cpl);
    if (ist)
        st->sp = tss64_rsp(c, 3 + ist);
    else if (st->inner)
        st->sp = tss64_rsp(c, cpl);
    if (!is_canonical(st->sp))
        cpu_raise(c, VEC_SS, 0);
    st->sp &= ~15ull;
}

static void deliver_long(struct cpu *c, const struct event *ev)
{
    struct desc gate = {0};
    linaddr addr = c->idtr.base + ev->vec * 16u;
    unsigned cpl;

    if (ev->vec * 16u + 15 > c->idtr.limit)
        gate_fault(c, VEC_GP, ev);
    gate.raw = mem_read_sys(c, addr, 8);
    check_gate(c, ev, &gate, 1 << SYS_INT32 | 1 << SYS_TRAP32);
    gate.high = (u32)mem_read_sys(c, addr + 8, 4);

    struct seg cs;
    struct stack st;
    gate_code(c, gate_sel(&gate), &cpl, &cs);
    u64 rip = gate_offset(&gate);
    long_stack(c, bits_get(gate.raw, 32, 3), cpl, &st);
    stack_room(c, &st, ev->has_error ? 48 : 40);
    seg_check_rip(c, &cs, rip);
    push_frame(c, &st, ev, true, 8);

    enter_flags(c, !(desc_type(&gate) & 1));
    if (st.inner)
        seg_set(c, SS, &st.ss);
    stack_commit(c, &st);
    seg_set_code(c, &cs, rip, cpl);
}

/* --- the entries --- */

static void deliver(struct cpu *c, const struct event *ev)
{
    LOG(c->bus.log, INT, "cpu%u v=%02x e=%04x i=%d cpl=%d ip=%04x:%016llx sp=%04x:%016llx cr2=%llx",
        c->index, ev->vec, ev->error, ev->soft, c->cpl, c->seg[CS].sel, (unsigned long long)c->rip,
        c->seg[SS].sel, (unsigned long long)c->gpr[RSP], (unsigned long long)c->cr2);
    c->shadow = 0;
    if (cpu_real_mode(c))
        deliver_real(c, ev);
    else if (cpu_long_mode(c))
        deliver_long(c, ev);
    else
        deliver_protected(c, ev);
    /* Traps of the interrupted instruction are dropped, but for those that MOV SS held back:
     * they meet the handler's first instruction. */
    c->dr6_pending = c->step_held;
    if (c->dr6_pending)
        c->pending |= PEND_DEBUG;
    c->step_held = 0;
    c->step_rf = c->rep_partial = false;
    c->step_shadow = 0;
    c->delivering = false;
    c->activity = ACT_RUN;
}

void cpu_shutdown(struct cpu *c)
{
    c->delivering = false;
    c->activity = ACT_SHUTDOWN;
    if (c->bus.shutdown)
        c->bus.shutdown(c->bus.opaque, c->index);
}

/* What becomes of fault `next` while an event of class `first` is delivered. */
static enum fault_class combine(enum fault_class first, enum fault_class next)
{
    if (first == FAULT_PAGE && next != FAULT_BENIGN)
        return FAULT_DOUBLE;
    if (first == FAULT_CONTRIBUTORY && next == FAULT_CONTRIBUTORY)
        return FAULT_DOUBLE;
    return next;
}

void cpu_deliver(struct cpu *c, enum vector vec, u32 error)
{
    const struct exception *x = &exceptions[vec & 31];
    bool again = c->delivering;

    c->op = NULL;
    if (again && c->fault_class == FAULT_DOUBLE) {
        cpu_shutdown(c);
        return;
    }
    if (again && c->fault_ext && vec >= VEC_TS && vec <= VEC_GP)
        error |= 1;
    if (again && combine(c->fault_class, x->fault_class) == FAULT_DOUBLE) {
        vec = VEC_DF;
        error = 0;
        x = &exceptions[VEC_DF];
    }
    struct event ev = {.vec = (u8)vec, .has_error = x->has_error, .flags = eflags_get(c)};
    ev.error = x->has_error ? error : 0;
    if (x->is_fault || c->rep_partial || (vec == VEC_DB && error == DB_GENERAL_DETECT))
        ev.flags |= EFL_RF;
    if (vec == VEC_DB)
        c->dr7 &= ~(u32)DR7_GD;
    c->delivering = true;
    c->fault_ext = true;
    c->fault_class = x->fault_class;
    deliver(c, &ev);
}

void cpu_deliver_irq(struct cpu *c, u8 vec)
{
    struct event ev = {.vec = vec, .flags = eflags_get(c) | (c->rep_partial ? EFL_RF : 0)};

    c->op = NULL;
    c->stat_irqs++;
    c->delivering = true;
    c->fault_ext = true;
    c->fault_class = FAULT_BENIGN;
    deliver(c, &ev);
}

/* The interrupt redirection bitmap, 32 bytes below the I/O permission bitmap (SDM vol. 3,
 * 20.3.3): true if INT vec goes to the 8086 program's own handler. */
static bool redirected(struct cpu *c, u8 vec)
{
    if (!(c->cr4 & CR4_VME))
        return false;
    if (c->tr.limit < 103)
        cpu_raise(c, VEC_GP, 0);
    u32 map = (u32)mem_read_sys(c, c->tr.base + 102, 2) - 32 + vec / 8;
    if (map > c->tr.limit)
        cpu_raise(c, VEC_GP, 0);
    return !(mem_read_sys(c, c->tr.base + map, 1) >> vec % 8 & 1);
}

/* INT n redirected: with IOPL < 3 the program sees VIF as its IF and believes in IOPL 3. */
static void deliver_vm86(struct cpu *c, u8 vec)
{
    u32 flags = eflags_get(c);
    u32 mask = EFL_IF;

    if (cpu_iopl(c) < 3) {
        flags = (flags & ~(u32)EFL_IF) | EFL_IOPL | (flags & EFL_VIF ? EFL_IF : 0);
        mask = EFL_VIF;
    }
    through_ivt(c, vec, 0, flags);
    c->eflags &= ~(mask | EFL_TF | EFL_RF);
    c->delivering = false;
}

void cpu_deliver_soft(struct cpu *c, u8 vec, enum soft_kind kind)
{
    struct event ev = {.vec = vec, .soft = kind != SOFT_INT1, .flags = eflags_get(c)};

    c->delivering = true;
    c->fault_ext = kind == SOFT_INT1;
    c->fault_class = FAULT_BENIGN;
    if (kind == SOFT_INT && cpu_vm86(c)) {
        if (redirected(c, vec)) {
            deliver_vm86(c, vec);
            return;
        }
        if (cpu_iopl(c) < 3)
            cpu_raise(c, VEC_GP, 0);
    }
    if (kind == SOFT_INT1)
        c->dr7 &= ~(u32)DR7_GD;
    deliver(c, &ev);
}
