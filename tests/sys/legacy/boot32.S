/* SPDX-License-Identifier: MIT */
/* Entry of the 32-bit test image: a flat multiboot file at 1 MiB, and the exception stubs. */
    .section .head, "ax"
    .code32
    .globl _start
header:
    .long 0x1badb002            /* multiboot 1, addresses given below */
    .long 0x00010000
    .long -(0x1badb002 + 0x00010000)
    .long header, header, _edata, _end, _start
_start:
    mov $stack_top, %esp
    xor %ebp, %ebp
    push $0
    popf
    call main
1:  hlt
    jmp 1b

    .text
/* vector stubs: error code or 0, then the vector */
    .altmacro
    .macro stub n
vector_\n:
    .if !(\n == 8 || (\n >= 10 && \n <= 14) || \n == 17)
    push $0
    .endif
    push $\n
    jmp common
    .endm
    .set i, 0
    .rept 64
    stub %i
    .set i, i + 1
    .endr

common:
    pusha
    push %ds
    push %es
    push %fs
    push %gs
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    cld
    mov %esp, %eax
    push %eax
    call trap_entry             /* returns if the interrupted code shall go on */
    add $4, %esp
    pop %gs
    pop %fs
    pop %es
    pop %ds
    popa
    add $8, %esp
    iret

/* int remember(u32 ctx[6]) returns 0; recall(ctx) makes it return 1. */
    .globl remember, recall
remember:
    mov 4(%esp), %eax
    mov (%esp), %ecx
    mov %ecx, 0(%eax)
    lea 4(%esp), %ecx
    mov %ecx, 4(%eax)
    mov %ebx, 8(%eax)
    mov %ebp, 12(%eax)
    mov %esi, 16(%eax)
    mov %edi, 20(%eax)
    xor %eax, %eax
    ret
recall:
    mov 4(%esp), %edx
    mov $0x10, %eax
    mov %eax, %ss
    mov 4(%edx), %esp
    push $2
    popf
    mov 8(%edx), %ebx
    mov 12(%edx), %ebp
    mov 16(%edx), %esi
    mov 20(%edx), %edi
    mov %ss, %eax
    mov %eax, %ds
    mov %eax, %es
    mov $1, %eax
    jmp *0(%edx)

    .globl vector_table
    .section .rodata
vector_table:
    .macro entry n
    .long vector_\n
    .endm
    .set i, 0
    .rept 64
    entry %i
    .set i, i + 1
    .endr

    .bss
    .balign 16
    .skip 16384
stack_top:
    .section .note.GNU-stack, "", @progbits
