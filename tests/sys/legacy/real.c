/* SPDX-License-Identifier: MIT */
/* Real mode: the interrupt vector table, limits, what survives from protected mode. SDM vol. 3,
 * chapter 20; 9.9. */
#include "lib.h"

/*
 * The trip: 16-bit code at 7000h takes the CPU to real mode, runs what was copied to 7100h with
 * DS = ES = SS = 0, and comes back by INT 20h or any exception, whose number is in real_vec. All
 * vectors of the table point to stubs of 4 bytes from 0:7400h on: PUSH n, JMP 7600h.
 */
enum { TRIP = 0x7000, BODY = 0x7100, STUBS = 0x7400, BACK = 0x7600, IVT_VEC = 0x20 };

__asm__("real_trip: .code16\n"
        "mov $0x48, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss; mov %ax, %fs;"
        "mov %cr0, %eax; and $~1, %al; mov %eax, %cr0; ljmp $0, $0x7000 + 1f - real_trip\n"
        "1: xor %ax, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss; mov $0x7000, %sp;"
        "lidt %cs:real_ivt - real_trip + 0x7000; mov $0x1234, %bx; jmp real_trip + 0x100\n"
        "real_ivt: .word 0x3ff; .long 0\n"
        "real_trip_end:\n"
        "real_back: pop %ax; mov %ax, 0x7f00; mov %sp, 0x7f02; pop %ax; mov %ax, 0x7f04; pop %ax;"
        "mov %ax, 0x7f06; pop %ax; mov %ax, 0x7f08; mov %bx, 0x7f0a; pushf; pop %ax;"
        "mov %ax, 0x7f0c; cli; mov %cr0, %eax; or $1, %al; mov %eax, %cr0;"
        ".byte 0x66, 0xea; .long real_return; .word 8\n"
        "real_back_end: .code32\n"
        "go_real: pusha; mov %esp, real_esp; lidt real_pm_idt; ljmp $0x40, $0x7000\n"
        "real_return: mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss;"
        "mov real_esp, %esp; lidt real_idt_back; popa; ret\n");
extern u8 real_trip[], real_trip_end[], real_back[], real_back_end[];
void go_real(void);
u32 real_esp;
struct {
    u16 limit;
    u32 base;
} __attribute__((packed)) real_pm_idt, real_idt_back;

struct seen {
    u16 vec, sp, ip, cs, flags, bx, handler_flags;
};
#define REAL ((volatile struct seen *)0x7f00)

static void run_real(const char *bytes, u32 n)
{
    u8 *stub = (u8 *)STUBS;

    for (u32 i = 0; i < 64; i++, stub += 5) {
        stub[0] = 0x6a;
        stub[1] = (u8)i;
        stub[2] = 0xe9;
        *(u16 *)(stub + 3) = (u16)(BACK - (u32)(stub + 5));
        *(u32 *)(i * 4) = (u32)stub;
    }
    memcpy((void *)TRIP, real_trip, (u32)(real_trip_end - real_trip));
    memcpy((void *)BACK, real_back, (u32)(real_back_end - real_back));
    memcpy((void *)BODY, bytes, n);
    *(u16 *)(BODY + n) = 0x20cd;
    set_seg(T2, 0, 0xffff, A_P | A_CODE);
    set_seg(T3, 0, 0xffff, A_P | A_DATA);
    real_idt_back.limit = sizeof idt - 1;
    real_idt_back.base = (u32)idt;
    real_pm_idt = real_idt_back;
    go_real();
}

#define RUN(bytes) run_real(bytes, sizeof(bytes) - 1)

void test_real(void)
{
    RUN("\xf9\x90");
    check_eq("real: INT 20h", REAL->vec, IVT_VEC);
    check_eq("real: CS in the frame", REAL->cs, 0);
    check_eq("real: IP in the frame", REAL->ip, BODY + 4);
    check_eq("real: the frame has 6 bytes", REAL->sp, 0x7000 - 6);
    check_eq("real: CF in the frame", REAL->flags & 1, 1);
    RUN("\xfb\x90");
    check_eq("real: IF in the frame", REAL->flags & F_IF, F_IF);
    check_eq("real: INT clears IF", REAL->handler_flags & F_IF, 0);
    RUN("\xa1\xff\xff");
    check_eq("real: word at FFFF", REAL->vec, GP);
    check_eq("real: word at FFFF, IP is its own", REAL->ip, BODY);
    RUN("\x31\xe4\x4c\x50"); /* xor sp,sp; dec sp; push ax: at FFFD */
    check_eq("real: push at an odd SP", REAL->vec, IVT_VEC);
    RUN("\x67\x66\xa1\x00\x00\x01\x00"); /* mov eax,[10000h] */
    check_eq("real: beyond 64 KiB", REAL->vec, GP);
    RUN("\x0f\x0b");
    check_eq("real: ud2", REAL->vec, UD);
    RUN("\x0f\x00\xc0");
    check_eq("real: sldt", REAL->vec, UD);
    RUN("\x0f\x02\xc0");
    check_eq("real: lar", REAL->vec, UD);
    RUN("\x31\xdb\xf7\xf3");
    check_eq("real: div by 0", REAL->vec, DE);
    RUN("\xb8\x34\x12\x8e\xe0\x8c\xe3"); /* FS = 1234h; BX = FS */
    check_eq("real: any selector loads", REAL->bx, 0x1234);
    RUN("\x0f\x01\xe3"); /* smsw bx */
    check_eq("real: PE is clear", REAL->bx & 1, 0);
    set_seg(T4, 0, 0xfffff, A_P | A_DATA | A_G);
    RUN("\x0f\x20\xc0\x0c\x01\x0f\x22\xc0\xb9\x50\x00\x8e\xe1\x24\xfe\x0f\x22\xc0" /* FS = T4 */
        "\x31\xc0\x8e\xe0"                                                         /* FS = 0 */
        "\x67\x64\x66\xa1\x00\x00\x10\x00\x89\xc3"); /* fs:[100000h] */
    check_eq("real: a limit of 4 GiB stays", REAL->vec, IVT_VEC);
    check_eq("real: and is used", REAL->bx, *(u16 *)0x100000);
}
