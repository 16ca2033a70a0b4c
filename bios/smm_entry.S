/* SPDX-License-Identifier: MIT */
/*
 * System management mode (Intel SDM vol. 3, chapter 31). An SMI enters at SMBASE + 8000h with
 * CS = SMBASE / 16 (its base), in 16-bit code; the state is saved up to SMBASE + FFFFh, and RSM
 * gives all of it back, so that registers are free here. smm.c copies both pieces to their place.
 */
#define SMBASE 0xA0000
#define REVISION 0xFEFC     /* offsets from SMBASE */
#define SMBASE_32 0xFEF8
#define SMBASE_64 0xFF00
#define REVISION_AMD64 0x64 /* in its low byte */
#define APMC 0xB2
#define APMS 0xB3
#define PMCNTRL 0x604
#define SCI_EN 1
#define ACPI_ENABLE 0xF1
#define ACPI_DISABLE 0xF0

    .code16
    .text
    .macro LEAVE /* tells smm_init(), which waits for APMS */
    xorb %al, %al
    outb %al, $APMS
    rsm
    .endm

/* The first SMI's, at the SMBASE of reset: moves that base. */
    .global smm_relocate, smm_relocate_end
smm_relocate:
    movw $SMBASE_32, %bx
    cmpb $REVISION_AMD64, %cs:REVISION
    jne 1f
    movw $SMBASE_64, %bx
1:  movl $SMBASE, %cs:(%bx)
    LEAVE
smm_relocate_end:

/* All others: what the FADT says of the SMI command port. */
    .global smm_handler, smm_handler_end
smm_handler:
    inb $APMC, %al
    movb %al, %bl
    movw $PMCNTRL, %dx
    inw %dx, %ax
    cmpb $ACPI_ENABLE, %bl
    je 1f
    cmpb $ACPI_DISABLE, %bl
    jne 2f
    andw $~SCI_EN, %ax
    outw %ax, %dx
    jmp 2f
1:  orw $SCI_EN, %ax
    outw %ax, %dx
2:  LEAVE
smm_handler_end:
