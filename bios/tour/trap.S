/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts of protected mode, and experiments: code that is run in ring 0 or
 * ring 3 and may do anything. It ends with INT 30h or with an exception; both come back to whoever
 * called ring_run, with trap_vector and trap_error telling which.
 */
#include "layout.h"

    .text
/* void ring_run(u32 cs, u32 ss, u32 esp, void (*code)(void)) */
    .globl ring_run
ring_run:
    push %ebp
    push %ebx
    push %esi
    push %edi
    pushf
    mov %esp, caller_esp
    mov 24(%esp), %eax          /* CS */
    mov 28(%esp), %edx          /* SS */
    mov 32(%esp), %ecx          /* ESP */
    mov 36(%esp), %ebx          /* code */
    test $3, %al
    jz 1f
    push %edx                   /* to another ring: a return that changes the stack */
    push %ecx
    pushf
    push %eax
    push $2f
    mov %edx, %ds
    mov %edx, %es
    mov %edx, %fs
    mov %edx, %gs
    iret
1:  mov %ecx, %esp
2:  call *%ebx
    int $VECTOR_DONE

/* 48 stubs of one size; those of exceptions without an error code push a zero. */
    .globl trap_stubs
    .balign 16
trap_stubs:
    .set n, 0
    .rept 0x32
    .balign 16
    .if (n != 8) && (n < 10 || n > 14) && (n != 17) && (n != 21)
    pushl $0
    .endif
    pushl $n
    jmp trap
    .set n, n + 1
    .endr

trap:
    cld
    mov $KERNEL_DS, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    pop trap_vector
    pop trap_error
    mov 4(%esp), %eax           /* CS: which ring it came from */
    mov %eax, trap_cs
    mov (%esp), %eax
    mov %eax, trap_eip
    mov %cr2, %eax
    mov %eax, trap_cr2
    xor %eax, %eax
    xchg %eax, caller_esp
    test %eax, %eax
    jz 1f
    mov %eax, %esp
    mov $KERNEL_DS, %eax
    mov %eax, %ss
    popf
    pop %edi
    pop %esi
    pop %ebx
    pop %ebp
    ret

/* Nobody's experiment: an instruction of the tour itself. */
1:  mov $KERNEL_STACK, %esp
    call unexpected
    jmp 1b

/* Where the experiments' far transfers go: notes the CPL, and goes back. */
    .globl far_target, far_jump_target, kernel_gate
far_target:
    mov %cs, %eax
    mov %ax, arrived_cs
    lret
far_jump_target:
    mov %cs, %eax
    mov %ax, arrived_cs
    jmp *%ecx
/* INT 31h, for ring 0: an interrupt that returns. */
kernel_gate:
    mov %cs, %eax
    mov %ax, arrived_cs
    iret

    .bss
    .balign 4
caller_esp:
    .long 0
    .globl trap_vector, trap_error, trap_cs, trap_eip, trap_cr2, arrived_cs
trap_vector:
    .long 0
trap_error:
    .long 0
trap_cs:
    .long 0
trap_eip:
    .long 0
trap_cr2:
    .long 0
arrived_cs:
    .long 0
    .section .note.GNU-stack, "", @progbits
