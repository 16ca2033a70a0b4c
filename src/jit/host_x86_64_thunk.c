/* SPDX-License-Identifier: MIT */
/*
 * The code at the buffer's bottom: between C and translated code, and what blocks share.
 *
 * C's registers are saved once, at THUNK_ENTER, and given back at THUNK_LEAVE; in between the
 * host's stack has the RETs that are expected, and is aligned to 16 bytes. If C called by a stub
 * unwinds instead of returning, guest registers and flags are in struct cpu already.
 */
#include "jit/host_x86_64.h"

#include <cpuid.h>

#include "cpu/sse_fp.h"

/* System V ABI, 3.2.1: what a function must give back. */
static const u8 saved[] = {HOST_RBP, HOST_RBX, HOST_R12, HOST_R13, HOST_R14, HOST_R15};

/* Code that isn't 64-bit has no R8 and R9, but something else in their places:
 * host_x86_64_group.c. */
static void store_registers(struct emit *e)
{
    x64_units_release(e);
    for (unsigned n = 0; n < R8; n++)
        emit_store(e, 8, X64_CPU(gpr[n]), x64_home(n));
    emit_alu_imm(e, X86_CMP, 1, X64_CPU(code_mode), CODE64);
    size_t others = emit_jcc8(e, CC_NZ);
    for (unsigned n = R8; n < R10; n++)
        emit_store(e, 8, X64_CPU(gpr[n]), x64_home(n));
    emit_patch8(e, others);
}

static void load_registers(struct emit *e)
{
    for (unsigned n = 0; n < R10; n++)
        emit_load(e, 8, x64_home(n), X64_CPU(gpr[n]));
}

/* Guest registers, the flags as EFLAGS bits. */
static void store_guest(struct emit *e)
{
    store_registers(e);
    emit_mov(e, 4, HOST_R11, HOST_RAX);
    emit_shift_imm(e, X86_SHR, 4, rm_reg(HOST_R11), 8);
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_R11), EFL_STATUS & 0xff);
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_RAX), 1);
    emit_shift_imm(e, X86_SHL, 4, rm_reg(HOST_RAX), 11);
    emit_alu(e, X86_OR, 4, HOST_RAX, rm_reg(HOST_R11));
    emit_store(e, 8, X64_REGS(flags), HOST_RAX);
}

static void load_guest(struct emit *e)
{
    emit_load(e, 4, HOST_R11, X64_REGS(flags));
    emit_load(e, 1, HOST_RAX, rm_reg(HOST_R11));
    emit_shift_imm(e, X86_SHL, 4, rm_reg(HOST_RAX), 8);
    emit_shift_imm(e, X86_SHR, 4, rm_reg(HOST_R11), 11);
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_R11), 1);
    emit_alu(e, X86_OR, 4, HOST_RAX, rm_reg(HOST_R11));
    load_registers(e);
    emit_load(e, 8, X64_TABLE, X64_CPU(mmu.probed));
}

static void call_c(struct emit *e, const void *f)
{
    emit_load(e, 8, HOST_RDI, X64_REGS(self));
    emit_mov_imm(e, HOST_R11, (u64)(uintptr_t)f);
    emit_call_rm(e, rm_reg(HOST_R11));
}

/* void enter(struct cpu *c, const u8 *entry) */
static void thunk_enter(struct emit *e)
{
    emit_push_all(e, saved, sizeof saved);
    emit_alu_imm(e, X86_SUB, 8, rm_reg(HOST_RSP), 8);
    emit_mov(e, 8, HOST_R14, HOST_RSI);
    x64_returns_enter(e);
    load_guest(e);
    emit_jmp_rm(e, rm_reg(HOST_R14));
}

static void back_to_c(struct emit *e)
{
    x64_returns_leave(e);
    emit_alu_imm(e, X86_ADD, 8, rm_reg(HOST_RSP), 8);
    emit_pop_all(e, saved, sizeof saved);
    emit_ret(e);
}

static void thunk_leave(struct emit *e)
{
    emit_store(e, 8, X64_REGS(exit), HOST_R13);
    emit_store(e, 8, X64_REGS(way), HOST_R11);
    store_guest(e);
    back_to_c(e);
}

static void thunk_stub(struct emit *e)
{
    emit_alu_imm(e, X86_SUB, 8, rm_reg(HOST_RSP), 8);
    store_guest(e);
    emit_mov(e, 8, HOST_RSI, HOST_R14);
    call_c(e, (const void *)(uintptr_t)jit_stub);
    load_guest(e);
    emit_alu_imm(e, X86_ADD, 8, rm_reg(HOST_RSP), 8);
    emit_ret(e);
}

/* Of the registers that the function doesn't see, C gives the others back itself. */
static void thunk_call(struct emit *e)
{
    static const u8 kept[] = {X64_FLAGS, HOST_RSI, HOST_RDI, HOST_R8, HOST_R9};

    emit_push_all(e, kept, sizeof kept);
    x64_units_release(e);
    for (unsigned n = RAX; n <= RBX; n++)
        emit_store(e, 8, X64_CPU(gpr[n]), x64_home(n));
    emit_mov(e, 8, HOST_RSI, HOST_R14);
    call_c(e, (const void *)(uintptr_t)jit_call);
    for (unsigned n = RAX; n <= RBX; n++)
        emit_load(e, 8, x64_home(n), X64_CPU(gpr[n]));
    emit_pop_all(e, kept, sizeof kept);
    emit_ret(e);
}

static void thunk_stub_part(struct emit *e)
{
    emit_alu_imm(e, X86_SUB, 8, rm_reg(HOST_RSP), 8);
    emit_store_imm(e, 8, X64_REGS(exit), LEAVE_STUB);
    store_guest(e);
    emit_mov(e, 8, HOST_RSI, HOST_R14);
    emit_mov(e, 4, HOST_RDX, HOST_R13);
    call_c(e, (const void *)(uintptr_t)jit_stub_part);
    emit_test(e, 1, rm_reg(HOST_RAX), HOST_RAX);
    size_t over = emit_jcc(e, CC_Z);
    load_guest(e);
    emit_alu_imm(e, X86_ADD, 8, rm_reg(HOST_RSP), 8);
    emit_ret(e);
    emit_patch(e, over, e->at);
    back_to_c(e);
}

/* The interpreter ends the block. */
static void end_by(struct emit *e, void (*stub)(struct cpu *c, const struct op *op))
{
    emit_store_imm(e, 8, X64_REGS(exit), LEAVE_STUB);
    store_guest(e);
    emit_mov(e, 8, HOST_RSI, HOST_R14);
    call_c(e, (const void *)(uintptr_t)stub);
    back_to_c(e);
}

static void thunk_stub_end(struct emit *e)
{
    end_by(e, jit_stub_end);
}

/* Registers with something in them that a C function may change; and r13, which has the stack
 * aligned. */
static const u8 lost[] = {HOST_RAX, HOST_RCX, HOST_RDX, HOST_RSI, HOST_RDI,
                          HOST_R8,  HOST_R9,  HOST_R10, HOST_R13};

static void thunk_take(struct emit *e)
{
    emit_alu(e, X86_OR, 1, HOST_R13, X64_CPU(fpu.live));
    x64_units_release(e);
    emit_push_all(e, lost, sizeof lost);
    emit_load(e, 1, HOST_RSI, rm_reg(HOST_R13));
    call_c(e, (const void *)(uintptr_t)fpu_take);
    emit_mov(e, 4, HOST_R11, HOST_RAX);
    emit_pop_all(e, lost, sizeof lost);
    emit_test(e, 1, rm_reg(HOST_R11), HOST_R11);
    size_t refused = emit_jcc(e, CC_Z);
    x64_units_load(e);
    emit_ret(e);
    emit_patch(e, refused, e->at);
    emit_alu_imm(e, X86_ADD, 8, rm_reg(HOST_RSP), 8); /* the return address */
    emit_shift_imm(e, X86_SHR, 4, rm_reg(HOST_R13), 8);
    emit_alu_to(e, X86_ADD, 8, X64_CPU(budget), HOST_R13);
    end_by(e, jit_stub_rest);
}

/* r14 may be a group's: C gives it back. */
static void thunk_approximate(struct emit *e)
{
    x64_units_release(e);
    emit_push_all(e, lost, sizeof lost);
    emit_mov(e, 8, HOST_RSI, HOST_R13);
    emit_mov(e, 8, HOST_RDX, HOST_R11);
    emit_alu(e, X86_ADD, 8, HOST_RDX, X64_REGS(self));
    call_c(e, (const void *)(uintptr_t)sse_approximate);
    emit_pop_all(e, lost, sizeof lost);
    emit_mov_imm(e, HOST_R13, FPU_LIVE_SSE);
    x64_units_load(e);
    emit_ret(e);
}

#define OF(reg, type, field) rm_mem(reg, HOST_NONE, offsetof(struct type, field))

/* RIP of the first byte of the code that way r11 is of. */
static void thunk_here(struct emit *e)
{
    emit_load(e, 8, HOST_R14, OF(HOST_R11, jit_way, from));
    emit_load(e, 8, HOST_R14, OF(HOST_R14, jit_code, block));
    emit_load(e, 4, HOST_R14, OF(HOST_R14, block, phys));
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_R14), 4095);
    emit_alu(e, X86_ADD, 8, HOST_R14, X64_REGS(rip_page));
    emit_alu_imm(e, X86_CMP, 1, X64_CPU(code_mode), CODE64);
    size_t whole = emit_jcc(e, CC_Z);
    emit_mov(e, 4, HOST_R14, HOST_R14);
    emit_patch(e, whole, e->at);
    emit_store(e, 8, X64_CPU(rip), HOST_R14);
    thunk_leave(e);
}

/* RIP where way r11 goes. */
static void thunk_link(struct emit *e)
{
    emit_load(e, 2, HOST_R13, OF(HOST_R11, jit_way, offset));
    emit_alu(e, X86_ADD, 8, HOST_R13, X64_REGS(rip_page));
    emit_alu_imm(e, X86_CMP, 1, OF(HOST_R11, jit_way, size), 4);
    size_t whole = emit_jcc(e, CC_A), four = emit_jcc(e, CC_Z);
    emit_load(e, 2, HOST_R13, rm_reg(HOST_R13));
    emit_patch(e, four, e->at);
    emit_mov(e, 4, HOST_R13, HOST_R13);
    emit_patch(e, whole, e->at);
    emit_store(e, 8, X64_CPU(rip), HOST_R13);
    emit_mov_imm(e, HOST_R13, LEAVE_LINK);
    thunk_leave(e);
}

/* RIP in r13: known by nobody. */
static void thunk_unknown(struct emit *e)
{
    emit_store(e, 8, X64_CPU(rip), HOST_R13);
    emit_mov_imm(e, HOST_R13, LEAVE_INDIRECT);
}

bool x64_thunks(struct jit_buffer *buf)
{
    static void (*const thunks[])(struct emit *) = {
        [THUNK_ENTER] = thunk_enter,         [THUNK_STUB] = thunk_stub,
        [THUNK_STUB_PART] = thunk_stub_part, [THUNK_STUB_END] = thunk_stub_end,
        [THUNK_HERE] = thunk_here,           [THUNK_LINK] = thunk_link,
        [THUNK_CALL] = thunk_call,           [THUNK_UNKNOWN] = thunk_unknown,
        [THUNK_LEAVE] = thunk_leave,         [THUNK_TAKE] = thunk_take,
        [THUNK_APPROX] = thunk_approximate,
    };
    struct emit e = {.base = buf->rw, .end = buf->size};
    _Static_assert(1 << (ARRAY_LEN(buf->thunk) - THUNK_BESIDE - 1) >= BESIDE_MAX, "there is room");
    for (unsigned n = 0; n < ARRAY_LEN(thunks); n++) {
        buf->thunk[n] = buf->rx + e.at;
        thunks[n](&e);
    }
    for (unsigned n = 0; 1u << n <= BESIDE_MAX; n++) {
        buf->thunk[THUNK_BESIDE + n] = buf->rx + e.at;
        x64_thunk_beside(&e, 1u << n);
    }
    buf->used = buf->thunks = e.at;
    return !e.full;
}

/* --- the host's CPU --- */

bool x64_has_bmi2(void)
{
    return __builtin_cpu_supports("bmi2");
}

bool x64_has_adx(const struct x64 *g)
{
    return !g->buf->opt->baseline && g->buf->adx;
}

/* Those that not every compiler's __builtin_cpu_supports() knows: SDM vol. 2A, CPUID leaf 7. */
void x64_ask_host(struct jit_buffer *buf)
{
    unsigned eax, ebx = 0, ecx, edx;

    __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
    buf->adx = ebx & bit_ADX;
    buf->sha = ebx & bit_SHA;
}
