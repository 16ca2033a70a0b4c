/* SPDX-License-Identifier: MIT */
/*
 * Entry on bare metal, in 32-bit protected mode at 1 MiB, from multiboot or from floppy.S. The
 * 64-bit form maps the first GiB in 2 MiB pages and goes on to long mode.
 */
    .section .start, "ax"
    .code32
    .globl _start
_start:
    jmp 1f
    .balign 4
header: /* multiboot 1, with addresses: the file may be of any format */
    .long 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
    .long header, _start, _data_end, _end, _start
1:  cli
    cld
    movl $stack_top, %esp
    movl $_bss, %edi
    movl $_end, %ecx
    subl %edi, %ecx
    xorl %eax, %eax
    rep stosb
#ifdef BITS64
    movl $pdpt + 3, pml4
    movl $directory + 3, pdpt
    movl $directory, %edi
    movl $0x83, %eax /* present, writable, 2 MiB */
    movl $512, %ecx
2:  movl %eax, (%edi)
    addl $8, %edi
    addl $0x200000, %eax
    loop 2b
    movl $pml4, %eax
    movl %eax, %cr3
    movl $0x20, %eax /* PAE */
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax /* EFER.LME */
    wrmsr
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $3f
    .code64
3:  movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $stack_top, %esp
#endif
    call bare_main

    .balign 8
gdt:
    .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
    .word 23
    .long gdt

    .bss
    .balign 4096
pml4: .skip 4096
pdpt: .skip 4096
directory: .skip 4096
    .skip 16384
stack_top:
    .section .note.GNU-stack, "", @progbits
