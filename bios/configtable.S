/* SPDX-License-Identifier: MIT */
/* The system configuration that INT 15h function C0h points to, where the AT had it. */
    .section .fixed.E6F5, "a", @progbits
    .word 8
    .byte 0xFC, 0x00 /* an AT */
    .byte 0x00       /* BIOS revision */
    .byte 0x74       /* a second 8259, a real-time clock, INT 15h/4Fh, an extended data area */
    .byte 0x00, 0x00, 0x00, 0x00
