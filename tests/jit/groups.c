/* SPDX-License-Identifier: MIT */
/*
 * Accesses that are looked at together (src/jit/group.c), with the end of a page between them: what
 * lies behind it can't be had, can't be written, is a device, isn't dirty yet, is the code itself;
 * and accesses between them that take the slow path, or change the memory map. Each at every
 * distance from the page's end, in all modes, against the interpreter. One TAP line a body.
 *
 * JIT_FUZZ as for fuzz.tap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/x87.h"
#include "reduce.h"

enum { START = BOX_CODE + 0x1080, NEAR = 8, FAR = 72, ROUNDS = 4 };

/* What a body's group goes by, and an access on its own by RSI. */
struct body {
    const char *name;
    unsigned reg;
    const char *code[8];
};

/* The same bytes in all modes; addresses of 16-bit code are others, but as good. */
static const struct body bodies[] = {
    {"reads", RBX, {"\x8b\x03", "\x03\x43\x04", "\x8b\x4b\x1c", "\x13\x4b\x3c"}},
    {"a write behind reads", RBX, {"\x8b\x03", "\x03\x43\x04", "\x11\xc1", "\x89\x4b\x1c"}},
    {"a read behind writes", RBX, {"\x89\x03", "\x88\x4b\x07", "\x01\xc1", "\x8b\x4b\x1c"}},
    {"reads and writes", RBX, {"\x01\x03", "\x11\x4b\x08", "\x0f\xc1\x53\x11", "\xff\x43\x3c"}},
    {"another access between",
     RBX,
     {"\x8b\x03", "\x01\xc1", "\x89\x0e", "\x13\x43\x04", "\x03\x4b\x08"}},
    {"a moving pointer", RBX, {"\x8b\x03", "\x83\xc3\x04", "\x11\x03", "\x83\xeb\x10", "\x89\x03"}},
    {"pushes", RSP, {"\x50", "\x11\xc9", "\x51", "\x52", "\x55"}},
    {"pushes and pops", RSP, {"\x50", "\x51", "\x5a", "\x01\xc2", "\x52", "\x59", "\x5d"}},
    {"pops", RSP, {"\x5a", "\x01\xd0", "\x59", "\x5d", "\x58"}},
    {"a call", RSP, {"\x50", "\x51", "\xe8", "\x59", "\x5a"}},
    {"SSE", RBX, {"\x0f\x10\x03", "\x0f\x58\x43\x11", "\x0f\x11\x4b\x22"}},
};

static const struct {
    const char *name;
    u64 edge;
} edges[] = {
    {"another good page", BOX_ARENA + 0x1000},
    {"a read-only page", BOX_ROM},
    {"nothing", BOX_HOLE},
    {"a device", BOX_MMIO},
    {"the stack", BOX_STACK},
    {"code", BOX_CODE + 0x1000},
    {"a page that isn't dirty", BOX_ALIAS_ARENA + 0x3000},
    {"the supervisor's", BOX_KERNEL_ARENA},
    {"the space's first page", 0},
    {"addresses that aren't canonical", BIT(47)},
};

/* Where RSI points. */
static const u64 elsewhere[] = {BOX_ARENA + 0x808, BOX_ARENA + 0xffe, BOX_MMIO + 0x10, BOX_REMAP,
                                START + 0x400,     BOX_ROM + 0x20,    BOX_HOLE};

struct bench {
    struct box want, got;
    struct program p;
    unsigned runs, faults, wrong;
};

static u64 offset(const struct program *p, unsigned reg, u64 lin)
{
    u64 base = p->mode->code == CODE64 ? 0 : box_base(p->mode, reg == RSP ? SS : DS);
    return p->mode->code == CODE64 ? lin - base : (u32)(lin - base);
}

static void make(struct program *p, const struct body *body, const struct box_mode *mode)
{
    memset(p, 0, offsetof(struct program, image));
    p->mode = mode;
    p->start = START;
    memset(p->pointer, RBX, sizeof p->pointer);
    program_load(p, RDI, ROUNDS); /* item 0 */
    for (unsigned i = 0; i < ARRAY_LEN(body->code) && body->code[i]; i++) {
        if (body->code[i][0] == '\xe8')
            program_branch(p, body->code[i], p->count + 1, true);
        else
            program_plain(p, body->code[i]);
    }
    program_plain(p, "\xff\xcf"); /* dec edi */
    program_branch(p, "\x0f\x85", 1, true);
    program_state(p, 1);
    program_layout(p);
    p->eflags &= ~(u32)EFL_TF;
    p->fx.mxcsr = MXCSR_MASKS;
}

static bool run(struct bench *b, const struct body *body, unsigned edge, int k)
{
    struct play y = {.seed = b->runs++, .ram_often = true};

    if (play(&y, &b->p, &b->want, &b->got)) {
        b->faults += (unsigned)y.faults;
        return true;
    }
    if (b->wrong++ < 3) {
        printf("# %s, %d bytes before %s: %s\n", body->name, k, edges[edge].name, y.why);
        program_print(&b->p, stdout);
    }
    return false;
}

static void test_edge(struct bench *b, const struct body *body, unsigned edge)
{
    for (int k = -NEAR; k <= FAR; k += 5) {
        b->p.gpr[body->reg] = offset(&b->p, body->reg, edges[edge].edge - (u64)(i64)k);
        b->p.gpr[RSI] = offset(&b->p, RSI, elsewhere[b->runs % ARRAY_LEN(elsewhere)]);
        if (!run(b, body, edge, k))
            return;
    }
}

static bool test_body(struct bench *b, unsigned n)
{
    b->runs = b->faults = b->wrong = 0;
    for (unsigned m = 0; m < MODE_COUNT; m++) {
        make(&b->p, &bodies[n], &box_modes[m]);
        for (unsigned edge = 0; edge < ARRAY_LEN(edges); edge++)
            test_edge(b, &bodies[n], edge);
    }
    return !b->wrong && b->faults;
}

static bool test_all(const struct trial *t, unsigned *count)
{
    static struct bench b;
    unsigned bad = 0;

    if (!trial_open(t, &b.want, &b.got)) {
        printf("Bail out! no boxes: the host has no memory\n");
        return false;
    }
    for (unsigned n = 0; n < ARRAY_LEN(bodies); n++) {
        bool ok = test_body(&b, n);
        bad += !ok;
        printf("%sok %u - %s, %s: %u faults in %u runs\n", ok ? "" : "not ", ++*count,
               bodies[n].name, t->opt.flat ? "flat tables" : "soft TLB", b.faults, b.runs);
    }
    printf("# %u blocks translated\n", (unsigned)box_translations(&b.got));
    box_destroy(&b.want);
    box_destroy(&b.got);
    return !bad;
}

int main(void)
{
    const bool told = getenv("JIT_FUZZ");
    unsigned n = 0, bad = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned soft = 0; soft < (told ? 1 : 2); soft++) {
        struct trial t = {.seed = 1};
        trial_options(&t);
        if (!told) /* all code has groups where there are no regions */
            t.opt = (struct box_options){.jit = true, .optimise = true, .flat = !soft};
        bad += !test_all(&t, &n);
    }
    printf("1..%u\n", n);
    return bad;
}
