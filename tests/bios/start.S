/* SPDX-License-Identifier: MIT */
/*
 * A boot sector that loads the C program behind it (ask.h) and calls it, by INT 13h of course:
 * 08h says how many sectors a track has, 02h reads one after the other. As a CD's boot image
 * without emulation (DL >= E0h) it has been loaded whole.
 */
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

/* void call(u32 vector, struct regs *r): AX BX CX DX SI DI, DS, ES and carry and zero. */
    .text
    .globl call
call:
    pushal
    mov %edx, %ebp
    mov %eax, %edi
    shl $2, %di
    pushfw
    pushw %cs
    pushw $returned
    pushw 2(%di)
    pushw (%di)
    movw 0(%ebp), %ax
    movw 2(%ebp), %bx
    movw 4(%ebp), %cx
    movw 6(%ebp), %dx
    movw 8(%ebp), %si
    movw 10(%ebp), %di
    movw 14(%ebp), %es
    movw 12(%ebp), %ds
    lretw
returned:
    pushfw
    pushw %ds
    pushw $0
    popw %ds
    pushw %bp
    pushw %ax
    movzwl %sp, %ebp
    movl 28(%ebp), %ebp     /* what PUSHA saved of EDX: the struct */
    popw 0(%ebp)
    addw $2, %sp
    popw 12(%ebp)
    popw 16(%ebp)
    movw %bx, 2(%ebp)
    movw %cx, 4(%ebp)
    movw %dx, 6(%ebp)
    movw %si, 8(%ebp)
    movw %di, 10(%ebp)
    movw %es, 14(%ebp)
    pushw $0
    popw %es
    cld
    sti
    popal
    retl
