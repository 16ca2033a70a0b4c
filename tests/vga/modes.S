/* SPDX-License-Identifier: MIT */
/*
 * A floppy's boot sector that sets each mode of the VGA BIOS, writes characters and pixels into
 * it by INT 10h, and shows it: sends the mode's number over COM1 (40h more for VBE's 100h...)
 * and waits for a byte. FFh: no more.
 */
#define COM1 0x3f8

    .code16
    .globl  _start
_start:
    xorw    %ax, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movw    $0x7c00, %sp
    movw    $modes, %si
next_mode:
    lodsb
    movb    %al, number
    cmpb    $0xff, %al
    je      vbe
    xorb    %ah, %ah
    int     $0x10
    call    draw
    call    show
    jmp     next_mode

vbe:
    movw    $vbe_modes, %si
next_vbe_mode:
    lodsw
    movw    %ax, %bx
    orb     $0x40, %al
    movb    %al, number
    testw   %bx, %bx
    jz      done
    movw    $0x4f02, %ax
    int     $0x10
    call    draw
    call    show
    jmp     next_vbe_mode

done:
    movb    $0xff, number
    call    show
1:  hlt
    jmp     1b

    /* 300 characters as a teletype, five zeros in red, a line. SI is kept. */
draw:
    movw    $300, %cx
    movb    $0x21, %al
1:  movb    $0x0e, %ah
    movw    $0x000b, %bx
    pushw   %ax
    pushw   %cx
    pushw   %si
    int     $0x10
    popw    %si
    popw    %cx
    popw    %ax
    incb    %al
    cmpb    $0xf0, %al
    jb      2f
    movb    $0x20, %al
2:  loop    1b
    movw    $0x0930, %ax
    movw    $0x0004, %bx
    movw    $5, %cx
    int     $0x10
    xorw    %bx, %bx
    movw    $100, %cx
    movw    $150, %dx
3:  movw    $0x0c02, %ax
    int     $0x10
    incw    %cx
    cmpw    $180, %cx
    jb      3b
    ret

show:
    movw    $COM1 + 5, %dx
1:  inb     %dx, %al
    testb   $0x20, %al
    jz      1b
    movw    $COM1, %dx
    movb    number, %al
    outb    %al, %dx
    movw    $COM1 + 5, %dx
2:  inb     %dx, %al
    testb   $1, %al
    jz      2b
    movw    $COM1, %dx
    inb     %dx, %al
    ret

number:
    .byte   0
modes:
    .byte   0, 1, 2, 3, 4, 5, 6, 7, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0xff
vbe_modes:
    .word   0x100, 0x101, 0x102, 0x103, 0x10d, 0x110, 0x111, 0x112, 0x114, 0x115, 0x117, 0x118, 0
    .org    510
    .word   0xaa55
    .org    2880 * 512 /* a floppy of 1.44 MB */
