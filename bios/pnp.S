/* SPDX-License-Identifier: MIT */
/*
 * What option ROMs and boot sectors look for, and the entry points that it names:
 *   - the Plug and Play BIOS's installation check (PnP BIOS 1.0a, 4.4), without functions: it says
 *     that the BIOS keeps to the BIOS boot specification;
 *   - the POST memory manager (PMM 1.01, 3.1), far calls with their arguments on the stack.
 */
#define NOT_SUPPORTED 0x82

    .code16
    .text
pnp_entry: /* the same for real and 16-bit protected mode */
    movw $NOT_SUPPORTED, %ax
    lretw

/* BP: 6 function   8 and 12 double words   16 flags. As if by an interrupt to pmm_service(). */
pmm_entry:
    pushw %bp
    movw %sp, %bp
    pushl %ebx
    pushl %ecx
    pushl %esi
    movw 6(%bp), %ax
    movl 8(%bp), %ebx
    movl 12(%bp), %ecx
    movw 16(%bp), %si
    pushfw
    pushw %cs
    pushw $1f
    pushw $pmm_service
    jmp vector_common
1:  popl %esi
    popl %ecx
    popl %ebx
    popw %bp
    lretw

    .section .tables, "aw", @progbits
    .balign 16
    .global pnp_structure
pnp_structure:
    .ascii "$PnP"
    .byte 0x10 /* version 1.0 */
    .byte 0x21 /* length */
    .word 0    /* no events */
    .byte 0    /* checksum: set by POST */
    .long 0
    .word pnp_entry, 0xF000
    .word pnp_entry
    .long 0xF0000
    .long 0 /* OEM device */
    .word 0xF000
    .long 0xF0000

    .balign 16
    .global pmm_structure
pmm_structure:
    .ascii "$PMM"
    .byte 1    /* revision */
    .byte 0x10 /* length */
    .byte 0    /* checksum: set by POST */
    .word pmm_entry, 0xF000
    .space 5
