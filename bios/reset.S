/* SPDX-License-Identifier: MIT */
/*
 * From the reset vector to C. Runs at FFFF0000h, where the ROM always is (Intel SDM vol. 3,
 * 10.1.4), so that the memory below 1 MiB can be turned from ROM to RAM under it:
 *
 *   1. the chipset's PAM registers open C0000h..FFFFFh for reads and writes (82441FX, 3.2.16);
 *   2. a restart that CMOS byte 0Fh asks for goes on where it says, unless POST never ran;
 *   3. the image is copied below 1 MiB, and post() called.
 */
#define ESEG 0xE000
#define FSEG 0xF000
#define ROM_HIGH 0xFFFE0000
#define ROM_LOW 0xE0000
#define ROM_SIZE 0x20000
#define CMOS_SHUTDOWN 0x0F
#define RAN 0x6E617221 /* "!ran" */

    .code16
    .section .fixed.FFF0, "ax", @progbits
    .global reset_vector
reset_vector:
    jmp reset
    .byte 0, 0
    .ascii "11/21/26" /* F000:FFF5 */
    .byte 0
    .byte 0xFC        /* F000:FFFE: the AT */
    .byte 0

    .data
    .balign 4
    .global post_ran
post_ran: /* RAN when the copy below 1 MiB is alive */
    .long 0

    .text
    .balign 8
flat_gdt:
    .quad 0
    .quad 0x00CF93000000FFFF /* 08h: data, 4 GiB */
    .quad 0x000093000000FFFF /* 10h: data, 64 KiB */
    .quad 0x00CF9B000000FFFF /* 18h: 32-bit code, 4 GiB */
flat_gdt_end:

high_gdtr: /* as seen before and after the copy */
    .word flat_gdt_end - flat_gdt - 1
    .long ROM_HIGH + 0x10000 + flat_gdt
    .global low_gdtr
low_gdtr:
    .word flat_gdt_end - flat_gdt - 1
    .long ROM_LOW + 0x10000 + flat_gdt

/* PCI configuration register \reg of the host bridge := \value, a byte. */
    .macro CONFIG reg
    movl $0x80000000 + (\reg & 0xFC), %eax
    movw $0xCF8, %dx
    outl %eax, %dx
    movw $0xCFC + (\reg & 3), %dx
    .endm
    .macro PAM reg, value
    CONFIG \reg
    movb $\value, %al
    outb %al, %dx
    .endm

reset:
    cli
    cld
    CONFIG 0x59
    inb %dx, %al
    movb %al, %bh /* 0: the chipset was reset, too */
    PAM 0x59, 0x30
    PAM 0x5A, 0x33
    PAM 0x5B, 0x33
    PAM 0x5C, 0x33
    PAM 0x5D, 0x33
    PAM 0x5E, 0x33
    PAM 0x5F, 0x33

    movw $ESEG, %ax
    movw %ax, %ds
    cmpl $RAN, post_ran
    jne power_on
    movb $0x80 | CMOS_SHUTDOWN, %al
    outb %al, $0x70
    inb $0x71, %al
    testb %al, %al
    jz power_on
    ljmpw $FSEG, $resume

power_on:
    lgdtl %cs:high_gdtr
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    movw $0x08, %bx
    movw %bx, %ds
    movw %bx, %es
    movl $ROM_HIGH, %esi
    movl $ROM_LOW, %edi
    movl $ROM_SIZE / 4, %ecx
    rep movsl %ds:(%esi), %es:(%edi)
    movw $0x10, %bx
    movw %bx, %ds
    movw %bx, %es
    andb $0xFE, %al
    movl %eax, %cr0
    ljmpw $FSEG, $start

start: /* A jump to F000:E05B, too, comes here by way of a reset. */
    movw $ESEG, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $post_stack_top, %esp
    movl $RAN, post_ran
    calll post
1:  hlt
    jmp 1b

/* F000:E05B and others that want the machine to start anew: pulse the CPU's reset line. */
    .global restart
restart:
    cli
    movb $0x80 | CMOS_SHUTDOWN, %al
    outb %al, $0x70
    xorb %al, %al
    outb %al, $0x71
    movw $0xCF9, %dx /* PIIX3 reset control: hard reset */
    movb $0x02, %al
    outb %al, %dx
    movb $0x06, %al
    outb %al, %dx
    movb $0xFE, %al  /* the keyboard controller's line, should there be no such port */
    outb %al, $0x64
1:  hlt
    jmp 1b

/*
 * The 80286's way back from protected mode: CMOS 0Fh says what after the reset.
 *     05h   end of interrupt to both 8259s, jump to [40:67]
 *     09h   INT 15h function 87h's own: IRET with the stack at [40:67]
 *     0Ah   jump to [40:67] without the end of interrupt
 *     0Bh   IRET with the stack at [40:67];   0Ch   RETF the same way
 * Anything else is an ordinary start.
 */
resume: /* AL: the code, BH: PAM as it was */
    movb %al, %bl
    movb $0x80 | CMOS_SHUTDOWN, %al
    outb %al, $0x70
    xorb %al, %al
    outb %al, $0x71
    movb $0x0D, %al /* NMI on again */
    outb %al, $0x70
    inb $0x71, %al
    movw $ESEG, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $post_stack_top, %esp
    movl %ebx, %esi
    movzbl %bh, %eax
    calll post_resume
    movl %esi, %ebx
    movw $0x40, %ax
    movw %ax, %ds
    cmpb $0x05, %bl
    je resume_eoi
    cmpb $0x0A, %bl
    je resume_jump
    cmpb $0x09, %bl
    je resume_iret
    cmpb $0x0B, %bl
    je resume_iret
    cmpb $0x0C, %bl
    je resume_retf
    jmp restart
resume_eoi:
    movb $0x20, %al
    outb %al, $0xA0
    outb %al, $0x20
resume_jump:
    ljmpw *0x67
resume_iret:
    lssw 0x67, %sp
    iret
resume_retf:
    lssw 0x67, %sp
    lretw
