/* SPDX-License-Identifier: MIT */
/*
 * A boot sector with a test image behind it, for emulators that start from a floppy only. It
 * reads the image sector by sector to 10000h, goes to protected mode, moves it to 1 MiB, clears
 * what lies behind it, and enters it as multiboot would.
 */
    .code16
    .globl _start
_start:
    cli
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %ss
    mov $0x7c00, %sp
    sti
    mov $1, %si                 /* linear sector */
    mov $0x1000, %di            /* segment to read to */
next:
    mov %si, %ax
    mov $18, %bl
    div %bl                     /* al = track, ah = sector - 1 */
    mov %ah, %cl
    inc %cl
    xor %ah, %ah
    mov %al, %dh
    and $1, %dh
    shr $1, %al
    mov %al, %ch
    xor %dl, %dl
    mov %di, %es
    xor %bx, %bx
    mov $0x0201, %ax
    push %si
    push %di
    int $0x13
    pop %di
    pop %si
    jc next
    add $0x20, %di
    inc %si
    cmp $1 + (image_end - image + 511) / 512, %si
    jb next
    in $0x92, %al               /* A20 */
    or $2, %al
    out %al, $0x92
    cli
    lgdt gdtr
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmp $8, $protected
    .code32
protected:
    mov $16, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    cld
    mov $0x10000, %esi
    mov $0x100000, %edi
    mov $image_end - image, %ecx
    rep movsb
    mov 0x100000 + 24, %ecx     /* bss_end_addr */
    sub %edi, %ecx
    xor %eax, %eax
    rep stosb
    mov $0x2badb002, %eax
    jmp *0x100000 + 28          /* entry_addr */
    .balign 8
gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:
    .word 23
    .long gdt
    .org 510
    .word 0xaa55
image:
    .incbin IMAGE
image_end:
