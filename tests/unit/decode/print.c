/* SPDX-License-Identifier: MIT */
#include "decode/insn.h"

#include <string.h>

#include "unit/unit.h"

static const struct {
    enum code_mode mode;
    const char *text;
    u8 bytes[12];
} cases[] = {
    {CODE64, "add qword ptr [rax + rcx*4 + 0x10], rax", {0x48, 0x01, 0x44, 0x88, 0x10}},
    {CODE64, "mov eax, dword ptr [rip - 2]", {0x8b, 0x05, 0xfe, 0xff, 0xff, 0xff}},
    {CODE64, "mov spl, r8b", {0x44, 0x88, 0xc4}},
    {CODE64, "mov ah, al", {0x88, 0xc4}},
    {CODE64, "mov rax, 0x8807060504030201", {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 0x88}},
    {CODE64, "and eax, 0xfffffff0", {0x83, 0xe0, 0xf0}},
    {CODE64, "lock inc byte ptr fs:[rax]", {0x64, 0xf0, 0xfe, 0x00}},
    {CODE64, "rep movsd dword ptr es:[rdi], dword ptr [rsi]", {0xf3, 0xa5}},
    {CODE32, "repne scasb al, byte ptr es:[edi]", {0xf2, 0xae}},
    {CODE16, "mov ax, word ptr [bp - 2]", {0x8b, 0x46, 0xfe}},
    {CODE16, "mov al, byte ptr [0x1234]", {0xa0, 0x34, 0x12}},
    {CODE16, "jmp 0x1001", {0xe9, 0xfe, 0xff}},
    {CODE32, "ljmp 0x605:0x4030201", {0xea, 1, 2, 3, 4, 5, 6}},
    {CODE32, "les eax, fword ptr [eax]", {0xc4, 0x00}},
    {CODE64, "jrcxz 0x1002", {0xe3, 0x00}},
    {CODE64, "jecxz 0x1003", {0x67, 0xe3, 0x00}},
    {CODE64, "setne r9b", {0x41, 0x0f, 0x95, 0xc1}},
    {CODE64, "cwd", {0x66, 0x99}},
    {CODE64, "cdq", {0x99}},
    {CODE64, "cqo", {0x48, 0x99}},
    {CODE32, "pushad", {0x60}},
    {CODE64, "pushfq", {0x9c}},
    {CODE64, "enter 0x1234, 0x56", {0xc8, 0x34, 0x12, 0x56}},
    {CODE64, "mov cr8, rax", {0x44, 0x0f, 0x22, 0xc0}},
    {CODE64, "shl dword ptr [rax], 1", {0xd1, 0x20}},
    {CODE32, "fsubp st(1), st(0)", {0xde, 0xe9}},
    {CODE64, "movq xmm1, rax", {0x66, 0x48, 0x0f, 0x6e, 0xc8}},
    {CODE64, "pshufd xmm8, xmmword ptr [r9], 0x1b", {0x66, 0x45, 0x0f, 0x70, 0x01, 0x1b}},
    {CODE64, "andn r8, rbx, qword ptr [rax]", {0xc4, 0x62, 0xe0, 0xf2, 0x00}},
    {CODE64, "ud", {0x06}},
};

START_TEST(text)
{
    struct insn in;
    char buf[96];

    ck_assert_int_eq(insn_decode(&in, cases[_i].bytes, 12, cases[_i].mode), DECODE_OK);
    insn_print(&in, 0x1000, buf, sizeof buf);
    ck_assert_str_eq(buf, cases[_i].text);
}
END_TEST

START_TEST(small_buffers)
{
    static const u8 bytes[] = {0x48, 0x01, 0x44, 0x88, 0x10};
    static const char text[] = "add qword ptr [rax + rcx*4 + 0x10], rax";
    struct insn in;

    ck_assert_int_eq(insn_decode(&in, bytes, sizeof bytes, CODE64), DECODE_OK);
    for (size_t size = 0; size <= sizeof text; size++) {
        char buf[sizeof text + 1];
        memset(buf, 'x', sizeof buf);
        insn_print(&in, 0, buf, size);
        ck_assert_int_eq(buf[size], 'x');
        if (size) {
            ck_assert_uint_eq(strlen(buf), size - 1);
            ck_assert_int_eq(strncmp(buf, text, size - 1), 0);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("decode/print");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, text, 0, ARRAY_LEN(cases));
    tcase_add_test(t, small_buffers);
    suite_add_tcase(s, t);
    return unit_run(s);
}
