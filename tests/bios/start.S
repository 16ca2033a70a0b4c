/* SPDX-License-Identifier: MIT */
/*
 * A boot sector that loads the C program behind it (ask.h) and calls it, by INT 13h of course, and
 * what such a program needs of assembly. Of loading:
 * 08h says how many sectors a track has, 02h reads one after the other. As a CD's boot image
 * without emulation (DL >= E0h) it has been loaded whole.
 */
#include "real.inc"
    .code16
    .section .start, "ax"
    .globl _start
_start:
    ljmp $0, $1f
1:  xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %esp
    mov %dl, drive
    cmp $0xe0, %dl
    jae loaded
    mov $8, %ah
    int $0x13
    jc .
    and $0x3f, %cx
    mov %cl, sectors
    mov %dh, last_head
    xor %ax, %ax
    mov %ax, %es
    movw $program_sectors, left
    mov $0x7e00, %bx
    mov $2, %cx             /* cylinder 0, sector 2 */
    xor %dh, %dh
read:
    mov drive, %dl
    mov $0x0201, %ax
    int $0x13
    jc .
    add $512, %bx
    inc %cl
    cmp sectors, %cl
    jbe 2f
    mov $1, %cl
    inc %dh
    cmp last_head, %dh
    jbe 2f
    xor %dh, %dh
    inc %ch
2:  decw left
    jnz read
loaded:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    cld
    sti
    calll main
    mov $0x501, %dx         /* the end, where there is such a port */
    xor %ax, %ax
    out %al, %dx
    cli
    hlt

    .globl drive, tag
drive:     .byte 0
sectors:   .byte 0
last_head: .byte 0
left:      .word 0

    .org 0x1b0
tag:       .asciz "" /* boot.py tells its images apart by this */

    .org 510
    .word 0xaa55

    .text
/* void call_int(u8 vector, struct regs *r): every register of the struct goes in and out:
 * edi esi ebp ebx edx ecx eax, then ds es fs gs flags. */
    .global call_int
call_int:
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl %ebp
    pushw %fs
    pushw %gs
    movb %al, 1f + 1
    movl %edx, 2f
    jmp 3f
3:  load_general %edx
    movw 30(%edx), %es
    movw 32(%edx), %fs
    movw 34(%edx), %gs
    pushw 28(%edx)
    movl 16(%edx), %edx
    popw %ds
1:  int $0
    pushfw
    pushw %ds
    pushl %edx
    xorw %dx, %dx
    movw %dx, %ds
    movl 2f, %edx
    popl 16(%edx)
    popw 28(%edx)
    popw 36(%edx)
    movw %es, 30(%edx)
    movw %fs, 32(%edx)
    movw %gs, 34(%edx)
    store_general %edx
    xorw %dx, %dx
    movw %dx, %es
    cld
    popw %gs
    popw %fs
    popl %ebp
    popl %edi
    popl %esi
    popl %ebx
    retl
2:  .long 0

/* Interrupt handlers that count. */
    .global count_tick, count_alarm, ticks_seen, alarms_seen
count_tick: /* INT 1Ch: calls the BIOS on its own, from within its timer interrupt */
    incl %cs:ticks_seen
    pushw %ax
    pushw %cx
    pushw %dx
    movb $2, %ah
    int $0x1A
    movb $1, %ah
    int $0x16
    popw %dx
    popw %cx
    popw %ax
    iret
count_alarm:
    incl %cs:alarms_seen
    iret
    .balign 4
ticks_seen: .long 0
alarms_seen: .long 0

/* void call_32(u32 addr, struct regs *r): a far call of 32-bit code with a flat code segment and
 * flat data; EAX EBX ECX EDX ESI EDI and the flags go in and out. */
    .global call_32
call_32:
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl %ebp
    movl %eax, target
    movl %edx, frame
    cli
    lgdtl gdtr
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $0x08, $in_32
    .code32
in_32:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl frame, %edx
    movl 0(%edx), %edi
    movl 4(%edx), %esi
    movl 12(%edx), %ebx
    movl 20(%edx), %ecx
    movl 24(%edx), %eax
    movl 16(%edx), %edx
    lcall *target
    pushfl
    pushl %edx
    movl frame, %edx
    popl 16(%edx)
    popl %ebp
    movw %bp, 36(%edx)
    movl %edi, 0(%edx)
    movl %esi, 4(%edx)
    movl %ebx, 12(%edx)
    movl %ecx, 20(%edx)
    movl %eax, 24(%edx)
    ljmpl $0x18, $1f
    .code16
1:  movw $0x20, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl %cr0, %eax
    andb $0xFE, %al
    movl %eax, %cr0
    ljmpw $0, $2f
2:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    sti
    popl %ebp
    popl %edi
    popl %esi
    popl %ebx
    retl
    .balign 8
gdt:
    .quad 0
    .quad 0x00CF9B000000FFFF /* 08h: 32-bit code */
    .quad 0x00CF93000000FFFF /* 10h: data */
    .quad 0x00009B000000FFFF /* 18h: 16-bit code */
    .quad 0x000093000000FFFF /* 20h: data */
gdtr:
    .word gdtr - gdt - 1
    .long gdt
target:
    .long 0
    .word 0x08
    .balign 4
frame:
    .long 0

/* u8 reset_with(u8 shutdown): sets CMOS 0Fh, pulses the CPU's reset line through the keyboard
 * controller, and comes back by [40:67] with what the CMOS byte is then. */
    .global reset_with
reset_with:
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl %ebp
    movl %esp, kept_sp
    movb %al, %ah
    movb $0x8F, %al
    outb %al, $0x70
    movb %ah, %al
    outb %al, $0x71
    movw $1f, 0x467
    movw $0, 0x469
    movb $0xFE, %al
    outb %al, $0x64
2:  hlt
    jmp 2b
1:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl kept_sp, %esp
    sti
    movb $0x0F, %al
    outb %al, $0x70
    xorl %eax, %eax
    inb $0x71, %al
    popl %ebp
    popl %edi
    popl %esi
    popl %ebx
    retl
kept_sp: .long 0
