/* SPDX-License-Identifier: MIT */
/*
 * How an interrupt becomes a call of C, and how C makes one.
 *
 * A vector's stub pushes its handler and goes to vector_common, which saves the registers as
 * struct regs (bios.h) on the caller's stack. C wants DS = ES = SS = E000h, so a caller on
 * another stack is given the next free slice of ours, and the struct is copied there and back.
 * A call from one of our own stacks goes on there.
 */
#include "real.inc"
#define ESEG 0xE000
#define FSEG 0xF000
#define REGS_SIZE 40
#define REGS_HANDLER 32
#define REGS_FLAGS 38
#define SLICE_SIZE 2048
#define SLICES 10

    .code16
    .section .stacks, "aw", @progbits
    .balign 16
stack_floor:
    .space SLICE_SIZE * SLICES
    .global stack_top
stack_top:
    .space 4096 /* POST's own */
    .global post_stack_top
post_stack_top:

    .data
    .balign 4
    .global next_stack
next_stack:
    .long stack_top

    .text

#define STUB(number, handler) \
    .global vector_##number ; \
vector_##number: \
    pushw $handler ; \
    jmp vector_common
#define VECTOR(number, handler) STUB(number, handler)
#define VECTOR_AT(number, handler, offset) STUB(number, handler)
#include "vectors.def"
#undef VECTOR
#undef VECTOR_AT

    .global vector_common
vector_common:
    cld
    push_registers
    movw %ss, %ax
    movw $ESEG, %bx
    movw %bx, %es
    cmpw %bx, %ax
    je on_our_stack

    movl %es:next_stack, %ebx
    cmpl $stack_floor + SLICE_SIZE, %ebx
    jb no_stack
    subl $SLICE_SIZE, %es:next_stack
    movw %ax, %ds
    movl %esp, %ebp
    movzwl %sp, %esi
    leal -REGS_SIZE(%ebx), %edi
    movl %edi, %edx
    movl $REGS_SIZE / 4, %ecx
    rep movsl %ds:(%esi), %es:(%edi)
    movw $ESEG, %bx
    movw %bx, %ss
    movl %edx, %esp
    pushl %eax /* the caller's SS:SP */
    pushl %ebp
    movw %bx, %ds
    call call_handler
    popl %ebp
    popl %eax
    movl %esp, %esi
    movzwl %bp, %edi
    movw %ax, %es
    movl $REGS_SIZE / 4, %ecx
    rep movsl %ds:(%esi), %es:(%edi)
    addl $SLICE_SIZE, next_stack
    movw %ax, %ss
    movl %ebp, %esp
    jmp vector_return

on_our_stack:
    movw %bx, %ds
    movzwl %sp, %esp
    movl %esp, %edx
    call call_handler
vector_return:
    pop_registers
    addw $2, %sp
    iret

no_stack: /* nested too deep: say that it failed */
    movzwl %sp, %ebp
    orb $1, %ss:REGS_FLAGS(%ebp)
    jmp vector_return

/* EDX: struct regs. FS and GS are C's for far memory. */
call_handler:
    pushw %fs
    pushw %gs
    movzwl REGS_HANDLER(%edx), %ecx
    movl %edx, %eax
    calll *%ecx
    cld
    popw %gs
    popw %fs
    ret

/* void int_call(u8 vector, struct regs *r): INT through the vector table; AX to ES go in and
 * out, the flags out. */
    .global int_call
int_call:
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl %ebp
    pushfl
    pushw %fs
    pushw %gs
    pushl %edx
    /* the frame that IRET takes: back to here; then the far pointer that RETF takes */
    pushfw
    pushw %cs
    pushw $int_returns
    xorw %cx, %cx
    movw %cx, %fs
    movzbl %al, %eax
    pushl %fs:(, %eax, 4)
    cli
    jmp load_and_go
int_returns:
    pushfw
    jmp store_and_leave

/* void far_call(u16 seg, u16 off, struct regs *r): the same for a routine that ends with RETF. */
    .global far_call
far_call:
    pushl %ebx
    pushl %esi
    pushl %edi
    pushl %ebp
    pushfl
    pushw %fs
    pushw %gs
    pushl %ecx
    xchgl %ecx, %edx
    pushw %cs
    pushw $far_returns
    pushw %ax
    pushw %cx
    jmp load_and_go
far_returns:
    pushfw
    jmp store_and_leave

load_and_go: /* EDX: struct regs */
    pushw 30(%edx) /* ES */
    pushw 28(%edx) /* DS */
    load_general %edx
    movl 16(%edx), %edx
    popw %ds
    popw %es
    lretw

/* Stack: flags, struct regs, GS, ... The called may have changed every register but SS:SP. */
store_and_leave:
    movzwl %sp, %esp
    pushw %es
    pushw %ds
    pushl %edx
    movw $ESEG, %dx
    movw %dx, %ds
    movl 10(%esp), %edx
    popl 16(%edx)
    popw 28(%edx)
    popw 30(%edx)
    popw REGS_FLAGS(%edx)
    store_general %edx
    movw $ESEG, %dx
    movw %dx, %es
    cld
    addl $4, %esp
    popw %gs
    popw %fs
    popfl
    popl %ebp
    popl %edi
    popl %esi
    popl %ebx
    retl

/* void enter_linux(u16 seg, u16 sp) */
    .global enter_linux
enter_linux:
    cli
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movzwl %dx, %esp
    xorl %ebx, %ebx
    xorl %ebp, %ebp
    xorl %esi, %esi
    xorl %edi, %edi
    addw $0x20, %ax
    pushw %ax
    pushw %bx
    lretw

/* ---- hardware interrupts that nobody else answers ---- */

    .global irq_slave_default, irq_master_default
irq_slave_default: /* what is not in service was spurious (8259A data sheet, IR7) */
    pushw %ax
    movb $0x0B, %al /* OCW3: read the in-service register */
    outb %al, $0xA0
    inb $0xA0, %al
    testb %al, %al
    jz end_master
    movb $0x20, %al
    outb %al, $0xA0
    jmp end_master
irq_master_default:
    pushw %ax
    movb $0x0B, %al
    outb %al, $0x20
    inb $0x20, %al
    testb %al, %al
    jz 1f
end_master:
    movb $0x20, %al
    outb %al, $0x20
1:  popw %ax
    iret

/* IRQ 9 is IRQ 2 of the PC. */
    .global irq9_redirect
irq9_redirect:
    pushw %ax
    movb $0x20, %al
    outb %al, $0xA0
    popw %ax
    int $0x0A
    iret

/* ---- entry points at fixed places ---- */

#define VECTOR(number, handler)
#define VECTOR_AT(number, handler, offset) \
    .section .fixed.offset, "ax", @progbits ; \
    jmp vector_##number
#include "vectors.def"

    .section .fixed.FF53, "ax", @progbits
    .global iret_stub
iret_stub:
    iret
