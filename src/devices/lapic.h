/* SPDX-License-Identifier: MIT */
/*
 * The local APIC; pins, the CPU's side and the bus's side. Each CPU has one. All sit at the
 * same address, so the board hands an access to the one of the CPU that makes it.
 */
#ifndef ERSATZ_DEVICES_LAPIC_H
#define ERSATZ_DEVICES_LAPIC_H

#include "devices/apic_bus.h"
#include "devices/device.h"

extern const struct device_class lapic_class;

/* Region: one page, at the address in lapic_base(). */
enum { LAPIC_REGS };

/* Input pins. LINT0 hears the 8259s' INTR, LINT1 the board's NMI. */
enum { LAPIC_LINT0, LAPIC_LINT1 };

/* Output pins. INTR is a level; the others pulse. */
enum { LAPIC_INTR, LAPIC_NMI, LAPIC_SMI, LAPIC_INIT, LAPIC_SIPI };

#define LAPIC_BASE_BSP 0x100u
#define LAPIC_BASE_EXTD 0x400u /* x2APIC */
#define LAPIC_BASE_EN 0x800u
#define LAPIC_BASE_ADDRESS 0xfee00000u

#define LAPIC_HZ 1000000000ull /* the timer's bus clock, before its divider */

/* Once, before the machine runs. `id` is the initial APIC id; the CPU with `bsp` boots. */
void lapic_connect(struct device *d, struct apic_bus *bus, u32 id, bool bsp);
/* The time-stamp counter, for the TSC-deadline timer: TSC = ns * hz / 1e9 + offset (mod 2^64). */
void lapic_set_tsc(struct device *d, u64 hz, u64 offset);
/* What a BIOS leaves behind on the boot CPU: enabled, LINT0 ExtINT, LINT1 NMI. */
void lapic_virtual_wire(struct device *d);
/* INIT: as reset, but the id and IA32_APIC_BASE stay. */
void lapic_init(struct device *d);

/* Answers INTR: a vector, or LAPIC_EXTINT when it is the 8259s' turn. */
#define LAPIC_EXTINT (-1)
int lapic_ack(struct device *d);
/* Vector of the last SIPI that came. */
u8 lapic_sipi_vector(const struct device *d);
/* CR8, which is bits 7..4 of TPR. */
u8 lapic_cr8(const struct device *d);
void lapic_set_cr8(struct device *d, u8 value);

/* IA32_APIC_BASE and IA32_TSC_DEADLINE; false is a #GP(0). */
u64 lapic_base(const struct device *d);
bool lapic_set_base(struct device *d, u64 value);
u64 lapic_tsc_deadline(const struct device *d);
void lapic_set_tsc_deadline(struct device *d, u64 value);
/* The same by their numbers, 1Bh and 6E0h, and the x2APIC's 800h..8FFh. */
bool lapic_msr_read(struct device *d, u32 msr, u64 *value);
bool lapic_msr_write(struct device *d, u32 msr, u64 value);

/* For the bus. */
bool lapic_listens(const struct device *d, const struct apic_message *m);
bool lapic_accept(struct device *d, const struct apic_message *m);
u8 lapic_priority(const struct device *d);

#endif
