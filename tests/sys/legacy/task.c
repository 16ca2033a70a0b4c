/* SPDX-License-Identifier: MIT */
/* Task switches: SDM vol. 3, chapter 7. */
#include "lib.h"

struct tss16 {
    u16 link, sp0, ss0, sp1, ss1, sp2, ss2, ip, flags, ax, cx, dx, bx, sp, bp, si, di;
    u16 es, cs, ss, ds, ldt;
} __attribute__((packed));

static struct tss other;
static struct tss16 other16;
static u8 task_stack[4096] __attribute__((aligned(16)));
enum { TSS1 = T1, GATE = T2, DEAD = T3 };

extern const u32 vector_table[64];

/* The other task's code: notes what it sees, then goes back by IRET; on the next switch to it,
 * it goes on behind the IRET. */
u32 task_flags, task_cr0, task_tr, task_eax, task_runs, task_word;

__asm__("task_code: pushf; pop task_flags; mov %eax, task_eax; mov %cr0, %ecx; mov %ecx, task_cr0;"
        "str task_tr; incl task_runs; iret; jmp task_code\n"
        "task_error: pop task_word; orb $0x80, gdt + 0x55; iret; jmp task_error\n"
        "task_jmp_back: incl task_runs; ljmp $0x28, $0; jmp task_jmp_back\n"
        "task16_low: .byte 0x66; popw task_word; incl task_runs; iret\n");
void task_code(void);
void task_error(void);
void task_jmp_back(void);

static void new_task(void (*code)(void))
{
    memset(&other, 0, sizeof other);
    other.eip = (u32)code;
    other.eflags = 2;
    other.esp = (u32)(task_stack + sizeof task_stack);
    other.eax = 0xcafe;
    other.es = other.ss = other.ds = DATA0;
    other.cs = CODE0;
    other.cr3 = READ_CR(3);
    other.iomap = sizeof other;
    set_seg(TSS1, (u32)&other, sizeof other - 1, A_P | SYS_TSS32);
    gdt[GATE / 8] = make_gate(TSS1, 0, GATE_TASK, 0);
}

static u32 access_byte(u16 sel)
{
    return (u32)(gdt[sel / 8] >> 40) & 0xff;
}

#define CALL_TO(sel) __asm__ volatile("lcall %0, $0" : : "i"(sel) : "eax", "ecx", "memory", "cc")
#define JMP_TO(sel) __asm__ volatile("ljmp %0, $0" : : "i"(sel) : "eax", "ecx", "memory", "cc")

static void test_switches(void)
{
    new_task(task_code);
    task_runs = 0;
    RUNS("task: CALL and IRET back", CALL_TO(TSS1));
    check_eq("task: it ran", task_runs, 1);
    check_eq("task: its registers", task_eax, 0xcafe);
    check_eq("task: TR", task_tr & 0xffff, TSS1);
    check_eq("task: NT is set by CALL", task_flags & F_NT, F_NT);
    check_eq("task: CR0.TS is set", task_cr0 & 8, 8);
    check_eq("task: link", other.link & 0xffff, TSS0);
    check_eq("task: not busy after its IRET", access_byte(TSS1), 0x89);
    check_eq("task: the caller's stays busy", access_byte(TSS0), 0x8b);
    check_eq("task: NT is clear in its saved flags", other.eflags & F_NT, 0);
    RUNS("task: CALL through a gate", CALL_TO(GATE));
    check_eq("task: it went on", task_runs, 2);
    new_task(task_jmp_back);
    RUNS("task: JMP and JMP back", JMP_TO(TSS1));
    check_eq("task: JMP sets no link", other.link, 0);
    check_eq("task: JMP leaves the old one available", access_byte(TSS1), 0x89);
    __asm__ volatile("clts");
}

static void test_task_faults(void)
{
    new_task(task_code);
    FAULTS("task: switch to the running one", GP, TSS0, JMP_TO(TSS0));
    set_seg(TSS1, (u32)&other, sizeof other - 1, SYS_TSS32);
    FAULTS("task: TSS not present", NP, TSS1, JMP_TO(TSS1));
    set_seg(TSS1, (u32)&other, 102, A_P | SYS_TSS32);
    FAULTS("task: TSS too small", TS, TSS1, JMP_TO(TSS1));
    gdt[GATE / 8] = make_gate(TSS1 | 4, 0, GATE_TASK, 0);
    FAULTS("task gate: TSS in the LDT", GP, TSS1 | 4, JMP_TO(GATE));
    gdt[GATE / 8] = make_gate(DATA0, 0, GATE_TASK, 0);
    FAULTS("task gate: not a TSS", GP, DATA0, JMP_TO(GATE));
    new_task(task_code);
    tss.link = DATA0;
    FAULTS("iret with NT: link isn't a TSS", TS, DATA0,
           __asm__ volatile("push $0x4002; popf; iret"));
    tss.link = TSS1;
    FAULTS("iret with NT: link isn't busy", TS, TSS1, __asm__ volatile("push $0x4002; popf; iret"));
    tss.link = 0;
}

/* A fault while the new task's segments are loaded belongs to the new task. */
static void test_new_context(const char *name, u32 vec, u32 err)
{
    __asm__ volatile("movl $0, %0" : "=m"(task_runs));
    CATCH
    {
        JMP_TO(TSS1);
    }
    check_trap(name, vec, err);
    check_eq("  at the new task's EIP", last.eip, other.eip);
    /* the handler ran in the new task: back to the first one by hand */
    set_seg(TSS0, (u32)&tss, sizeof tss - 1, A_P | SYS_TSS32);
    __asm__ volatile("ltr %w0; clts" : : "r"(TSS0));
}

static void test_new_segments(void)
{
    new_task(task_code);
    other.ds = DEAD;
    set_seg(DEAD, 0, 0xfffff, A_DATA | FLAT);
    test_new_context("task: DS not present", NP, DEAD);
    new_task(task_code);
    set_seg(DEAD, 0, 0xfffff, A_P | A_XO | FLAT);
    other.ds = DEAD;
    test_new_context("task: DS execute-only", TS, DEAD);
    new_task(task_code);
    other.t = 1;
    test_new_context("task: T bit", DB, 0);
    check_eq("task: DR6.BT", READ_DR(6) & 0x8000, 0x8000);
    WRITE_DR(6, 0);
}

static void test_exception_tasks(void)
{
    new_task(task_code);
    task_runs = 0;
    set_idt(BP, make_gate(TSS1, 0, GATE_TASK, 0));
    RUNS("task gate: INT3", __asm__ volatile("int3" : : : "eax", "ecx", "memory"));
    check_eq("task gate: it ran", task_runs, 1);
    /* #NP(T4) in a task: its error code lies on its stack; it makes T4 present and retries */
    new_task(task_error);
    set_seg(T4, 0, 0xfffff, A_DATA | FLAT);
    set_idt(NP, make_gate(TSS1, 0, GATE_TASK, 0));
    RUNS("task gate: #NP", __asm__ volatile("mov %0, %%fs" : : "r"(T4) : "eax", "memory"));
    check_eq("task gate: error code on the task's stack", task_word, T4);
    restore_idt();
    set_idt(BP, make_gate(DATA0, 0, GATE_TASK, 0));
    FAULTS("task gate in the IDT: not a TSS", GP, DATA0, __asm__ volatile("int3"));
    set_idt(UD, make_gate(DATA0, 0, GATE_TASK, 0));
    FAULTS("task gate in the IDT: not a TSS, EXT", GP, DATA0 | 1, __asm__ volatile("ud2"));
    restore_idt();
    __asm__ volatile("clts");
}

static void test_tss16(void)
{
    memset(&other16, 0, sizeof other16);
    other16.ip = 0x7200;
    other16.flags = 2;
    other16.sp = 0x7800;
    other16.es = other16.ss = other16.ds = DATA0;
    other16.cs = CODE0;
    other16.ax = 0xbeef;
    set_seg(TSS1, (u32)&other16, sizeof other16 - 1, A_P | SYS_TSS16);
    memcpy((void *)0x7200, (void *)task_code, 64);
    task_eax = 0;
    RUNS("task 286: CALL and IRET back", CALL_TO(TSS1));
    check_eq("task 286: AX", task_eax & 0xffff, 0xbeef);
    check_eq("task 286: link", other16.link, TSS0);
    set_seg(TSS1, (u32)&other16, sizeof other16 - 2, A_P | SYS_TSS16);
    FAULTS("task 286: TSS too small", TS, TSS1, JMP_TO(TSS1));
    __asm__ volatile("clts");
}

void test_tasks(void)
{
    test_switches();
    test_task_faults();
    test_new_segments();
    test_exception_tasks();
    test_tss16();
}
