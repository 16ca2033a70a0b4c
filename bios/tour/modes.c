/* SPDX-License-Identifier: MIT */
/* Real, protected and long mode, shown by doing: every number on these pages was just read. */
#include "tour.h"

/* real.S */
extern struct {
    u16 msw, cs;
    u8 seen_other, seen_back;
    u16 flags;
    u16 vector_off, vector_seg;
} PACKED real_seen;

static void good_or_bad(bool good)
{
    print(good ? GOOD "yes" NORMAL "\n" : BAD "NO" NORMAL "\n");
}

bool show_real_mode(void)
{
    console_clear("2  Real mode: the 8086 of 1978");
    real_run(real_facts);
    print("Every PC wakes up here: 16-bit registers, 1 MiB of memory, no protection at all.\n"
          "The tour just went back there to look around.\n\n");
    print("CR0's lower half is %04xh: PE, bit 0, is %u.\n\n", real_seen.msw, real_seen.msw & 1);
    print_rule("An address is segment * 16 + offset");
    print("So many names mean one byte. 5Ah was written to 0050:0010, and 0051:0000 read\n"
          "%02xh; then A5h the other way round, which read %02xh. One byte, two names? ",
          real_seen.seen_other, real_seen.seen_back);
    good_or_bad(real_seen.seen_other == 0x5A && real_seen.seen_back == 0xA5);
    print("\n");
    print_rule("Interrupts: a table at address 0");
    print("Vector 10h, the screen's, points to %04x:%04x, the video BIOS. Any program may\n"
          "change it: so DOS programs extended the system, and so did viruses.\n\n",
          real_seen.vector_seg, real_seen.vector_off);
    print_rule("Nobody is in charge");
    print("CLI switched interrupts off, and IF is now %u. No rule forbids it, nor writing to\n"
          "any byte or port. A monitor that shares such a machine needs another mode.\n",
          real_seen.flags >> 9 & 1);
    return go_on();
}

/* ---- protected mode ---- */

static void print_descriptor(u32 selector, const char *what)
{
    u64 d = gdt[selector / 8];
    u32 base = (u32)(d >> 16 & 0xFFFFFF) | (u32)(d >> 56) << 24;
    u32 limit = (u32)(d & 0xFFFF) | (u32)(d >> 32 & 0xF0000);
    if (d >> 55 & 1)
        limit = limit << 12 | 0xFFF;
    print("  %04x  base %08x  limit %08x  DPL %u  %-5s %s\n", selector, base, limit,
          (u32)(d >> 45 & 3), d >> 43 & 1 ? "code" : "data", what);
}

static void beyond_the_limit(void)
{
    __asm__ volatile("movl %0, %%eax; movl %%eax, %%es; movb %%es:0xFF, %%al; movb %%al, found;"
                     "movb %%es:0x100, %%al" ::"i"(SMALL_DS)
                     : "eax", "memory");
}

static void write_to_code(void)
{
    __asm__ volatile("movb $0, %%cs:found" ::: "memory");
}

static void switch_interrupts_off(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static void look_at_cr0(void)
{
    __asm__ volatile("movl %%cr0, %%eax; movl %%eax, found" ::: "eax", "memory");
}

static void use_a_port(void)
{
    __asm__ volatile("inb $0x61, %%al" ::: "eax");
}

/* Tries it, and says whether a real CPU does what happened: `faults` with #GP, or lets it be. */
static void attempt(const char *what, int ring, bool faults, void (*code)(void))
{
    struct outcome o = experiment(ring, code);
    bool good = o.trapped == faults && (!faults || o.vector == 13);
    print("  ring %u: %-31s ", (u32)ring, what);
    if (o.trapped)
        print_trap(&o);
    else
        print("done      ");
    print("  a real CPU: %s %s" NORMAL "\n", faults ? "#GP," : "done,",
          good ? GOOD "as here" : BAD "NOT as here");
}

bool show_protected_mode(void)
{
    console_clear("3  Protected mode: the 80386 of 1985");
    print("CR0 is %08xh: PE is on. A segment register holds a selector now, the number\n"
          "of a descriptor, and the CPU checks each access against it:\n\n",
          read_cr0());
    print_descriptor(KERNEL_CS, "the tour's code, flat");
    print_descriptor(KERNEL_DS, "the tour's data");
    print_descriptor(USER_CS & ~3u, "code in ring 3");
    print_descriptor(USER_DS & ~3u, "data in ring 3");
    print_descriptor(SMALL_DS, "an experiment of 256 bytes");
    print("\nWhat breaks a rule is not done: the CPU raises #GP, with a selector or 0.\n\n");
    attempt("reads byte 100h of the 256 bytes", 0, true, beyond_the_limit);
    attempt("writes into a code segment", 0, true, write_to_code);
    attempt("switches interrupts off (CLI)", 0, false, switch_interrupts_off);
    attempt("switches interrupts off (CLI)", 3, true, switch_interrupts_off);
    attempt("reads CR0", 3, true, look_at_cr0);
    attempt("reads port 61h", 3, true, use_a_port);
    print("\nThe last three are " BRIGHT "privileged" NORMAL
          ": ring 3 traps, ring 0 decides. A monitor could\n"
          "run a whole guest in ring 3 so, if only all that matters would trap: see 6.\n");
    return go_on();
}

/* ---- paging ---- */

enum { PRESENT = 1, WRITABLE = 2, USER = 4, PAGE = 4096, LARGE = 0x80 };

static void touch_missing(void)
{
    found[0] = *(volatile u32 *)at(0x40000000);
}

/* 4 MiB one to one, and an alias: page 40000000h is frame PAGE_TEST, if `present`. */
static void make_tables(bool present)
{
    volatile u32 *directory = (volatile u32 *)at(PAGE_TABLES);
    volatile u32 *low = (volatile u32 *)at(PAGE_TABLES + PAGE);
    volatile u32 *high = (volatile u32 *)at(PAGE_TABLES + 2 * PAGE);
    for (u32 i = 0; i < 1024; i++) {
        directory[i] = 0;
        low[i] = i * PAGE | PRESENT | WRITABLE | USER;
        high[i] = 0;
    }
    directory[0] = (PAGE_TABLES + PAGE) | PRESENT | WRITABLE | USER;
    directory[0x100] = (PAGE_TABLES + 2 * PAGE) | PRESENT | WRITABLE | USER;
    high[0] = PAGE_TEST | WRITABLE | USER | (present ? PRESENT : 0);
}

static struct outcome with_paging(bool present)
{
    make_tables(present);
    write_cr3(PAGE_TABLES);
    write_cr0(read_cr0() | 0x80000000);
    struct outcome o = experiment(3, touch_missing);
    write_cr0(read_cr0() & 0x7FFFFFFF);
    return o;
}

bool show_paging(void)
{
    console_clear("4  Paging: memory that is not where it seems");
    *(volatile u32 *)at(PAGE_TEST) = 0xCAFE2026;
    struct outcome missing = with_paging(false);
    u32 cr2 = trap_cr2, where = trap_eip;
    struct outcome there = with_paging(true);
    u32 entry = *(volatile u32 *)at(PAGE_TABLES + 2 * PAGE);
    print("With CR0.PG on, an address goes through two tables before it reaches memory:\n\n"
          "   bits 31..22             21..12             11..0\n"
          "   directory's entry  ->   table's entry  ->  byte of a page of 4 KiB\n\n");
    print("Ring 3 read 40000000h, whose table entry said \"not present\":\n  ");
    print_trap(&missing);
    print(", CR2 = %08xh, EIP = %08xh\n", cr2, where);
    print("  The error code: page missing (bit 0), by reading (bit 1), in ring 3 (bit 2).\n\n");
    print("Then the entry was made to point to %05xh, and the same instruction ran again:\n"
          "  it read " BRIGHT "%08xh" NORMAL ", which was put at %05xh before. As it should? ",
          (u32)PAGE_TEST, there.value[0], (u32)PAGE_TEST);
    good_or_bad(missing.trapped && missing.vector == 14 && missing.error == 4 &&
                cr2 == 0x40000000 && !there.trapped && there.value[0] == 0xCAFE2026);
    print("  The entry is %08xh now: the CPU set A, bit 5, since the page was used.\n\n", entry);
    print("That is all of virtual memory: fault, repair, run again. Systems fetch pages\n"
          "from disk with it; monitors hide a guest's memory behind tables of their own.\n");
    return go_on();
}

/* ---- long mode ---- */

void long_run(void);
extern struct {
    u64 low, high, r15;
    u32 efer, cs;
    u64 rip, sum;
} long_seen;

static void long_tables(void)
{
    volatile u64 *tables = (volatile u64 *)at(PAGE_TABLES);
    for (u32 i = 0; i < 3 * PAGE / 8; i++)
        tables[i] = 0;
    tables[0] = (PAGE_TABLES + PAGE) | PRESENT | WRITABLE;
    tables[512] = (PAGE_TABLES + 2 * PAGE) | PRESENT | WRITABLE;
    tables[1024] = LARGE | PRESENT | WRITABLE;
}

static bool has_long_mode(void)
{
    return cpuid(0x80000000).eax >= 0x80000001 && cpuid(0x80000001).edx >> 29 & 1;
}

bool show_long_mode(void)
{
    console_clear("5  Long mode: 64 bits, since 2003");
    if (!has_long_mode()) {
        print("This CPU has none: CPUID 80000001h EDX bit 29 is 0.\n");
        return go_on();
    }
    long_tables();
    long_run();
    print("The tour went there and back: PAE on in CR4, four-level tables in CR3, LME on in\n"
          "EFER, paging on in CR0, and a far jump to a code segment whose L bit is set.\n\n");
    print("EFER there     %08xh    LMA, bit 10, is %u: the CPU says it is in long mode\n",
          long_seen.efer, long_seen.efer >> 10 & 1);
    print("CS there       %04xh        descriptor %08llx_%08llxh, L is bit 53\n",
          long_seen.cs & 0xFFFF, gdt[LONG_CS / 8] >> 32, gdt[LONG_CS / 8] & 0xFFFFFFFF);
    print("RIP there      %08llxh    and addresses relative to it\n\n", long_seen.rip);
    print_rule("Sixteen registers of 64 bits");
    print("R15 held       %016llxh\n", long_seen.r15);
    print("MUL by         %016llxh gave, in one instruction,\n", 0xFEDCBA987ull);
    print("RDX:RAX        %016llx_%016llxh\n", long_seen.high, long_seen.low);
    print("EAX + 1        %016llxh    a 32-bit result clears the upper half\n\n", long_seen.sum);
    print("As it should? ");
    good_or_bad(long_seen.efer >> 10 & 1 && (long_seen.cs & 0xFFFF) == LONG_CS &&
                long_seen.r15 == 0x123456789ABCDEF0 && long_seen.high == 0x121FA00AD &&
                long_seen.low == 0x70A3D5F941160090 && long_seen.sum == 0);
    print("\nSegments are nearly gone here, but PUSHF still tells a guest the real IF: what\n"
          "64 bits mended is not what stood in the way of virtual machines.\n");
    return go_on();
}

void print_mode(void)
{
    u32 cr0 = read_cr0(), cr4 = read_cr4(), cs, flags;
    __asm__ volatile("movl %%cs, %0; pushfl; popl %1" : "=r"(cs), "=r"(flags));
    print("CR0 %08x  CR4 %08x  EFLAGS %08x  CS %04x: protected mode, ring %u, paging %s\n", cr0,
          cr4, flags, cs & 0xFFFF, cs & 3, cr0 >> 31 ? "on" : "off");
    print("GDT at %08x, IDT at %08x, TSS %04x, LDT %04x\n", gdt_pointer.base, idt_pointer.base,
          TSS_SELECTOR, LDT_SELECTOR);
    real_run(real_facts);
    print("BIOS calls go by real mode: CS %04x, CR0 %04x there\n", real_seen.cs, real_seen.msw);
}
