/* SPDX-License-Identifier: MIT */
/*
 * CALLs and RETs, which code has the host predict: returns to where the CALL was, and to elsewhere,
 * more of one than of the other, deeper than anybody keeps account of, to code and pages that have
 * changed in between. On both engines, with what must come out.
 */
#include <stdio.h>
#include <string.h>

#include "reduce.h"

enum { ROUNDS = 40, FUNCTION = 0x800, DEPTH = 700 };

struct bench {
    struct box want, got;
    struct program p;
    const char *how;
    unsigned tests, bad;
};

#define CODE(s) s, sizeof s - 1

/* Puts bytes at an offset of the code's pages. */
static void put(struct program *p, u32 at, const char *bytes, unsigned len)
{
    memcpy(p->image + BOX_CODE + at, bytes, len);
}

/* Each round calls `at`, which is linear, and adds EAX to EDX. */
static void begin(struct bench *b, enum box_mode_id mode, u32 at)
{
    struct program *p = &b->p;

    memset(p, 0, offsetof(struct program, image));
    p->mode = &box_modes[mode];
    p->start = BOX_CODE + 0x2123;
    program_load(p, RCX, ROUNDS);
    program_plain(p, "\x31\xd2"); /* xor edx, edx */
    program_load(p, RAX, at);
    program_plain(p, "\xff\xd0"); /* call eax */
    program_plain(p, "\x01\xc2"); /* add edx, eax */
    program_plain(p, "\xff\xc9"); /* dec ecx */
    program_branch(p, "\x0f\x85", 2, true);
    program_state(p, 1);
    p->gpr[RSP] = BOX_STACK + BOX_STACK_PAGES * 4096; /* DEPTH needs it */
    p->eflags = EFL_FIXED;
    program_layout(p);
}

static bool run(struct bench *b)
{
    const u64 n = 10000000;
    char why[500];

    program_enter(&b->p, &b->want);
    program_enter(&b->p, &b->got);
    b->got.clock.slice_end = b->want.clock.slice_end;
    box_run(&b->want, n);
    box_run_on(&b->got, n);
    if (box_same(&b->want, &b->got, true, why, sizeof why))
        return true;
    printf("#%s\n", why);
    return false;
}

static void result(struct bench *b, bool ok, const char *name)
{
    b->bad += !ok;
    printf("%sok %u - %s, %s, %s\n", ok ? "" : "not ", ++b->tests, name, b->p.mode->name, b->how);
}

/* The program has halted behind its end, with that sum in EDX. */
static void expect(struct bench *b, u32 sum, const char *name)
{
    bool ok = run(b);
    u32 got = (u32)b->want.cpu->gpr[RDX];

    if (ok && got != sum)
        printf("# sum %u, not %u\n", got, sum);
    result(b, ok && got == sum && b->want.cpu->activity == ACT_HLT, name);
}

/* --- functions at FUNCTION: what they give --- */

#define CALL_B "\xe8\x1b\0\0\0" /* from FUNCTION to FUNCTION + 20h, or from there on by 20h */
#define RET "\xc3"

static void nested(struct bench *b, enum box_mode_id mode)
{
    begin(b, mode, BOX_CODE + FUNCTION);
    put(&b->p, FUNCTION, CODE(CALL_B "\x83\xc0\x01" RET)); /* add eax, 1 */
    put(&b->p, FUNCTION + 0x20, CODE(CALL_B "\x83\xc0\x02" RET));
    put(&b->p, FUNCTION + 0x40, CODE("\xb8\x04\0\0\0" RET)); /* mov eax, 4 */
    expect(b, 7 * ROUNDS, "three deep");
}

/* The callee adds 3 to its return address: one of two ADDs is left out. */
static void elsewhere(struct bench *b, enum box_mode_id mode)
{
    begin(b, mode, BOX_CODE + FUNCTION);
    put(&b->p, FUNCTION, CODE(CALL_B "\x83\xc0\x01\x83\xc0\x01" RET));
    put(&b->p, FUNCTION + 0x20, CODE("\xb8\x05\0\0\0\x83\x04\x24\x03" RET));
    expect(b, 6 * ROUNDS, "to elsewhere");
}

/* Often enough for the host's stack, if nobody forgot them. */
static void no_return(struct bench *b, enum box_mode_id mode)
{
    begin(b, mode, BOX_CODE + FUNCTION);
    /* mov edi, 20000; l: call to the next instruction; pop esi; dec edi; jnz l; mov eax, 3; ret */
    put(&b->p, FUNCTION,
        CODE("\xbf\x20\x4e\0\0\xe8\0\0\0\0\x5e\xff\xcf\x75\xf6\xb8\x03\0\0\0" RET));
    expect(b, 3 * ROUNDS, "CALLs without RETs");
}

/* mov esi, FUNCTION + 20h; push esi; ret */
static void no_call(struct bench *b, enum box_mode_id mode)
{
    begin(b, mode, BOX_CODE + FUNCTION);
    put(&b->p, FUNCTION, CODE("\xbe....\x56" RET));
    st32(b->p.image + BOX_CODE + FUNCTION + 1, BOX_CODE + FUNCTION + 0x20);
    put(&b->p, FUNCTION + 0x20, CODE("\xb8\x06\0\0\0" RET));
    expect(b, 6 * ROUNDS, "a RET without CALL");
}

/* B calls itself EAX times, and counts returns in EDI. */
static void deep(struct bench *b, enum box_mode_id mode)
{
    begin(b, mode, BOX_CODE + FUNCTION);
    /* mov eax, DEPTH; xor edi, edi; call B; mov eax, edi; ret */
    put(&b->p, FUNCTION, CODE("\xb8....\x31\xff\xe8\x14\0\0\0\x89\xf8" RET));
    st32(b->p.image + BOX_CODE + FUNCTION + 1, DEPTH);
    /* dec eax; jz +5; call B; inc edi; ret */
    put(&b->p, FUNCTION + 0x20, CODE("\xff\xc8\x74\x05\xe8\xf7\xff\xff\xff\xff\xc7" RET));
    expect(b, DEPTH * ROUNDS, "deep");
}

/* The callee, on another page, adds 1 to the constant that its caller goes on with. */
static void changed(struct bench *b, enum box_mode_id mode)
{
    begin(b, mode, BOX_CODE + FUNCTION);
    put(&b->p, FUNCTION, CODE("\xe8\xfb\x0f\0\0\xb8\0\0\0\0" RET));
    /* mov esi, caller + 6; inc dword [esi]; ret */
    put(&b->p, FUNCTION + 0x1000, CODE("\xbe....\xff\x06" RET));
    st32(b->p.image + BOX_CODE + FUNCTION + 0x1001, BOX_CODE + FUNCTION + 6);
    expect(b, ROUNDS * (ROUNDS + 1) / 2, "to code that has changed");
}

/* The caller lies behind an alias page. Its callee gives that another page, which it returns to. */
static void remapped(struct bench *b, enum box_mode_id mode, const char *flush, const char *name)
{
    const u32 callee = FUNCTION + 0x2000, page = BOX_ALIAS_CODE >> 12;
    bool wide = box_modes[mode].code == CODE64;

    begin(b, mode, BOX_ALIAS_CODE + FUNCTION);
    for (u32 n = 0; n < 2; n++) { /* mov esi, callee; call esi; mov eax, 1 or 2; ret */
        u32 at = FUNCTION + 0x1000 * n;
        put(&b->p, at, CODE("\xbe....\xff\xd6\xb8\x01\0\0\0" RET));
        st32(b->p.image + BOX_CODE + at + 1, BOX_CODE + callee);
        st32(b->p.image + BOX_CODE + at + 8, n + 1);
    }
    /* mov ebx, entry; xor dword [ebx], 1000h; mov ebx, alias */
    put(&b->p, callee, CODE("\xbb....\x81\x33\0\x10\0\0\xbb...."));
    st32(b->p.image + BOX_CODE + callee + 1,
         BOX_TABLES + (wide ? 0x7000 + 8 * page : 0x1000 + 4 * page));
    st32(b->p.image + BOX_CODE + callee + 12, BOX_ALIAS_CODE);
    put(&b->p, callee + 16, flush, (unsigned)strlen(flush));
    put(&b->p, callee + 16 + (u32)strlen(flush), CODE(RET));
    expect(b, ROUNDS / 2 * 3, name);
}

/* --- a RET to what no RIP is --- */

/* The last round's RET faults, and has popped nothing. Nothing has been called. */
static void never(struct bench *b, enum box_mode_id mode, u64 bad)
{
    const u32 ret = FUNCTION + 28;
    struct box_frame f = {0};
    char name[40];

    begin(b, mode, BOX_CODE + FUNCTION);
    b->p.item[3].bytes[1] = 0xe0; /* jmp eax */
    program_layout(&b->p);
    /* mov rsi, next; mov rax, bad; cmp ecx, 1; cmovne rax, rsi; push rax; ret */
    put(&b->p, FUNCTION,
        CODE("\x48\xbe........\x48\xb8........\x83\xf9\x01\x48\x0f\x45\xc6\x50" RET));
    st64(b->p.image + BOX_CODE + FUNCTION + 2, BOX_CODE + ret + 1);
    st64(b->p.image + BOX_CODE + FUNCTION + 12, bad);
    /* next: dec ecx; jnz to the first; ud2 */
    put(&b->p, ret + 1, CODE("\xff\xc9\x75\xdf\x0f\x0b"));
    bool ok = run(b) && box_frame(&b->want, &f);
    ok = ok && f.vector == VEC_GP && f.rip == BOX_CODE + ret;
    if (!ok)
        printf("# vector %u at %llx\n", f.vector, (unsigned long long)f.rip);
    snprintf(name, sizeof name, "to %llx", (unsigned long long)bad);
    result(b, ok, name);
}

static void test_mode(struct bench *b, enum box_mode_id mode)
{
    nested(b, mode);
    elsewhere(b, mode);
    no_return(b, mode);
    no_call(b, mode);
    deep(b, mode);
    changed(b, mode);
    if (mode == MODE_kernel32 || mode == MODE_kernel64) {
        remapped(b, mode, "\x0f\x01\x3b", "to a page under INVLPG");
        remapped(b, mode, "\x0f\x20\xdb\x0f\x22\xdb", "to a page under MOV CR3");
    }
    if (box_modes[mode].code == CODE64) {
        never(b, mode, 1ull << 63);
        never(b, mode, 1ull << 47);
    }
}

int main(void)
{
    static const enum box_mode_id modes[] = {MODE_flat32,   MODE_kernel32, MODE_user32,
                                             MODE_compat32, MODE_kernel64, MODE_user64};
    static struct bench b;
    struct trial t = {.seed = 1};
    unsigned translations = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    trial_options(&t);
    for (unsigned regions = 0; regions < 2; regions++) {
        t.opt.region = regions ? 2 : 0;
        b.how = regions ? "regions" : "blocks";
        if (!trial_open(&t, &b.want, &b.got)) {
            printf("Bail out! no boxes: the host has no memory\n");
            return 1;
        }
        for (unsigned m = 0; m < ARRAY_LEN(modes); m++)
            test_mode(&b, modes[m]);
        translations += (unsigned)box_translations(&b.got);
        box_destroy(&b.want);
        box_destroy(&b.got);
    }
    printf("# %u blocks translated\n1..%u\n", translations, b.tests);
    return b.bad != 0;
}
