/* SPDX-License-Identifier: MIT */
/* Interrupts, NMI and SMI between instructions: needs the runner's event port. */
#include "lib.h"

enum { NOTHING = 0, RAISE_NMI = 1, RAISE_SMI = 2, IRQ = 0x21 };

static void raise_in(u8 insns, u8 what)
{
    outb(0xf1, insns);
    outb(0xf0, what);
}

extern const u32 vector_table[64];
u32 nmi_count, smi_count, nmi_eip;

__asm__("nmi_count_up: incl nmi_count; push 0(%esp); pop nmi_eip; iret\n"
        "nmi_nested: incl nmi_count; cmpl $1, nmi_count; jne 1f; mov $1, %al; outb %al, $0xf0;"
        "nop; nop; nop; nop; mov nmi_count, %eax; mov %eax, nmi_eip; 1: iret\n");
void nmi_count_up(void);
void nmi_nested(void);

/* Events that come `n` instructions after the OUT, for a few n: where they are taken. */
static void test_interrupts(void)
{
    set_idt(IRQ, make_gate(CODE0, vector_table[IRQ], GATE_INT32, 0));
    CATCH
    {
        raise_in(2, IRQ);
        __asm__ volatile("sti; nop; nop; nop; nop; nop; nop; cli");
    }
    check_trap("interrupt", IRQ, 0);
    CATCH
    {
        raise_in(0, IRQ);
        __asm__ volatile("nop; nop; sti; .byte 0x42; .byte 0x43; cli" : : : "edx", "ebx");
    }
    check_trap("sti: interrupt after the next instruction", IRQ, 0);
    check_eq("sti: it ran", *(u8 *)(last.eip - 1), 0x42);
    CATCH
    {
        raise_in(0, IRQ);
        __asm__ volatile("nop; sti; cli; nop");
    }
    check_trap("sti; cli: no interrupt between", NONE, 0);
    CATCH
    {
        __asm__ volatile("sti; hlt; hlt; cli");
    }
    check_trap("the pending one comes after sti; hlt", IRQ, 0);
    CATCH
    {
        raise_in(20, IRQ);
        __asm__ volatile("sti; hlt; .byte 0x42" : : : "edx");
    }
    check_trap("hlt is woken", IRQ, 0);
    check_eq("hlt: the frame is behind it", *(u8 *)last.eip, 0x42);
    CATCH
    {
        __asm__ volatile("sti; mov $0, %%al; outb %%al, $0xf1; mov %0, %%al; mov %%ss, %%edx;"
                         "outb %%al, $0xf0; mov %%edx, %%ss; .byte 0x42; .byte 0x43"
                         :
                         : "i"(IRQ)
                         : "eax", "edx", "ebx");
    }
    check_trap("interrupt, MOV SS near", IRQ, 0);
    CATCH
    {
        __asm__ volatile("mov $1, %%al; outb %%al, $0xf1; mov %0, %%al; mov %%ss, %%edx;"
                         "sti; outb %%al, $0xf0; mov %%edx, %%ss; .byte 0x42; .byte 0x43"
                         :
                         : "i"(IRQ)
                         : "eax", "edx", "ebx");
    }
    check_trap("mov ss: no interrupt behind it", IRQ, 0);
    check_eq("mov ss: but one later", *(u8 *)(last.eip - 1), 0x42);
}

static void test_nmi(void)
{
    set_idt(NMI, make_gate(CODE0, (u32)nmi_count_up, GATE_INT32, 0));
    nmi_count = 0;
    RUNS("nmi", raise_in(2, RAISE_NMI); __asm__ volatile("nop; nop; nop; nop"));
    check_eq("nmi: taken with IF clear", nmi_count, 1);
    set_idt(NMI, make_gate(CODE0, (u32)nmi_nested, GATE_INT32, 0));
    nmi_count = 0;
    nmi_eip = 0;
    outb(0xf1, 0);
    CATCH
    {
        __asm__ volatile("outb %%al, $0xf0; nop; nop; nop" : : "a"(RAISE_NMI));
    }
    check_eq("nmi: masked in its handler", nmi_eip, 1);
    check_eq("nmi: taken after its IRET", nmi_count, 2);
    restore_idt();
}

/* The handler at SMBASE + 8000h counts, and changes EAX in the save area. */
__asm__("smm_code: .code16; mov $0xf000, %bx; .byte 0x66; incl %cs:0x9000; rsm; .code32\n"
        "smm_code_end:\n");
extern u8 smm_code[], smm_code_end[];

static void test_smm(void)
{
    u32 a, b, flags = 0;

    memset((void *)0x38000, 0, 0x8000);
    memcpy((void *)0x38000, smm_code, (u32)(smm_code_end - smm_code));
    *(u32 *)0x39000 = 0;
    FAULTS("rsm outside SMM", UD, 0, __asm__ volatile("rsm"));
    outb(0xf1, 1);
    __asm__ volatile("mov $0x12345678, %%ebx; stc; outb %%al, $0xf0; nop; nop; nop; mov %%ebx, %0;"
                     "setc %b1"
                     : "=m"(a), "+q"(flags)
                     : "a"(RAISE_SMI)
                     : "ebx");
    b = *(u32 *)0x39000;
    check_eq("smi: the handler ran", b, 1);
    check_eq("smi: registers come back", a, 0x12345678);
    check_eq("smi: flags come back", flags & 1, 1);
    check_eq("smi: revision in the save area", *(u32 *)0x3fefc & 0xffff0000, 0x20000);
}

void test_events(void)
{
    if (inb(0xf0) != 0xa5) {
        say("# no event port: interrupts, NMI and SMI are not tested\n");
        return;
    }
    test_interrupts();
    test_nmi();
    test_smm();
}
