/* SPDX-License-Identifier: MIT */
/*
 * The Plug and Play BIOS's installation check (PnP BIOS 1.0a, 4.4) and its entry point, which
 * has no function: option ROMs and boot sectors look for the structure to know that the BIOS
 * keeps to the BIOS boot specification.
 */
#define NOT_SUPPORTED 0x82

    .code16
    .text
pnp_entry: /* the same for real and 16-bit protected mode */
    movw $NOT_SUPPORTED, %ax
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
