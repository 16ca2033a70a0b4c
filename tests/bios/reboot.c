/* SPDX-License-Identifier: MIT */
/*
 * Every way to start a PC anew leads here again. A cell of low memory, which POST leaves alone,
 * counts the starts; the tick count shows that POST ran.
 */
#include "ask.h"

enum { MAGIC_AT = 0x600, STAGE_AT = 0x604, CHECKS_AT = 0x608 };
#define MAGIC 0x7265626F

static void jump(u32 seg_off)
{
    __asm__ volatile("pushl %0; lretw" ::"r"(seg_off));
}

static void set_shutdown(u8 v)
{
    outb(0x70, 0x8F);
    outb(0x71, v);
}

static void by_keyboard_controller(void)
{
    set_shutdown(0);
    outb(0x64, 0xFE);
}

static void by_reset_control(void)
{
    outb(0xCF9, 2);
    outb(0xCF9, 6);
}

static void by_port_92(void)
{
    set_shutdown(0);
    outb(0x92, inb(0x92) | 1);
}

static void by_triple_fault(void)
{
    static const u16 none[3] = {0};

    __asm__ volatile("lidtl %0; int3" ::"m"(none));
}

static void by_int_19h(void)
{
    struct regs r = {0};

    call_int(0x19, &r);
}

static void by_ffff_0(void)
{
    jump(0xFFFF0000);
}

static void by_e05b(void)
{
    jump(0xF000E05B);
}

static const struct {
    const char *what;
    void (*restart)(void);
    bool post; /* does POST run? */
} ways[] = {
    {"a jump to FFFF:0000", by_ffff_0, true},
    {"a jump to F000:E05B", by_e05b, true},
    {"the keyboard controller's FEh", by_keyboard_controller, true},
    {"port CF9h", by_reset_control, true},
    {"port 92h", by_port_92, true},
    {"a triple fault", by_triple_fault, true},
    {"INT 19h", by_int_19h, false},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static bool post_ran(void)
{
    bool warm = peek16(0x40, 0xF0) == 0x1234; /* a cell of the data area that nobody uses */

    return !warm;
}

void main(void)
{
    u32 stage = peek32(0, MAGIC_AT) == MAGIC ? peek32(0, STAGE_AT) : 0;

    poke32(0, MAGIC_AT, MAGIC);
    checks = stage ? peek32(0, CHECKS_AT) : 0;
    if (stage)
        check(ways[stage - 1].what, post_ran(), ways[stage - 1].post);
    poke32(0, CHECKS_AT, checks);
    poke32(0, STAGE_AT, stage + 1);
    poke32(0x40, 0xF0, 0x1234);
    if (stage < WAYS)
        ways[stage].restart();
    else
        done();
    for (;;)
        __asm__ volatile("hlt");
}
