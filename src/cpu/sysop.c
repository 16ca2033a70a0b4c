/* SPDX-License-Identifier: MIT */
/* Small system instructions: descriptor table registers, caches and TLBs, clock, waiting. */
#include "board/clock.h"
#include "board/memmap.h"
#include "cpu/flags.h"
#include "cpu/interrupt.h"
#include "cpu/op.h"
#include "cpu/system.h"

/* --- GDTR, IDTR: 2 bytes of limit, 4 or 8 of base --- */

static void table_store(struct cpu *c, const struct insn *in, const struct dtable *t)
{
    u8 buf[10];
    bool code64 = c->code_mode == CODE64;

    need_not_umip(c);
    st16(buf, t->limit);
    st64(buf + 2, t->base);
    mem_write_bytes(c, in->seg, mem_ea(c, in), buf, code64 ? 10 : 6);
}

static void table_load(struct cpu *c, const struct insn *in, struct dtable *t)
{
    u8 buf[10] = {0};
    bool code64 = c->code_mode == CODE64;

    need_cpl0(c);
    mem_read_bytes(c, in->seg, mem_ea(c, in), buf, code64 ? 10 : 6);
    u64 base = ld64(buf + 2);
    if (code64 && !is_canonical(base))
        cpu_raise(c, VEC_GP, 0);
    if (!code64 && in->osize == 2)
        base &= 0xffffff;
    t->limit = ld16(buf);
    t->base = base;
}

void op_sgdt(struct cpu *c, const struct insn *in)
{
    table_store(c, in, &c->gdtr);
}

void op_sidt(struct cpu *c, const struct insn *in)
{
    table_store(c, in, &c->idtr);
}

void op_lgdt(struct cpu *c, const struct insn *in)
{
    table_load(c, in, &c->gdtr);
}

void op_lidt(struct cpu *c, const struct insn *in)
{
    table_load(c, in, &c->idtr);
}

/* --- caches and TLBs --- */

void op_invd(struct cpu *c, const struct insn *in)
{
    need_cpl0(c);
}

void op_wbinvd(struct cpu *c, const struct insn *in)
{
    need_cpl0(c);
}

void op_clflush(struct cpu *c, const struct insn *in)
{
    mem_read_operand(c, in, 1); /* may fault as a load does */
}

void op_invlpg(struct cpu *c, const struct insn *in)
{
    need_cpl0(c);
    u64 ea = mem_ea(c, in);
    bool code64 = c->code_mode == CODE64;
    linaddr lin = code64 && in->seg < FS ? ea : c->seg[in->seg].base + ea;
    if (!code64)
        lin = (u32)lin;
    if (is_canonical(lin)) /* else it does nothing */
        mmu_invlpg(&c->mmu, lin);
}

void op_invpcid(struct cpu *c, const struct insn *in)
{
    enum { ADDRESS, CONTEXT, ALL_GLOBAL, ALL };
    u8 buf[16];

    if (cpu_vm86(c))
        cpu_raise(c, VEC_GP, 0);
    need_cpl0(c);
    u64 type = gpr_read(c, in->op[0].reg, c->code_mode == CODE64 ? 8 : 4);
    mem_read_bytes(c, in->seg, mem_ea(c, in), buf, 16);
    u64 pcid = ld64(buf), lin = ld64(buf + 8);
    if (type > ALL || pcid >> 12 || (type == ADDRESS && !is_canonical(lin)))
        cpu_raise(c, VEC_GP, 0);
    if (type <= CONTEXT && pcid && !(c->cr4 & CR4_PCIDE))
        cpu_raise(c, VEC_GP, 0);
    if (type == ADDRESS)
        mmu_invlpg(&c->mmu, lin);
    else
        mmu_flush(&c->mmu, type == ALL_GLOBAL);
}

/* --- time --- */

u64 tsc_read(const struct cpu *c)
{
    return (clock_now(c->bus.clock) >> TSC_NS_SHIFT) + c->tsc_offset;
}

static void load_edx_eax(struct cpu *c, u64 v)
{
    c->gpr[RAX] = (u32)v;
    c->gpr[RDX] = v >> 32;
}

void op_rdtsc(struct cpu *c, const struct insn *in)
{
    if (c->cpl && (c->cr4 & CR4_TSD))
        cpu_raise(c, VEC_GP, 0);
    load_edx_eax(c, tsc_read(c));
}

void op_rdtscp(struct cpu *c, const struct insn *in)
{
    op_rdtsc(c, in);
    c->gpr[RCX] = (u32)c->tsc_aux;
}

void op_rdpid(struct cpu *c, const struct insn *in)
{
    gpr_write(c, in->op[0].reg, (u32)c->tsc_aux, 8);
}

/* There are no performance counters: every number is one too many. */
void op_rdpmc(struct cpu *c, const struct insn *in)
{
    cpu_raise(c, VEC_GP, 0);
}

/* --- FS and GS bases --- */

void op_swapgs(struct cpu *c, const struct insn *in)
{
    need_cpl0(c);
    u64 base = c->seg[GS].base;
    c->seg[GS].base = c->kernel_gs_base;
    c->kernel_gs_base = base;
}

static void base_read(struct cpu *c, const struct insn *in, enum seg_reg reg)
{
    if (!(c->cr4 & CR4_FSGSBASE))
        cpu_fault(c, VEC_UD);
    gpr_write(c, in->op[0].reg, c->seg[reg].base, in->osize);
}

static void base_write(struct cpu *c, const struct insn *in, enum seg_reg reg)
{
    if (!(c->cr4 & CR4_FSGSBASE))
        cpu_fault(c, VEC_UD);
    u64 v = gpr_read(c, in->op[0].reg, in->osize);
    if (!is_canonical(v))
        cpu_raise(c, VEC_GP, 0);
    c->seg[reg].base = v;
}

void op_rdfsbase(struct cpu *c, const struct insn *in)
{
    base_read(c, in, FS);
}

void op_rdgsbase(struct cpu *c, const struct insn *in)
{
    base_read(c, in, GS);
}

void op_wrfsbase(struct cpu *c, const struct insn *in)
{
    base_write(c, in, FS);
}

void op_wrgsbase(struct cpu *c, const struct insn *in)
{
    base_write(c, in, GS);
}

/* --- software interrupts --- */

void op_int(struct cpu *c, const struct insn *in)
{
    cpu_deliver_soft(c, (u8)in->imm, SOFT_INT);
}

void op_int3(struct cpu *c, const struct insn *in)
{
    cpu_deliver_soft(c, VEC_BP, SOFT_INT3);
}

void op_into(struct cpu *c, const struct insn *in)
{
    if (flags_of(c))
        cpu_deliver_soft(c, VEC_OF, SOFT_INTO);
}

void op_int1(struct cpu *c, const struct insn *in)
{
    cpu_deliver_soft(c, VEC_DB, SOFT_INT1);
}

void op_bound(struct cpu *c, const struct insn *in)
{
    u64 ea = mem_ea(c, in);
    i64 v = sext(gpr_read(c, in->op[0].reg, in->osize), in->osize);
    i64 low = sext(mem_read(c, in->seg, ea, in->osize), in->osize);
    i64 high = sext(mem_read(c, in->seg, ea + in->osize, in->osize), in->osize);

    if (v < low || v > high)
        cpu_fault(c, VEC_BR);
}

void op_ud(struct cpu *c, const struct insn *in)
{
    cpu_fault(c, VEC_UD);
}

/* --- waiting --- */

/* It spins for something that another CPU is to do. */
void op_pause(struct cpu *c, const struct insn *in)
{
    if (c->bus.pause)
        c->bus.pause(c->bus.opaque, c->index);
}

void op_hlt(struct cpu *c, const struct insn *in)
{
    need_cpl0(c);
    c->activity = ACT_HLT;
}

void cpu_monitor_line(const struct cpu *c, u8 line[64])
{
    for (unsigned i = 0; i < 64; i += 8)
        st64(line + i, memmap_read(c->bus.mem, c->monitor_addr + i, 8));
}

void op_monitor(struct cpu *c, const struct insn *in)
{
    physaddr phys;

    if (c->cpl)
        cpu_fault(c, VEC_UD);
    if ((u32)c->gpr[RCX])
        cpu_raise(c, VEC_GP, 0);
    u64 ea = zext(c->gpr[RAX], in->asize);
    mem_read(c, in->seg, ea, 1);
    linaddr lin = c->code_mode == CODE64 && in->seg < FS ? ea : c->seg[in->seg].base + ea;
    if (c->code_mode != CODE64)
        lin = (u32)lin;
    c->monitor_armed = mmu_probe(&c->mmu, lin, &phys);
    if (c->monitor_armed) {
        c->monitor_addr = phys & ~63ull;
        cpu_monitor_line(c, c->monitor_seen);
    }
}

void op_mwait(struct cpu *c, const struct insn *in)
{
    if (c->cpl)
        cpu_fault(c, VEC_UD);
    if ((u32)c->gpr[RCX] & ~1u) /* bit 0: wake on masked interrupts, too */
        cpu_raise(c, VEC_GP, 0);
    if (!c->monitor_armed)
        return;
    c->mwait_masked = c->gpr[RCX] & 1;
    c->activity = ACT_MWAIT;
}
