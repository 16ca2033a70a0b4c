/* SPDX-License-Identifier: MIT */
/* Entry of the long mode test image: page tables for 4 GiB, long mode, exception stubs. */
    .section .head, "ax"
    .code32
    .globl _start
header:
    .long 0x1badb002
    .long 0x00010000
    .long -(0x1badb002 + 0x00010000)
    .long header, header, _edata, _end, _start
_start:
    mov $stack_top, %esp
    /* user pages everywhere but the last GiB: that is the supervisor's */
    movl $pdpt + 7, pml4
    mov $pd, %edi
    mov $0x87, %eax             /* 2 MiB, user, writable */
    mov $2048, %ecx
1:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $8, %edi
    add $0x200000, %eax
    loop 1b
    mov $pd + 7, %eax
    mov $pdpt, %edi
    mov $4, %ecx
1:  mov %eax, (%edi)
    add $0x1000, %eax
    add $8, %edi
    loop 1b
    mov %cr4, %eax
    or $0x20, %eax
    mov %eax, %cr4
    mov $pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x901, %eax             /* NXE LME SCE */
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    lgdt boot_gdtr
    ljmp $8, $start64
    .code64
start64:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $stack_top, %rsp
    call main
1:  hlt
    jmp 1b

    .text
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
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    cld
    mov %rsp, %rdi
    call trap_entry

    .globl remember, recall
remember:                       /* rdi: ctx */
    mov (%rsp), %rax
    mov %rax, 0(%rdi)
    lea 8(%rsp), %rax
    mov %rax, 8(%rdi)
    mov %rbx, 16(%rdi)
    mov %rbp, 24(%rdi)
    mov %r12, 32(%rdi)
    mov %r13, 40(%rdi)
    mov %r14, 48(%rdi)
    mov %r15, 56(%rdi)
    xor %eax, %eax
    ret
recall:
    mov $0x10, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    mov 8(%rdi), %rsp
    mov 16(%rdi), %rbx
    mov 24(%rdi), %rbp
    mov 32(%rdi), %r12
    mov 40(%rdi), %r13
    mov 48(%rdi), %r14
    mov 56(%rdi), %r15
    push $2
    popf
    mov $1, %eax
    jmp *0(%rdi)

    .globl vector_table, pml4
    .section .rodata
vector_table:
    .macro entry n
    .quad vector_\n
    .endm
    .set i, 0
    .rept 64
    entry %i
    .set i, i + 1
    .endr
    .balign 8
boot_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdtr:
    .word 23
    .long boot_gdt

    .bss
    .balign 4096
pml4:
    .skip 4096
pdpt:
    .skip 4096
pd:
    .skip 16384
    .skip 16384
stack_top:
    .section .note.GNU-stack, "", @progbits
