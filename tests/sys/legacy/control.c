/* SPDX-License-Identifier: MIT */
/* Control registers, MSRs, CPUID, SYSENTER, privileged and prevented instructions. */
#include "lib.h"

static u32 features[4], features7[4];

static bool has(u32 word, u32 bit)
{
    return word >> bit & 1;
}

static void test_cr(void)
{
    u32 cr0 = READ_CR(0), cr4 = READ_CR(4);

    FAULTS("cr0: PG without PE", GP, 0, WRITE_CR(0, (cr0 | 1u << 31) & ~1u));
    FAULTS("cr0: NW without CD", GP, 0, WRITE_CR(0, (cr0 | 1 << 29) & ~(1u << 30)));
    FAULTS("cr1", UD, 0, __asm__ volatile(".byte 0x0f, 0x20, 0xc8" : : : "eax"));
    FAULTS("cr5", UD, 0, __asm__ volatile(".byte 0x0f, 0x22, 0xe8"));
    FAULTS("cr4: reserved bit", GP, 0, WRITE_CR(4, cr4 | 1 << 15));
    if (has(features[2], 17))
        FAULTS("cr4: PCIDE outside long mode", GP, 0, WRITE_CR(4, cr4 | 1 << 17));
    __asm__ volatile("smsw %%eax; or $8, %%eax; lmsw %%ax" : : : "eax");
    check_eq("lmsw sets TS", READ_CR(0) & 8, 8);
    __asm__ volatile("smsw %%eax; and $~9, %%eax; lmsw %%ax" : : : "eax");
    check_eq("lmsw clears TS but not PE", READ_CR(0) & 9, 1);
    WRITE_CR(0, READ_CR(0) | 8);
    __asm__ volatile("clts");
    check_eq("clts", READ_CR(0) & 8, 0);
    WRITE_CR(0, cr0 & ~0x10u);
    check_eq("cr0: ET is 1", READ_CR(0) & 0x10, 0x10);
    WRITE_CR(0, cr0);
}

static void test_msr(void)
{
    u32 max[4];

    FAULTS("rdmsr: no such register", GP, 0, rdmsr(0x12345678));
    FAULTS("wrmsr: no such register", GP, 0, wrmsr(0x12345678, 0));
    FAULTS("wrmsr: read-only", GP, 0, wrmsr(0xfe, 0));
    FAULTS("wrmsr: PAT type 2", GP, 0, wrmsr(0x277, 0x0007040600070402ull));
    RUNS("wrmsr: PAT", wrmsr(0x277, 0x0007040600070406ull));
    cpuid(0x80000000, 0, max);
    if (max[0] >= 0x80000001)
        FAULTS("wrmsr: EFER reserved bit", GP, 0, wrmsr(0xc0000080, 1 << 1));
    u64 t = rdmsr(0x10);
    result(rdmsr(0x10) > t, "tsc goes on");
    wrmsr(0x10, 1ull << 40);
    result(rdmsr(0x10) >> 40 == 1, "tsc can be set");
}

/* --- SYSENTER, SYSEXIT --- */

static u32 sys_stack[64];
u32 sys_seen[4];

__asm__("sys_entry: mov %cs, sys_seen; mov %ss, sys_seen + 4; mov %esp, sys_seen + 8; pushf;"
        "pop sys_seen + 12; mov $sys_back, %edx; mov %ebp, %ecx; sysexit\n"
        "user_sysenter: mov %esp, %ebp; sysenter\n"
        "sys_back: mov %cs, %eax; mov %ss, %ebx; int $0x30\n");
void sys_entry(void);
void user_sysenter(void);

static void user_sysexit(void)
{
    __asm__ volatile("sysexit");
}

static void test_sysenter(void)
{
    wrmsr(0x174, 0);
    FAULTS("sysenter: CS 0", GP, 0, __asm__ volatile("sysenter"));
    FAULTS("sysexit: CS 0", GP, 0, __asm__ volatile("sysexit"));
    wrmsr(0x174, CODE0);
    wrmsr(0x175, (u32)(sys_stack + 60));
    wrmsr(0x176, (u32)sys_entry);
    run_user(user_sysexit, 0);
    check_trap("sysexit in ring 3", GP, 0);
    run_user(user_sysenter, F_IF);
    check_trap("sysenter and sysexit", DONE, 0);
    check_eq("sysenter: CS", sys_seen[0] & 0xffff, CODE0);
    check_eq("sysenter: SS", sys_seen[1] & 0xffff, DATA0);
    check_eq("sysenter: ESP", sys_seen[2], (u32)(sys_stack + 60));
    check_eq("sysenter: IF is clear", sys_seen[3] & F_IF, 0);
    check_eq("sysexit: CS", last.eax & 0xffff, CODE0 + 16 + 3);
    check_eq("sysexit: SS", last.ebx & 0xffff, CODE0 + 24 + 3);
    wrmsr(0x174, 0);
}

/* --- ring 3 must not, or sees nothing --- */

#define USER(name, text)                                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        __asm__ volatile(text : : : "eax", "ecx", "edx", "memory");                                \
    }
USER(user_rdmsr, "rdmsr")
USER(user_cr, "mov %%cr3, %%eax")
USER(user_dr, "mov %%dr7, %%eax")
USER(user_invlpg, "invlpg (%%eax)")
USER(user_wbinvd, "wbinvd")
USER(user_lgdt, "lgdt (%%esp)")
USER(user_ltr, "ltr %%ax")
USER(user_clts, "clts")
USER(user_in, "inb $0xf0, %%al")
USER(user_rdtsc, "rdtsc")
USER(user_smsw, "smsw %%eax")
USER(user_sgdt, "sgdt -64(%%esp)")
USER(user_sldt, "sldt %%ax")
USER(user_monitor, "mov %%esp, %%eax; xor %%ecx, %%ecx; .byte 0x0f, 0x01, 0xc8")

static const struct {
    const char *name;
    void (*fn)(void);
} privileged[] = {
    {"ring 3: rdmsr", user_rdmsr},     {"ring 3: mov from CR3", user_cr},
    {"ring 3: mov from DR7", user_dr}, {"ring 3: invlpg", user_invlpg},
    {"ring 3: wbinvd", user_wbinvd},   {"ring 3: lgdt", user_lgdt},
    {"ring 3: ltr", user_ltr},         {"ring 3: clts", user_clts},
};

static void test_privileged(void)
{
    for (u32 i = 0; i < sizeof privileged / sizeof *privileged; i++) {
        run_user(privileged[i].fn, F_IOPL3);
        check_trap(privileged[i].name, GP, 0);
    }
    run_user(user_in, 0);
    check_trap("in: bitmap forbids", GP, 0);
    run_user(user_in, F_IOPL3);
    check_trap("in: IOPL 3", DONE, 0);
    tss.io[0xf0 / 8] &= ~(1u << (0xf0 % 8));
    run_user(user_in, 0);
    check_trap("in: bitmap allows", DONE, 0);
    tss.io[0xf0 / 8] |= 1u << (0xf0 % 8);
    u16 map = tss.iomap;
    tss.iomap = sizeof tss;
    run_user(user_in, 0);
    check_trap("in: no bitmap", GP, 0);
    tss.iomap = map;
    run_user(user_rdtsc, 0);
    check_trap("rdtsc in ring 3", DONE, 0);
    WRITE_CR(4, READ_CR(4) | 4);
    run_user(user_rdtsc, 0);
    check_trap("rdtsc under CR4.TSD", GP, 0);
    WRITE_CR(4, READ_CR(4) & ~4u);
    run_user(user_smsw, 0);
    check_trap("smsw in ring 3", DONE, 0);
    if (has(features[2], 3)) {
        run_user(user_monitor, 0);
        check_trap("monitor in ring 3", UD, 0);
    }
    if (!has(features7[2], 2))
        return;
    WRITE_CR(4, READ_CR(4) | 1 << 11);
    run_user(user_smsw, 0);
    check_trap("umip: smsw", GP, 0);
    run_user(user_sgdt, 0);
    check_trap("umip: sgdt", GP, 0);
    run_user(user_sldt, 0);
    check_trap("umip: sldt", GP, 0);
    WRITE_CR(4, READ_CR(4) & ~(1u << 11));
}

void test_control(void)
{
    u32 r[4];

    cpuid(0, 0, r);
    u32 level = r[0];
    cpuid(1, 0, features);
    if (level >= 7)
        cpuid(7, 0, features7);
    test_cr();
    test_msr();
    test_sysenter();
    test_privileged();
}
