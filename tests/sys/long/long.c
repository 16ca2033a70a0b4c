/* SPDX-License-Identifier: MIT */
/*
 * Long mode: gates of 16 bytes, IST, IRETQ, SYSCALL and SYSRET, SWAPGS, canonical addresses,
 * compatibility mode, NX, PCID, 64-bit call gates, bases of FS and GS. SDM vol. 3, chapters 4,
 * 5.8.3.1, 6.14; vol. 2.
 */
#include "x86.h"

enum { DB = 1, UD = 6, DF = 8, NP = 11, SS = 12, GP = 13, PF = 14, DONE = 0x30, NONE = 0xff };
enum {
    CODE0 = 0x08,
    DATA0 = 0x10,
    CODE32 = 0x18, /* SYSRET's order: 32-bit code, data, 64-bit code */
    DATA3 = 0x20,
    CODE3 = 0x28,
    TSS = 0x30, /* 16 bytes */
    T0 = 0x40,  /* 16 bytes */
    T1 = 0x50,
};
enum {
    EFER = 0xc0000080,
    STAR,
    LSTAR,
    CSTAR,
    FMASK,
    FS_BASE = 0xc0000100,
    GS_BASE,
    KERNEL_GS_BASE
};
#define BAD 0x0000800000000000ul /* the first address that isn't canonical */

struct trap {
    u64 r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 vec, err, rip, cs, rflags, rsp, ss;
};

struct tss {
    u32 reserved;
    u64 rsp[3], reserved2, ist[7], reserved3;
    u16 reserved4, iomap;
} __attribute__((packed));

extern const u64 vector_table[64];
extern u64 pml4[512];
static u64 gdt[16];
static u64 idt[128];
static struct tss tss;
static struct trap last;
static u64 ctx[8];
static bool armed;
static u32 results, failures;
static u8 user_stack[4096] __attribute__((aligned(16)));
static u8 trap_stack[8192] __attribute__((aligned(16))),
    ist_stack[4096] __attribute__((aligned(16)));

int remember(u64 *c) __attribute__((returns_twice));
void recall(u64 *c) __attribute__((noreturn));

static void put(char c)
{
    u8 ready;

    outb(0xe9, (u8)c);
    do
        __asm__ volatile("inb %1, %0" : "=a"(ready) : "Nd"((u16)0x3fd));
    while (!(ready & 0x20));
    outb(0x3f8, (u8)c);
}

static void puts(const char *s)
{
    while (*s)
        put(*s++);
}

static void put_number(u64 v, u32 base)
{
    if (v >= base)
        put_number(v / base, base);
    put("0123456789abcdef"[v % base]);
}

static void result(bool ok, const char *name)
{
    failures += !ok;
    puts(ok ? "ok " : "not ok ");
    put_number(++results, 10);
    puts(" - ");
    puts(name);
    put('\n');
}

static void check_eq(const char *name, u64 got, u64 want)
{
    if (got != want) {
        puts("# ");
        put_number(got, 16);
        puts(", not ");
        put_number(want, 16);
        put('\n');
    }
    result(got == want, name);
}

static void check_trap(const char *name, u64 vec, u64 err)
{
    bool ok = last.vec == vec && (vec == NONE || last.err == err);

    if (!ok) {
        puts("# vector ");
        put_number(last.vec, 16);
        puts(" error ");
        put_number(last.err, 16);
        puts(" at ");
        put_number(last.rip, 16);
        put('\n');
    }
    result(ok, name);
}

static __attribute__((noreturn)) void leave(void)
{
    puts("1..");
    put_number(results, 10);
    put('\n');
    outb(0xf4, failures ? 1 : 0);
    for (;;)
        __asm__ volatile("cli; hlt");
}

__attribute__((noreturn)) void trap_entry(struct trap *t);
void trap_entry(struct trap *t)
{
    last = *t;
    if (!armed) {
        check_trap("Bail out! a trap that wasn't awaited", NONE, 0);
        leave();
    }
    armed = 0;
    recall(ctx);
}

static bool begin(void)
{
    last.vec = NONE;
    armed = 1;
    return 1;
}

#define CATCH for (bool more_ = begin() && !remember(ctx); more_; armed = more_ = 0)
#define FAULTS(name, vec, err, ...)                                                                \
    do {                                                                                           \
        CATCH                                                                                      \
        {                                                                                          \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        check_trap(name, vec, err);                                                                \
    } while (0)
#define RUNS(name, ...) FAULTS(name, NONE, 0, __VA_ARGS__)
#define ASM(...) __asm__ volatile(__VA_ARGS__)

static void wrmsr(u32 msr, u64 v)
{
    ASM("wrmsr" : : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)));
}

static u64 rdmsr(u32 msr)
{
    u32 a, d;
    ASM("rdmsr" : "=a"(a), "=d"(d) : "c"(msr));
    return a | (u64)d << 32;
}

static u64 cr4(void)
{
    u64 v;
    ASM("mov %%cr4, %0" : "=r"(v));
    return v;
}

static void set_cr4(u64 v)
{
    ASM("mov %0, %%cr4" : : "r"(v));
}

static void set_gate(u32 vec, u16 sel, u64 offset, u32 type, u32 ist)
{
    idt[2 * vec] = (offset & 0xffff) | (u64)sel << 16 | (u64)ist << 32 | (u64)type << 40 |
                   (offset >> 16 & 0xffff) << 48;
    idt[2 * vec + 1] = offset >> 32;
}

static void restore_idt(void)
{
    for (u32 i = 0; i < 64; i++)
        set_gate(i, CODE0, vector_table[i], i == DONE ? 0xee : 0x8e, i == SS ? 1 : 0);
}

/* A 16-byte descriptor of a system segment. */
static void set_system(u16 sel, u64 base, u32 limit, u32 access)
{
    gdt[sel / 8] = limit | (base & 0xffffff) << 16 | (u64)access << 40 | (base >> 24 & 0xff) << 56;
    gdt[sel / 8 + 1] = base >> 32;
}

static void load_tables(void)
{
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) g = {sizeof gdt - 1, (u64)gdt}, i = {sizeof idt - 1, (u64)idt};

    gdt[CODE0 / 8] = 0x00af9b000000ffff;
    gdt[DATA0 / 8] = 0x00cf93000000ffff;
    gdt[CODE32 / 8] = 0x00cffb000000ffff;
    gdt[DATA3 / 8] = 0x00cff3000000ffff;
    gdt[CODE3 / 8] = 0x00affb000000ffff;
    set_system(TSS, (u64)&tss, sizeof tss - 1, 0x89);
    tss.rsp[0] = (u64)(trap_stack + sizeof trap_stack);
    tss.ist[0] = (u64)(ist_stack + sizeof ist_stack);
    restore_idt();
    outb(0x3fb, 3); /* the serial port: 8 bits */
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
    ASM("lgdt %0; lidt %1; ltr %w2; lldt %w3" : : "m"(g), "m"(i), "r"(TSS), "r"(0) : "memory");
}

/* --- ring 3, 64 or 32 bits --- */

static void run_at(u64 rip, u16 cs, u16 ss, u64 rflags)
{
    CATCH
    {
        ASM("push %0; push %1; push %2; push %3; push %4; iretq"
            :
            : "r"((u64)ss), "r"((u64)(user_stack + sizeof user_stack - 8)), "r"(rflags | 2),
              "r"((u64)cs), "r"(rip)
            : "memory");
    }
}

static void run_user(void (*fn)(void), u64 rflags)
{
    run_at((u64)fn, CODE3 | 3, DATA3 | 3, rflags);
}

/* --- tests --- */

static void test_canonical(void)
{
    FAULTS("canonical: load", GP, 0, ASM("mov (%0), %%al" : : "r"(BAD) : "rax"));
    FAULTS("canonical: word that ends beyond", GP, 0,
           ASM("mov (%0), %%ax"
               :
               : "r"(BAD - 1)
               : "rax"));
    FAULTS("canonical: push", SS, 0, ASM("mov %0, %%rsp; push %%rax" : : "r"(BAD + 64)));
    FAULTS("canonical: pop", SS, 0, ASM("mov %0, %%rsp; pop %%rax" : : "r"(BAD)));
    FAULTS("canonical: RBP implies SS", SS, 0,
           ASM("mov %0, %%rbp; mov (%%rbp), %%al"
               :
               : "r"(BAD)
               : "rax"));
    FAULTS("canonical: near jump", GP, 0, ASM("jmp *%0" : : "r"(BAD)));
    FAULTS("canonical: near return", GP, 0, ASM("push %0; ret" : : "r"(BAD)));
    FAULTS("canonical: FS base", GP, 0, wrmsr(FS_BASE, BAD));
    FAULTS("canonical: GS base", GP, 0, wrmsr(GS_BASE, BAD));
    FAULTS("canonical: kernel GS base", GP, 0, wrmsr(KERNEL_GS_BASE, BAD));
    FAULTS("canonical: LSTAR", GP, 0, wrmsr(LSTAR, BAD));
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) t = {0xff, BAD};
    FAULTS("canonical: lgdt", GP, 0, ASM("lgdt %0" : : "m"(t)));
    FAULTS("canonical: lidt", GP, 0, ASM("lidt %0" : : "m"(t)));
    set_system(T0, BAD, 0x67, 0x89);
    FAULTS("canonical: ltr", GP, T0, ASM("ltr %w0" : : "r"(T0)));
    set_system(T0, BAD, 0x67, 0x82);
    FAULTS("canonical: lldt", GP, T0, ASM("lldt %w0" : : "r"(T0)));
    RUNS("canonical: invlpg of a bad address does nothing", ASM("invlpg (%0)" : : "r"(BAD)));
    u64 v;
    ASM("mov %%fs, %%eax; mov %%eax, %%fs" : : : "rax");
    wrmsr(FS_BASE, (u64)&gdt[1]);
    ASM("mov %%fs:0, %0" : "=r"(v));
    check_eq("FS base is added", v, gdt[1]);
}

static void user_int1(void)
{
    ASM("int $0x20");
}

static void test_gates(void)
{
    set_gate(0x20, CODE0, vector_table[0x20], 0x8e, 0);
    CATCH
    {
        ASM("sub $8, %%rsp; int $0x20" : : : "memory");
    }
    check_trap("int in ring 0", 0x20, 0);
    check_eq("int in ring 0 pushes SS too", last.ss, DATA0);
    set_gate(0x20, CODE0, vector_table[0x20], 0x8e, 1);
    u64 handler_rsp = (u64)(ist_stack + sizeof ist_stack);
    CATCH
    {
        ASM("movq $0, -8(%0); int $0x20" : : "r"(handler_rsp) : "memory");
    }
    check_eq("IST: the frame lies on it", *(u64 *)(handler_rsp - 8), DATA0);
    run_user(user_int1, 0);
    check_trap("int from ring 3, DPL 0", GP, 0x20 * 8 + 2);
    set_gate(0x20, CODE0, vector_table[0x20], 0xee, 0);
    run_user(user_int1, 0);
    check_trap("int from ring 3, DPL 3", 0x20, 0);
    check_eq("int from ring 3: CS", last.cs, CODE3 | 3);
    check_eq("int from ring 3: SS", last.ss, DATA3 | 3);
    set_gate(0x20, CODE32 & ~3, vector_table[0x20], 0x8e, 0);
    FAULTS("gate to 32-bit code", GP, CODE32, ASM("int $0x20"));
    set_gate(0x20, CODE0, BAD, 0x8e, 0);
    FAULTS("gate to a bad address", GP, 0, ASM("int $0x20"));
    set_gate(0x20, CODE0, vector_table[0x20], 0x85, 0);
    FAULTS("task gate", GP, 0x20 * 8 + 2, ASM("int $0x20"));
    tss.ist[1] = BAD;
    set_gate(0x20, CODE0, vector_table[0x20], 0x8e, 2);
    FAULTS("IST that isn't canonical", SS, 0, ASM("int $0x20"));
    set_gate(0x20, CODE0, vector_table[0x20], 0x86, 0);
    FAULTS("286 gate", GP, 0x20 * 8 + 2, ASM("int $0x20"));
    restore_idt();
}

static void test_iret(void)
{
    FAULTS("iretq: NT", GP, 0, ASM("pushf; orl $0x4000, (%%rsp); popf; iretq" : : : "memory"));
    run_at(BAD, CODE3 | 3, DATA3 | 3, 0);
    check_trap("iretq: bad RIP", GP, 0);
    check_eq("iretq: bad RIP, in ring 0", last.cs, CODE0);
    run_at((u64)user_int1, CODE3 | 3, 0, 0);
    check_trap("iretq to ring 3: null SS", GP, 0);
    run_at((u64)user_int1, CODE3 | 3, DATA0, 0);
    check_trap("iretq to ring 3: SS of ring 0", GP, DATA0);
    CATCH
    {
        ASM("mov %%rsp, %%rax; push $0; push %%rax; push $2; push %0; push $1f; iretq;"
            "1: mov %%ss, %%ecx; int $0x30"
            :
            : "i"(CODE0)
            : "rax", "rcx", "memory");
    }
    check_trap("iretq in ring 0: null SS", DONE, 0);
    check_eq("iretq in ring 0: SS is null", last.rcx & 0xffff, 0);
    FAULTS("mov ss: null with RPL 3", GP, 0, ASM("mov %0, %%ss" : : "r"(3)));
    RUNS("mov ss: null in ring 0", ASM("mov %0, %%ss; mov %1, %%ss" : : "r"(0), "r"(DATA0)));
    FAULTS("far jump: L and D", GP, T0, gdt[T0 / 8] = 0x00ef9b000000ffff;
           ASM("push %0; push $0; rex.w lret"
               :
               : "i"(T0)));
}

/* --- SYSCALL --- */

u64 seen_rcx, seen_r11, seen_flags, seen_cs, seen_ss, seen_rsp;

__asm__("syscall_entry: mov %rcx, seen_rcx; mov %r11, seen_r11; pushf; pop seen_flags;"
        "mov %cs, seen_cs; mov %ss, seen_ss; mov %rsp, seen_rsp; mov %r11, %rax;"
        "rex.w sysret\n"
        "gate_entry: mov %cs, seen_cs; mov %ss, seen_ss; mov 8(%rsp), %rax; mov %rax, seen_rcx;"
        "mov 24(%rsp), %rax; mov %rax, seen_r11; int $0x30\n");
void syscall_entry(void);
void gate_entry(void);

static void user_syscall(void)
{
    ASM("syscall; mov %%cs, %%eax; mov %%ss, %%edx; int $0x30" : : : "rax", "rcx", "rdx", "r11");
}

static void test_syscall(void)
{
    wrmsr(STAR, (u64)(CODE32 | 3) << 48 | (u64)CODE0 << 32);
    wrmsr(LSTAR, (u64)syscall_entry);
    wrmsr(FMASK, 0x200 | 0x400);
    run_user(user_syscall, 0x602);
    check_trap("syscall and sysretq", DONE, 0);
    check_eq("syscall: RCX", *(u8 *)seen_rcx == 0x8c, 1);
    check_eq("syscall: R11", seen_r11 & 0x600, 0x600);
    check_eq("syscall: FMASK", seen_flags & 0x600, 0);
    check_eq("syscall: CS", seen_cs & 0xffff, CODE0);
    check_eq("syscall: SS", seen_ss & 0xffff, DATA0);
    check_eq("syscall: RSP stays", seen_rsp, (u64)(user_stack + sizeof user_stack - 8));
    check_eq("sysretq: CS", last.rax & 0xffff, CODE3 | 3);
    check_eq("sysretq: SS", last.rdx & 0xffff, DATA3 | 3);
    check_eq("sysretq: flags", last.rflags & 0x600, 0x600);
    FAULTS("sysretq: bad RCX", GP, 0, ASM("mov %0, %%rcx; rex.w sysret" : : "r"(BAD) : "rcx"));
    check_eq("sysretq: bad RCX, in ring 0", last.cs, CODE0);
    wrmsr(EFER, rdmsr(EFER) & ~1ul);
    run_user(user_syscall, 0);
    check_trap("syscall without SCE", UD, 0);
    wrmsr(EFER, rdmsr(EFER) | 1);
}

/* --- compatibility mode: machine code below 4 GiB --- */

static void compat(const char *bytes, u32 n)
{
    u8 *code = (u8 *)0x7000;

    for (u32 i = 0; i < n; i++)
        code[i] = (u8)bytes[i];
    code[n] = 0xcd;
    code[n + 1] = DONE;
    run_at(0x7000, CODE32 | 3, DATA3 | 3, 0);
}

#define COMPAT(bytes) compat(bytes, sizeof(bytes) - 1)

static void test_compat(void)
{
    COMPAT("\xb8\x78\x56\x34\x12\x40"); /* 40: INC EAX, not a REX */
    check_trap("compat: runs", DONE, 0);
    check_eq("compat: 32-bit code", last.rax, 0x12345679);
    check_eq("compat: CS", last.cs, CODE32 | 3);
    COMPAT("\x0f\x05");
    check_trap("compat: syscall", UD, 0);
    COMPAT("\xb8\x00\x00\x00\x00\x8e\xd8\xa1\x00\x00\x00\x00");
    check_trap("compat: null DS", GP, 0);
    /* a call gate to 64-bit code: 16 bytes, 8 byte pushes, RSP0 of the TSS */
    u64 target = (u64)gate_entry;
    gdt[T0 / 8] = (target & 0xffff) | (u64)CODE0 << 16 | 0xecul << 40 |
                  (target >> 16 & 0xffff) << 48;
    gdt[T0 / 8 + 1] = target >> 32;
    COMPAT("\x9a\x00\x00\x00\x00\x43\x00");
    check_trap("call gate 64 from compatibility mode", DONE, 0);
    check_eq("call gate 64: CS", seen_cs & 0xffff, CODE0);
    check_eq("call gate 64: SS is null", seen_ss & 0xffff, 0);
    check_eq("call gate 64: caller's CS", seen_rcx, CODE32 | 3);
    check_eq("call gate 64: caller's SS", seen_r11, DATA3 | 3);
    gdt[T0 / 8 + 1] |= 0x1f0000000000;
    COMPAT("\x9a\x00\x00\x00\x00\x43\x00");
    check_trap("call gate 64: type in the upper half", GP, T0);
}

static void user_swapgs(void)
{
    ASM("swapgs");
}

static void test_bases(void)
{
    wrmsr(GS_BASE, 0x1111);
    wrmsr(KERNEL_GS_BASE, 0xffff800000002222);
    ASM("swapgs");
    check_eq("swapgs: GS base", rdmsr(GS_BASE), 0xffff800000002222);
    check_eq("swapgs: kernel GS base", rdmsr(KERNEL_GS_BASE), 0x1111);
    run_user(user_swapgs, 0);
    check_trap("swapgs in ring 3", GP, 0);
    ASM("mov %0, %%gs" : : "r"(DATA0));
    check_eq("mov gs loads the base", rdmsr(GS_BASE), 0);
    FAULTS("rdfsbase without FSGSBASE", UD, 0, ASM("rdfsbase %%rax" : : : "rax"));
    set_cr4(cr4() | 1 << 16);
    u64 v;
    ASM("wrfsbase %1; rdfsbase %0" : "=r"(v) : "r"(0x7fffffffffff));
    check_eq("wrfsbase, rdfsbase", v, 0x7fffffffffff);
    FAULTS("wrgsbase: not canonical", GP, 0, ASM("wrgsbase %0" : : "r"(BAD)));
    set_cr4(cr4() & ~(1ul << 16));
}

static void test_control(void)
{
    u64 cr0, cr3;

    ASM("mov %%cr0, %0; mov %%cr3, %1" : "=r"(cr0), "=r"(cr3));
    FAULTS("cr0: PG off in 64-bit mode", GP, 0, ASM("mov %0, %%cr0" : : "r"(cr0 & ~(1ul << 31))));
    FAULTS("cr0: high half", GP, 0, ASM("mov %0, %%cr0" : : "r"(cr0 | 1ul << 32)));
    FAULTS("cr4: PAE off in long mode", GP, 0, set_cr4(cr4() & ~0x20ul));
    FAULTS("cr3: reserved bits", GP, 0, ASM("mov %0, %%cr3" : : "r"(cr3 | 1ul << 60)));
    FAULTS("efer: LME off under paging", GP, 0, wrmsr(EFER, rdmsr(EFER) & ~0x100ul));
    FAULTS("cr3: bit 63 without PCIDE", GP, 0, ASM("mov %0, %%cr3" : : "r"(cr3 | 1ul << 63)));
    set_cr4(cr4() | 1 << 17);
    RUNS("cr3: bit 63 with PCIDE", ASM("mov %0, %%cr3" : : "r"(cr3 | 1ul << 63)));
    FAULTS("cr0: PG off with PCIDE", GP, 0, ASM("mov %0, %%cr0" : : "r"(cr0 & ~(1ul << 31))));
    ASM("mov %0, %%cr3" : : "r"(cr3 | 5));
    set_cr4(cr4() & ~(1ul << 17));
    FAULTS("cr4: PCIDE with a PCID", GP, 0, set_cr4(cr4() | 1 << 17));
    RUNS("cr3: without PCIDE bits 11..5 and 2..0 are ignored", ASM("mov %0, %%cr3"
                                                                   :
                                                                   : "r"(cr3 | 0xfe7)));
    ASM("mov %0, %%cr3" : : "r"(cr3));
    FAULTS("dr7: high half", GP, 0, ASM("mov %0, %%dr7" : : "r"(1ul << 32)));
    FAULTS("dr6: high half", GP, 0, ASM("mov %0, %%dr6" : : "r"(1ul << 32)));
    FAULTS("cr8: beyond 15", GP, 0, ASM("mov %0, %%cr8" : : "r"(16ul)));
    struct {
        u64 pcid, lin;
    } d = {0, BAD};
    FAULTS("invpcid: not canonical", GP, 0, ASM("invpcid %0, %1" : : "m"(d), "r"(0ul)));
    FAULTS("invpcid: type 4", GP, 0, ASM("invpcid %0, %1" : : "m"(d), "r"(4ul)));
    RUNS("invpcid: all", ASM("invpcid %0, %1" : : "m"(d), "r"(2ul)));
}

/* --- the page tables of 4 levels --- */

static void test_paging(void)
{
    u64 *pdpt = (u64 *)(pml4[0] & ~0xffful), *pd = (u64 *)(pdpt[2] & ~0xffful);
    volatile u8 *at = (u8 *)0x80000000;
    u64 was = pd[0], cr2;

    pd[0] = 0x200000 | 0x87;
    ASM("invlpg (%0)" : : "r"(at));
    at[0] = 0xc3;
    pd[0] |= 1ul << 63;
    ASM("invlpg (%0)" : : "r"(at));
    FAULTS("nx: fetch", PF, 0x11, ((void (*)(void))(u64)at)());
    ASM("mov %%cr2, %0" : "=r"(cr2));
    check_eq("nx: CR2", cr2, (u64)at);
    RUNS("nx: read", (void)at[0]);
    pd[0] = 0x200000 | 0x87 | 1ul << 13;
    ASM("invlpg (%0)" : : "r"(at));
    FAULTS("reserved bit of a large page", PF, 9, (void)at[0]);
    pd[0] = 0x200000 | 0x87 | 1ul << 50;
    FAULTS("physical address too wide", PF, 9, ASM("invlpg (%0)" : : "r"(at)); (void)at[0]);
    pml4[1] = 0x200000 | 0x87;
    FAULTS("PS in the PML4", PF, 9, (void)*(volatile u8 *)0x8000000000);
    pml4[1] = 0;
    pd[0] = was;
    ASM("invlpg (%0)" : : "r"(at));
    FAULTS("not present", PF, 2, *(volatile u8 *)0x8000000000 = 1);
}

/* SMI in long mode: the handler at SMBASE + 8000h is an RSM alone. Needs the runner. */
static void test_smm(void)
{
    u64 r15, gs, cf;
    u8 there;

    ASM("inb $0xf0, %0" : "=a"(there));
    if (there != 0xa5) {
        puts("# no event port: SMI is not tested\n");
        return;
    }
    *(volatile u16 *)0x38000 = 0xaa0f;
    *(volatile u32 *)0x3fefc = 0;
    wrmsr(GS_BASE, 0xffff800000001000);
    outb(0xf1, 1);
    ASM("mov %3, %%r15; stc; outb %%al, $0xf0; nop; nop; nop; sbb %1, %1; mov %%r15, %0"
        : "=r"(r15), "=&r"(cf)
        : "a"(2), "r"(0xfedcba9876543210)
        : "r15");
    gs = rdmsr(GS_BASE);
    check_eq("smi: revision", *(volatile u32 *)0x3fefc, 0x20064);
    check_eq("smi: R15 comes back", r15, 0xfedcba9876543210);
    check_eq("smi: CF comes back", cf, ~0ul);
    check_eq("smi: GS base comes back", gs, 0xffff800000001000);
    check_eq("smi: CS in the save area", *(volatile u16 *)0x3fe10, CODE0);
}

void main(void);
void main(void)
{
    load_tables();
    test_canonical();
    test_gates();
    test_iret();
    test_syscall();
    test_compat();
    test_bases();
    test_control();
    test_paging();
    test_smm();
    leave();
}
