/* SPDX-License-Identifier: MIT */
/*
 * A boot sector for machines that start no kernel by themselves: reads SECTORS sectors behind
 * it to 64 KiB, goes to flat protected mode, moves them to 1 MiB and starts them there.
 */
    .code16
    .globl _boot
_boot:
    ljmp $0, $1f
1:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %ss
    movw $0x7c00, %sp
    movb %dl, drive
    movw $0x1000, %bx
    movw $1, %si /* the sector, counted from 0; 18 a track, 2 sides */
2:  movw %bx, %es
    movw %si, %ax
    movb $18, %cl
    divb %cl
    movb %ah, %cl
    incb %cl
    movb %al, %ch
    shrb %ch
    movb %al, %dh
    andb $1, %dh
    movb drive, %dl
    pushw %bx
    xorw %bx, %bx
    movw $0x0201, %ax
    int $0x13
    popw %bx
    addw $32, %bx
    incw %si
    cmpw $SECTORS, %si
    jbe 2b
    cli
    movb $2, %al
    outb %al, $0x92 /* A20 */
    lgdt pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmp $8, $3f
    .code32
3:  movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $0x10000, %esi
    movl $0x100000, %edi
    movl $SECTORS * 128, %ecx
    cld
    rep movsl
    movl $0x100000, %eax
    jmp *%eax

drive: .byte 0
    .balign 8
gdt: .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
pointer:
    .word 23
    .long gdt
    .org 510
    .word 0xaa55
