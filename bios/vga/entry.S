/* SPDX-License-Identifier: MIT */
/*
 * The VGA BIOS: the head of an option ROM (PCI Firmware Specification 3.0, section 5.1) and its
 * entries. C runs on the caller's stack with DS = ES = SS, as gcc takes them for one, and GS = CS
 * for tables; FS is for far memory.
 */
#include "real.inc"
    .code16
    .section .header, "ax"
    .globl rom_header
rom_header:
    .word 0xaa55
    .byte rom_blocks            /* units of 512 bytes */
    jmp post
    .org 0x18
    .word pci_data
    .word 0                     /* no PnP header */
    .org 0x1e
    .ascii "IBM"                /* old programs look here for an EGA's mark */
    .balign 4
pci_data:
    .ascii "PCIR"
    .word 0x1234, 0x1111        /* vendor, device */
    .word 0                     /* no device list */
    .word 0x18                  /* this structure's length */
    .byte 0                     /* its revision */
    .byte 0, 0, 3               /* class 030000h */
    .word rom_blocks            /* image length in 512 bytes */
    .word 1                     /* our revision */
    .byte 0                     /* PC-AT */
    .byte 0x80                  /* the last image */
    .word 0
    .org 0x3c
    .byte 0                     /* makes the sum of all bytes zero: checksum.sh, in local.mk */
    .org 0x3e
    .word font_8x16             /* for the board, which sets up the display without us */

    .text
    /* The caller's registers become a struct regs, whose address C gets in AX. */
    .macro enter
    cld
    push_registers
    movzwl %sp, %eax
    pushw %fs
    pushw %gs
    movl %esp, %ebp             /* all of ESP: C needs its upper half zero */
    movzwl %sp, %esp
    movw %ss, %dx
    movw %dx, %ds
    movw %dx, %es
    movw %cs, %dx
    movw %dx, %gs
    .endm

    .macro leave_c
    movl %ebp, %esp
    popw %gs
    popw %fs
    pop_registers
    .endm

    .globl int10_entry, window_entry
int10_entry:
    pushw $0x10
    enter
    calll int10
    leave_c
    addw $2, %sp
    iretw

    /* The BIOS calls this with a far call to start the card. */
post:
    pushfw
    pushw %cs
    pushw $1f
    pushw $0                    /* no vector */
    enter
    calll vga_post
    leave_c
    addw $2, %sp
    iretw
1:  lretw

    /* VBE's window function without INT (mode information, offset 0Ch): BH, BL, DX as 4F05h. */
window_entry:
    movw $0x4f05, %ax
    int $0x10
    lretw

    /* Far pointers are whole only in segment C000h, where every PC has its VGA BIOS. IBM PS/2 and
     * PC BIOS technical reference, "save pointer table" and "secondary save pointer table". */
    .section .tables, "a"
    .globl save_pointers
save_pointers:
    .word video_params, 0xc000
    .long 0, 0, 0
    .word 2f, 0xc000
    .long 0, 0
2:  .word 0x1a                  /* its length */
    .word display_codes, 0xc000
    .long 0, 0, 0, 0, 0

    .section .note.GNU-stack, "", @progbits
