/* SPDX-License-Identifier: MIT */
/*
 * Entry points for protected mode. C is called with struct regs on the caller's own stack and
 * DS = ES = SS; nothing else of the caller's segments is touched.
 */
#include "real.inc"
#define REGS_FLAGS 38

/* ---- BIOS32 service directory (Phoenix, Standard BIOS 32-bit Service Directory 0.4) ---- */

    .section .tables, "aw", @progbits
    .balign 16
    .global bios32_structure
bios32_structure:
    .ascii "_32_"
    .long 0xF0000 + bios32_entry
    .byte 0 /* revision */
    .byte 1 /* length in 16 bytes */
    .byte 0 /* checksum: set by POST */
    .space 5

    .text
    .code32
bios32_entry: /* EAX: service, BL: function 0 */
    testb %bl, %bl
    jnz 2f
    cmpl $0x49435024, %eax /* "$PCI" */
    jne 1f
    movl $0xF0000, %ebx
    movl $0x10000, %ecx
    movl $pci_entry_32, %edx
    xorb %al, %al
    lretl
1:  movb $0x80, %al /* no such service */
    lretl
2:  movb $0x81, %al /* no such function */
    lretl

/* A far call from 32-bit code of a C function that was compiled for it. */
    .macro ENTRY_32 name, function
    .code32
    .global \name
\name:
    cld
    pushl $0 /* flags */
    pushl $0
    push_registers
    pushl %ss
    pushl %ss
    popl %ds
    popl %es
    movl %esp, %eax
    call \function
    pop_registers
    btw $0, 6(%esp) /* CF */
    leal 8(%esp), %esp
    lretl
    .endm

    ENTRY_32 pci_entry_32, pci_service_32
    ENTRY_32 apm_entry_32, apm_connected_32

/* The same from 16-bit protected mode. */
    .code16
    .global apm_entry_16
apm_entry_16:
    cld
    pushl $0
    pushl $0
    push_registers
    movw %ss, %ax
    movw %ax, %ds
    movw %ax, %es
    movzwl %sp, %esp
    movl %esp, %eax
    calll apm_connected
    pop_registers
    btw $0, 6(%esp)
    leal 8(%esp), %esp
    lretw
