/* SPDX-License-Identifier: MIT */
/* From the reset vector into 32-bit protected mode, flat, and to rom_main(). */
    .code16
    .section .entry, "ax"
entry:
    cli
    lgdtl   %cs:(gdt_pointer - entry)
    mov     %cr0, %eax
    or      $1, %al
    mov     %eax, %cr0
    ljmpl   $8, $protected

    .code32
protected:
    mov     $16, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %ss
    mov     $0x7000, %esp
    mov     $2, %al             /* port 92h: A20 */
    out     %al, $0x92
    call    rom_main
1:  hlt
    jmp     1b

    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff
    .quad   0x00cf93000000ffff
gdt_pointer:
    .short  . - gdt - 1
    .long   gdt

    .code16
    .section .reset, "ax"
    .globl  _start
_start:
    .byte   0xe9                /* jmp entry, at the segment's beginning */
    .short  0x10000 - 0xfff3
    .balign 16
