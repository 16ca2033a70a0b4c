/* SPDX-License-Identifier: MIT */
/* The kernel below the 32-bit system tests. */
#include "lib.h"

u64 gdt[GDT_ENTRIES], idt[64];
struct tss tss;
struct trap last;
bool (*on_trap)(struct trap *t);
u32 catch_ctx[6];
bool armed;
u8 user_stack[4096] __attribute__((aligned(4096))), trap_stack[8192];

extern const u32 vector_table[64];
static u32 results, failures;

/* --- output --- */

static void put(char c)
{
    outb(0xe9, (u8)c);
    while (!(inb(0x3fd) & 0x20))
        ;
    outb(0x3f8, (u8)c);
}

static void put_hex(u32 v)
{
    for (int i = 28; i >= 0; i -= 4)
        if (v >> i || !i)
            put("0123456789abcdef"[v >> i & 15]);
}

static void put_number(u32 v)
{
    if (v > 9)
        put_number(v / 10);
    put((char)('0' + v % 10));
}

void say(const char *fmt, ...)
{
    __builtin_va_list ap;

    __builtin_va_start(ap, fmt);
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put(*fmt);
            continue;
        }
        fmt++;
        if (*fmt == 'x')
            put_hex(__builtin_va_arg(ap, u32));
        else if (*fmt == 'u')
            put_number(__builtin_va_arg(ap, u32));
        else
            for (const char *s = __builtin_va_arg(ap, const char *); *s; s++)
                put(*s);
    }
    __builtin_va_end(ap);
}

void result(bool ok, const char *name)
{
    results++;
    failures += !ok;
    say("%s %u - %s\n", ok ? "ok" : "not ok", results, name);
}

void check_eq(const char *name, u32 got, u32 want)
{
    if (got != want)
        say("# %x, not %x\n", got, want);
    result(got == want, name);
}

void check_trap(const char *name, u32 vec, u32 err)
{
    bool ok = last.vec == vec && (vec == NONE || last.err == err);

    if (!ok)
        say("# vector %x error %x at %x, not vector %x error %x\n", last.vec, last.err, last.eip,
            vec, err);
    result(ok, name);
}

static __attribute__((noreturn)) void leave(void)
{
    say("1..%u\n", results);
    outb(0xf4, (u8)(failures ? 1 : 0));
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* --- traps --- */

bool catch_begin(void)
{
    last.vec = NONE;
    return true;
}

bool arm(void)
{
    armed = true;
    return true;
}

bool catch_none(void)
{
    armed = false;
    return false;
}

void trap_entry(struct trap *t)
{
    if (on_trap && on_trap(t))
        return;
    last = *t;
    if (!armed) {
        say("Bail out! vector %x error %x at %x:%x\n", t->vec, t->err, t->cs, t->eip);
        leave();
    }
    armed = false;
    on_trap = 0;
    recall(catch_ctx);
}

/* --- tables --- */

void set_seg(u16 sel, u32 base, u32 limit, u32 attr)
{
    u64 d = (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(attr & 0xff) << 40;

    gdt[sel / 8] = d | (u64)(limit >> 16 & 15) << 48 | (u64)(attr >> 12 & 15) << 52 |
                   (u64)(base >> 24) << 56;
}

u64 make_gate(u16 sel, u32 offset, u32 type_dpl, u32 count)
{
    return (offset & 0xffff) | (u64)sel << 16 | (u64)count << 32 | (u64)(type_dpl | A_P) << 40 |
           (u64)(offset >> 16) << 48;
}

void set_idt(u32 vec, u64 gate)
{
    idt[vec] = gate;
}

void restore_idt(void)
{
    for (u32 i = 0; i < 64; i++)
        idt[i] = make_gate(CODE0, vector_table[i], GATE_INT32 | (i == DONE ? A_DPL3 : 0), 0);
}

static void load_tables(void)
{
    struct {
        u16 limit;
        u32 base;
    } __attribute__((packed)) g = {sizeof gdt - 1, (u32)gdt}, i = {sizeof idt - 1, (u32)idt};

    set_seg(CODE0, 0, 0xfffff, A_P | A_CODE | FLAT);
    set_seg(DATA0, 0, 0xfffff, A_P | A_DATA | FLAT);
    set_seg(CODE3, 0, 0xfffff, A_P | A_DPL3 | A_CODE | FLAT);
    set_seg(DATA3, 0, 0xfffff, A_P | A_DPL3 | A_DATA | FLAT);
    set_seg(TSS0, (u32)&tss, sizeof tss - 1, A_P | SYS_TSS32);
    tss.ss0 = DATA0;
    tss.esp0 = (u32)(trap_stack + sizeof trap_stack);
    tss.iomap = (u16)((u32)tss.io - (u32)&tss);
    for (u32 n = 0; n < sizeof tss.io; n++)
        tss.io[n] = 0xff;
    tss.end = 0xff;
    restore_idt();
    outb(0x3fb, 3);   /* 8 bits */
    outb(0x21, 0xff); /* no interrupts from the board */
    outb(0xa1, 0xff);
    __asm__ volatile("lgdt %0; lidt %1; ljmp %2, $1f; 1: mov %3, %%ds; mov %3, %%es;"
                     "mov %4, %%fs; mov %4, %%gs; mov %3, %%ss; ltr %w5; lldt %w4"
                     :
                     : "m"(g), "m"(i), "i"(CODE0), "r"(DATA0), "r"(0), "r"(TSS0)
                     : "memory");
}

/* --- ring 3 --- */

void user_done(void)
{
    __asm__ volatile("int $0x30");
}

void run_user(void (*fn)(void), u32 eflags)
{
    u32 *sp = (u32 *)(user_stack + sizeof user_stack);

    *--sp = (u32)user_done;
    CATCH
    {
        __asm__ volatile("mov %0, %%ds; mov %0, %%es; push %0; push %1; push %2; push %3;"
                         "push %4; iret"
                         :
                         : "r"(DATA3), "r"(sp), "r"(eflags | 2), "i"(CODE3), "r"(fn)
                         : "memory");
    }
}

int main(void)
{
    load_tables();
    test_segments();
    test_examine();
    test_gates();
    test_calls();
    test_tasks();
    test_vm86();
    test_paging();
    test_debug();
    test_control();
    test_order();
    test_real();
    test_events();
    leave();
}

void *memset(void *p, int v, __SIZE_TYPE__ n)
{
    for (u8 *b = p; n--;)
        *b++ = (u8)v;
    return p;
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ n)
{
    u8 *a = to;
    for (const u8 *b = from; n--;)
        *a++ = *b++;
    return to;
}
