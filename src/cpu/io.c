/* SPDX-License-Identifier: MIT */
/* IN, OUT, INS, OUTS (SDM vol. 1, chapter 19): permission, breakpoints, the bus. */
#include "board/clock.h"
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

/*
 * --- strings ---
 *
 * Under REP one call does a chunk of elements, and counts as one instruction, as in string.c. It
 * ends early when an element gave something to see to: an event, a timer that is due, a wish to
 * stop. Not for the end of the time slice, so that slices of any length come to the same.
 */

enum { CHUNK = 1024 };

/* One element: faults before the port is touched. */
typedef void element_fn(struct cpu *c, const struct insn *in, unsigned size);

static void in_element(struct cpu *c, const struct insn *in, unsigned size)
{
    u64 off = gpr_read(c, RDI, in->asize);
    u16 port = (u16)c->gpr[RDX];

    mem_probe_write(c, ES, off, size);
    mem_write(c, ES, off, port_in(c, port, size), size);
}

static void out_element(struct cpu *c, const struct insn *in, unsigned size)
{
    u64 v = mem_read(c, in->seg, gpr_read(c, RSI, in->asize), size);

    port_out(c, (u16)c->gpr[RDX], (u32)v, size);
}

/* True if the instruction has another element to do. */
static bool advance(struct cpu *c, const struct insn *in, enum gpr index, unsigned size)
{
    u64 step = c->eflags & EFL_DF ? -(u64)size : size;

    gpr_write(c, index, c->gpr[index] + step, in->asize);
    if (!(in->prefix & (PFX_REP | PFX_REPNE)))
        return false;
    gpr_write(c, RCX, c->gpr[RCX] - 1, in->asize);
    return gpr_read(c, RCX, in->asize) != 0;
}

static void string_io(struct cpu *c, const struct insn *in, element_fn *element, enum gpr index)
{
    unsigned size = io_size(in), n = 0;
    bool more;

    c->rep_partial = false;
    if ((in->prefix & (PFX_REP | PFX_REPNE)) && !gpr_read(c, RCX, in->asize))
        return;
    io_check(c, (u16)c->gpr[RDX], size);
    do {
        element(c, in, size);
        more = advance(c, in, index, size);
    } while (more && ++n < CHUNK && !c->pending && !clock_is_waited_for(c->bus.clock) &&
             !cpu_wants_step(c));
    c->rep_partial = more;
    if (more)
        c->rip = cpu_insn_rip(c);
}

void op_ins(struct cpu *c, const struct insn *in)
{
    string_io(c, in, in_element, RDI);
}

void op_outs(struct cpu *c, const struct insn *in)
{
    string_io(c, in, out_element, RSI);
}
