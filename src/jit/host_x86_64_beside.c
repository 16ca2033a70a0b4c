/* SPDX-License-Identifier: MIT */
/*
 * Stores to pages that have code. Such a page has no word for writes in the MMU's table, so they
 * all miss; most hit no code. Aside of the access, a thunk looks at what the MMU knows of the page
 * and at its byte map of code, as mmu_write_beside_code() does, and gives the addend that the table
 * would have. The access then goes on as if it had been there. What the thunk can't say takes the
 * slow path.
 */
#include "jit/host_x86_64.h"

#include "board/memmap.h"
#include "mmu/view.h"

/* From struct known of the page in rdi and the page's number in rdx; the jumps go to the miss. */
static void check_known(struct emit *e, size_t miss[3])
{
    /* tag is page | time << 36 */
    emit_alu(e, X86_XOR, 8, HOST_RDX, rm_mem(HOST_RDI, HOST_NONE, offsetof(struct known, tag)));
    emit_shift_imm(e, X86_ROR, 8, rm_reg(HOST_RDX), 36);
    emit_alu(e, X86_CMP, 8, HOST_RDX, X64_CPU(mmu.time_local));
    size_t local = emit_jcc8(e, CC_Z);
    emit_alu(e, X86_CMP, 8, HOST_RDX, X64_CPU(mmu.time_global));
    miss[0] = emit_jcc(e, CC_NZ);
    emit_patch8(e, local);
    emit_test_imm(e, 1, rm_mem(HOST_RDI, HOST_NONE, offsetof(struct known, rights)),
                  BIT(ACCESS_WRITE));
    miss[1] = emit_jcc(e, CC_Z);
    emit_load(e, 8, HOST_RDX, rm_mem(HOST_RDI, HOST_NONE, offsetof(struct known, info)));
    emit_test(e, 8, rm_reg(HOST_RDX), HOST_RDX);
    miss[2] = emit_jcc(e, CC_Z);
}

/* rdi = struct known of the page of address rcx, rdx its number. */
static void find_known(struct emit *e)
{
    emit_mov(e, 8, HOST_RDX, HOST_RCX);
    x64_page_number(e, HOST_RDX, true);
    emit_mov(e, 4, HOST_RDI, HOST_RDX);
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_RDI), KNOWN_ENTRIES - 1);
    emit_rm(e, 0x69, 4, HOST_RDI, rm_reg(HOST_RDI)); /* IMUL */
    emit_imm(e, sizeof(struct known), 4);
    emit_alu(e, X86_ADD, 8, HOST_RDI, X64_CPU(mmu.known));
}

/* rdi = host page - the linear page of rcx, for canonical addresses: with others it adds to what
 * isn't canonical either. */
static void find_addend(struct emit *e)
{
    emit_load(e, 8, HOST_RDI, rm_mem(HOST_RDI, HOST_NONE, offsetof(struct known, wr)));
    emit_mov(e, 8, HOST_RSI, HOST_RCX);
    emit_shift_imm(e, X86_SHL, 8, rm_reg(HOST_RSI), 16);
    emit_shift_imm(e, X86_SAR, 8, rm_reg(HOST_RSI), 16);
    emit_alu_imm(e, X86_AND, 8, rm_reg(HOST_RSI), -4096);
    emit_alu(e, X86_SUB, 8, HOST_RDI, rm_reg(HOST_RSI));
}

/* ZF: no code covers the `size` bytes at rcx, all on one page, whose page_info is in rdx. */
static void check_covered(struct emit *e, unsigned size)
{
    emit_load(e, 8, HOST_RDX, rm_mem(HOST_RDX, HOST_NONE, offsetof(struct page_info, covered)));
    emit_mov(e, 4, HOST_RSI, HOST_RCX);
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_RSI), 4095);
    emit_shift_imm(e, X86_SHR, 4, rm_reg(HOST_RSI), 3);
    emit_load(e, 8, HOST_RDX, rm_mem(HOST_RDX, HOST_RSI, 0));
    emit_alu_imm(e, X86_AND, 4, rm_reg(HOST_RCX), 7);
    emit_shift_cl(e, X86_SHR, 8, rm_reg(HOST_RDX));
    emit_test_imm(e, 4, rm_reg(HOST_RDX), (i32)MASK(size));
}

void x64_thunk_beside(struct emit *e, unsigned size)
{
    static const u8 kept[] = {HOST_RCX, HOST_RDX, HOST_RSI, HOST_RDI};
    const struct rm argument = rm_mem(HOST_RSP, HOST_NONE, 8 * (sizeof kept + 1));
    size_t miss[5];

    emit_push_all(e, kept, sizeof kept);
    emit_load(e, 8, HOST_RCX, argument);
    find_known(e);
    check_known(e, miss);
    emit_alu_imm(e, X86_CMP, 4, rm_mem(HOST_RDX, HOST_NONE, offsetof(struct page_info, code)), 0);
    miss[3] = emit_jcc(e, CC_Z);
    find_addend(e);
    check_covered(e, size);
    miss[4] = emit_jcc(e, CC_NZ);
    emit_store(e, 8, argument, HOST_RDI);
    size_t hit = emit_jmp(e);
    for (unsigned n = 0; n < ARRAY_LEN(miss); n++)
        emit_patch(e, miss[n], e->at);
    emit_test(e, 4, rm_reg(HOST_RSP), HOST_RSP); /* isn't 0 */
    emit_patch(e, hit, e->at);
    emit_pop_all(e, kept, sizeof kept);
    emit_ret(e);
}

/* --- in a block --- */

void x64_beside(struct x64 *g, size_t site, const struct x64_beside *access)
{
    bool sized = access->size <= BESIDE_MAX && !(access->size & (access->size - 1));

    if (!sized || g->count.beside == X64_FIXUPS) {
        x64_slow(g, site);
        return;
    }
    struct x64_beside *b = &g->beside[g->count.beside++];
    *b = *access;
    b->at = (u32)site;
    b->back = (u32)g->e.at;
    b->insn = (u8)g->insn;
    g->at[g->insn].slow = true;
}

void x64_beside_cold(struct x64 *g)
{
    struct emit *e = &g->e;

    for (unsigned n = 0; n < g->count.beside; n++) {
        const struct x64_beside *b = &g->beside[n];
        emit_patch(e, b->at, e->at);
        emit_push(e, b->address);
        emit_call_to(e, x64_thunk(g, THUNK_BESIDE + (unsigned)__builtin_ctz(b->size)));
        emit_pop(e, b->addend);
        emit_jcc_to(e, CC_Z, b->back);
        g->insn = b->insn;
        x64_slow(g, emit_jmp(e));
    }
}
