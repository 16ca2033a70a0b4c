/* SPDX-License-Identifier: MIT */
/*
 * Long mode and back: AMD64 manual, volume 2, section 14.6. Page tables at PAGE_TABLES map the
 * first 2 MiB to themselves; nothing may interrupt meanwhile. void long_run(void).
 */
#include "layout.h"

    .text
    .globl long_run
long_run:
    push %ebp
    push %ebx
    push %esi
    push %edi
    mov %esp, long_esp
    mov %cr4, %eax
    mov %eax, long_cr4
    or $0x20, %eax              /* PAE */
    mov %eax, %cr4
    mov $PAGE_TABLES, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx       /* EFER.LME */
    rdmsr
    or $0x100, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    ljmp $LONG_CS, $1f
    .code64
1:  mov $LONG_STACK, %rsp
    mov $0x123456789abcdef0, %rax
    mov %rax, %r15
    mov $0xfedcba987, %rbx
    mul %rbx
    mov %rax, long_seen(%rip)
    mov %rdx, long_seen + 8(%rip)
    mov %r15, long_seen + 16(%rip)
    mov $0xc0000080, %ecx
    rdmsr
    mov %eax, long_seen + 24(%rip)
    mov %cs, %eax
    mov %ax, long_seen + 28(%rip)
    lea (%rip), %rax
    mov %rax, long_seen + 32(%rip)
    movl $0x7ffff, long_probe(%rip)
    mov $0xffffffff, %eax       /* a 32-bit result clears the upper half */
    inc %eax
    mov %rax, long_seen + 40(%rip)
    ljmp *long_exit(%rip)
    .code32
2:  mov %cr0, %eax
    and $0x7fffffff, %eax
    mov %eax, %cr0
    mov $0xc0000080, %ecx
    rdmsr
    and $0xfffffeff, %eax
    wrmsr
    mov long_cr4, %eax
    mov %eax, %cr4
    mov $KERNEL_DS, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    mov long_esp, %esp
    pop %edi
    pop %esi
    pop %ebx
    pop %ebp
    ret

    .data
long_exit:
    .long 2b
    .word KERNEL_CS
    .bss
    .balign 8
long_esp:
    .long 0
long_cr4:
    .long 0
long_probe:
    .long 0
    .balign 8
    .globl long_seen
long_seen:
    .skip 48
    .section .note.GNU-stack, "", @progbits
