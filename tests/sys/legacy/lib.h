/* SPDX-License-Identifier: MIT */
/*
 * The 32-bit system tests' kernel: tables, traps that are caught and looked at, TAP output on
 * port E9h and the first serial port. One segment each for rings 0 and 3, flat; tests make their
 * own in the slots T0...
 * Each test_*() asserts a table of the manuals; SDM sections are named where they stand.
 */
#ifndef ERSATZ_TESTS_SYS_LIB_H
#define ERSATZ_TESTS_SYS_LIB_H

#include "x86.h"

enum {
    CODE0 = 0x08,
    DATA0 = 0x10,
    CODE3 = 0x1b,
    DATA3 = 0x23,
    TSS0 = 0x28,
    T0 = 0x30,
    T1 = 0x38,
    T2 = 0x40,
    T3 = 0x48,
    T4 = 0x50,
    T5 = 0x58,
    GDT_ENTRIES = 32,
};
enum { DE, DB, NMI, BP, OF, BR, UD, NM, DF, TS = 10, NP, SS, GP, PF, AC = 17, DONE = 0x30 };

/* Descriptor attributes: access byte, flags in bits 12..15. */
enum {
    A_P = 0x80,
    A_DPL3 = 0x60,
    A_CODE = 0x1a,
    A_DATA = 0x12,
    A_RO = 0x10,
    A_XO = 0x18,
    A_DOWN = 0x16,
    A_CONF = 0x1e,
    A_BIG = 0x4000,
    A_G = 0x8000,
    FLAT = A_BIG | A_G,
    SYS_LDT = 2,
    SYS_TSS16 = 1,
    SYS_TSS32 = 9,
    SYS_BUSY = 2,
    GATE_TASK = 5,
    GATE_CALL16 = 4,
    GATE_CALL32 = 12,
    GATE_INT16 = 6,
    GATE_TRAP16 = 7,
    GATE_INT32 = 14,
    GATE_TRAP32 = 15,
};

enum {
    F_TF = 0x100,
    F_IF = 0x200,
    F_IOPL3 = 0x3000,
    F_NT = 0x4000,
    F_RF = 0x10000,
    F_VM = 0x20000,
    F_AC = 0x40000,
    F_VIF = 0x80000,
    F_VIP = 0x100000,
};

struct trap {
    u32 gs, fs, es, ds;
    u32 edi, esi, ebp, esp0, ebx, edx, ecx, eax;
    u32 vec, err, eip, cs, eflags, esp, ss; /* the last two from ring 3 and VM86 only */
    u32 v_es, v_ds, v_fs, v_gs;
};

struct tss {
    u32 link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
    u32 eax, ecx, edx, ebx, esp, ebp, esi, edi;
    u32 es, cs, ss, ds, fs, gs, ldt;
    u16 t, iomap;
    u8 redirect[32], io[128], end;
} __attribute__((packed));

extern u64 gdt[GDT_ENTRIES], idt[64];
extern struct tss tss;
extern struct trap last;                /* what the last CATCH caught */
extern bool (*on_trap)(struct trap *t); /* true: go on where it came from */
extern u32 catch_ctx[6];
extern bool armed;
extern u8 user_stack[4096], trap_stack[8192];

int remember(u32 *ctx) __attribute__((returns_twice));
void recall(u32 *ctx) __attribute__((noreturn));

/* Runs the code after it; what traps ends it. CATCH { ... } */
#define CATCH                                                                                      \
    for (bool more_ = catch_begin() && !remember(catch_ctx) && arm(); more_; more_ = catch_none())
bool catch_begin(void);
bool arm(void);
bool catch_none(void); /* the code ended by itself: last.vec = NONE */
enum { NONE = 0xff };

/* One result line each. */
void result(bool ok, const char *name);
void check_trap(const char *name, u32 vec, u32 err);
void check_eq(const char *name, u32 got, u32 want);
void say(const char *fmt, ...); /* %s %x */

#define FAULTS(name, vec, err, ...)                                                                \
    do {                                                                                           \
        CATCH                                                                                      \
        {                                                                                          \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
        check_trap(name, vec, err);                                                                \
    } while (0)
#define RUNS(name, ...) FAULTS(name, NONE, 0, __VA_ARGS__)

void *memset(void *p, int v, __SIZE_TYPE__ n);
void *memcpy(void *to, const void *from, __SIZE_TYPE__ n);
void set_seg(u16 sel, u32 base, u32 limit, u32 attr);
u64 make_gate(u16 sel, u32 offset, u32 type_dpl, u32 count); /* present */
void set_idt(u32 vec, u64 gate);
void restore_idt(void);

/* Runs fn in ring 3 (or VM86) until it traps; `last` tells how. DONE is its own end. */
void run_user(void (*fn)(void), u32 eflags);
void user_done(void);

#define READ_CR(n)                                                                                 \
    ({                                                                                             \
        u32 v_;                                                                                    \
        __asm__ volatile("mov %%cr" #n ", %0" : "=r"(v_));                                         \
        v_;                                                                                        \
    })
#define WRITE_CR(n, v) __asm__ volatile("mov %0, %%cr" #n : : "r"((u32)(v)) : "memory")
#define READ_DR(n)                                                                                 \
    ({                                                                                             \
        u32 v_;                                                                                    \
        __asm__ volatile("mov %%dr" #n ", %0" : "=r"(v_));                                         \
        v_;                                                                                        \
    })
#define WRITE_DR(n, v) __asm__ volatile("mov %0, %%dr" #n : : "r"((u32)(v)))

static inline void cpuid(u32 leaf, u32 sub, u32 r[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "a"(leaf), "c"(sub));
}

static inline void wrmsr(u32 msr, u64 v)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "A"(v));
}

static inline u64 rdmsr(u32 msr)
{
    u64 v;
    __asm__ volatile("rdmsr" : "=A"(v) : "c"(msr));
    return v;
}

void test_segments(void);
void test_examine(void);
void test_gates(void);
void test_calls(void);
void test_tasks(void);
void test_vm86(void);
void test_paging(void);
void test_debug(void);
void test_control(void);
void test_order(void);
void test_real(void);
void test_events(void);

#endif
