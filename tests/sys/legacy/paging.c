/* SPDX-License-Identifier: MIT */
/* Paging, 32-bit and PAE: rights, error codes, A and D, reserved bits: SDM vol. 3, chapter 4. */
#include "lib.h"

enum {
    P = 1,
    W = 2,
    U = 4,
    A = 0x20,
    D = 0x40,
    PS = 0x80,
    G = 0x100,
    E_P = 1,
    E_W = 2,
    E_U = 4,
    E_RSVD = 8,
    E_I = 16,
    LIN = 0x10000000, /* where the page under test lies */
    PG = 1u << 31,
    WP = 1u << 16,
    PSE = 16,
    PAE = 32,
    PGE = 128,
    SMEP = 1 << 20,
    SMAP = 1 << 21,
};

static u32 dir[1024] __attribute__((aligned(4096))), table[1024] __attribute__((aligned(4096)));
static u64 pdpt[4] __attribute__((aligned(4096))), pae_dir[4][512] __attribute__((aligned(4096)));
static u64 pae_table[512] __attribute__((aligned(4096)));
static u8 page[8192] __attribute__((aligned(4096)));
static u8 stack0[4096] __attribute__((aligned(16)));

#define TARGET ((volatile u32 *)LIN)

static void flush(void)
{
    WRITE_CR(3, READ_CR(3));
}

/* Identity for the first 64 MiB, and LIN mapped by one entry of a table. */
static void paging_32(u32 pte)
{
    for (u32 i = 0; i < 16; i++)
        dir[i] = i << 22 | PS | U | W | P;
    dir[LIN >> 22] = (u32)table | U | W | P;
    table[0] = pte;
    WRITE_CR(4, READ_CR(4) | PSE);
    WRITE_CR(3, dir);
    WRITE_CR(0, READ_CR(0) | PG);
}

static void paging_off(void)
{
    WRITE_CR(0, READ_CR(0) & ~(PG | WP));
    WRITE_CR(4, READ_CR(4) & ~(PSE | PAE | PGE | SMEP | SMAP));
}

static void user_read(void)
{
    __asm__ volatile("movl %0, %%eax" : : "m"(*TARGET) : "eax");
}

static void user_write(void)
{
    __asm__ volatile("movl $1, %0" : "=m"(*TARGET));
}

static void user_fetch(void)
{
    __asm__ volatile("jmp *%0" : : "r"(LIN));
}

/* What an access to LIN gives: 0, or the error code of #PF plus 100h. */
static u32 fault_of(void (*access)(void), bool user)
{
    flush();
    if (user) {
        run_user(access, 0);
    } else {
        CATCH
        {
            access();
        }
    }
    if (last.vec == PF)
        return READ_CR(2) == LIN ? 0x100 | last.err : 0xbad;
    return last.vec == NONE || last.vec == DONE ? 0 : last.vec << 16;
}

static void test_rights(void)
{
    static const struct {
        u32 pte, sr, sw, ur, uw; /* supervisor and user, read and write */
    } t[] = {
        {0, 0x100, 0x102, 0x104, 0x106}, {P, 0, 0, 0x105, 0x107}, {P | W, 0, 0, 0x105, 0x107},
        {P | U, 0, 0, 0, 0x107},         {P | U | W, 0, 0, 0, 0},
    };

    for (u32 i = 0; i < 5; i++) {
        table[0] = (u32)page | t[i].pte;
        bool ok = fault_of(user_read, false) == t[i].sr && fault_of(user_write, false) == t[i].sw &&
                  fault_of(user_read, true) == t[i].ur && fault_of(user_write, true) == t[i].uw;
        say("# pte %x\n", t[i].pte);
        result(ok, "paging: rights by the PTE");
    }
    WRITE_CR(0, READ_CR(0) | WP);
    table[0] = (u32)page | P | U;
    check_eq("paging: CR0.WP", fault_of(user_write, false), 0x103);
    table[0] = (u32)page | P | U | W;
    dir[LIN >> 22] = (u32)table | P | U;
    check_eq("paging: the directory's W counts", fault_of(user_write, true), 0x107);
    dir[LIN >> 22] = (u32)table | P | W;
    check_eq("paging: the directory's U counts", fault_of(user_read, true), 0x105);
    dir[LIN >> 22] = (u32)table | P | W | U;
    WRITE_CR(0, READ_CR(0) & ~WP);
}

static void test_dirty(void)
{
    table[0] = (u32)page | P | W | U;
    dir[LIN >> 22] = (u32)table | P | W | U;
    flush();
    (void)*TARGET;
    check_eq("paging: a read sets A", table[0] & (A | D), A);
    check_eq("paging: and A of the directory", dir[LIN >> 22] & A, A);
    *TARGET = 1;
    check_eq("paging: a write sets D", table[0] & (A | D), A | D);
    table[0] &= ~D;
    __asm__ volatile("invlpg %0" : : "m"(*TARGET));
    *TARGET = 1;
    check_eq("paging: D again after INVLPG", table[0] & D, D);
    table[0] = 0;
    __asm__ volatile("invlpg %0" : : "m"(*TARGET));
    FAULTS("paging: INVLPG drops the translation", PF, 0, user_read());
    table[0] = (u32)page | P | G;
    WRITE_CR(4, READ_CR(4) | PGE);
    (void)*TARGET;
    table[0] = 0;
    WRITE_CR(4, READ_CR(4) & ~PGE);
    FAULTS("paging: clearing PGE drops global ones", PF, 0, user_read());
}

static void test_across(void)
{
    table[0] = (u32)page | P | W;
    table[1] = 0;
    flush();
    *(volatile u32 *)(LIN + 0xffc) = 0x11111111;
    FAULTS("paging: write across into a missing page", PF, E_W,
           *(volatile u32 *)(LIN + 0xffe) = 0x22222222);
    check_eq("paging: CR2 is the second page", READ_CR(2), LIN + 0x1000);
    check_eq("paging: nothing was written", *(volatile u32 *)(LIN + 0xffc), 0x11111111);
}

static void test_smep_smap(void)
{
    u32 r[4];

    cpuid(7, 0, r);
    page[0] = 0xc3;
    /* the identity map is the user's: make it the supervisor's for this */
    for (u32 i = 0; i < 16; i++)
        dir[i] &= ~U;
    if (r[1] >> 7 & 1) {
        table[0] = (u32)page | P | W | U;
        WRITE_CR(4, READ_CR(4) | SMEP);
        check_eq("smep: ring 0 fetches a user page", fault_of(user_fetch, false), 0x111);
        WRITE_CR(4, READ_CR(4) & ~SMEP);
    }
    if (r[1] >> 20 & 1) {
        table[0] = (u32)page | P | W | U;
        WRITE_CR(4, READ_CR(4) | SMAP);
        check_eq("smap: ring 0 reads a user page", fault_of(user_read, false), 0x101);
        check_eq("smap: ring 0 writes a user page", fault_of(user_write, false), 0x103);
        RUNS("smap: AC lifts it", __asm__ volatile("stac"); (void)*TARGET;
             __asm__ volatile("clac"));
        WRITE_CR(4, READ_CR(4) & ~SMAP);
    }
    for (u32 i = 0; i < 16; i++)
        dir[i] |= U;
}

/* --- PAE --- */

static void test_pae(void)
{
    u32 r[4];

    cpuid(0x80000001, 0, r);
    bool nx = r[3] >> 20 & 1;
    for (u32 i = 0; i < 4; i++) {
        pdpt[i] = (u32)pae_dir[i] | P;
        for (u32 k = 0; k < 512; k++)
            pae_dir[i][k] = i ? 0 : k << 21 | PS | U | W | P;
    }
    pae_dir[0][LIN >> 21] = (u32)pae_table | U | W | P;
    pae_table[0] = (u32)page | U | W | P;
    WRITE_CR(4, READ_CR(4) | PAE);
    WRITE_CR(3, pdpt);
    WRITE_CR(0, READ_CR(0) | PG);
    RUNS("pae: it works", user_read());
    pae_table[0] |= 1ull << 51;
    check_eq("pae: reserved bit of the PTE", fault_of(user_read, false), 0x109);
    check_eq("pae: reserved bit, write from ring 3", fault_of(user_write, true), 0x10f);
    pae_table[0] = (u32)page | U | W | P | 1ull << 63;
    check_eq("pae: bit 63 without NXE", fault_of(user_read, false), 0x109);
    if (nx) {
        wrmsr(0xc0000080, rdmsr(0xc0000080) | 0x800);
        check_eq("nx: read", fault_of(user_read, false), 0);
        check_eq("nx: fetch, ring 0", fault_of(user_fetch, false), 0x111);
        check_eq("nx: fetch, ring 3", fault_of(user_fetch, true), 0x115);
        wrmsr(0xc0000080, rdmsr(0xc0000080) & ~0x800ull);
    }
    pae_table[0] = (u32)page | U | W | P;
    pdpt[3] = P | W;
    FAULTS("pae: reserved bit of a PDPTE", GP, 0, flush());
    RUNS("pae: the old PDPTEs go on", user_read());
    pdpt[3] = 0;
    paging_off();
}

/* A page fault in ring 3 whose stack page is gone: a double fault. */
static void test_double_fault(void)
{
    paging_32((u32)page | P | W | U);
    u32 esp0 = tss.esp0;
    struct tss *df = (struct tss *)0x7000;

    memset(df, 0, sizeof *df);
    df->eip = (u32)({
        extern const u32 vector_table[];
        vector_table[DONE];
    });
    df->eflags = 2;
    df->esp = (u32)(stack0 + sizeof stack0);
    df->cs = CODE0;
    df->ds = df->es = df->ss = DATA0;
    df->cr3 = READ_CR(3);
    set_seg(T1, (u32)df, sizeof *df - 1, A_P | 9);
    set_idt(DF, make_gate(T1, 0, GATE_TASK, 0));
    tss.esp0 = LIN + 0x2000; /* not mapped */
    table[0] = 0;
    table[1] = 0;
    run_user(user_read, 0);
    check_trap("double fault: #PF in #PF, by a task gate", DONE, 0);
    check_eq("double fault: CR2 is the second fault's", READ_CR(2), LIN + 0x1ffc);
    check_eq("double fault: the old task's EIP is the instruction's", tss.eip != 0, true);
    tss.esp0 = esp0;
    set_seg(TSS0, (u32)&tss, sizeof tss - 1, A_P | 9);
    __asm__ volatile("ltr %w0; clts" : : "r"(TSS0));
    restore_idt();
    paging_off();
}

/* A task with page tables of its own: what is at LIN changes with the switch, and back. */
static u32 dir2[1024] __attribute__((aligned(4096))), table2[1024] __attribute__((aligned(4096)));
u32 paged_value, paged_cr3;

__asm__("paged_task: mov 0x10000000, %eax; mov %eax, paged_value; mov %cr3, %eax;"
        "mov %eax, paged_cr3; iret; jmp paged_task\n");
void paged_task(void);

static void test_task(void)
{
    struct tss *other = (struct tss *)0x7000;

    paging_32((u32)page | P | W | U);
    memcpy(dir2, dir, sizeof dir);
    dir2[LIN >> 22] = (u32)table2 | U | W | P;
    table2[0] = (u32)(page + 4096) | U | W | P;
    *(u32 *)page = 0x11111111;
    *(u32 *)(page + 4096) = 0x22222222;
    memset(other, 0, sizeof *other);
    other->eip = (u32)paged_task;
    other->eflags = 2;
    other->esp = (u32)(stack0 + sizeof stack0);
    other->cs = CODE0;
    other->ds = other->es = other->ss = DATA0;
    other->cr3 = (u32)dir2;
    tss.cr3 = READ_CR(3);
    set_seg(T1, (u32)other, sizeof *other - 1, A_P | 9);
    check_eq("task, paged: before", *TARGET, 0x11111111);
    RUNS("task, paged: call and back", __asm__ volatile("lcall %0, $0"
                                                        :
                                                        : "i"(T1)
                                                        : "eax", "memory"));
    check_eq("task, paged: its own page", paged_value, 0x22222222);
    check_eq("task, paged: its own CR3", paged_cr3, (u32)dir2);
    check_eq("task, paged: CR3 comes back", READ_CR(3), (u32)dir);
    check_eq("task, paged: after", *TARGET, 0x11111111);
    __asm__ volatile("clts");
    paging_off();
}

void test_paging(void)
{
    paging_32((u32)page | P | W | U);
    test_rights();
    test_dirty();
    test_across();
    test_smep_smap();
    paging_off();
    test_pae();
    test_double_fault();
    test_task();
}
