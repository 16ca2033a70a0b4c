/* SPDX-License-Identifier: MIT */
/*
 * Processors: MTRRs of all, the boot processor's local APIC in virtual wire mode, application
 * processors counted and parked (Intel SDM vol. 3, 9.4 and 12.11; MP specification 1.4, 3.6.2).
 *
 * Memory is write-back but for the display's window and what lies between RAM and 4 GiB.
 */
#include "smp.h"

#include "cpu.h"
#include "e820.h"
#include "post.h"

enum {
    MTRR_CAP = 0xFE,
    MTRR_BASE0 = 0x200,
    MTRR_MASK0 = 0x201,
    MTRR_FIX64K_00000 = 0x250,
    MTRR_FIX16K_80000 = 0x258,
    MTRR_FIX16K_A0000 = 0x259,
    MTRR_FIX4K_C0000 = 0x268,
    MTRR_DEF_TYPE = 0x2FF
};
enum { CAP_FIXED = 1 << 8, DEF_FIXED = 1 << 10, DEF_ENABLE = 1 << 11, MASK_VALID = 1 << 11 };
enum { UC = 0, WB = 6 };
#define ALL_WB 0x06060606u

/* What each application processor writes, 0 ends it: ap.S. */
struct msr_row {
    u32 msr, low, high;
};
struct msr_row ap_msrs[20];
volatile u32 ap_count;
u32 ap_ticket;  /* who comes next */
u8 ap_ids[256]; /* their local APICs, in the order in which they came */
static u8 msr_count;

static void set_msr(u32 msr, u32 low, u32 high)
{
    wrmsr(msr, low, high);
    ap_msrs[msr_count++] = (struct msr_row){msr, low, high};
}

static u8 physical_bits(void)
{
    if (cpuid(0x80000000).eax < 0x80000008)
        return 36;
    return (u8)cpuid(0x80000008).eax;
}

static void set_fixed(void)
{
    set_msr(MTRR_FIX64K_00000, ALL_WB, ALL_WB);
    set_msr(MTRR_FIX16K_80000, ALL_WB, ALL_WB);
    set_msr(MTRR_FIX16K_A0000, UC, UC);
    for (u32 i = 0; i < 8; i++)
        set_msr(MTRR_FIX4K_C0000 + i, ALL_WB, ALL_WB);
}

void mtrr_init(void)
{
    u32 want = CPU_MSR | CPU_MTRR;

    msr_count = 0;
    if (!cpu_has_cpuid() || (cpuid(1).edx & want) != want)
        return;
    u32 cap = rdmsr_low(MTRR_CAP);
    set_msr(MTRR_DEF_TYPE, 0, 0);
    if (cap & CAP_FIXED)
        set_fixed();
    if (cap & 0xFF) {
        u32 hole = low_ram_end() <= 0xC0000000 ? 0xC0000000 : 0xE0000000; /* 1 GiB or half of it */
        set_msr(MTRR_BASE0, hole | UC, 0);
        set_msr(MTRR_MASK0, hole | MASK_VALID, (1u << (physical_bits() - 32)) - 1);
    }
    set_msr(MTRR_DEF_TYPE, DEF_ENABLE | (cap & CAP_FIXED ? DEF_FIXED : 0) | WB, 0);
}

/* ---- processors ---- */

#define LAPIC 0xFEE00000u
enum { LAPIC_SVR = 0xF0, LAPIC_ICR = 0x300, LAPIC_LINT0 = 0x350, LAPIC_LINT1 = 0x360 };
enum { SVR_ENABLE = 1 << 8, SVR_VECTOR = 0xFF, LVT_EXTINT = 0x700, LVT_NMI = 0x400 };
/* to all but itself: level asserted, INIT or SIPI */
enum { ICR_INIT = 0xC4500, ICR_SIPI = 0xC4600, SIPI_PAGE = 0xFE };

static bool has_apic(void)
{
    return cpu_has_cpuid() && (cpuid(1).edx & CPU_APIC);
}

void virtual_wire(void)
{
    if (!has_apic())
        return;
    phys_write32(LAPIC + LAPIC_SVR, SVR_ENABLE | SVR_VECTOR);
    phys_write32(LAPIC + LAPIC_LINT0, LVT_EXTINT);
    phys_write32(LAPIC + LAPIC_LINT1, LVT_NMI);
}

u32 cpu_count(void)
{
    return ap_count + 1;
}

u8 cpu_apic_id(u32 n)
{
    return n ? ap_ids[(n - 1) & 0xFF] : (u8)(cpuid(1).ebx >> 24);
}

void smp_init(void)
{
    u32 others = cmos_read(CMOS_CPUS);

    ap_count = ap_ticket = 0;
    if (!has_apic())
        return;
    virtual_wire();
    if (!others)
        return;
    phys_write32(LAPIC + LAPIC_ICR, ICR_INIT);
    delay_us(10000);
    for (u32 ms = 0; ap_count < others && ms < 1000; ms++) {
        if (ms % 100 == 0) /* again for who has missed it; the others do not listen any more */
            phys_write32(LAPIC + LAPIC_ICR, ICR_SIPI | SIPI_PAGE);
        delay_us(1000);
    }
    if (ap_count < others)
        log_printf("%u processors of %u do not answer\n", others - ap_count, others);
}
