/* SPDX-License-Identifier: MIT */
/*
 * What kernels do all the time and the lifter knows by name (jit/lift_system.c): IF by CLI, STI and
 * POPF, selectors, the time-stamp counter, SWAPGS, PAUSE. On both engines, with what must come out:
 * sums of what is read, whether it takes the interpreter, at which instruction an interrupt comes
 * that was held back, and who may not.
 *
 * SDM volume 2, STI: of an IF that was clear, interrupts come after the instruction behind STI.
 * POPF has no such delay. Both #GP at CPL > IOPL; SWAPGS and RDTSC under CR4.TSD at CPL 3.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reduce.h"

enum { ROUNDS = 40, VECTOR = 0x30, AUX = 0x1234567, PROLOGUE = 3, BODY_MAX = 8 };
enum { FEW = 8 }; /* instructions by the interpreter: pages touched first, the end */

struct bench {
    struct box want, got;
    struct program p;
    bool native; /* there is translated code */
    const char *backend;
    unsigned tests, bad, pauses;
};

static void result(struct bench *b, bool ok, const char *name)
{
    b->bad += !ok;
    printf("%sok %u - %s, %s, %s\n", ok ? "" : "not ", ++b->tests, name, b->p.mode->name,
           b->backend);
}

static void begin(struct program *p, enum box_mode_id mode)
{
    memset(p, 0, offsetof(struct program, image));
    p->mode = &box_modes[mode];
    p->start = BOX_CODE + 0x123;
    memset(p->pointer, RBX, sizeof p->pointer);
    program_load(p, RCX, ROUNDS);
    program_add(p, "\x31\xc0", 2); /* xor eax, eax */
    program_add(p, "\x31\xd2", 2); /* xor edx, edx */
}

/* add edx, eax; dec ecx; jnz the body */
static void end(struct program *p, u32 eflags)
{
    program_add(p, "\x01\xc2", 2);
    program_add(p, "\xff\xc9", 2);
    program_branch(p, "\x0f\x85", PROLOGUE, true);
    program_state(p, 1);
    p->eflags = EFL_FIXED | eflags;
    program_layout(p);
}

static void enter_box(struct bench *b, struct box *x)
{
    program_enter(&b->p, x);
    x->vector = VECTOR;
    x->cpu->tsc_aux = AUX;
    x->cpu->kernel_gs_base = BOX_ARENA + 0x100;
}

static void enter(struct bench *b)
{
    enter_box(b, &b->want);
    enter_box(b, &b->got);
    b->got.clock = (struct clock){.ns_per_insn = b->want.clock.ns_per_insn,
                                  .slice_end = b->want.clock.slice_end};
    b->want.clock = b->got.clock;
}

static bool same(struct bench *b)
{
    char why[500];

    if (box_same(&b->want, &b->got, true, why, sizeof why))
        return true;
    printf("# %s:%s\n", b->p.mode->name, why);
    return false;
}

static bool run(struct bench *b, u64 n)
{
    return box_run_on(&b->want, n) == box_run_on(&b->got, n) && same(b);
}

/* --- sums --- */

/* What EAX is at the end of the body of each round. */
typedef u32 round_fn(const struct bench *b);

static u32 if_clear(const struct bench *b)
{
    return 0x300;
}

static u32 if_set(const struct bench *b)
{
    return 0x100;
}

static u32 ds(const struct bench *b)
{
    return b->want.cpu->seg[DS].sel;
}

static u32 two_insns(const struct bench *b)
{
    return 2 * (u32)b->want.clock.ns_per_insn;
}

static u32 aux(const struct bench *b)
{
    return AUX;
}

static u32 nothing(const struct bench *b)
{
    return 0;
}

/* What GS:[8] has with one base and with the other; over two rounds, so half of both. */
static u32 both_bases(const struct bench *b)
{
    u32 first = ld32(b->want.ram + b->want.cpu->seg[GS].base + 8);

    return first / 2 + ld32(b->want.ram + b->want.cpu->kernel_gs_base + 8) / 2;
}

enum { IN32 = 1, IN64 = 2, STUBS = 4 }; /* STUBS: takes the interpreter, by its rules */

#define FLAGS_TO_EAX "\x9c\x58\x25\0\2\0\0\x35\0\3\0\0" /* pushf; pop; and 200h; xor 300h */
#define CODE(s) s, sizeof s - 1

static const struct sum {
    const char *name, *code;
    unsigned len, in;
    u32 eflags;
    round_fn *round;
} sums[] = {
    {"CLI", CODE("\xfa" FLAGS_TO_EAX "\xfb"), IN32 | IN64, EFL_IF, if_clear},
    {"STI", CODE("\xfa\xfb" FLAGS_TO_EAX), IN32 | IN64, 0, if_set},
    {"POPF clears IF", CODE("\xfb\x6a\0\x9d" FLAGS_TO_EAX), IN32 | IN64, EFL_IF, if_clear},
    {"POPF sets IF", CODE("\xfa\x68\2\2\0\0\x9d" FLAGS_TO_EAX), IN32 | IN64, 0, if_set},
    {"POPF changes DF", CODE("\x68\2\4\0\0\x9d\x6a\2\x9d\x9c\x58\x25\0\4\0\0"), IN32 | IN64 | STUBS,
     0, nothing},
    {"push ds", CODE("\x1e\x58"), IN32, 0, ds},
    {"mov eax, ds", CODE("\x8c\xd8"), IN32 | IN64, 0, ds},
    {"mov [esp], ds", CODE("\x6a\0\x8c\x1c\x24\x58"), IN32 | IN64, 0, ds},
    /* mov edi, edx; rdtsc; mov esi, eax; rdtsc; sub eax, esi; mov edx, edi */
    {"RDTSC", CODE("\x89\xd7\x0f\x31\x89\xc6\x0f\x31\x29\xf0\x89\xfa"), IN32 | IN64, 0, two_insns},
    /* mov edi, edx; mov esi, ecx; rdtscp; mov eax, ecx; mov ecx, esi; mov edx, edi */
    {"RDTSCP", CODE("\x89\xd7\x89\xce\x0f\x01\xf9\x89\xc8\x89\xf1\x89\xfa"), IN32 | IN64, 0, aux},
    /* swapgs; mov eax, gs:[8] */
    {"SWAPGS", CODE("\x0f\x01\xf8\x65\x8b\x04\x25\x08\0\0\0"), IN64, 0, both_bases},
    {"PAUSE", CODE("\x31\xc0\xf3\x90"), IN32 | IN64, 0, nothing},
};

/* Of the second run, when all is translated. */
static bool stubs_as_told(const struct bench *b, const struct sum *s, u64 stubs)
{
    if (!b->native || (s->in & STUBS ? stubs >= ROUNDS : stubs < FEW))
        return true;
    printf("# %u instructions by the interpreter\n", (unsigned)stubs);
    return false;
}

static void test_sum(struct bench *b, const struct sum *s, enum box_mode_id mode)
{
    u64 before = 0;
    bool ok = true;

    begin(&b->p, mode);
    program_add(&b->p, s->code, s->len < 15 ? s->len : 15);
    if (s->len > 15)
        program_add(&b->p, s->code + 15, s->len - 15);
    end(&b->p, s->eflags);
    for (unsigned pass = 0; pass < 2 && ok; pass++) {
        before = box_stubs(&b->got);
        enter(b);
        u32 want = ROUNDS * s->round(b);
        ok = run(b, 100000) && b->want.cpu->activity == ACT_HLT;
        u32 sum = (u32)b->want.cpu->gpr[RDX];
        if (ok && sum != want)
            printf("# sum %x, not %x\n", sum, want);
        ok &= sum == want;
    }
    result(b, ok && stubs_as_told(b, s, box_stubs(&b->got) - before), s->name);
}

static void test_sums(struct bench *b)
{
    static const enum box_mode_id modes[] = {MODE_flat32, MODE_split32, MODE_kernel32,
                                             MODE_kernel64};

    for (unsigned i = 0; i < ARRAY_LEN(sums); i++)
        for (unsigned m = 0; m < ARRAY_LEN(modes); m++)
            if (sums[i].in & (box_modes[modes[m]].code == CODE64 ? IN64 : IN32))
                test_sum(b, &sums[i], modes[m]);
}

/* Whoever wants to know of PAUSE is told each time. */
static void on_pause(void *opaque, unsigned cpu)
{
    struct box *x = opaque;

    x->outside = x->outside * 31 + cpu + 1;
}

static void test_pause(struct bench *b, enum box_mode_id mode)
{
    u64 want = 0;

    for (unsigned i = 0; i < ROUNDS; i++)
        want = want * 31 + 1;
    begin(&b->p, mode);
    program_add(&b->p, "\xf3\x90", 2);
    end(&b->p, 0);
    b->want.cpu->bus.pause = b->got.cpu->bus.pause = on_pause;
    enter(b);
    result(b, run(b, 100000) && b->got.outside == want, "PAUSE told");
    b->want.cpu->bus.pause = b->got.cpu->bus.pause = NULL;
}

/* --- interrupts --- */

/* The body, an instruction a string; an interrupt that comes up before instruction i is taken
 * before instruction taken[i] of it. IF is set before and after. */
static const struct held {
    const char *name, *insn[BODY_MAX];
    u8 taken[BODY_MAX];
} held[] = {
    {"held back by CLI until behind STI", {"\xfa", "\x90", "\xfb", "\x90", "\x90"}, {0, 4, 4, 4}},
    {"STI when IF is set holds nothing back", {"\xfb", "\x90", "\x90"}, {0, 1, 2}},
    {"STI and HLT are not parted", {"\xfa", "\xfb", "\xf4", "\x90"}, {0, 3, 3, 3}},
    {"POPF lets in at once", {"\x9c", "\xfa", "\x90", "\x9d", "\x90"}, {0, 1, 4, 4, 4}},
    {"STI twice holds back once", {"\xfa", "\xfb", "\xfb", "\x90"}, {0, 3, 3, 3}},
    {"PAUSE holds nothing back", {"\xfa", "\xf3\x90", "\xfb", "\xf3\x90", "\x90"}, {0, 4, 4, 4, 4}},
};

/* Item 0..: where an interrupt is taken that comes up before it. */
static unsigned taken_at(const struct held *h, unsigned item)
{
    unsigned n = 0;

    while (n < BODY_MAX && h->insn[n])
        n++;
    if (item < PROLOGUE || item >= PROLOGUE + n)
        return item;
    unsigned to = h->taken[item - PROLOGUE];
    return PROLOGUE + (to ? to : item - PROLOGUE);
}

/* A HLT of the program's: on it goes. */
static void go_on(struct bench *b)
{
    struct box_frame f;

    if (b->want.cpu->activity == ACT_HLT && !box_frame(&b->want, &f))
        b->want.cpu->activity = b->got.cpu->activity = ACT_RUN;
}

/* After k instructions the line goes up. 1: taken where it should be; -1: the program was over. */
static int interrupt_after(struct bench *b, const struct held *h, u64 k)
{
    struct box_frame f;
    u64 ran = 0;

    enter(b);
    for (u64 one = 1; ran < k && one; ran += one) {
        one = box_run_on(&b->want, k - ran);
        if (box_run_on(&b->got, k - ran) != one || !same(b))
            return 0;
        go_on(b);
    }
    int item = program_item(&b->p, b->want.cpu->rip);
    if (ran < k || item < 0 || item == TARGET_END)
        return -1;
    cpu_set_line(b->want.cpu, CPU_INTR, true);
    cpu_set_line(b->got.cpu, CPU_INTR, true);
    if (!run(b, 1000) || !box_frame(&b->want, &f) || f.vector != VECTOR)
        return 0;
    int at = program_item(&b->p, f.rip);
    if (at == (int)taken_at(h, (unsigned)item))
        return 1;
    printf("# up before item %d, taken before item %d\n", item, at);
    return 0;
}

/* HLT is for CPL 0. */
static bool may_run(const struct held *h, const struct box_mode *mode)
{
    for (unsigned n = 0; n < BODY_MAX && h->insn[n]; n++)
        if (mode->cpl && !strcmp(h->insn[n], "\xf4"))
            return false;
    return true;
}

static void test_held(struct bench *b, const struct held *h, enum box_mode_id mode)
{
    int ok = 1;
    u64 k = 0;

    begin(&b->p, mode);
    for (unsigned n = 0; n < BODY_MAX && h->insn[n]; n++)
        program_add(&b->p, h->insn[n], (unsigned)strlen(h->insn[n]));
    end(&b->p, EFL_IF);
    /* more than once around, so that translated code is met in every place */
    for (; ok > 0 && k < 60; k++)
        ok = interrupt_after(b, h, k);
    if (ok <= 0)
        printf("# after %u instructions\n", (unsigned)k - 1);
    result(b, ok > 0, h->name);
}

/* --- who may not --- */

static const struct refused {
    const char *name, *code;
    unsigned vector;
    enum box_mode_id mode;
    u64 cr4;
} refused[] = {
    {"CLI", "\xfa", VEC_GP, MODE_user32, 0},
    {"CLI", "\xfa", VEC_GP, MODE_compat32, 0},
    {"CLI", "\xfa", VEC_GP, MODE_user64, 0},
    {"STI", "\xfb", VEC_GP, MODE_user32, 0},
    {"STI", "\xfb", VEC_GP, MODE_user64, 0},
    {"STI", "\xfb", VEC_GP, MODE_prot16, 0},
    {"SWAPGS", "\x0f\x01\xf8", VEC_GP, MODE_user64, 0},
    {"SWAPGS", "\x0f\x01\xf8", VEC_UD, MODE_kernel32, 0},
    {"RDTSC", "\x0f\x31", VEC_GP, MODE_user32, CR4_TSD},
    {"RDTSC", "\x0f\x31", VEC_GP, MODE_user64, CR4_TSD},
    {"RDTSCP", "\x0f\x01\xf9", VEC_GP, MODE_user64, CR4_TSD},
};

static void test_refused(struct bench *b, const struct refused *r)
{
    struct box_frame f, g;
    unsigned faults = 0;
    bool ok = true;

    begin(&b->p, r->mode);
    program_add(&b->p, r->code, (unsigned)strlen(r->code));
    end(&b->p, 0);
    enter(b);
    b->want.cpu->cr4 |= r->cr4;
    b->got.cpu->cr4 |= r->cr4;
    for (; ok; faults++) {
        ok = run(b, 1000) && box_frame(&b->want, &f) && box_frame(&b->got, &g);
        int item = ok ? program_item(&b->p, f.rip) : -1;
        if (item == TARGET_END)
            break;
        ok = item == PROLOGUE && f.vector == r->vector;
        u64 next = program_next(&b->p, PROLOGUE);
        ok = ok && box_return(&b->want, &f, next) && box_return(&b->got, &g, next);
    }
    if (ok && faults != ROUNDS)
        printf("# %u faults\n", faults);
    char name[40];
    snprintf(name, sizeof name, "%s: %s", r->name, r->vector == VEC_GP ? "#GP" : "#UD");
    result(b, ok && faults == ROUNDS, name);
}

/* All of it with one backend; false: it can't be had. */
static bool test_backend(struct bench *b, bool ffi)
{
    static const enum box_mode_id all[] = {MODE_real,     MODE_vm86,    MODE_flat32,
                                           MODE_kernel32, MODE_split32, MODE_kernel64};
    const struct trial t = {.opt = {.jit = true, .optimise = true, .flat = true, .ffi = ffi}};

    if (!trial_open(&t, &b->want, &b->got))
        return false;
    b->native = b->got.jit;
    b->backend = b->native && ffi ? "portable" : b->native ? "native" : "interpreter";
    test_sums(b);
    test_pause(b, MODE_kernel32);
    test_pause(b, MODE_kernel64);
    for (unsigned i = 0; i < ARRAY_LEN(held); i++)
        for (unsigned m = 0; m < ARRAY_LEN(all); m++)
            if (may_run(&held[i], &box_modes[all[m]]))
                test_held(b, &held[i], all[m]);
    for (unsigned i = 0; i < ARRAY_LEN(refused); i++)
        test_refused(b, &refused[i]);
    bool some = !b->native || box_translations(&b->got);
    box_destroy(&b->want);
    box_destroy(&b->got);
    return some;
}

int main(void)
{
    static struct bench b;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!test_backend(&b, false) || !test_backend(&b, true)) {
        printf("Bail out! no boxes, or nothing was translated\n");
        return 1;
    }
    printf("1..%u\n", b.tests);
    return b.bad != 0;
}
