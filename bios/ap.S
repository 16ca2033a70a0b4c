/* SPDX-License-Identifier: MIT */
/*
 * The first instructions of application processors (Intel SDM vol. 3, 9.4.4). SIPI vector FEh
 * starts them here at FE00:0000, which is F000:E000. Each sets its MTRRs as the boot processor's
 * are, writes its APIC id down, says that it is there, and waits for the system's own INIT.
 */
    .code16
    .section .fixed.E000, "ax", @progbits
    ljmpw $0xF000, $ap_start

    .text
ap_start:
    cli
    movw $0xE000, %ax
    movw %ax, %ds
    movl $ap_msrs, %esi
1:  movl (%esi), %ecx
    testl %ecx, %ecx
    jz 2f
    movl 4(%esi), %eax
    movl 8(%esi), %edx
    wrmsr
    addl $12, %esi
    jmp 1b
2:  movl $1, %eax
    cpuid
    shrl $24, %ebx
    movl $1, %eax
    lock xaddl %eax, ap_ticket
    movzbl %al, %eax
    movb %bl, ap_ids(%eax)
    lock incl ap_count
3:  hlt
    jmp 3b
