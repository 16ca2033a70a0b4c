/* SPDX-License-Identifier: MIT */
/* IN, OUT, INS, OUTS (SDM vol. 1, chapter 19): permission, breakpoints, the bus. */
#include "board/ports.h"
#include "cpu/debug.h"
#include "cpu/op.h"
#include "cpu/system.h"

void io_check(struct cpu *c, u16 port, unsigned size)
{
    if (cpu_real_mode(c) || (c->cpl <= cpu_iopl(c) && !cpu_vm86(c)))
        return;
    if (!(c->tr.attr & 8) || c->tr.limit < 103) /* a 286 TSS has no bitmap */
        cpu_raise(c, VEC_GP, 0);
    u32 at = (u32)mem_read_sys(c, c->tr.base + 102, 2) + port / 8;
    if (at + 1 > c->tr.limit) /* two bytes are read whatever the port */
        cpu_raise(c, VEC_GP, 0);
    if (mem_read_sys(c, c->tr.base + at, 2) >> port % 8 & MASK(size))
        cpu_raise(c, VEC_GP, 0);
}

static u32 port_in(struct cpu *c, u16 port, unsigned size)
{
    cpu_debug_io(c, port, size);
    return portmap_read(c->bus.io, port, size);
}

static void port_out(struct cpu *c, u16 port, u32 v, unsigned size)
{
    cpu_debug_io(c, port, size);
    portmap_write(c->bus.io, port, v, size);
}

/* The row's byte forms have osize 1; the others 2 or 4, never 8. */
static unsigned io_size(const struct insn *in)
{
    return in->osize > 4 ? 4 : in->osize;
}

/* The port is an immediate byte or DX. */
static u16 io_port(const struct cpu *c, const struct insn *in, unsigned n)
{
    return in->op[n].kind == OPND_IMM ? (u8)in->imm : (u16)c->gpr[RDX];
}

void op_in(struct cpu *c, const struct insn *in)
{
    unsigned size = io_size(in);
    u16 port = io_port(c, in, 1);

    io_check(c, port, size);
    gpr_write(c, RAX, port_in(c, port, size), size);
}

void op_out(struct cpu *c, const struct insn *in)
{
    unsigned size = io_size(in);
    u16 port = io_port(c, in, 0);

    io_check(c, port, size);
    port_out(c, port, (u32)zext(c->gpr[RAX], size), size);
}

/* --- strings: one element a time, so that everything between two is as between instructions --- */

static bool repeats(const struct insn *in)
{
    return in->prefix & (PFX_REP | PFX_REPNE);
}

static bool count_is_zero(const struct cpu *c, const struct insn *in)
{
    return repeats(in) && !gpr_read(c, RCX, in->asize);
}

/* Moves the index on, counts, and comes back to the instruction if there is more to do. */
static void advance(struct cpu *c, const struct insn *in, enum gpr index, unsigned size)
{
    u64 step = c->eflags & EFL_DF ? -(u64)size : size;

    gpr_write(c, index, c->gpr[index] + step, in->asize);
    if (!repeats(in))
        return;
    gpr_write(c, RCX, c->gpr[RCX] - 1, in->asize);
    c->rep_partial = gpr_read(c, RCX, in->asize) != 0;
    if (c->rep_partial)
        c->rip = cpu_insn_rip(c);
}

void op_ins(struct cpu *c, const struct insn *in)
{
    unsigned size = io_size(in);
    u16 port = (u16)c->gpr[RDX];

    if (count_is_zero(c, in))
        return;
    u64 off = gpr_read(c, RDI, in->asize);
    io_check(c, port, size);
    mem_probe_write(c, ES, off, size);
    mem_write(c, ES, off, port_in(c, port, size), size);
    advance(c, in, RDI, size);
}

void op_outs(struct cpu *c, const struct insn *in)
{
    unsigned size = io_size(in);
    u16 port = (u16)c->gpr[RDX];

    if (count_is_zero(c, in))
        return;
    io_check(c, port, size);
    u64 v = mem_read(c, in->seg, gpr_read(c, RSI, in->asize), size);
    port_out(c, port, (u32)v, size);
    advance(c, in, RSI, size);
}
