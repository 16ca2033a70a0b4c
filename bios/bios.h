/* SPDX-License-Identifier: MIT */
/*
 * What all of the BIOS shares. C runs in real mode with CS = F000h and DS = ES = SS = E000h, so
 * plain pointers are good for code, constants, variables and the stack; everything else is far
 * memory (peek, poke, far_copy) or physical memory (phys_copy).
 */
#ifndef BIOS_H
#define BIOS_H

#include "real.h"

#define ESEG 0xE000
#define FSEG 0xF000
#define EBDA_SEG 0x9FC0

/* ---- a caller's registers (entry.S knows the layout) ---- */

struct regs {
    GENERAL_REGISTERS
    u16 ds, es;
    u16 handler;
    u16 ip, cs, flags;
};
_Static_assert(sizeof(struct regs) == 40, "entry.S copies ten double words");

enum { FLAG_CF = 1 << 0, FLAG_ZF = 1 << 6, FLAG_IF = 1 << 9 };

static inline void set_cf(struct regs *r, bool on)
{
    r->flags = on ? r->flags | FLAG_CF : r->flags & ~FLAG_CF;
}

static inline void set_zf(struct regs *r, bool on)
{
    r->flags = on ? r->flags | FLAG_ZF : r->flags & ~FLAG_ZF;
}

/* entry.S: call what a vector or an address holds; AX to ES go in and out, the flags out.
 * (INT clears IF; IRET gives back the IF that held before.) */
void int_call(u8 vector, struct regs *r);
void far_call(u16 seg, u16 off, struct regs *r);

/* reset.S: the machine starts anew. */
void restart(void) __attribute__((noreturn));

/* ---- instructions ---- */

static inline void cli(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static inline void sti(void)
{
    __asm__ volatile("sti" ::: "memory");
}

/* Waits for an interrupt with interrupts on; none that comes before it is missed. */
static inline void wait_irq(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}

static inline u32 save_flags(void)
{
    u32 flags;
    __asm__ volatile("pushfl; popl %0" : "=r"(flags)::"memory");
    return flags;
}

static inline void restore_flags(u32 flags)
{
    __asm__ volatile("pushl %0; popfl" ::"r"(flags) : "memory", "cc");
}

/* An 8-bit ISA cycle's time for old chips. */
static inline void io_delay(void)
{
    outb(0x80, 0);
}

/* ---- far memory, in blocks ---- */

/* memory.c: offsets must not run over the end of the segment. */
void far_copy(u16 dst_seg, u16 dst_off, u16 src_seg, u16 src_off, u16 n);
void far_read(void *dst, u16 seg, u16 off, u16 n);
void far_write(u16 seg, u16 off, const void *src, u16 n);
void far_fill(u16 seg, u16 off, u8 v, u16 n);
/* Blocks of 16- and 32-bit words between a port and far memory; n counts words. */
void far_insw(u16 port, u16 seg, u16 off, u16 n);
void far_outsw(u16 port, u16 seg, u16 off, u16 n);
void far_insl(u16 port, u16 seg, u16 off, u16 n);
void far_outsl(u16 port, u16 seg, u16 off, u16 n);

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int v, size_t n);
void *memmove(void *dst, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* ---- physical memory, all 4 GiB, by way of protected mode; interrupts are off meanwhile ---- */

void phys_copy(u32 dst, u32 src, u32 n);
void phys_read(void *dst, u32 src, u32 n);
void phys_write(u32 dst, const void *src, u32 n);
void phys_fill(u32 dst, u8 v, u32 n);
u32 phys_read32(u32 addr);
void phys_write32(u32 addr, u32 v);

/* The physical address of an object of ours. */
static inline u32 phys_of(const void *p)
{
    return ESEG * 16u + (u32)p;
}

/* ---- text: %c %s %d %u %x, width, zero padding, %% ---- */

/* To the screen by INT 10h and to the debug port. */
void bios_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* To the debug port alone. */
void log_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- CMOS ---- */

enum {
    CMOS_STATUS_A = 0x0A,
    CMOS_STATUS_B = 0x0B,
    CMOS_STATUS_C = 0x0C,
    CMOS_STATUS_D = 0x0D,
    CMOS_SHUTDOWN = 0x0F,
    CMOS_FLOPPY = 0x10,
    CMOS_EQUIPMENT = 0x14,
    CMOS_EXTENDED = 0x30, /* KiB above 1 MiB, to 64 MiB */
    CMOS_CENTURY = 0x32,
    CMOS_ABOVE_16M = 0x34, /* in 64 KiB */
    CMOS_BOOT_FLAGS = 0x38,
    CMOS_BOOT_ORDER = 0x3D,
    CMOS_ABOVE_4G = 0x5B, /* in 64 KiB, three bytes */
    CMOS_CPUS = 0x5F      /* less one */
};
u8 cmos_read(u8 at);
void cmos_write(u8 at, u8 v);
u16 cmos_read16(u8 at);

/* ---- time ---- */

/* The PM timer, for differences of up to 4 s. */
u32 pm_timer(void);
u32 us_since(u32 start);
/* Busy waiting. */
void delay_us(u32 us);
/* Ticks of 1/18.2 s since midnight. */
u32 ticks(void);

#endif
