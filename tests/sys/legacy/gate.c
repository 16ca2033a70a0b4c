/* SPDX-License-Identifier: MIT */
/* Interrupt, trap and call gates, far transfers and returns: SDM vol. 3, 5.8, 6.12, 6.15. */
#include "lib.h"

enum { VEC = 0x20 }; /* a vector for tests */

#define INT(n) __asm__ volatile("int %0" : : "i"(n))

extern const u32 vector_table[64];

static void user_int(void)
{
    INT(VEC);
}

static void user_int3(void)
{
    __asm__ volatile("int3");
}

static void user_into(void)
{
    __asm__ volatile("mov $0x7f, %al; add $1, %al; into");
}

static void test_idt_checks(void)
{
    set_idt(VEC, make_gate(CODE0, vector_table[VEC], GATE_INT32, 0) & ~(1ull << 47));
    FAULTS("int: gate not present", NP, VEC * 8 + 2, INT(VEC));
    set_idt(VEC, make_gate(CODE0, vector_table[VEC], GATE_CALL32, 0));
    FAULTS("int: call gate in the IDT", GP, VEC * 8 + 2, INT(VEC));
    FAULTS("int: beyond the IDT", GP, 0x40 * 8 + 2, INT(0x40));
    set_idt(VEC, make_gate(0, vector_table[VEC], GATE_INT32, 0));
    FAULTS("int: null code selector", GP, 0, INT(VEC));
    set_idt(VEC, make_gate(DATA0, vector_table[VEC], GATE_INT32, 0));
    FAULTS("int: data selector", GP, DATA0, INT(VEC));
    set_seg(T0, 0, 0xfffff, A_CODE | FLAT);
    set_idt(VEC, make_gate(T0, vector_table[VEC], GATE_INT32, 0));
    FAULTS("int: code not present", NP, T0, INT(VEC));
    set_idt(VEC, make_gate(CODE3, vector_table[VEC], GATE_INT32, 0));
    FAULTS("int: to an outer ring", GP, CODE3 & ~3u, INT(VEC));
    set_seg(T0, 0, 0xff, A_P | A_CODE | A_BIG);
    set_idt(VEC, make_gate(T0, 0x100, GATE_INT32, 0));
    FAULTS("int: offset beyond the code limit", GP, 0, INT(VEC));
    set_idt(UD, make_gate(CODE0, 0, GATE_INT32, 0) & ~(1ull << 47));
    FAULTS("exception: gate not present, EXT", NP, UD * 8 + 3, __asm__ volatile("ud2"));
    set_idt(UD, make_gate(DATA0, 0, GATE_INT32, 0));
    FAULTS("exception: data selector, EXT", GP, DATA0 + 1, __asm__ volatile("ud2"));
    restore_idt();
}

static void test_idt_rings(void)
{
    restore_idt();
    run_user(user_int, 0);
    check_trap("int from ring 3: gate of DPL 0", GP, VEC * 8 + 2);
    check_eq("int from ring 3: EIP is the INT's", *(u8 *)last.eip, 0xcd);
    set_idt(VEC, make_gate(CODE0, vector_table[VEC], GATE_INT32 | A_DPL3, 0));
    run_user(user_int, 0);
    check_trap("int from ring 3: gate of DPL 3", VEC, 0);
    check_eq("int from ring 3: CS", last.cs, CODE3);
    check_eq("int from ring 3: SS", last.ss, DATA3);
    check_eq("int from ring 3: EIP is behind the INT", *(u8 *)(last.eip - 2), 0xcd);
    run_user(user_int3, 0);
    check_trap("int3 from ring 3: gate of DPL 0", GP, BP * 8 + 2);
    run_user(user_into, 0);
    check_trap("into from ring 3: gate of DPL 0", GP, OF * 8 + 2);
    set_idt(BP, make_gate(CODE0, vector_table[BP], GATE_INT32 | A_DPL3, 0));
    run_user(user_int3, 0);
    check_trap("int3 from ring 3: gate of DPL 3", BP, 0);
    restore_idt();
}

/* Handlers that look at their own state. */
u32 seen_flags, flags_after;

__asm__("gate_probe: pushf; pop seen_flags; iret\n");
void gate_probe(void);

static void test_gate_kinds(void)
{
    seen_flags = F_IF;
    set_idt(VEC, make_gate(CODE0, (u32)gate_probe, GATE_INT32, 0));
    RUNS("interrupt gate returns",
         __asm__ volatile("push $0x4203; popf; int $0x20; pushf; pop %%eax;"
                          "mov %%eax, %0; push $2; popf"
                          : "=m"(flags_after)
                          :
                          : "eax"));
    check_eq("interrupt gate clears IF and NT", seen_flags & (F_IF | F_NT), 0);
    check_eq("iret restores IF", flags_after & F_IF, F_IF);
    set_idt(VEC, make_gate(CODE0, (u32)gate_probe, GATE_TRAP32, 0));
    RUNS("trap gate returns", __asm__ volatile("push $0x202; popf; int $0x20; push $2; popf"));
    check_eq("trap gate leaves IF", seen_flags & F_IF, F_IF);
    restore_idt();
}

/* A 16-bit gate's handler, copied below 64 KiB: it takes the 6-byte frame, then returns to an
 * address that was pushed before. */
u16 frame16[3];

__asm__("low_probe: popw frame16; popw frame16 + 2; popw frame16 + 4; ret\n"
        "low_probe_end:\n");
extern u8 low_probe[], low_probe_end[];
enum { LOW = 0x7000 };

static void test_gate16(void)
{
    memcpy((void *)LOW, low_probe, (u32)(low_probe_end - low_probe));
    set_idt(VEC, make_gate(CODE0, 0xdead0000 | LOW, GATE_TRAP16, 0));
    RUNS("16-bit gate: offset's high word is ignored", __asm__ volatile("push $1f; int $0x20; 1:"
                                                                        :
                                                                        :
                                                                        : "memory"));
    check_eq("16-bit gate: CS in the frame", frame16[1], CODE0);
    restore_idt();
}

/* --- double faults: SDM vol. 3, table 6-5 --- */

static void test_double(void)
{
    u64 gone = make_gate(CODE0, 0, GATE_INT32, 0) & ~(1ull << 47);

    set_idt(GP, gone);
    FAULTS("double fault: #NP in #GP", DF, 0, __asm__ volatile("mov %0, %%ds" : : "r"(T5 | 3)));
    restore_idt();
    set_idt(UD, gone);
    FAULTS("serial: #NP in #UD", NP, UD * 8 + 3, __asm__ volatile("ud2"));
    set_idt(NP, gone);
    FAULTS("double fault: #NP in #NP in #UD", DF, 0, __asm__ volatile("ud2"));
    restore_idt();
    set_idt(DE, gone);
    FAULTS("double fault: #NP in #DE", DF, 0,
           __asm__ volatile("xor %%eax, %%eax; div %%eax"
                            :
                            :
                            : "eax", "edx"));
    restore_idt();
}

/* --- privilege changes --- */

static void user_cli(void)
{
    __asm__ volatile("cli");
}

static void user_hlt(void)
{
    __asm__ volatile("hlt");
}

static void user_stack_fault(void)
{
    __asm__ volatile("mov %0, %%eax; mov %%eax, %%ss; mov $2, %%esp; push %%eax" : : "i"(T3 | 3));
}

static void test_rings(void)
{
    run_user(user_done, 0);
    check_trap("ring 3 runs and ends", DONE, 0);
    run_user(user_cli, 0);
    check_trap("cli, IOPL 0", GP, 0);
    run_user(user_cli, F_IOPL3);
    check_trap("cli, IOPL 3", DONE, 0);
    run_user(user_hlt, F_IOPL3);
    check_trap("hlt in ring 3", GP, 0);
    set_seg(T3, 0, 0xff, A_P | A_DPL3 | A_DATA | A_BIG);
    run_user(user_stack_fault, 0);
    check_trap("push below offset 0", SS, 0);
    check_eq("push below offset 0: ESP stays", last.esp, 2);
}

void test_gates(void)
{
    test_idt_checks();
    test_idt_rings();
    test_gate_kinds();
    test_gate16();
    test_double();
    test_rings();
}
