/* SPDX-License-Identifier: MIT */
/* Descriptor tables, the task state segment, and experiments in ring 0 and ring 3. */
#include "tour.h"

/* A segment descriptor: limit 19:16 in bits 51:48, limit 15:0 in 15:0; base in 63:56 and 39:16;
 * access byte in 47:40; G D L AVL in 55:52 (Intel SDM volume 3, figure 3-8). */
#define SEGMENT(base, limit, access, flags)                                                        \
    ((u64)((limit)&0xFFFF) | (u64)((base)&0xFFFFFF) << 16 | (u64)(access) << 40 |                  \
     (u64)((limit) >> 16 & 15) << 48 | (u64)(flags) << 52 | (u64)((base) >> 24) << 56)
enum { CODE = 0x9B, DATA = 0x93, USER = 0x60, LDT = 0x82, TSS = 0x89 };
enum { FLAT = 0xC, BITS16 = 0x0, LONG = 0xA, BYTES = 0x4 };

u64 gdt[GDT_ENTRIES] = {
    [KERNEL_CS / 8] = SEGMENT(0, 0xFFFFF, CODE, FLAT),
    [KERNEL_DS / 8] = SEGMENT(0, 0xFFFFF, DATA, FLAT),
    [USER_CS / 8] = SEGMENT(0, 0xFFFFF, CODE | USER, FLAT),
    [USER_DS / 8] = SEGMENT(0, 0xFFFFF, DATA | USER, FLAT),
    [REAL_CS / 8] = SEGMENT(0, 0xFFFF, CODE, BITS16),
    [REAL_DS / 8] = SEGMENT(0, 0xFFFF, DATA, BITS16),
    [LONG_CS / 8] = SEGMENT(0, 0xFFFFF, CODE, LONG),
    [SMALL_DS / 8] = SEGMENT(PAGE_TEST, 0xFF, DATA, BYTES),
};
struct pseudo_descriptor gdt_pointer = {sizeof(gdt) - 1, (u32)gdt};

static u64 ldt[1];
static u64 idt[0x32];
struct pseudo_descriptor idt_pointer = {sizeof(idt) - 1, (u32)idt};
u32 found[2];
extern char trap_stubs[], kernel_gate[], far_target[];

static struct {
    u32 link, esp0, ss0;
    u32 rest[22];
    u32 io_map; /* beyond the limit: no ports for ring 3 */
} tss;

static u64 gate(u32 offset, u32 type)
{
    return (offset & 0xFFFF) | KERNEL_CS << 16 | (u64)type << 40 | (u64)(offset >> 16) << 48;
}

void gdt_start(void)
{
    enum { INTERRUPT_GATE = 0x8E, CALL_GATE = 0x8C, OPEN_TO_RING_3 = 0x60, STUB_SIZE = 16 };
    for (u32 i = 0; i < ARRAY_LEN(idt); i++)
        idt[i] = gate((u32)trap_stubs + i * STUB_SIZE,
                      INTERRUPT_GATE | (i == VECTOR_DONE ? OPEN_TO_RING_3 : 0));
    idt[VECTOR_KERNEL] = gate((u32)kernel_gate, INTERRUPT_GATE);
    tss.esp0 = RING0_STACK;
    tss.ss0 = KERNEL_DS;
    tss.io_map = sizeof(tss) << 16;
    gdt[TSS_SELECTOR / 8] = SEGMENT((u32)&tss, sizeof(tss) - 1, TSS, 0);
    gdt[LDT_SELECTOR / 8] = SEGMENT((u32)ldt, sizeof(ldt) - 1, LDT, 0);
    gdt[GATE_SELECTOR / 8] = gate((u32)far_target, CALL_GATE | OPEN_TO_RING_3);
    __asm__ volatile("lidt %0; lldt %w1; ltr %w2" ::"m"(idt_pointer), "r"(LDT_SELECTOR),
                     "r"(TSS_SELECTOR));
}

struct outcome experiment(int ring, void (*code)(void))
{
    u8 mask = inb(0x21), mask2 = inb(0xA1);
    outb(0x21, 0xFF); /* an experiment may switch interrupts on */
    outb(0xA1, 0xFF);
    found[0] = found[1] = 0;
    arrived_cs = 0;
    if (ring == 0)
        ring_run(KERNEL_CS, KERNEL_DS, USER_STACK, code);
    else
        ring_run(USER_CS, USER_DS, USER_STACK, code);
    outb(0x21, mask);
    outb(0xA1, mask2);
    struct outcome o = {.trapped = trap_vector != VECTOR_DONE,
                        .vector = (u8)trap_vector,
                        .error = trap_error,
                        .value = {found[0], found[1]}};
    return o;
}

void print_trap(const struct outcome *o)
{
    static const char *const names[] = {"DE", "DB", "NMI", "BP", "OF", "BR", "UD", "NM", "DF",
                                        "9",  "TS", "NP",  "SS", "GP", "PF", "15", "MF", "AC"};
    print(BAD "#%s", o->vector < ARRAY_LEN(names) ? names[o->vector] : "?");
    if (o->vector >= 10 && o->vector <= 14)
        print("(%04xh)", o->error);
    print(NORMAL);
}

bool bios_call(u8 vector)
{
    bios_vector = vector;
    bios_regs.ds = bios_regs.es = 0;
    real_run(real_bios);
    return !(bios_regs.flags & 1);
}

int compare(const char *a, const char *b)
{
    while (*a && (*a == *b || (*a ^ 32) == *b)) {
        a++;
        b++;
    }
    return *a != *b;
}

void copy(void *to, const void *from, u32 n)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
}
