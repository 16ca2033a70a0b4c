/* SPDX-License-Identifier: MIT */
/*
 * The tour: a bootable program that shows a PC from the inside. C runs in protected mode, ring 0,
 * flat segments, no paging, interrupts off; real.S is the way to the BIOS, trap.S that to ring 3
 * and back.
 */
#ifndef TOUR_H
#define TOUR_H

#include "layout.h"
#include "x86.h"

/* ---- console.c: VGA text and COM1 at once ---- */

/* Colours inside a text. */
#define NORMAL "\1"
#define BRIGHT "\2"
#define TITLE "\3"
#define GOOD "\4"
#define BAD "\5"
#define ASIDE "\6"

void console_start(void);
void console_clear(const char *title);
/* Rows below the cursor. */
u32 console_room(void);
void put_char(char c);
/* %c %s %u %d %x %%, with -, 0 and a width; %ll before x or u takes a u64, of which u prints the
 * lower half. */
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "---- text ------", as wide as the screen. */
void print_rule(const char *text);

enum { KEY_ENTER = '\r', KEY_ESC = 27, KEY_BACKSPACE = 8 };
u32 get_key(void);
/* At the end of a page: false if the user has seen enough. */
bool go_on(void);
/* Reads a line with echo; the length. */
u32 read_line(char *line, u32 size);

/* ---- the BIOS ---- */

struct bios_regs {
    u32 eax, ebx, ecx, edx, esi, edi, ebp;
    u16 ds, es;
    u16 flags, pad;
};
extern struct bios_regs bios_regs;
extern u32 bios_vector;
void real_run(void (*code)(void));
void real_bios(void);
void real_wait(void);
void real_facts(void);
/* INT vector with bios_regs in and out; true if the carry flag came back clear. */
bool bios_call(u8 vector);
/* Below 64 KiB, for the BIOS to write to. */
extern u8 bios_buffer[1024];

/* ---- descriptors, exceptions, experiments (gdt.c, trap.S) ---- */

extern u64 gdt[GDT_ENTRIES];
struct pseudo_descriptor {
    u16 limit;
    u32 base;
} PACKED;
extern struct pseudo_descriptor gdt_pointer, idt_pointer;
void gdt_start(void);

extern u32 trap_vector, trap_error, trap_cs, trap_eip, trap_cr2, arrived_cs;
void ring_run(u32 cs, u32 ss, u32 esp, void (*code)(void));
struct outcome {
    bool trapped;
    u8 vector;
    u32 error;
    u32 value[2];
};
/* What the experiment found: it stores here. */
extern u32 found[2];
struct outcome experiment(int ring, void (*code)(void));
/* "#GP(0008h)" */
void print_trap(const struct outcome *o);

/* ---- instructions ---- */

struct cpuid {
    u32 eax, ebx, ecx, edx;
};

bool cpu_has_cpuid(void);
/* All zero where the CPU has no CPUID. */
static inline struct cpuid cpuid(u32 leaf)
{
    struct cpuid c = {0, 0, 0, 0};
    if (!cpu_has_cpuid())
        return c;
    __asm__ volatile("cpuid"
                     : "=a"(c.eax), "=b"(c.ebx), "=c"(c.ecx), "=d"(c.edx)
                     : "a"(leaf), "c"(0));
    return c;
}

static inline u32 read_cr0(void)
{
    u32 v;
    __asm__ volatile("mov %%cr0, %0" : "=r"(v));
    return v;
}

static inline u32 read_cr4(void)
{
    u32 v = 0;
    if (!cpu_has_cpuid()) /* nor has it CR4 */
        return v;
    __asm__ volatile("mov %%cr4, %0" : "=r"(v));
    return v;
}

static inline void write_cr0(u32 v)
{
    __asm__ volatile("mov %0, %%cr0" ::"r"(v) : "memory");
}

static inline void write_cr3(u32 v)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(v) : "memory");
}

static inline void write_cr4(u32 v)
{
    __asm__ volatile("mov %0, %%cr4" ::"r"(v) : "memory");
}

/* Any address, also those that C believes hold no object. */
static inline volatile u8 *at(u32 address)
{
    __asm__("" : "+r"(address));
    return (volatile u8 *)address;
}

/* ---- what there is to see ---- */

void report_cpu(void);
void report_memory(void);
void report_disks(void);
void report_pci(void);
void report_acpi(void);
void report_vbe(void);

/* Pages of the tour; false: the user has seen enough. */
bool show_report(void);
bool show_real_mode(void);
bool show_protected_mode(void);
bool show_paging(void);
bool show_long_mode(void);
bool show_sensitive(void);
/* One instruction by name; false if there is none. */
bool sensitive_named(const char *name);
void sensitive_list(void);
void print_mode(void);

void prompt(void) __attribute__((noreturn));

int compare(const char *a, const char *b);
void copy(void *to, const void *from, u32 n);

#endif
