/* SPDX-License-Identifier: MIT */
/* CPUID and MSRs. */
#ifndef BIOS_CPU_H
#define BIOS_CPU_H

#include "bios.h"

/* CPUID 1, EDX */
enum { CPU_MSR = 1 << 5, CPU_APIC = 1 << 9, CPU_MTRR = 1 << 12 };

struct cpuid {
    u32 eax, ebx, ecx, edx;
};

/* Can EFLAGS.ID be changed? */
static inline bool cpu_has_cpuid(void)
{
    u32 old = save_flags();

    restore_flags(old ^ 1u << 21);
    bool can = (save_flags() ^ old) & 1u << 21;
    restore_flags(old);
    return can;
}

static inline struct cpuid cpuid(u32 leaf)
{
    struct cpuid c;

    __asm__("cpuid" : "=a"(c.eax), "=b"(c.ebx), "=c"(c.ecx), "=d"(c.edx) : "a"(leaf), "c"(0));
    return c;
}

static inline u32 rdmsr_low(u32 msr)
{
    u32 low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return low;
}

static inline void wrmsr(u32 msr, u32 low, u32 high)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"(low), "d"(high));
}

#endif
