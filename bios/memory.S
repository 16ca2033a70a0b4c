/* SPDX-License-Identifier: MIT */
/* Blocks of memory: near, far, physical. Arguments come in EAX, EDX, ECX (-mregparm=3), more of
 * them on the stack. */
    .code16
    .text

/* void *memcpy(void *dst, const void *src, size_t n) */
    .global memcpy
memcpy:
    pushl %esi
    pushl %edi
    movl %eax, %edi
    movl %edx, %esi
    movl %ecx, %edx
    shrl $2, %ecx
    rep movsl %ds:(%esi), %es:(%edi)
    movl %edx, %ecx
    andl $3, %ecx
    rep movsb %ds:(%esi), %es:(%edi)
    popl %edi
    popl %esi
    retl

/* void *memset(void *dst, int v, size_t n) */
    .global memset
memset:
    pushl %edi
    pushl %eax
    movl %eax, %edi
    movb %dl, %al
    rep stosb %al, %es:(%edi)
    popl %eax
    popl %edi
    retl

#define ARG(n) 16 + 4 * (n) /* of those on the stack, behind what FAR_ENTER saves */
    .macro FAR_ENTER
    pushl %esi
    pushl %edi
    pushw %ds
    pushw %es
    .endm
    .macro FAR_LEAVE
    popw %es
    popw %ds
    popl %edi
    popl %esi
    retl
    .endm

/* void far_copy(u16 dst_seg, u16 dst_off, u16 src_seg, u16 src_off, u16 n) */
    .global far_copy
far_copy:
    FAR_ENTER
    movzwl %dx, %edi
    movzwl ARG(0)(%esp), %esi
    movw %ax, %es
    movl %ecx, %eax
    movzwl ARG(1)(%esp), %ecx
    movw %ax, %ds
    movw %cx, %ax
    shrw $2, %cx
    rep movsl %ds:(%esi), %es:(%edi)
    movb %al, %cl
    andb $3, %cl
    rep movsb %ds:(%esi), %es:(%edi)
    FAR_LEAVE

/* void far_read(void *dst, u16 seg, u16 off, u16 n) */
    .global far_read
far_read:
    FAR_ENTER
    movl %eax, %edi
    movzwl %cx, %esi
    movzwl ARG(0)(%esp), %ecx
    movw %dx, %ds
    rep movsb %ds:(%esi), %es:(%edi)
    FAR_LEAVE

/* void far_write(u16 seg, u16 off, const void *src, u16 n) */
    .global far_write
far_write:
    FAR_ENTER
    movl %ecx, %esi
    movzwl %dx, %edi
    movzwl ARG(0)(%esp), %ecx
    movw %ax, %es
    rep movsb %ds:(%esi), %es:(%edi)
    FAR_LEAVE

/* void far_fill(u16 seg, u16 off, u8 v, u16 n) */
    .global far_fill
far_fill:
    FAR_ENTER
    movzwl %dx, %edi
    movw %ax, %es
    movb %cl, %al
    movzwl ARG(0)(%esp), %ecx
    rep stosb %al, %es:(%edi)
    FAR_LEAVE

/* void far_ins?(u16 port, u16 seg, u16 off, u16 n) and far_outs? */
    .macro BLOCK name, instruction, segment, index
    .global \name
\name:
    FAR_ENTER
    movzwl %cx, \index
    movzwl ARG(0)(%esp), %ecx
    movw %dx, \segment
    movw %ax, %dx
    addr32 rep \instruction
    FAR_LEAVE
    .endm
    BLOCK far_insw, insw, %es, %edi
    BLOCK far_insl, insl, %es, %edi
    BLOCK far_outsw, outsw, %ds, %esi
    BLOCK far_outsl, outsl, %ds, %esi

/* ---- physical memory ---- */

/* Around PHYS_BODY DS and ES are the first 4 GiB; CS, SS and the stack go on as they were. */
    .macro PHYS_ENTER
    pushl %esi
    pushl %edi
    pushl %ebx
    pushfl
    pushw %ds
    pushw %es
    subl $8, %esp
    cli
    sgdtl (%esp)
    lgdtl %cs:low_gdtr
    movl %cr0, %ebx
    orb $1, %bl
    movl %ebx, %cr0
    movl $0x08, %esi
    movw %si, %ds
    movw %si, %es
    .endm
    .macro PHYS_LEAVE
    movl $0x10, %esi
    movw %si, %ds
    movw %si, %es
    andb $0xFE, %bl
    movl %ebx, %cr0
    jmp 9f
9:  lgdtl (%esp)
    addl $8, %esp
    popw %es
    popw %ds
    popfl
    popl %ebx
    popl %edi
    popl %esi
    retl
    .endm

/* void phys_copy(u32 dst, u32 src, u32 n) */
    .global phys_copy
phys_copy:
    PHYS_ENTER
    movl %eax, %edi
    movl %edx, %esi
    movl %ecx, %edx
    shrl $2, %ecx
    rep movsl %ds:(%esi), %es:(%edi)
    movl %edx, %ecx
    andl $3, %ecx
    rep movsb %ds:(%esi), %es:(%edi)
    PHYS_LEAVE

/* void phys_fill(u32 dst, u8 v, u32 n) */
    .global phys_fill
phys_fill:
    PHYS_ENTER
    movl %eax, %edi
    movb %dl, %al
    rep stosb %al, %es:(%edi)
    PHYS_LEAVE

/* u32 phys_read32(u32 addr) */
    .global phys_read32
phys_read32:
    PHYS_ENTER
    movl %ds:(%eax), %eax
    PHYS_LEAVE

/* void phys_write32(u32 addr, u32 v) */
    .global phys_write32
phys_write32:
    PHYS_ENTER
    movl %edx, %ds:(%eax)
    PHYS_LEAVE
