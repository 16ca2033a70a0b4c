/* SPDX-License-Identifier: MIT */
/* Virtual 8086 mode and its extensions: SDM vol. 3, chapter 20. */
#include "lib.h"

enum { CODE = 0x7000, STACK = 0x7f00, HANDLER = 0x7400 };

extern const u32 vector_table[64];

/* Runs up to 32 bytes of code at 0700:0000, an INT3 behind them. `last` tells how it ended. */
static void run_vm86(const char *bytes, u32 n, u32 eflags)
{
    memcpy((void *)CODE, bytes, n);
    *(u8 *)(CODE + n) = 0xcc;
    CATCH
    {
        __asm__ volatile("push $0x6666; push $0x5555; push $0x0700; push $0x4444;" /* GS FS DS ES */
                         "push $0; push %0; push %1; push $0x0700; push $0; iret"
                         :
                         : "i"(STACK), "r"(eflags | F_VM | 2)
                         : "memory");
    }
}

#define VM86(bytes, flags) run_vm86(bytes, sizeof(bytes) - 1, flags)

static void sensitive(const char *name, const char *bytes, u32 n)
{
    run_vm86(bytes, n, 0);
    check_trap(name, GP, 0);
    check_eq("  at its own IP", last.eip, 0);
    run_vm86(bytes, n, F_IOPL3);
    check_trap("  with IOPL 3 it runs", BP, 0);
}

#define SENSITIVE(name, bytes) sensitive(name, bytes, sizeof(bytes) - 1)

static void test_iopl(void)
{
    SENSITIVE("vm86: cli", "\xfa");
    SENSITIVE("vm86: sti", "\xfb");
    SENSITIVE("vm86: pushf", "\x9c");

    VM86("\x6a\x00\x6a\x00\x9d", 0);
    check_trap("vm86: popf, IOPL 0", GP, 0);
    check_eq("vm86: popf leaves SP", last.esp, STACK - 4);
    VM86("\xcd\x20", 0);
    check_trap("vm86: int n, IOPL 0", GP, 0);
    set_idt(0x20, make_gate(CODE0, vector_table[0x20], GATE_INT32 | A_DPL3, 0));
    VM86("\xcd\x20", F_IOPL3);
    check_trap("vm86: int n, IOPL 3", 0x20, 0);
    VM86("\xcf", 0);
    check_trap("vm86: iret, IOPL 0", GP, 0);
    VM86("\xf4", F_IOPL3);
    check_trap("vm86: hlt", GP, 0);
    VM86("\x0f\x20\xc0", F_IOPL3);
    check_trap("vm86: mov from CR0", GP, 0);
    VM86("\x0f\x02\xc0", F_IOPL3);
    check_trap("vm86: lar", UD, 0);
    VM86("\x0f\x00\xc0", F_IOPL3);
    check_trap("vm86: sldt", UD, 0);
    VM86("\xe4\xf0", F_IOPL3);
    check_trap("vm86: in asks the bitmap whatever IOPL", GP, 0);
    tss.io[0xf0 / 8] &= ~(1u << (0xf0 % 8));
    VM86("\xe4\xf0", 0);
    check_trap("vm86: in allowed by the bitmap", BP, 0);
    tss.io[0xf0 / 8] |= 1u << (0xf0 % 8);
}

static void test_frame(void)
{
    VM86("\x90", 0);
    check_trap("vm86: int3", BP, 0);
    check_eq("vm86 frame: VM", last.eflags & F_VM, F_VM);
    check_eq("vm86 frame: CS", last.cs, 0x700);
    check_eq("vm86 frame: IP behind the INT3", last.eip, 2);
    check_eq("vm86 frame: SP", last.esp, STACK);
    check_eq("vm86 frame: ES", last.v_es, 0x4444);
    check_eq("vm86 frame: DS", last.v_ds, 0x700);
    check_eq("vm86 frame: FS", last.v_fs, 0x5555);
    check_eq("vm86 frame: GS", last.v_gs, 0x6666);
    check_eq("vm86 frame: the handler's FS is null", last.fs & 0xffff, 0);
    VM86("\xa1\xff\xff", 0);
    check_trap("vm86: word at FFFF", GP, 0);
    VM86("\xa0\xff\xff", 0);
    check_trap("vm86: byte at FFFF", BP, 0);
    set_seg(T0, 0, 0xfffff, A_P | A_DPL3 | A_CODE | FLAT);
    set_idt(BP, make_gate(T0 | 3, vector_table[BP], GATE_INT32 | A_DPL3, 0));
    VM86("\x90", 0);
    check_trap("vm86: handler outside ring 0", GP, T0);
    set_idt(BP, make_gate(CODE0, vector_table[BP], GATE_INT32 | A_DPL3, 0));
}

static void test_vme(void)
{
    u32 r[4];

    cpuid(1, 0, r);
    if (!(r[3] & 2)) {
        say("# no VME\n");
        return;
    }
    WRITE_CR(4, READ_CR(4) | 1);
    VM86("\xfb", 0);
    check_trap("vme: sti runs", BP, 0);
    check_eq("vme: sti sets VIF", last.eflags & (F_VIF | F_IF), F_VIF);
    VM86("\xfa", F_VIF);
    check_eq("vme: cli clears VIF", last.eflags & F_VIF, 0);
    VM86("\xfb", F_VIP);
    check_trap("vme: sti with VIP", GP, 0);
    VM86("\x9c\x58", F_VIF);
    check_eq("vme: pushf shows VIF as IF, and IOPL 3", last.eax & 0x3200, 0x3200);
    VM86("\x9c\x58", 0);
    check_eq("vme: pushf, VIF clear", last.eax & 0x3200, 0x3000);
    VM86("\x68\x00\x02\x9d", 0);
    check_eq("vme: popf loads VIF", last.eflags & (F_VIF | F_IF), F_VIF);
    VM86("\x68\x00\x02\x9d", F_VIP);
    check_trap("vme: popf of IF with VIP", GP, 0);
    VM86("\x68\x00\x01\x9d", 0);
    check_trap("vme: popf of TF", GP, 0);
    VM86("\x66\x9c", 0);
    check_trap("vme: pushfd", GP, 0);
    /* INT 20h: redirected to the program's own handler at 0740:0000, a POP of IP, CS, FLAGS */
    *(u32 *)(0x20 * 4) = (HANDLER >> 4) << 16;
    memcpy((void *)HANDLER, "\x58\x5b\x59\xcc", 4);
    tss.redirect[0x20 / 8] = 0;
    VM86("\xcd\x20", F_VIF);
    check_trap("vme: int n redirected", BP, 0);
    check_eq("vme: int n redirected: CS", last.cs, HANDLER >> 4);
    check_eq("vme: int n redirected: IP pushed", last.eax & 0xffff, 2);
    check_eq("vme: int n redirected: flags pushed", last.ecx & 0x3200, 0x3200);
    check_eq("vme: int n redirected clears VIF", last.eflags & F_VIF, 0);
    tss.redirect[0x20 / 8] = 1 << (0x20 % 8);
    VM86("\xcd\x20", 0);
    check_trap("vme: int n not redirected, IOPL 0", GP, 0);
    VM86("\xcd\x20", F_IOPL3);
    check_trap("vme: int n not redirected, IOPL 3", 0x20, 0);
    WRITE_CR(4, READ_CR(4) & ~1u);
}

static void user_sti(void)
{
    __asm__ volatile("sti");
}

static void test_pvi(void)
{
    WRITE_CR(4, READ_CR(4) | 2);
    run_user(user_sti, 0);
    check_trap("pvi: sti in ring 3", DONE, 0);
    check_eq("pvi: sti sets VIF", last.eflags & (F_VIF | F_IF), F_VIF);
    run_user(user_sti, F_VIP);
    check_trap("pvi: sti with VIP", GP, 0);
    WRITE_CR(4, READ_CR(4) & ~2u);
}

void test_vm86(void)
{
    set_idt(BP, make_gate(CODE0, vector_table[BP], GATE_INT32 | A_DPL3, 0));
    test_iopl();
    test_frame();
    test_vme();
    test_pvi();
    restore_idt();
}
