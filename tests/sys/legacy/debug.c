/* SPDX-License-Identifier: MIT */
/* Debug registers, single step, the shadows of STI and MOV SS: SDM vol. 3, chapter 17; 6.8.3. */
#include "lib.h"

enum {
    B0 = 1,
    BD = 1 << 13,
    BS = 1 << 14,
    G0 = 2,
    G1 = 8,
    GD = 1 << 13,
    RW_W = 1,
    RW_IO = 2,
    RW_RW = 3,
    LEN4 = 3
};

static u32 word[4];
u32 code_at;

#define RW0(n) ((n) << 16)
#define LEN0(n) ((n) << 18)

static void arm_0(u32 addr, u32 rw, u32 len)
{
    WRITE_DR(6, 0);
    WRITE_DR(0, addr);
    WRITE_DR(7, G0 | RW0(rw) | LEN0(len));
}

static void disarm(void)
{
    WRITE_DR(7, 0);
}

/* DR6 as it was in the handler of what CATCH caught. */
static u32 dr6(void)
{
    return READ_DR(6) & (BD | BS | 15);
}

static void test_breakpoints(void)
{
    __asm__ volatile("movl $9f, %0; jmp 8f; 9: nop; nop; ret; 8:" : "=m"(code_at));
    arm_0(code_at, 0, 0);
    FAULTS("dr: code breakpoint", DB, 0, __asm__ volatile("call *%0" : : "m"(code_at)));
    check_eq("dr: code breakpoint is a fault", last.eip, code_at);
    check_eq("dr: code breakpoint, DR6", dr6(), B0);
    check_eq("dr: code breakpoint, RF isn't in the frame", last.eflags & F_RF, 0);
    RUNS("dr: RF steps over it", __asm__ volatile("push $1f; pushf; orl $0x10000, (%%esp);"
                                                  "push %0; push %1; iret; 1:"
                                                  :
                                                  : "i"(CODE0), "m"(code_at)));
    arm_0((u32)&word[1], RW_W, LEN4);
    FAULTS("dr: write", DB, 0, __asm__ volatile("movl $1, %0; nop" : "=m"(word[1])));
    check_eq("dr: write is a trap", *(u8 *)last.eip, 0x90);
    check_eq("dr: write, DR6", dr6(), B0);
    RUNS("dr: a read passes a write breakpoint", (void)*(volatile u32 *)&word[1]);
    arm_0((u32)&word[1], RW_RW, LEN4);
    FAULTS("dr: read", DB, 0, __asm__ volatile("movl %0, %%eax; nop" : : "m"(word[1]) : "eax"));
    arm_0((u32)&word[1], RW_RW, LEN4);
    FAULTS("dr: last byte", DB, 0,
           __asm__ volatile("movb %0, %%al; nop"
                            :
                            : "m"(((u8 *)&word[1])[3])
                            : "eax"));
    RUNS("dr: byte behind", __asm__ volatile("movb %0, %%al" : : "m"(((u8 *)&word[2])[0]) : "eax"));
    arm_0((u32)&word[1], RW_W, LEN4);
    WRITE_DR(7, RW0(RW_W) | LEN0(LEN4));
    RUNS("dr: not enabled", word[1] = 5);
    WRITE_CR(4, READ_CR(4) | 8);
    arm_0(0xf0, RW_IO, 0);
    FAULTS("dr: port", DB, 0, __asm__ volatile("inb $0xf0, %%al; nop" : : : "eax"));
    check_eq("dr: port is a trap", *(u8 *)last.eip, 0x90);
    disarm();
    FAULTS("dr: DR4 under CR4.DE", UD, 0, (void)READ_DR(4));
    WRITE_CR(4, READ_CR(4) & ~8u);
    RUNS("dr: DR4 is DR6", (void)READ_DR(4));
    WRITE_DR(6, 0);
    WRITE_DR(7, GD);
    FAULTS("dr: general detect", DB, 0, (void)READ_DR(0));
    check_eq("dr: general detect, DR6", dr6(), BD);
    check_eq("dr: general detect clears itself", READ_DR(7) & GD, 0);
    WRITE_DR(6, ~0u);
    check_eq("dr: DR6's fixed bits", READ_DR(6) & ~0x10000u, 0xfffeefff & ~0x1000u);
    WRITE_DR(6, 0);
    check_eq("dr: DR6's fixed bits, written 0", READ_DR(6), 0xffff0ff0);
    WRITE_DR(7, 0);
    check_eq("dr: DR7 bit 10", READ_DR(7), 0x400);
}

/* Runs with TF set by POPF: the trap comes after the instruction behind POPF. */
#define STEP(...)                                                                                  \
    do {                                                                                           \
        WRITE_DR(6, 0);                                                                            \
        CATCH                                                                                      \
        {                                                                                          \
            __asm__ volatile("pushf; orl $0x100, (%%esp); popf;" __VA_ARGS__                       \
                             :                                                                     \
                             :                                                                     \
                             : "eax", "memory");                                                   \
        }                                                                                          \
    } while (0)

static void test_single_step(void)
{
    extern const u32 vector_table[64];

    STEP("nop; hlt");
    check_trap("step: after one instruction", DB, 0);
    check_eq("step: EIP is behind it", *(u8 *)last.eip, 0xf4);
    check_eq("step: DR6", dr6(), BS);
    check_eq("step: TF in the frame", last.eflags & F_TF, F_TF);
    STEP("ud2");
    check_trap("step: a fault comes first", UD, 0);
    check_eq("step: the fault's frame keeps TF", last.eflags & F_TF, F_TF);
    STEP("mov %%ss, %%eax; hlt");
    check_trap("step: reading SS holds nothing back", DB, 0);
    check_eq("step: behind it", *(u8 *)last.eip, 0xf4);
    STEP("push %%ss; pop %%ss; nop; hlt");
    check_trap("step: first the push", DB, 0);
    __asm__ volatile("mov %%ss, %%eax" : : : "eax");
    STEP("mov %%eax, %%eax; hlt");
    check_trap("step: mov", DB, 0);
    WRITE_DR(6, 0);
    CATCH
    {
        __asm__ volatile("mov %%ss, %%eax; pushf; orl $0x100, (%%esp); popf; mov %%eax, %%ss;"
                         "nop; hlt"
                         :
                         :
                         : "eax");
    }
    check_trap("step: MOV SS holds the trap back", DB, 0);
    check_eq("step: until after the next one", *(u8 *)last.eip, 0xf4);
    WRITE_DR(6, 0);
    CATCH
    {
        __asm__ volatile("pushf; orl $0x100, (%%esp); popf; sti; hlt" : : : "memory");
    }
    check_trap("step: STI doesn't", DB, 0);
    check_eq("step: behind STI", *(u8 *)last.eip, 0xf4);
    STEP("pushf; pop %%eax; hlt");
    set_idt(0x20, make_gate(CODE0, vector_table[0x20], GATE_INT32, 0));
    STEP("int $0x20; hlt");
    check_trap("step: INT n isn't stepped", 0x20, 0);
    check_eq("step: its frame keeps TF", last.eflags & F_TF, F_TF);
    WRITE_DR(6, 0);
    FAULTS("int1", DB, 0, __asm__ volatile(".byte 0xf1; nop"));
    check_eq("int1 is a trap", *(u8 *)last.eip, 0x90);
    check_eq("int1 leaves DR6", dr6(), 0);
    /* a string instruction stops after each element */
    WRITE_DR(6, 0);
    CATCH
    {
        __asm__ volatile("mov $3, %%ecx; mov %0, %%edi; mov %%edi, %%esi; pushf;"
                         "orl $0x100, (%%esp); popf; rep movsb; hlt"
                         :
                         : "r"(word)
                         : "ecx", "esi", "edi", "memory");
    }
    check_trap("step: REP stops after an element", DB, 0);
    check_eq("step: REP, count", last.ecx, 2);
    check_eq("step: REP, EIP is its own", *(u8 *)last.eip, 0xf3);
}

static void test_alignment(void)
{
    WRITE_CR(0, READ_CR(0) | 1 << 18);
    FAULTS("ac: not in ring 0", NONE, 0,
           __asm__ volatile("pushf; orl $0x40000, (%%esp); popf; movl %0, %%eax;"
                            "pushf; andl $~0x40000, (%%esp); popf"
                            :
                            : "m"(*(u32 *)((u8 *)word + 1))
                            : "eax"));
    extern void user_unaligned(void);
    run_user(user_unaligned, F_AC);
    check_trap("ac: ring 3, AC", AC, 0);
    run_user(user_unaligned, 0);
    check_trap("ac: ring 3, AC clear", DONE, 0);
    WRITE_CR(0, READ_CR(0) & ~(1u << 18));
    run_user(user_unaligned, F_AC);
    check_trap("ac: CR0.AM clear", DONE, 0);
}

void user_unaligned(void)
{
    __asm__ volatile("movl %0, %%eax" : : "m"(*(u32 *)((u8 *)word + 1)) : "eax");
}

void test_debug(void)
{
    test_breakpoints();
    test_single_step();
    test_alignment();
}
