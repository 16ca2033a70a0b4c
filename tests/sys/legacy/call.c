/* SPDX-License-Identifier: MIT */
/* Far JMP, CALL, RET and call gates: SDM vol. 2; vol. 3, 5.8.1 to 5.8.6. */
#include "lib.h"

struct far {
    u32 offset;
    u16 sel;
} __attribute__((packed));

static struct far to;

static void far_jmp(u16 sel, u32 offset)
{
    to = (struct far){offset, sel};
    __asm__ volatile("ljmp *%0" : : "m"(to));
}

static void far_call(u16 sel, u32 offset)
{
    to = (struct far){offset, sel};
    __asm__ volatile("lcall *%0" : : "m"(to) : "eax", "ecx", "edx", "memory");
}

/* Targets: remember what they find on the stack. */
u32 found[8], found_cs, found_ss;

#define LOOK                                                                                       \
    "mov %esp, %eax; mov %cs, found_cs; mov %ss, found_ss;"                                        \
    "mov (%eax), %ecx; mov %ecx, found; mov 4(%eax), %ecx; mov %ecx, found + 4;"                   \
    "mov 8(%eax), %ecx; mov %ecx, found + 8; mov 12(%eax), %ecx; mov %ecx, found + 12;"            \
    "mov 16(%eax), %ecx; mov %ecx, found + 16; mov 20(%eax), %ecx; mov %ecx, found + 20;"
__asm__("call_probe: " LOOK "lret\n"
        "call_probe2: " LOOK "lret $8\n"
        "call_probe16: " LOOK "int $0x30\n"
        "call_probe16_end:\n");
void call_probe(void);
void call_probe2(void);
extern u8 call_probe16[], call_probe16_end[];
enum { LOW = 0x7100, CALLGATE = GATE_CALL32 | A_P };

static void test_direct(void)
{
    RUNS("call far", far_call(CODE0, (u32)call_probe));
    check_eq("call far: CS on the stack", found[1], CODE0);
    FAULTS("jmp far: null", GP, 0, far_jmp(0, 0));
    FAULTS("jmp far: beyond the GDT", GP, 0xff8, far_jmp(0xff8, 0));
    FAULTS("jmp far: data", GP, DATA0, far_jmp(DATA0, 0));
    FAULTS("jmp far: other ring's nonconforming code", GP, CODE3 & ~3u, far_jmp(CODE3, 0));
    set_seg(T0, 0, 0xfffff, A_CODE | FLAT);
    FAULTS("jmp far: not present", NP, T0, far_jmp(T0, 0));
    set_seg(T0, 0, 0xfff, A_P | A_CODE | A_BIG);
    FAULTS("jmp far: beyond the limit", GP, 0, far_jmp(T0, 0x1000));
    set_seg(T0, 0, 0xfffff, A_P | A_CONF | FLAT);
    RUNS("call far: conforming", far_call(T0 | 3, (u32)call_probe));
    check_eq("call far: conforming, RPL is the CPL", found_cs, T0);
    FAULTS("ret far: null", GP, 0, __asm__ volatile("push $0; push $0; lret"));
    FAULTS("ret far: data", GP, DATA0, __asm__ volatile("push %0; push $0; lret" : : "i"(DATA0)));
    set_seg(T0, 0, 0xfffff, A_P | A_DPL3 | A_CODE | FLAT);
    FAULTS("ret far: RPL isn't DPL", GP, T0,
           __asm__ volatile("push %0; push $0; lret"
                            :
                            : "i"(T0)));
    FAULTS("ret far outwards: null SS", GP, 0,
           __asm__ volatile("push $0; push $0; push %0; push $0; lret"
                            :
                            : "i"(CODE3)));
    FAULTS("ret far outwards: SS of ring 0", GP, DATA0,
           __asm__ volatile("push %1; push $0; push %0; push $0; lret"
                            :
                            : "i"(CODE3), "i"(DATA0)));
}

static void user_call(void)
{
    far_call(T0 | 3, 0x12345678);
    user_done();
}

static void user_jmp(void)
{
    far_jmp(T0 | 3, 0);
}

static u32 user_esp_after;

static void user_call_ret(void)
{
    u32 before, after;

    to = (struct far){0, T0 | 3};
    __asm__ volatile("mov %%esp, %0; push $0x1111; push $0x2222; lcall *%2; mov %%esp, %1"
                     : "=&r"(before), "=&r"(after)
                     : "m"(to)
                     : "eax", "ecx", "memory");
    user_esp_after = before - after;
    user_done();
}

static void test_gate_rights(void)
{
    gdt[T0 / 8] = make_gate(CODE0, (u32)call_probe, CALLGATE, 0);
    run_user(user_call, 0);
    check_trap("call gate: DPL 0 from ring 3", GP, T0);
    gdt[T0 / 8] = make_gate(CODE0, (u32)call_probe, CALLGATE | A_DPL3, 0) & ~(1ull << 47);
    run_user(user_call, 0);
    check_trap("call gate: not present", NP, T0);
    gdt[T0 / 8] = make_gate(0, (u32)call_probe, CALLGATE | A_DPL3, 0);
    run_user(user_call, 0);
    check_trap("call gate: null target", GP, 0);
    gdt[T0 / 8] = make_gate(DATA0, (u32)call_probe, CALLGATE | A_DPL3, 0);
    run_user(user_call, 0);
    check_trap("call gate: data target", GP, DATA0);
    gdt[T0 / 8] = make_gate(CODE0, (u32)call_probe, CALLGATE | A_DPL3, 0);
    run_user(user_jmp, 0);
    check_trap("jmp through a gate to an inner ring", GP, CODE0);
}

void test_calls(void)
{
    test_direct();
    gdt[T0 / 8] = make_gate(CODE0, (u32)call_probe, CALLGATE, 0);
    RUNS("call gate in ring 0", far_call(T0, 0x12345678));
    FAULTS("call gate: RPL above DPL", GP, T0, far_call(T0 | 3, 0));
    test_gate_rights();
    gdt[T0 / 8] = make_gate(CODE0, (u32)call_probe2, CALLGATE | A_DPL3, 2);
    run_user(user_call_ret, 0);
    check_trap("call gate to ring 0 and back", DONE, 0);
    check_eq("call gate: CS", found_cs, CODE0);
    check_eq("call gate: SS is the TSS's", found_ss, DATA0);
    check_eq("call gate: caller's CS", found[1], CODE3);
    check_eq("call gate: last parameter", found[2], 0x2222);
    check_eq("call gate: first parameter", found[3], 0x1111);
    check_eq("call gate: caller's SS", found[5], DATA3);
    check_eq("call gate, ret n: both stacks drop the parameters", user_esp_after, 0);
    memcpy((void *)LOW, call_probe16, (u32)(call_probe16_end - call_probe16));
    gdt[T0 / 8] = make_gate(CODE0, 0xdead0000 | LOW, GATE_CALL16 | A_P | A_DPL3, 2);
    run_user(user_call_ret, 0);
    check_eq("call gate 16: caller's CS", found[0] >> 16, CODE3);
    check_eq("call gate 16: last parameter", found[1] & 0xffff, 0x2222);
    check_eq("call gate 16: the parameter before it", found[1] >> 16, 0);
    check_eq("call gate 16: caller's SS", found[2] >> 16, DATA3);
}
