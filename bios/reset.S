/* SPDX-License-Identifier: MIT */
/*
 * From the reset vector to C (Intel SDM vol. 3, 10.1.4). Programs, too, jump to FFFF:0000 and
 * F000:E05B to start the machine anew, and INIT comes here without a reset of the chips. So the
 * code below 1 MiB, be it ROM or our copy, only goes to protected mode and to the ROM's place
 * below 4 GiB; from there the memory below 1 MiB can be changed:
 *
 *   1. the chipset's PAM registers open C0000h..FFFFFh for reads and writes (82441FX, 3.2.16);
 *   2. after INIT, a restart that CMOS byte 0Fh asks for goes on where it says;
 *   3. without, the chips are reset, once: the next start finds RESETTING in post_state;
 *   4. the image is copied below 1 MiB, and post() called.
 */
#define ESEG 0xE000
#define FSEG 0xF000
#define ROM_HIGH 0xFFFE0000
#define ROM_LOW 0xE0000
#define ROM_SIZE 0x20000
#define CMOS_SHUTDOWN 0x0F
#define RAN 0x6E617221       /* "!ran" */
#define RESETTING 0x74657321 /* "!set" */

#define DATA_4G 0x08
#define DATA_64K 0x10
#define CODE_32 0x18
#define CODE_16 0x20

    .code16
    .section .fixed.FFF0, "ax", @progbits
    .global reset_vector
reset_vector:
    ljmpw $FSEG, $0xE05B
    .ascii "11/21/26" /* F000:FFF5 */
    .byte 0
    .byte 0xFC        /* F000:FFFE: the AT */
    .byte 0

    .section .fixed.E05B, "ax", @progbits
    cli
    cld
    lgdtl %cs:high_gdtr
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE_32, $ROM_HIGH + 0x10000 + reset

    .data
    .balign 4
post_state: /* 0 (or anything), RAN or RESETTING */
    .long 0

    .text
    .balign 8
flat_gdt:
    .quad 0
    .quad 0x00CF93000000FFFF /* data, 4 GiB */
    .quad 0x000093000000FFFF /* data, 64 KiB */
    .quad 0x00CF9B000000FFFF /* 32-bit code, 4 GiB */
    .quad 0x00009B0F0000FFFF /* 16-bit code, the F segment */
flat_gdt_end:

high_gdtr:
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

    .code32
reset:
    movw $DATA_4G, %ax
    movw %ax, %ds
    movw %ax, %es
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

    movl $power_on, %ebp /* where to go on in 16-bit code */
    cmpl $RAN, ROM_LOW + post_state
    jne copy
    movb $0x80 | CMOS_SHUTDOWN, %al
    outb %al, $0x70
    inb $0x71, %al
    movb %al, %bl
    movw $resume, %bp
    testb %al, %al
    jnz leave
    movw $hard_reset, %bp
    testb %bh, %bh
    jnz leave
    movw $power_on, %bp
copy:
    movl $ROM_HIGH, %esi
    movl $ROM_LOW, %edi
    movl $ROM_SIZE / 4, %ecx
    rep movsl
leave:
    movw $DATA_64K, %ax
    movw %ax, %ds
    movw %ax, %es
    ljmpl $CODE_16, $to_real
    .code16
to_real:
    movl %cr0, %eax
    andb $0xFE, %al
    movl %eax, %cr0
    ljmpw $FSEG, $1f
1:  jmpw *%bp

power_on:
    movw $ESEG, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $post_stack_top, %esp
    movl $RAN, post_state
    calll post
1:  hlt
    jmp 1b

/* Resets all chips, and starts anew. */
    .global restart
restart:
    cli
    movb $0x80 | CMOS_SHUTDOWN, %al
    outb %al, $0x70
    xorb %al, %al
    outb %al, $0x71
hard_reset:
    movw $ESEG, %ax
    movw %ax, %ds
    movl $RESETTING, post_state
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
resume: /* BL: the code, BH: PAM as it was */
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
