/* SPDX-License-Identifier: MIT */
/* The way out of the BIOS to what is booted. BIOS Boot Specification 1.01, appendix D. */
#define FSEG 0xF000
#define STACK 0x7C00

    .code16
    .text
    .global boot_jump
boot_jump: /* EAX: segment, EDX: offset, ECX: DX for the booted */
    cli
    cld
    movl $stack_top, next_stack /* all of the BIOS's stacks are free again */
    movw %ax, %bx
    xorl %eax, %eax
    movw %ax, %ss
    movl $STACK, %esp
    pushw $FSEG
    pushw $boot_returns
    pushw %bx
    pushw %dx
    movw %cx, %dx
    movw $FSEG, %bx
    movw %bx, %es
    movl $pnp_structure, %edi
    andl $0xFFFF, %edi
    movw %ax, %ds
    movw %ax, %fs
    movw %ax, %gs
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %esi, %esi
    xorl %ebp, %ebp
    movzwl %dx, %edx
    sti
    lretw

boot_returns:
    int $0x18
    jmp boot_returns
