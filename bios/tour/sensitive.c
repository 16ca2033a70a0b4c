/* SPDX-License-Identifier: MIT */
/*
 * The instructions that broke Popek and Goldberg's condition: they are sensitive, but run in ring 3
 * without a trap, or with the wrong answer. Each runs here in ring 0 and in ring 3, and what it did
 * is held against what a real CPU does.
 */
#include "tour.h"

/* ---- the experiments: each is run in ring 0 and in ring 3 ---- */

static void run_SGDT(void)
{
    struct pseudo_descriptor p = {0, 0};
    __asm__ volatile("sgdt %0" : "=m"(p));
    found[0] = p.base;
    found[1] = p.limit;
}

static void run_SIDT(void)
{
    struct pseudo_descriptor p = {0, 0};
    __asm__ volatile("sidt %0" : "=m"(p));
    found[0] = p.base;
    found[1] = p.limit;
}

static void run_SLDT(void)
{
    u16 v = 0;
    __asm__ volatile("sldt %0" : "=m"(v));
    found[0] = v;
}

static void run_SMSW(void)
{
    u16 v = 0;
    __asm__ volatile("smsw %0" : "=m"(v));
    found[0] = v;
}

static void run_PUSHF(void)
{
    enum { RESULTS_AND_ID = 0x2008D5 }; /* CF PF AF ZF SF OF say nothing here */
    u32 flags;
    __asm__ volatile("pushfl; popl %0" : "=r"(flags));
    found[0] = flags & ~RESULTS_AND_ID;
}

static void run_POPF(void)
{
    enum { IF_BIT = 9 };
    u32 before, after;
    __asm__ volatile("pushfl; popl %0; movl %0, %1; xorl $0x200, %1; pushl %1; popfl;"
                     "pushfl; popl %1; pushl %0; popfl"
                     : "=&r"(before), "=&r"(after)::"cc", "memory");
    found[0] = before >> IF_BIT & 1;
    found[1] = after >> IF_BIT & 1;
}

static void run_LAR(void)
{
    u8 zf;
    u32 rights = 0;
    __asm__ volatile("larl %2, %1; setz %0" : "=q"(zf), "+r"(rights) : "r"(KERNEL_DS) : "cc");
    found[0] = zf;
    found[1] = rights & 0x00F0FF00; /* the rest is undefined */
}

static void run_LSL(void)
{
    u8 zf;
    u32 limit = 0;
    __asm__ volatile("lsll %2, %1; setz %0" : "=q"(zf), "+r"(limit) : "r"(KERNEL_DS) : "cc");
    found[0] = zf;
    found[1] = limit;
}

static void run_VERR(void)
{
    u8 zf;
    __asm__ volatile("verr %w1; setz %0" : "=q"(zf) : "r"(KERNEL_DS) : "cc");
    found[0] = zf;
}

static void run_VERW(void)
{
    u8 zf;
    __asm__ volatile("verw %w1; setz %0" : "=q"(zf) : "r"(KERNEL_DS) : "cc");
    found[0] = zf;
}

static void run_POP(void)
{
    u32 es;
    __asm__ volatile("pushl %1; popl %%es; movl %%es, %0" : "=r"(es) : "i"(KERNEL_DS) : "memory");
    found[0] = es & 0xFFFF;
}

static void run_PUSH(void)
{
    u32 cs;
    __asm__ volatile("pushl %%cs; popl %0" : "=r"(cs)::"memory");
    found[0] = cs & 0xFFFF;
}

static void run_CALL(void)
{
    __asm__ volatile("lcall %0, $0" ::"i"(GATE_SELECTOR) : "eax", "memory");
    found[0] = arrived_cs;
}

static void run_JMP(void)
{
    __asm__ volatile("movl $1f, %%ecx; ljmp %0, $far_jump_target; 1:" ::"i"(KERNEL_CS)
                     : "eax", "ecx", "memory");
    found[0] = arrived_cs;
}

static void run_INT(void)
{
    __asm__ volatile("int %0" ::"i"(VECTOR_KERNEL) : "eax", "memory");
    found[0] = arrived_cs;
}

static void run_RET(void)
{
    __asm__ volatile(
        "pushl %0; pushl $1f; lret; 1: movl %%cs, %%eax; movw %%ax, arrived_cs" ::"i"(KERNEL_CS)
        : "eax", "memory");
    found[0] = arrived_cs;
}

static void run_STR(void)
{
    u16 v = 0;
    __asm__ volatile("str %0" : "=m"(v));
    found[0] = v;
}

static void run_MOV(void)
{
    u32 ss;
    __asm__ volatile("movl %%ss, %0" : "=r"(ss));
    found[0] = ss & 0xFFFF;
}

/* ---- what ring 0 has to find, for we set it up ---- */

static bool known(const char *name, const struct outcome *o)
{
    const struct {
        const char *name;
        u32 value[2];
    } facts[] = {
        {"SGDT", {gdt_pointer.base, gdt_pointer.limit}},
        {"SIDT", {idt_pointer.base, idt_pointer.limit}},
        {"SLDT", {LDT_SELECTOR, 0}},
        {"SMSW", {read_cr0() & 0xFFFF, 0}},
        {"PUSHF", {2, 0}}, /* IF and IOPL clear; bit 1 is always set */
        {"POPF", {0, 1}},
        {"LAR", {1, 0x00C09300}},
        {"LSL", {1, 0xFFFFFFFF}},
        {"VERR", {1, 0}},
        {"VERW", {1, 0}},
        {"POP", {KERNEL_DS, 0}},
        {"PUSH", {KERNEL_CS, 0}},
        {"CALL", {KERNEL_CS, 0}},
        {"JMP", {KERNEL_CS, 0}},
        {"INT", {KERNEL_CS, 0}},
        {"RET", {KERNEL_CS, 0}},
        {"STR", {TSS_SELECTOR, 0}},
        {"MOV", {KERNEL_DS, 0}},
    };
    for (u32 i = 0; i < ARRAY_LEN(facts); i++)
        if (!compare(facts[i].name, name))
            return o->value[0] == facts[i].value[0] && o->value[1] == facts[i].value[1];
    return false;
}

/* ---- the table ---- */

enum ring3 { SAME, OTHER, FAULT };
static const struct sensitive {
    const char *name, *format;
    enum ring3 ring3;
    bool umip;
    const char *what, *why;
    void (*run)(void);
} table[] = {
#define SENSITIVE(name, format, ring3, umip, what, why)                                            \
    {#name, format, ring3, umip, what, why, run_##name},
#include "sensitive.def"
#undef SENSITIVE
};

static const char *const expected[] = {
    [SAME] = "ring 3 gets what ring 0 gets, and no trap",
    [OTHER] = "ring 3 gets another answer, and no trap",
    [FAULT] = "#GP in ring 3",
};

static bool is_expected(const struct sensitive *s, const struct outcome *zero,
                        const struct outcome *three)
{
    bool same = zero->value[0] == three->value[0] && zero->value[1] == three->value[1];
    if (zero->trapped || !known(s->name, zero))
        return false;
    if (s->ring3 == FAULT)
        return three->trapped && three->vector == 13;
    return !three->trapped && same == (s->ring3 == SAME);
}

static void print_outcome(const struct sensitive *s, const struct outcome *o)
{
    if (o->trapped)
        print_trap(o);
    else
        print(s->format, o->value[0], o->value[1]);
}

static bool has_umip(void)
{
    return cpuid(0).eax >= 7 && cpuid(7).ecx & 1 << 2;
}

static void with_umip(const struct sensitive *s)
{
    enum { CR4_UMIP = 1 << 11 };
    u32 cr4 = read_cr4();
    write_cr4(cr4 | CR4_UMIP);
    struct outcome o = experiment(3, s->run);
    write_cr4(cr4);
    print("; with CR4.UMIP: ");
    print_outcome(s, &o);
}

static bool show(const struct sensitive *s)
{
    struct outcome zero = experiment(0, s->run), three = experiment(3, s->run);
    print(BRIGHT "%-6s" NORMAL "%s\n", s->name, s->what);
    print("  ring 0: ");
    print_outcome(s, &zero);
    print("\n  ring 3: ");
    print_outcome(s, &three);
    if (s->umip && has_umip())
        with_umip(s);
    bool good = is_expected(s, &zero, &three);
    print("\n  a real CPU: %s: %s" NORMAL "\n", expected[s->ring3],
          good ? GOOD "as here" : BAD "NOT as here");
    print(ASIDE "  %s" NORMAL "\n", s->why);
    return good;
}

bool sensitive_named(const char *name)
{
    for (u32 i = 0; i < ARRAY_LEN(table); i++)
        if (!compare(name, table[i].name)) {
            show(&table[i]);
            return true;
        }
    return false;
}

void sensitive_list(void)
{
    for (u32 i = 0; i < ARRAY_LEN(table); i++)
        print("%s%s", i ? " " : "", table[i].name);
    print("\n");
}

bool show_sensitive(void)
{
    enum { A_PAGE = 3 };
    u32 good = 0;
    for (u32 i = 0; i < ARRAY_LEN(table); i++) {
        if (i % A_PAGE == 0) {
            console_clear("6  Seventeen instructions that break the rule");
            if (i == 0)
                print(
                    "A CPU is easy to virtualise if all that looks at or changes the machine's "
                    "state\n"
                    "traps outside ring 0 (Popek and Goldberg, 1974). These don't, on an x86:\n\n");
        }
        good += show(&table[i]);
        if (i % A_PAGE == A_PAGE - 1 && i + 1 < ARRAY_LEN(table) && !go_on())
            return false;
    }
    print("\n%s%u of %u behave as a real CPU's" NORMAL
          " (the paper counts VERR and VERW as one).\n",
          good == ARRAY_LEN(table) ? GOOD : BAD, good, (u32)ARRAY_LEN(table));
    return go_on();
}
