/* SPDX-License-Identifier: MIT */
/* The call of a mouse driver: its arguments are on the stack, and it leaves them there. */
#define ESEG 0xE000

    .code16
    .text
    .global mouse_call
mouse_call: /* EAX: segment, EDX: offset, ECX: four words */
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl %ebp
    pushw %fs
    pushw %gs
    pushw 0(%ecx)
    pushw 2(%ecx)
    pushw 4(%ecx)
    pushw 6(%ecx)
    pushw %cs
    pushw $driver_returns
    pushw %ax
    pushw %dx
    lretw

driver_returns:
    cld
    movw $ESEG, %ax
    movw %ax, %ds
    movw %ax, %es
    addw $8, %sp
    movzwl %sp, %esp
    popw %gs
    popw %fs
    popl %ebp
    popl %edi
    popl %esi
    popl %ebx
    retl
