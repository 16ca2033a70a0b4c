/* SPDX-License-Identifier: MIT */
/*
 * A floppy that calls INT 10h and tells port E9h what came of it: a list of steps (vga_steps.inc)
 * and a small engine. vga.py compares with vga.txt. A step is a byte that says what to do, and its
 * operands:
 *   CALL ax bx cx dx   calls with ES:BP and ES:DI = buffer; prints the four registers before and
 *                      after
 *   MEM seg off n      prints n bytes
 *   SUM seg off n      prints a sum over n bytes, each multiplied with its place
 *   PLANES off         prints a byte of each plane at A000h
 *   PUT off bytes...   stores in the buffer
 *   SAY text           prints it
 */
    .code16
    .set buffer, 0x9000
    .globl _start
_start:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %sp
    cld
    mov $2, %ah                 /* the steps lie behind this sector */
    mov $(steps_end - steps + 511) / 512, %al
    mov $2, %cx
    xor %dh, %dh
    mov $steps, %bx
    int $0x13
    jc .
    mov $steps, %si
next:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    lodsb
    movzx %al, %bx
    add %bx, %bx
    call *table(%bx)
    jmp next
table:
    .word done, call_10, memory, sum, planes, put, say

done:
    mov $0x501, %dx             /* the end, where there is such a port */
    xor %ax, %ax
    out %al, %dx
    cli
    hlt

call_10:
    mov $4, %cx
1:  lodsw
    push %ax
    call hex4
    call space
    loop 1b
    pop %dx
    pop %cx
    pop %bx
    pop %ax
    push %si
    mov $buffer, %bp
    mov %bp, %di
    int $0x10
    pop %si
    push %dx
    push %cx
    push %bx
    push %ax
    mov $'>', %al
    call out_al
    mov $4, %cx
2:  call space
    pop %ax
    call hex4
    loop 2b
    jmp newline

memory:
    call range
1:  mov %es:(%di), %al
    call hex2
    inc %di
    loop 1b
    jmp newline

sum:
    call range
    xor %ebx, %ebx
    mov $1, %edx
1:  movzbl %es:(%di), %eax
    push %dx
    imul %edx, %eax
    pop %dx
    add %eax, %ebx
    inc %di
    inc %edx
    loop 1b
    mov %ebx, %eax
    shr $16, %eax
    call hex4
    mov %bx, %ax
    call hex4
    jmp newline

range:                          /* ES:DI, CX */
    lodsw
    mov %ax, %es
    lodsw
    mov %ax, %di
    lodsw
    mov %ax, %cx
    ret

planes:
    lodsw
    mov %ax, %di
    mov $0xa000, %ax
    mov %ax, %es
    xor %cx, %cx
1:  mov $0x3ce, %dx
    mov %cl, %ah
    mov $4, %al
    out %ax, %dx
    mov %es:(%di), %al
    call hex2
    inc %cx
    cmp $4, %cl
    jb 1b
    jmp newline

put:
    lodsw
    mov %ax, %di
    lodsw
    mov %ax, %cx
    rep movsb
    ret

say:
    lodsb
    test %al, %al
    jz newline
    call out_al
    jmp say

newline:
    mov $'\n', %al
    jmp out_al
space:
    mov $' ', %al
out_al:
    push %dx
    mov $0xe9, %dx
    out %al, %dx
    pop %dx
    ret
hex4:
    xchg %al, %ah
    call hex2
    xchg %al, %ah
hex2:
    push %ax
    shr $4, %al
    call 1f
    pop %ax
    push %ax
    and $15, %al
    call 1f
    pop %ax
    ret
1:  cmp $10, %al
    jb 2f
    add $'a' - '0' - 10, %al
2:  add $'0', %al
    jmp out_al

    .org 510
    .word 0xaa55

    .macro CALL ax, bx=0, cx=0, dx=0
    .byte 1
    .word \ax, \bx, \cx, \dx
    .endm
    .macro MEM seg, off, n
    .byte 2
    .word \seg, \off, \n
    .endm
    .macro SUM seg, off, n
    .byte 3
    .word \seg, \off, \n
    .endm
    .macro PLANES off
    .byte 4
    .word \off
    .endm
    .macro PUT off, bytes:vararg
    .byte 5
    .word buffer + \off, 9f - 8f
8:  .byte \bytes
9:
    .endm
    .macro SAY text
    .byte 6
    .asciz "\text"
    .endm
steps:
#include "vga_steps.inc"
    .byte 0
steps_end:
    .org 512 * 2880 - 1
    .byte 0
