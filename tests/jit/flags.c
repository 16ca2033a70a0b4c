/* SPDX-License-Identifier: MIT */
/*
 * Flags that only a fault shows: an operation sets them, an access comes, the next operation sets
 * others. Code is translated in rounds that don't fault; then the access does, from some states,
 * and the frame has the flags. On both engines.
 */
#include <stdio.h>
#include <string.h>

#include "jit/engine.h"
#include "reduce.h"

enum { ROUNDS = 40, STATES = 4 };

static const struct {
    const char *name, *code;
    unsigned len;
} bodies[] = {
#define BODY(name, code)                                                                           \
    {                                                                                              \
        name, code, sizeof code - 1                                                                \
    }
    BODY("cmp edi, 1", "\x83\xff\x01"),
    BODY("cmp edi, 0", "\x83\xff\x00"),
    BODY("cmp edi, 1; mov edi, edx", "\x83\xff\x01\x89\xd7"),
    BODY("cmp edi, esi", "\x39\xf7"),
    BODY("cmp edi, esi; mov esi, edx", "\x39\xf7\x89\xd6"),
    BODY("cmp edi, edi", "\x39\xff"),
    BODY("cmp di, 5", "\x66\x83\xff\x05"),
    BODY("cmp dl, 81h", "\x80\xfa\x81"),
    BODY("cmp dh, 81h", "\x80\xfe\x81"),
    BODY("cmp edi, [esp]", "\x3b\x3c\x24"),
    BODY("test edi, esi", "\x85\xf7"),
    BODY("test edi, esi; mov edi, edx", "\x85\xf7\x89\xd7"),
    BODY("test dx, 8181h; mov dh, cl", "\x66\xf7\xc2\x81\x81\x88\xce"),
    BODY("add edi, 7", "\x83\xc7\x07"),
    BODY("add edi, 7; mov edi, edx", "\x83\xc7\x07\x89\xd7"),
    BODY("add edi, edi", "\x01\xff"),
    BODY("add edi, esi", "\x01\xf7"),
    BODY("add edi, esi; mov esi, edx", "\x01\xf7\x89\xd6"),
    BODY("add edi, [esp]", "\x03\x3c\x24"),
    BODY("add dl, 9", "\x80\xc2\x09"),
    BODY("sub edi, 80000000h", "\x81\xef\x00\x00\x00\x80"),
    BODY("sub edi, esi", "\x29\xf7"),
    BODY("sub edi, esi; xchg edi, esi", "\x29\xf7\x87\xfe"),
    BODY("and edi, esi", "\x21\xf7"),
    BODY("or edi, esi; mov edi, edx", "\x09\xf7\x89\xd7"),
    BODY("or edi, esi; mov esi, edx", "\x09\xf7\x89\xd6"),
    BODY("xor edi, [esp]", "\x33\x3c\x24"),
    BODY("xor dh, dl", "\x30\xd6"),
    BODY("stc; inc edi", "\xf9\xff\xc7"),
    BODY("clc; dec edi", "\xf8\xff\xcf"),
    BODY("neg edi", "\xf7\xdf"),
    BODY("shl edi, 3", "\xc1\xe7\x03"),
    BODY("cmp edi, 1; mov eax, [esp]", "\x83\xff\x01\x8b\x04\x24"),
    BODY("cmp edi, 1; push edi; pop esi", "\x83\xff\x01\x57\x5e"),
    BODY("cmp edi, esi; setb al", "\x39\xf7\x0f\x92\xc0"),
#undef BODY
};

struct bench {
    struct box want, got;
    struct program p;
    bool native; /* there is translated code */
    unsigned tests, bad;
};

/* mov eax, [ebx]; add eax, 1; dec ecx; jnz */
static void make(struct program *p, enum box_mode_id mode, const char *code, unsigned len)
{
    memset(p, 0, offsetof(struct program, image));
    p->mode = &box_modes[mode];
    p->start = BOX_CODE + 0x123;
    program_add(p, code, len);
    program_plain(p, "\x8b\x03");
    program_plain(p, "\x83\xc0\x01");
    program_plain(p, "\xff\xc9");
    program_branch(p, "\x0f\x85", 0, true);
}

static bool run(struct bench *b, u64 seed, u32 address)
{
    char why[500];

    program_state(&b->p, seed);
    program_layout(&b->p);
    b->p.eflags = EFL_FIXED;
    b->p.gpr[RBX] = address;
    b->p.gpr[RCX] = ROUNDS;
    b->p.gpr[RSP] = BOX_STACK + 0x800;
    program_enter(&b->p, &b->want);
    program_enter(&b->p, &b->got);
    b->got.clock.slice_end = b->want.clock.slice_end;
    box_run(&b->want, 10000);
    box_run_on(&b->got, 10000);
    if (box_same(&b->want, &b->got, true, why, sizeof why))
        return true;
    printf("#%s\n", why);
    return false;
}

static void test(struct bench *b, unsigned body, enum box_mode_id mode, const char *how)
{
    struct box_frame f = {0};

    make(&b->p, mode, bodies[body].code, bodies[body].len);
    bool ok = run(b, 1, BOX_ARENA) && run(b, 2, BOX_ARENA);
    u64 before = box_stubs(&b->got);
    for (u64 seed = 3; seed < 3 + STATES && ok; seed++)
        ok = run(b, seed, BOX_KERNEL_ARENA) && box_frame(&b->want, &f) && f.vector == VEC_PF;
    u64 stubs = box_stubs(&b->got) - before;
    if (ok && b->native && stubs < STATES) {
        printf("# %u of %u faults in translated code\n", (unsigned)stubs, STATES);
        ok = false;
    }
    b->bad += !ok;
    printf("%sok %u - %s, %s, %s\n", ok ? "" : "not ", ++b->tests, bodies[body].name,
           b->p.mode->name, how);
}

/* In boxes of its own: where code changes often it isn't translated any more. */
static bool test_body(struct bench *b, unsigned body, const struct trial *t)
{
    static const enum box_mode_id modes[] = {MODE_user32, MODE_compat32, MODE_user64};

    if (!trial_open(t, &b->want, &b->got)) {
        printf("Bail out! no boxes: the host has no memory\n");
        return false;
    }
    for (unsigned m = 0; m < ARRAY_LEN(modes); m++)
        test(b, body, modes[m], t->opt.region ? "regions" : "blocks");
    box_destroy(&b->want);
    box_destroy(&b->got);
    return true;
}

int main(void)
{
    static struct bench b;
    struct trial t = {.seed = 1};

    setvbuf(stdout, NULL, _IOLBF, 0);
    trial_options(&t);
    b.native = t.opt.jit && !t.opt.ffi && jit_is_native();
    for (unsigned i = 0; i < ARRAY_LEN(bodies); i++)
        for (unsigned regions = 0; regions < 2; regions++) {
            t.opt.region = regions ? 2 : 0;
            if (!test_body(&b, i, &t))
                return 1;
        }
    printf("1..%u\n", b.tests);
    return b.bad != 0;
}
