/* SPDX-License-Identifier: MIT */
/*
 * Real mode: the start, the way to protected mode and back, BIOS calls, and waiting for a key.
 * Protected mode runs with interrupts off; they are on only while real mode waits or a BIOS call
 * wants it.
 */
#include "layout.h"

    .code16
    .section .text16, "ax"
    .globl start16
start16:
    cli
    call a20
    lgdtl gdt_pointer
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $KERNEL_CS, $start32

/* A20 by the BIOS, then by port 92h: whichever the machine has. */
a20:
    mov $0x2401, %ax
    int $0x15
    in $0x92, %al
    or $2, %al
    and $0xfe, %al
    out %al, $0x92
    cli
    ret

    .code32
    .text
start32:
    mov $KERNEL_DS, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss
    mov $KERNEL_STACK, %esp
    cld
    mov $bss_start, %edi
    mov $bss_end, %ecx
    sub %edi, %ecx
    xor %eax, %eax
    rep stosb
    call tour
1:  hlt
    jmp 1b

/* void real_run(void (*code)(void)): runs 16-bit code in real mode, which ends with RET. */
    .globl real_run
real_run:
    push %ebp
    push %ebx
    push %esi
    push %edi
    mov 20(%esp), %ebx
    mov %esp, saved_esp
    sidt saved_idt
    lidt real_idt
    ljmp $REAL_CS, $1f
    .code16
    .section .text16, "ax"
1:  mov $REAL_DS, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %fs
    mov %ax, %gs
    mov %ax, %ss
    mov %cr0, %eax
    and $0xfe, %al
    mov %eax, %cr0
    ljmp $0, $2f
2:  xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %fs
    mov %ax, %gs
    mov %ax, %ss
    mov $REAL_STACK, %esp
    call *%bx
    cli
    xor %ax, %ax
    mov %ax, %ds
    lgdtl gdt_pointer
    lidtl saved_idt
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $KERNEL_CS, $3f
    .code32
    .text
3:  mov $KERNEL_DS, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss
    mov saved_esp, %esp
    cld
    pop %edi
    pop %esi
    pop %ebx
    pop %ebp
    ret

    .section .data16, "aw"
    .balign 4
saved_esp:
    .long 0
saved_idt:
    .skip 8
real_idt:
    .word 0x3ff
    .long 0

/* ---- 16-bit code for real_run ---- */

    .code16
    .section .text16, "ax"
/* INT bios_vector with the registers of struct bios_regs. */
    .globl real_bios
real_bios:
    mov bios_vector, %al
    mov %al, 1f + 1
    mov bios_regs + 28, %ds
    mov %cs:bios_regs + 30, %es
    mov %cs:bios_regs, %eax
    mov %cs:bios_regs + 4, %ebx
    mov %cs:bios_regs + 8, %ecx
    mov %cs:bios_regs + 12, %edx
    mov %cs:bios_regs + 16, %esi
    mov %cs:bios_regs + 20, %edi
    mov %cs:bios_regs + 24, %ebp
    sti
    jmp 1f                      /* a CPU that fetched ahead sees the new number */
1:  int $0
    cli
    mov %eax, %cs:bios_regs
    mov %ebx, %cs:bios_regs + 4
    mov %ecx, %cs:bios_regs + 8
    mov %edx, %cs:bios_regs + 12
    mov %esi, %cs:bios_regs + 16
    mov %edi, %cs:bios_regs + 20
    mov %ebp, %cs:bios_regs + 24
    mov %ds, %cs:bios_regs + 28
    mov %es, %cs:bios_regs + 30
    pushf
    pop %ax
    mov %ax, %cs:bios_regs + 32
    ret

/* Waits until a key was struck or COM1 has a character: real_key, ASCII below 256. */
    .globl real_wait
real_wait:
    mov $1, %ah
    int $0x16
    jnz 2f
    cli
    mov serial_tail, %bx
    cmp serial_head, %bx
    jne 1f
    sti
    hlt
    jmp real_wait
1:  movzbl serial_ring(%bx), %eax
    inc %bl                     /* 256 bytes */
    mov %bx, serial_tail
    mov %eax, real_key
    ret
2:  xor %ax, %ax
    int $0x16
    movzbl %al, %ecx
    test %al, %al
    jnz 3f
    movzbl %ah, %ecx            /* keys without a character: 100h + scan code */
    add $0x100, %ecx
3:  mov %ecx, real_key
    ret

/* INT 0Ch: IRQ 4, COM1. All that is there goes into the ring. */
    .globl serial_irq
serial_irq:
    push %ax
    push %bx
    push %dx
    push %ds
    xor %ax, %ax
    mov %ax, %ds
1:  mov $0x3fd, %dx
    in %dx, %al
    cmp $0xff, %al
    je 2f
    test $1, %al
    jz 2f
    mov $0x3f8, %dx
    in %dx, %al
    mov serial_head, %bx
    mov %al, serial_ring(%bx)
    inc %bl
    mov %bx, serial_head
    jmp 1b
2:  mov $0x20, %al
    out %al, $0x20
    pop %ds
    pop %dx
    pop %bx
    pop %ax
    iret

/* What real mode is like, for the tour: see modes.c. */
    .globl real_facts
real_facts:
    smsw %ax
    mov %ax, real_seen
    mov %cs, real_seen + 2
    mov $0x50, %ax              /* 0050:0010 and 0051:0000 are one byte */
    mov %ax, %fs
    mov $0x51, %ax
    mov %ax, %gs
    mov %fs:0x10, %cl
    movb $0x5a, %fs:0x10
    mov %gs:0, %al
    mov %al, real_seen + 4
    movb $0xa5, %gs:0
    mov %fs:0x10, %al
    mov %al, real_seen + 5
    mov %cl, %fs:0x10
    mov 4 * 0x10, %eax          /* INT 10h's vector */
    mov %eax, real_seen + 8
    cli                         /* nobody stops a program that does this */
    pushf
    pop %ax
    mov %ax, real_seen + 6
    ret

    .section .data16, "aw"
    .balign 4
serial_head:
    .word 0
serial_tail:
    .word 0
    .globl bios_vector, bios_regs, real_key, real_seen
bios_vector:
    .long 0
bios_regs:
    .skip 36
real_key:
    .long 0
real_seen:
    .skip 12
serial_ring:
    .skip 256
    .section .note.GNU-stack, "", @progbits
