/* SPDX-License-Identifier: MIT */
/*
 * The x86-64 assembler against Capstone: each register in each place, each form of an address,
 * each size of an immediate; and what becomes of a buffer that is full. What the backend makes of
 * blocks is tested by golden/ and tests/jit/.
 */
#include <capstone/capstone.h>
#include <stdio.h>

#include "jit/emit_x86_64.h"
#include "unit/unit.h"

static const x86_reg names8[] = {X86_REG_AL,   X86_REG_CL,   X86_REG_DL,   X86_REG_BL,
                                 X86_REG_SPL,  X86_REG_BPL,  X86_REG_SIL,  X86_REG_DIL,
                                 X86_REG_R8B,  X86_REG_R9B,  X86_REG_R10B, X86_REG_R11B,
                                 X86_REG_R12B, X86_REG_R13B, X86_REG_R14B, X86_REG_R15B};
static const x86_reg names64[] = {X86_REG_RAX, X86_REG_RCX, X86_REG_RDX, X86_REG_RBX,
                                  X86_REG_RSP, X86_REG_RBP, X86_REG_RSI, X86_REG_RDI,
                                  X86_REG_R8,  X86_REG_R9,  X86_REG_R10, X86_REG_R11,
                                  X86_REG_R12, X86_REG_R13, X86_REG_R14, X86_REG_R15};

struct fixture {
    u8 code[64];
    struct emit e;
    csh cs;
    cs_insn *in;
};

static void setup(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->e = (struct emit){.base = f->code, .end = sizeof f->code};
    ck_assert_int_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &f->cs), CS_ERR_OK);
    cs_option(f->cs, CS_OPT_DETAIL, CS_OPT_ON);
}

/* What has been emitted is one instruction: its details. */
static const cs_x86 *decode(struct fixture *f, unsigned id)
{
    if (f->in)
        cs_free(f->in, 1);
    ck_assert(!f->e.full);
    size_t n = cs_disasm(f->cs, f->code, f->e.at, 0, 1, &f->in);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(f->in->size, f->e.at);
    ck_assert_uint_eq(f->in->id, id);
    f->e.at = 0;
    return &f->in->detail->x86;
}

static void teardown(struct fixture *f)
{
    if (f->in)
        cs_free(f->in, 1);
    cs_close(&f->cs);
}

static void check_address(struct fixture *f, unsigned base, unsigned index, unsigned scale,
                          i32 disp)
{
    struct rm rm = rm_mem(base, index, disp);

    rm.scale = (u8)scale;
    emit_lea(&f->e, 8, HOST_R13, rm);
    const x86_op_mem *m = &decode(f, X86_INS_LEA)->operands[1].mem;
    ck_assert_uint_eq(m->base, base == HOST_NONE ? X86_REG_INVALID : names64[base]);
    ck_assert_uint_eq(m->index, index == HOST_NONE ? X86_REG_INVALID : names64[index]);
    ck_assert_int_eq(m->disp, disp);
    if (index != HOST_NONE)
        ck_assert_int_eq(m->scale, 1 << scale);
}

START_TEST(addresses)
{
    static const i32 disps[] = {0, 8, -128, 127, 128, -129, INT32_MIN};
    struct fixture f;

    setup(&f);
    for (unsigned base = 0; base <= HOST_NONE; base++)
        for (unsigned index = 0; index <= HOST_NONE; index++)
            for (unsigned d = 0; d < ARRAY_LEN(disps) && index != HOST_RSP; d++)
                check_address(&f, base, index, (base + d) % 4, disps[d]);
    teardown(&f);
}
END_TEST

/* Without a REX, SPL BPL SIL DIL would be AH CH DH BH. */
START_TEST(bytes)
{
    struct fixture f;

    setup(&f);
    for (unsigned a = 0; a < 16; a++)
        for (unsigned b = 0; b < 16; b++) {
            if (a == b)
                continue; /* nothing to move */
            emit_mov(&f.e, 1, a, b);
            const cs_x86 *x = decode(&f, X86_INS_MOV);
            ck_assert_uint_eq(x->operands[0].reg, names8[a]);
            ck_assert_uint_eq(x->operands[1].reg, names8[b]);
            emit_load(&f.e, 1, a, rm_reg(b));
            x = decode(&f, X86_INS_MOVZX);
            ck_assert_uint_eq(x->operands[1].reg, names8[b]);
            emit_setcc(&f.e, CC_Z, rm_reg(a));
            ck_assert_uint_eq(decode(&f, X86_INS_SETE)->operands[0].reg, names8[a]);
        }
    teardown(&f);
}
END_TEST

START_TEST(constants)
{
    static const u64 values[] = {
        0,           1,          0x7fffffff,         0x80000000,        0xffffffff,
        0x100000000, UINT64_MAX, 0xffffffff80000000, 0x123456789abcdef0};
    struct fixture f;

    setup(&f);
    for (unsigned reg = 0; reg < 16; reg++)
        for (unsigned n = 0; n < ARRAY_LEN(values); n++) {
            emit_mov_imm(&f.e, reg, values[n]);
            bool all = values[n] > UINT32_MAX && !fits_i32((i64)values[n]);
            const cs_x86 *x = decode(&f, all ? X86_INS_MOVABS : X86_INS_MOV);
            u64 got = (u64)x->operands[1].imm;
            ck_assert_uint_eq(x->operands[0].size == 4 ? (u32)got : got, values[n]);
        }
    teardown(&f);
}
END_TEST

START_TEST(immediates)
{
    static const i32 values[] = {0, 1, -1, 127, 128, -128, -129, 0x7fff, 0x12345678};
    struct fixture f;

    setup(&f);
    for (unsigned size = 1; size <= 8; size *= 2)
        for (unsigned n = 0; n < ARRAY_LEN(values); n++) {
            emit_alu_imm(&f.e, X86_XOR, size, rm_reg(HOST_R12), values[n]);
            const cs_x86 *x = decode(&f, X86_INS_XOR);
            ck_assert_uint_eq(x->operands[0].size, size);
            ck_assert_uint_eq(zext((u64)x->operands[1].imm, size), zext((u64)values[n], size));
        }
    teardown(&f);
}
END_TEST

/* Operations that ModRM.reg numbers. */
START_TEST(numbered)
{
    static const unsigned alu[] = {X86_INS_ADD, X86_INS_OR,  X86_INS_ADC, X86_INS_SBB,
                                   X86_INS_AND, X86_INS_SUB, X86_INS_XOR, X86_INS_CMP};
    static const unsigned shift[] = {
        [X86_ROL] = X86_INS_ROL, [X86_ROR] = X86_INS_ROR, [X86_RCL] = X86_INS_RCL,
        [X86_RCR] = X86_INS_RCR, [X86_SHL] = X86_INS_SHL, [X86_SHR] = X86_INS_SHR,
        [X86_SAR] = X86_INS_SAR};
    static const unsigned unary[] = {
        [X86_NOT] = X86_INS_NOT,   [X86_NEG] = X86_INS_NEG, [X86_MUL] = X86_INS_MUL,
        [X86_IMUL] = X86_INS_IMUL, [X86_DIV] = X86_INS_DIV, [X86_IDIV] = X86_INS_IDIV};
    struct fixture f;

    setup(&f);
    for (unsigned op = 0; op < 8; op++) {
        emit_alu(&f.e, op, 4, HOST_RBX, rm_gs(8));
        ck_assert_uint_eq(decode(&f, alu[op])->operands[0].reg, X86_REG_EBX);
        if (shift[op]) {
            emit_shift_imm(&f.e, op, 8, rm_reg(HOST_R9), 1 + op);
            const cs_x86 *x = decode(&f, shift[op]);
            ck_assert_uint_eq(x->operands[0].reg, X86_REG_R9);
            ck_assert_int_eq(x->operands[1].imm, 1 + op);
            emit_shift_cl(&f.e, op, 2, rm_reg(HOST_RDX));
            ck_assert_uint_eq(decode(&f, shift[op])->operands[1].reg, X86_REG_CL);
        }
        if (unary[op]) {
            emit_unary(&f.e, op, 1, rm_reg(HOST_RSI));
            ck_assert_uint_eq(decode(&f, unary[op])->operands[0].reg, X86_REG_SIL);
        }
    }
    teardown(&f);
}
END_TEST

/* gs:[disp32] has no base and is not relative to RIP. */
START_TEST(segment)
{
    struct fixture f;

    setup(&f);
    emit_load(&f.e, 8, HOST_R15, rm_gs(0x1234));
    const x86_op_mem *m = &decode(&f, X86_INS_MOV)->operands[1].mem;
    ck_assert_uint_eq(m->segment, X86_REG_GS);
    ck_assert_uint_eq(m->base, X86_REG_INVALID);
    ck_assert_int_eq(m->disp, 0x1234);
    teardown(&f);
}
END_TEST

START_TEST(vex)
{
    struct fixture f;

    setup(&f);
    for (unsigned r = 0; r < 16; r++) { /* shlx r, 15 - r, r ^ 5 */
        emit_vex(&f.e, X86_0F38 | X86_66 | 0xf7, 8, r, r ^ 5, rm_reg(15 - r));
        const cs_x86 *x = decode(&f, X86_INS_SHLX);
        ck_assert_uint_eq(x->operands[0].reg, names64[r]);
        ck_assert_uint_eq(x->operands[1].reg, names64[15 - r]);
        ck_assert_uint_eq(x->operands[2].reg, names64[r ^ 5]);
    }
    teardown(&f);
}
END_TEST

START_TEST(full)
{
    u8 code[16];
    struct emit e = {.base = code, .end = 8};

    memset(code, 0x55, sizeof code);
    emit_mov_imm(&e, HOST_RBX, UINT64_MAX / 3);
    emit_jmp_to(&e, 0);
    ck_assert(e.full);
    for (unsigned n = 8; n < sizeof code; n++)
        ck_assert_uint_eq(code[n], 0x55);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("x86-64 assembler");
    TCase *t = tcase_create("emit");

    tcase_add_test(t, addresses);
    tcase_add_test(t, bytes);
    tcase_add_test(t, constants);
    tcase_add_test(t, immediates);
    tcase_add_test(t, numbered);
    tcase_add_test(t, segment);
    tcase_add_test(t, vex);
    tcase_add_test(t, full);
    suite_add_tcase(s, t);
    return unit_run(s);
}
