/* SPDX-License-Identifier: MIT */
/*
 * The boot sector. From a disk, it reads the sectors behind it by INT 13h, one at a time, with the
 * drive's geometry or, where the BIOS has none, a 1.44 MB floppy's. A BIOS that has the whole
 * image in memory already says so with DL = FFh.
 */
#include "layout.h"

    .code16
    .section .boot, "ax"
    .globl _start
_start:
    ljmp $0, $1f
1:  cli
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $REAL_STACK, %sp
    sti
    cld
    mov %dl, boot_drive
    cmp $LOADED_BY_BIOS, %dl
    je loaded

    push %es
    mov $8, %ah                 /* geometry: CH, CL cylinders and sectors, DH heads */
    xor %di, %di
    int $0x13
    pop %es
    jc 2f
    and $63, %cx
    jz 2f
    mov %cl, sectors
    inc %dh
    mov %dh, heads
2:  mov $1, %si                 /* linear sector */
    mov $0x7e0, %di             /* segment to read to */
read:
    mov %si, %ax
    xor %dx, %dx
    movzbw sectors, %bx
    div %bx                     /* AX = track, DX = sector - 1 */
    mov %dl, %cl
    inc %cl
    xor %dx, %dx
    movzbw heads, %bx
    div %bx                     /* AX = cylinder, DX = head */
    mov %dl, %dh
    mov %al, %ch
    shl $6, %ah
    or %ah, %cl
    mov boot_drive, %dl
    mov %di, %es
    mov $4, %bp                 /* tries */
3:  mov $0x0201, %ax
    xor %bx, %bx
    pusha
    int $0x13
    popa
    jnc 4f
    xor %ax, %ax
    pusha
    int $0x13                   /* resets the drive */
    popa
    dec %bp
    jnz 3b
    mov $failed, %si
5:  lodsb
    test %al, %al
    jz .
    mov $0x0e, %ah
    mov $7, %bx
    int $0x10
    jmp 5b
4:  add $0x20, %di
    inc %si
    cmp $image_sectors, %si
    jb read

loaded:
    xor %ax, %ax
    mov %ax, %es
    mov $3, %ax                 /* 80x25 text */
    int $0x10
    jmp start16

failed:
    .asciz "The tour cannot be read from this disk.\r\n"
sectors:
    .byte 18
heads:
    .byte 2
    .globl boot_drive
boot_drive:
    .byte 0
    .org 446                    /* a partition table, so that the image is a disk's, too */
    .byte 0x80, 0, 1, 0, 0xda, 0, 63, 0
    .long 0, image_sectors
    .org 510
    .word 0xaa55
    .section .note.GNU-stack, "", @progbits
