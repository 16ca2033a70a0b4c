/* SPDX-License-Identifier: MIT */
/* Loading and using segments: SDM vol. 3, 5.3 to 5.7; LAR LSL VERR VERW ARPL: vol. 2. */
#include "lib.h"

#define LOAD(reg, sel) __asm__ volatile("mov %0, %%" #reg : : "r"((u32)(sel)))
#define LOAD_SS(sel)                                                                               \
    __asm__ volatile("mov %0, %%ss; nop; mov %1, %%ss" : : "r"((u32)(sel)), "r"(DATA0))

static void test_data_loads(void)
{
    RUNS("seg: null into DS", LOAD(ds, 0); LOAD(ds, DATA0));
    RUNS("seg: null with RPL 3 into ES", LOAD(es, 3); LOAD(es, DATA0));
    FAULTS("seg: use of a null FS", GP, 0, LOAD(fs, 0); __asm__ volatile("movl %fs:0, %eax"));
    FAULTS("seg: beyond the GDT", GP, GDT_ENTRIES * 8, LOAD(fs, GDT_ENTRIES * 8 | 3));
    FAULTS("seg: LDT that isn't there", GP, 0x0c, LOAD(fs, 0x0f));
    set_seg(T0, 0, 0xfffff, A_P | A_XO | FLAT);
    FAULTS("seg: execute-only as data", GP, T0, LOAD(fs, T0));
    set_seg(T0, 0, 0xfffff, A_P | A_CODE | FLAT);
    RUNS("seg: readable code as data", LOAD(fs, T0));
    FAULTS("seg: RPL 3 of DPL 0", GP, T0, LOAD(fs, T0 | 3));
    set_seg(T0, 0, 0xfffff, A_P | A_CONF | FLAT);
    RUNS("seg: RPL 3 of conforming code", LOAD(fs, T0 | 3));
    set_seg(T0, 0, 0xfffff, A_DATA | FLAT);
    FAULTS("seg: not present", NP, T0, LOAD(fs, T0));
    set_seg(T0, 0, 0xfffff, FLAT | 0x02);
    FAULTS("seg: system descriptor, not present", GP, T0, LOAD(fs, T0));
    set_seg(T0, 0, 0xfffff, A_P | A_DATA | FLAT);
    LOAD(fs, T0);
    check_eq("seg: the accessed bit is set", (u32)(gdt[T0 / 8] >> 40) & 1, 1);
}

static void test_stack_loads(void)
{
    FAULTS("ss: null", GP, 0, LOAD_SS(0));
    FAULTS("ss: RPL above CPL", GP, DATA0, LOAD_SS(DATA0 | 1));
    set_seg(T0, 0, 0xfffff, A_P | A_RO | FLAT);
    FAULTS("ss: read-only", GP, T0, LOAD_SS(T0));
    set_seg(T0, 0, 0xfffff, A_P | A_CODE | FLAT);
    FAULTS("ss: code", GP, T0, LOAD_SS(T0));
    FAULTS("ss: DPL 3 with RPL 0", GP, DATA3 & ~3u, LOAD_SS(DATA3 & ~3));
    FAULTS("ss: DPL 3 with RPL 3", GP, DATA3 & ~3u, LOAD_SS(DATA3));
    set_seg(T0, 0, 0xfffff, A_DATA | FLAT);
    FAULTS("ss: not present", SS, T0, LOAD_SS(T0));
    RUNS("ss: good", LOAD_SS(DATA0));
}

static void test_limits(void)
{
    static u8 room[64];

    set_seg(T0, (u32)room, 15, A_P | A_DATA | A_BIG);
    LOAD(fs, T0);
    RUNS("limit: last byte", __asm__ volatile("movb %fs:15, %al"));
    FAULTS("limit: byte beyond", GP, 0, __asm__ volatile("movb %fs:16, %al"));
    RUNS("limit: last dword", __asm__ volatile("movl %fs:12, %eax"));
    FAULTS("limit: dword across", GP, 0, __asm__ volatile("movl %fs:13, %eax"));
    FAULTS("limit: wraps at 4 GiB", GP, 0, __asm__ volatile("movl %fs:0xfffffffe, %eax"));
    set_seg(T0, (u32)room, 0, A_P | A_DATA | FLAT);
    LOAD(fs, T0);
    RUNS("limit: in pages", __asm__ volatile("movb %fs:0xfff, %al"));
    FAULTS("limit: in pages, beyond", GP, 0, __asm__ volatile("movb %fs:0x1000, %al"));
    set_seg(T0, (u32)room, 15, A_P | A_DOWN | A_BIG);
    LOAD(fs, T0);
    RUNS("expand-down: first byte", __asm__ volatile("movb %fs:16, %al"));
    FAULTS("expand-down: at the limit", GP, 0, __asm__ volatile("movb %fs:15, %al"));
    set_seg(T0, (u32)room, 15, A_P | A_DOWN);
    LOAD(fs, T0);
    RUNS("expand-down 16: below 64 KiB", __asm__ volatile("movb %fs:0xffff, %al"));
    FAULTS("expand-down 16: above", GP, 0, __asm__ volatile("movb %fs:0x10000, %al"));
    set_seg(T0, (u32)room, 63, A_P | A_RO | A_BIG);
    LOAD(fs, T0);
    FAULTS("write to read-only", GP, 0, __asm__ volatile("movb $1, %fs:0"));
    FAULTS("write to code", GP, 0, __asm__ volatile("movb $1, %cs:0"));
    set_seg(T0, 0, 0x3ff, A_P | A_DATA | FLAT); /* 4 MiB: the stack goes on working */
    FAULTS("stack: read beyond", SS, 0,
           __asm__ volatile("mov %0, %%ss; movl %%ss:0x400000, %%eax"
                            :
                            : "r"(T0)
                            : "eax"));
    FAULTS("stack: EBP implies SS", SS, 0,
           __asm__ volatile("mov %0, %%ss; mov $0x3ffffd, %%ebp; movl (%%ebp), %%eax"
                            :
                            : "r"(T0)
                            : "eax"));
    FAULTS("stack: DS override of EBP", NONE, 0,
           __asm__ volatile("mov %0, %%ss; push %%ebp; mov $0x3ffffd, %%ebp;"
                            "movl %%ds:(%%ebp), %%eax; pop %%ebp; mov %1, %%ss"
                            :
                            : "r"(T0), "r"(DATA0)
                            : "eax"));
}

void test_segments(void)
{
    test_data_loads();
    test_stack_loads();
    test_limits();
}

/* --- LAR LSL VERR VERW --- */

static bool lar(u16 sel, u32 *v)
{
    bool zf;
    u32 r = 0x12345678;
    __asm__ volatile("lar %2, %0" : "+r"(r), "=@ccz"(zf) : "r"((u32)sel));
    *v = r;
    return zf;
}

static bool lsl(u16 sel, u32 *v)
{
    bool zf;
    u32 r = 0x12345678;
    __asm__ volatile("lsl %2, %0" : "+r"(r), "=@ccz"(zf) : "r"((u32)sel));
    *v = r;
    return zf;
}

static bool verr(u16 sel)
{
    bool zf;
    __asm__ volatile("verr %w1" : "=@ccz"(zf) : "r"((u32)sel));
    return zf;
}

static bool verw(u16 sel)
{
    bool zf;
    __asm__ volatile("verw %w1" : "=@ccz"(zf) : "r"((u32)sel));
    return zf;
}

static void test_system_types(void)
{
    u32 v, lars = 0, lsls = 0;

    for (u32 type = 0; type < 16; type++) {
        set_seg(T0, 0x1000, 0x123, A_P | type);
        lars |= lar(T0, &v) ? 1u << type : 0;
        lsls |= lsl(T0, &v) ? 1u << type : 0;
    }
    check_eq("lar: system types", lars, 0x1a3e);
    check_eq("lsl: system types", lsls, 0x0a0e);
}

static u16 arpl(u16 dst, u16 src, bool *zf)
{
    __asm__ volatile("arpl %2, %0" : "+r"(dst), "=@ccz"(*zf) : "r"(src));
    return dst;
}

void test_examine(void)
{
    u32 v;
    bool zf;

    test_system_types();
    set_seg(T0, 0x1000, 0x12345, A_P | A_DATA | FLAT);
    result(lar(T0, &v) && (v & 0xf0ff00) == 0xc09200, "lar: rights of data");
    result(lsl(T0, &v) && v == 0x12345fff, "lsl: limit in pages");
    result(!lar(T0 | 3, &v) && v == 0x12345678, "lar: RPL above DPL leaves the register");
    result(!lar(0, &v) && !lsl(0, &v) && !verr(0) && !verw(0), "examine: null");
    result(verr(T0) && verw(T0), "verr, verw: data");
    set_seg(T0, 0, 0xfffff, A_P | A_RO | FLAT);
    result(verr(T0) && !verw(T0), "verr, verw: read-only");
    set_seg(T0, 0, 0xfffff, A_P | A_XO | FLAT);
    result(!verr(T0) && !verw(T0), "verr, verw: execute-only");
    set_seg(T0, 0, 0xfffff, A_P | A_CODE | FLAT);
    result(verr(T0) && !verw(T0) && !verr(T0 | 3), "verr, verw: code");
    set_seg(T0, 0, 0xfffff, A_P | A_CONF | FLAT);
    result(verr(T0 | 3), "verr: conforming code from any RPL");
    set_seg(T0, 0, 0xfffff, A_DATA | FLAT);
    result(lar(T0, &v) && verr(T0), "examine: not present is no obstacle");
    result(arpl(0x10, 3, &zf) == 0x13 && zf, "arpl: raises");
    result(arpl(0x13, 1, &zf) == 0x13 && !zf, "arpl: leaves");
    set_seg(T0, 0, 0x123, A_P | A_DATA);
    FAULTS("lldt: not an LDT", GP, T0, __asm__ volatile("lldt %w0" : : "r"(T0)));
    set_seg(T0, 0, 0x123, SYS_LDT);
    FAULTS("lldt: not present", NP, T0, __asm__ volatile("lldt %w0" : : "r"(T0)));
    FAULTS("lldt: in the LDT", GP, 4 + 8, __asm__ volatile("lldt %w0" : : "r"(0xc)));
    FAULTS("ltr: busy", GP, TSS0, __asm__ volatile("ltr %w0" : : "r"(TSS0)));
    check_eq("ltr: marks the TSS busy", (u32)(gdt[TSS0 / 8] >> 40) & 0xff, 0x8b);
}
