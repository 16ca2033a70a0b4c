/* SPDX-License-Identifier: MIT */
/* Which of two exceptions comes first, and what an instruction leaves behind: SDM vol. 3,
 * table 6-2; vol. 2. */
#include "lib.h"

static u8 code[64] __attribute__((aligned(4096)));
static u32 words[4];

static void test_decode(void)
{
    FAULTS("ud2", UD, 0, __asm__ volatile("ud2"));
    FAULTS("lock on a register", UD, 0, __asm__ volatile(".byte 0xf0, 0x01, 0xc0"));
    FAULTS("lock mov", UD, 0, __asm__ volatile(".byte 0xf0; movl %%eax, %0" : "=m"(words[0])));
    for (u32 i = 0; i < 15; i++)
        code[i] = 0x26;
    code[15] = 0x90;
    code[16] = 0xc3;
    FAULTS("16 bytes long", GP, 0, ((void (*)(void))code)());
    RUNS("15 bytes long", ((void (*)(void))(code + 1))());
    FAULTS("mov to CS", UD, 0, __asm__ volatile(".byte 0x8e, 0xc8"));
    FAULTS("lea of a register", UD, 0, __asm__ volatile(".byte 0x8d, 0xc0"));
    FAULTS("les of a register", UD, 0, __asm__ volatile(".byte 0xc4, 0xc0"));
}

/* Code that CATCH runs, one call each. */

static u32 esp_before;

static void pop_fs(void)
{
    __asm__ volatile("push %1; mov %%esp, %0; pop %%fs" : "=m"(esp_before) : "r"(T0) : "memory");
}

static void load_far(void)
{
    __asm__ volatile("mov $0x5678, %%ebx; lfs %0, %%ebx" : : "m"(words[0]) : "ebx");
}

static void divide_by_0(void)
{
    __asm__ volatile("xor %%ecx, %%ecx; mov $7, %%eax; cltd; div %%ecx" : : : "eax", "ecx", "edx");
}

static void divide_too_big(void)
{
    __asm__ volatile("mov $0x80000000, %%eax; cltd; mov $-1, %%ecx; idiv %%ecx"
                     :
                     :
                     : "eax", "ecx", "edx");
}

static void bound(u32 index)
{
    __asm__ volatile("bound %0, %1" : : "r"(index), "m"(*(u64 *)words));
}

static void copy_to_the_end(void)
{
    __asm__ volatile("mov %0, %%fs; mov $8, %%esi; mov %1, %%edi; mov $8, %%ecx; cld;"
                     "rep movsb %%fs:(%%esi), %%es:(%%edi)"
                     :
                     : "r"(T1), "r"(words)
                     : "esi", "edi", "ecx", "memory");
}

static void test_atomic(void)
{
    set_seg(T0, 0, 0xfffff, A_DATA | FLAT);
    FAULTS("pop FS: not present", NP, T0, pop_fs());
    check_eq("pop FS: ESP stays", last.esp0 + 20, esp_before);
    words[0] = 0x1234;
    words[1] = T0;
    FAULTS("lfs: not present", NP, T0, load_far());
    check_eq("lfs: EBX stays", last.ebx, 0x5678);
    FAULTS("div by 0", DE, 0, divide_by_0());
    check_eq("div by 0: EAX stays", last.eax, 7);
    FAULTS("idiv: the quotient is too big", DE, 0, divide_too_big());
    words[0] = 2;
    words[1] = 5;
    FAULTS("bound: below", BR, 0, bound(1));
    RUNS("bound: at the end", bound(5));
    FAULTS("bound: above", BR, 0, bound(6));
    FAULTS("into", OF, 0, __asm__ volatile("mov $0x7f, %%al; add $1, %%al; into" : : : "eax"));
    check_eq("into is a trap", *(u8 *)(last.eip - 1), 0xce);
    RUNS("into without overflow", __asm__ volatile("xor %%eax, %%eax; into" : : : "eax"));
    set_seg(T1, (u32)code, 11, A_P | A_DATA | A_BIG);
    FAULTS("string across a limit", GP, 0, copy_to_the_end());
    check_eq("string across a limit: four are done", last.ecx, 4);
    check_eq("string across a limit: ESI", last.esi, 12);
}

/* String I/O: longer than any chunk; backwards; into a limit. */
static void test_string_io(void)
{
    static u8 buffer[3000];
    u32 edi, ecx;

    buffer[0] = buffer[2999] = 0x77;
    __asm__ volatile("cld; rep insb"
                     : "=D"(edi), "=c"(ecx)
                     : "0"(buffer), "1"(3000), "d"(0xf0)
                     : "memory");
    check_eq("rep insb: EDI", edi - (u32)buffer, 3000);
    check_eq("rep insb: ECX", ecx, 0);
    check_eq("rep insb: the last byte", buffer[2999], inb(0xf0));
    buffer[1] = 0x77;
    __asm__ volatile("std; rep insb; cld"
                     : "=D"(edi), "=c"(ecx)
                     : "0"(buffer + 4), "1"(3), "d"(0xf0)
                     : "memory");
    check_eq("rep insb downwards: EDI", edi - (u32)buffer, 1);
    check_eq("rep insb downwards: stops there", buffer[1], 0x77);
    set_seg(T1, (u32)buffer, 9, A_P | A_DATA | A_BIG);
    CATCH
    {
        __asm__ volatile("mov %0, %%es; mov $4, %%edi; mov $5, %%ecx; mov $0xf0, %%edx; cld;"
                         "rep insw"
                         :
                         : "r"(T1)
                         : "edi", "ecx", "edx", "memory");
    }
    check_trap("rep insw into a limit", GP, 0);
    check_eq("rep insw into a limit: ECX", last.ecx, 2);
    check_eq("rep insw into a limit: EDI", last.edi, 10);
}

static void test_units(void)
{
    u32 cr0 = READ_CR(0), cr4 = READ_CR(4);

    WRITE_CR(0, cr0 | 8);
    FAULTS("x87 under CR0.TS", NM, 0, __asm__ volatile("fld1"));
    WRITE_CR(0, (cr0 & ~2u) | 8);
    RUNS("fwait under TS without MP", __asm__ volatile("fwait"));
    WRITE_CR(0, cr0 | 8 | 2);
    FAULTS("fwait under TS and MP", NM, 0, __asm__ volatile("fwait"));
    WRITE_CR(0, (cr0 & ~8u) | 4);
    FAULTS("x87 under CR0.EM", NM, 0, __asm__ volatile("fld1"));
    FAULTS("mmx under CR0.EM", UD, 0, __asm__ volatile(".byte 0x0f, 0x77"));
    WRITE_CR(0, cr0 & ~0xcu);
    WRITE_CR(4, cr4 & ~0x200u);
    FAULTS("sse without OSFXSR", UD, 0, __asm__ volatile(".byte 0x0f, 0x57, 0xc0"));
    WRITE_CR(4, cr4 | 0x200);
    RUNS("sse with OSFXSR", __asm__ volatile(".byte 0x0f, 0x57, 0xc0"));
    WRITE_CR(0, cr0 | 8);
    FAULTS("sse under TS", NM, 0, __asm__ volatile(".byte 0x0f, 0x57, 0xc0"));
    WRITE_CR(0, (cr0 & ~8u) | 0x20);
    FAULTS("x87: unmasked error shows at the next instruction", 16, 0,
           __asm__ volatile("fninit; fldcw %0; fldz; fld1; fdivp; fld1"
                            :
                            : "m"(*(u16[]){0x37b})));
    __asm__ volatile("fninit");
    WRITE_CR(0, cr0);
    WRITE_CR(4, cr4);
}

void test_order(void)
{
    test_decode();
    test_atomic();
    test_string_io();
    test_units();
}
