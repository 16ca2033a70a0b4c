/* SPDX-License-Identifier: MIT */
/* The local APIC's state, shared by lapic.c (what it does) and lapic_regs.c (how it reads). */
#ifndef ERSATZ_DEVICES_LAPIC_STATE_H
#define ERSATZ_DEVICES_LAPIC_STATE_H

#include "devices/lapic.h"

#define SVR_ENABLE 0x100u

/*
 * A local vector:   18..17 timer mode   16 mask   15 level   14 remote IRR   13 active low
 *                   12 pending   10..8 delivery mode   7..0 vector
 */
#define LVT_REMOTE_IRR 0x4000u
#define LVT_LEVEL 0x8000u
#define LVT_MASK 0x10000u
#define LVT_TIMER_MODE 0x60000u
#define LVT_TIMER_PERIODIC 0x20000u
#define LVT_TIMER_DEADLINE 0x40000u

#define ESR_SEND_ILLEGAL 0x20u
#define ESR_RECEIVE_ILLEGAL 0x40u
#define ESR_ILLEGAL_REGISTER 0x80u

enum { LVT_TIMER, LVT_THERMAL, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVTS };

struct lapic {
    struct device dev;
    struct timer timer;
    u64 base; /* IA32_APIC_BASE */
    u32 id;
    u32 tpr, ldr, dfr, svr;
    u32 isr[8], tmr[8], irr[8];
    u32 esr, esr_pending;
    u32 icr[2];
    u32 lvt[LVTS];
    u32 divide, timer_init, timer_from;
    u64 timer_start; /* ns */
    u64 deadline;    /* in TSC units, 0: none */
    u64 tsc_hz, tsc_offset;
    u8 lint;   /* levels of LINT0 and LINT1 */
    u8 extint; /* an ExtINT message waits */
    u8 sipi;
    u8 intr;
    /* wiring */
    struct apic_bus *bus;
    u32 initial_id;
    bool bsp;
};

/* Physical id as messages name it. */
static inline u32 lapic_id(const struct lapic *l)
{
    return l->id;
}

/* In x2APIC mode the logical id follows from the physical one: 16 CPUs a cluster. */
static inline u32 lapic_x2_ldr(const struct lapic *l)
{
    return (l->id >> 4) << 16 | 1u << (l->id & 15);
}

u8 lapic_ppr(const struct lapic *l);
void lapic_update(struct lapic *l);
void lapic_error(struct lapic *l, u32 bit);
void lapic_eoi(struct lapic *l);
u32 lapic_timer_count(const struct lapic *l);
void lapic_timer_arm(struct lapic *l);
void lapic_timer_rebase(struct lapic *l);
void lapic_timer_start(struct lapic *l, u32 count);

u64 lapic_mmio_read(struct device *d, u64 offset, unsigned size);
void lapic_mmio_write(struct device *d, u64 offset, u64 value, unsigned size);

#endif
