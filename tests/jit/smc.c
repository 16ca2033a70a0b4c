/* SPDX-License-Identifier: MIT */
/*
 * Code that changes: by the instruction before, in the same block, in another one, on the next page
 * or across it, through another linear address, by DMA, under a new translation; code in ROM and
 * in a device; the largest block, more blocks than the buffer holds, a map that changes while code
 * runs. Each in every mode that can, on both engines, with the sum that must come out.
 */
#include <stdio.h>
#include <string.h>

#include "reduce.h"

enum { ROUNDS = 5 };

struct bench {
    struct box want, got;
    struct program p;
    unsigned victim; /* the item that is changed */
    unsigned tests, bad, runs;
};

/* What came out in DX, and what must. */
typedef u32 make_fn(struct bench *b);

/* mov al, 0: its second byte is what changes. */
static void victim(struct bench *b)
{
    b->victim = b->p.count;
    program_add(&b->p, "\xb0\x00", 2);
}

static void nops(struct program *p, unsigned n)
{
    while (n--)
        program_plain(p, "\x90");
}

/* 1 + 2 + ... + n */
static u32 sum(u32 n)
{
    return n * (n + 1) / 2;
}

/* --- who changes what: the body of a loop of ROUNDS; AL is what a round gives --- */

static u32 next_instruction(struct bench *b)
{
    program_absolute(&b->p, "\xfe\x00", b->p.count + 1, 1);
    victim(b);
    return sum(ROUNDS);
}

static u32 with_lock(struct bench *b)
{
    struct program *p = &b->p;

    program_absolute(p, "\xfe\x00", p->count + 1, 1);
    struct item *i = &p->item[p->count - 1];
    memmove(i->bytes + 1, i->bytes, i->len++);
    i->bytes[0] = 0xf0;
    victim(b);
    return sum(ROUNDS);
}

static u32 same_block(struct bench *b)
{
    program_absolute(&b->p, "\xfe\x00", b->p.count + 11, 1);
    nops(&b->p, 10);
    victim(b);
    return sum(ROUNDS);
}

static u32 earlier_instruction(struct bench *b)
{
    victim(b);
    nops(&b->p, 3);
    program_absolute(&b->p, "\xfe\x00", b->victim, 1);
    return sum(ROUNDS - 1);
}

static u32 another_block(struct bench *b)
{
    program_absolute(&b->p, "\xfe\x00", b->p.count + 3, 1);
    program_branch(&b->p, "\xeb", b->p.count + 2, false);
    nops(&b->p, 1);
    victim(b);
    return sum(ROUNDS);
}

static u32 by_alias(struct bench *b)
{
    if (!program_has_alias(&b->p))
        return 0;
    program_absolute(&b->p, "\xfe\x00", b->p.count + 2, 1 + BOX_ALIAS_CODE - BOX_CODE);
    nops(&b->p, 1);
    victim(b);
    return sum(ROUNDS);
}

/* An ADD to its own immediate: 1, then 2, 4, ... */
static u32 itself(struct bench *b)
{
    struct program *p = &b->p;

    program_absolute(p, "\x80\x00\x01", p->count, 0);
    p->item[p->count - 1].plus = p->item[p->count - 1].len - 1u;
    program_absolute(p, "\x8a\x00", p->count - 1, p->item[p->count - 1].plus);
    return (2u << ROUNDS) - 2;
}

static u32 by_string(struct bench *b)
{
    struct program *p = &b->p;

    program_load(p, RSI, BOX_ARENA - box_base(p->mode, DS));
    program_load(p, RDI, 0);
    p->item[p->count - 1].kind = ITEM_ADDRESS;
    p->item[p->count - 1].field = p->mode->code == CODE16 ? 2 : 4;
    p->item[p->count - 1].target = (u8)(p->count + 4);
    p->item[p->count - 1].plus = 1;
    program_plain(p, "\xfe\x06"); /* inc byte [esi]; 16-bit: the address is that of ModRM 06 */
    if (p->mode->code == CODE16)
        memcpy(p->item[p->count - 1].bytes, "\xfe\x04", 2); /* [si] */
    program_plain(p, "\xa4");
    nops(p, 2);
    victim(b);
    return sum(ROUNDS);
}

/* Eight bytes at once become STC in odd rounds, CLC in even ones: CX counts down. */
static u32 by_rep_stos(struct bench *b)
{
    struct program *p = &b->p;

    program_plain(p, "\x88\xc8\x24\x01"); /* mov al, cl; and al, 1 */
    program_plain(p, "\x0c\xf8");
    program_plain(p, "\x89\xcd"); /* mov ebp, ecx */
    program_load(p, RCX, 8);
    program_load(p, RDI, 0);
    p->item[p->count - 1].kind = ITEM_ADDRESS;
    p->item[p->count - 1].field = p->mode->code == CODE16 ? 2 : 4;
    p->item[p->count - 1].target = (u8)(p->count + 2);
    program_plain(p, "\xf3\xaa");
    program_plain(p, "\x89\xe9"); /* mov ecx, ebp */
    b->victim = p->count;
    nops(p, 8);
    program_add(p, "\xb0\x00\x14\x00", 4); /* mov al, 0; adc al, 0 */
    return (ROUNDS + 1) / 2;
}

/* A subroutine that was run before, called through its address. */
static u32 subroutine(struct bench *b)
{
    struct program *p = &b->p;
    unsigned at = p->count;

    program_branch(p, "\xe8", at + 3, true);
    program_absolute(p, "\xfe\x00", at + 3, 1);
    program_branch(p, "\xeb", at + 5, false);
    victim(b);
    program_plain(p, "\xc3");
    return sum(ROUNDS - 1);
}

/* Two writes, one after the other, each of an instruction of the running block. */
static u32 twice(struct bench *b)
{
    program_absolute(&b->p, "\xfe\x00", b->p.count + 2, 1);
    program_absolute(&b->p, "\xfe\x00", b->p.count + 1, 1);
    victim(b);
    return 2 * sum(ROUNDS);
}

static const struct {
    const char *name;
    make_fn *make;
} bodies[] = {
    {"the next instruction", next_instruction},
    {"under LOCK", with_lock},
    {"the same block", same_block},
    {"an earlier instruction", earlier_instruction},
    {"another block", another_block},
    {"through an alias", by_alias},
    {"its own immediate", itself},
    {"by MOVSB", by_string},
    {"by REP STOSB", by_rep_stos},
    {"a subroutine", subroutine},
    {"two writes", twice},
};

/* Where the victim comes to lie. */
enum place { ANYWHERE, PAGE_START, OVER_PAGES, PLACES };
static const char *const places[] = {"", ", on the next page", ", over the end of a page"};

/* --- a program --- */

/* Sums up in DX what ROUNDS rounds of the body give. 0: not in this mode. */
static u32 make(struct bench *b, const struct box_mode *mode, make_fn *body, enum place place)
{
    struct program *p = &b->p;
    u32 result;

    memset(p, 0, offsetof(struct program, image));
    p->mode = mode;
    p->start = BOX_CODE + 0x200;
    memset(p->pointer, RBX, sizeof p->pointer);
    b->victim = 0;
    program_load(p, RCX, ROUNDS);
    program_plain(p, "\x31\xc0\x31\xd2"); /* xor eax, eax; xor edx, edx: one item */
    result = body(b);
    program_plain(p, "\x01\xc2"); /* add edx, eax */
    program_plain(p, "\xff\xc9");
    program_branch(p, "\x0f\x85", 2, true);
    program_state(p, 1);
    p->image[BOX_ARENA] = 0;
    p->eflags = EFL_FIXED | EFL_IF;
    program_layout(p);
    if (place != ANYWHERE && b->victim) {
        u32 at = (u32)(p->item[b->victim].at + box_base(mode, CS));
        p->start += BOX_CODE + 0x1000 - at - (place == OVER_PAGES);
        program_layout(p);
    }
    return result;
}

static void result(struct bench *b, bool ok, const char *name, const char *rest)
{
    b->bad += !ok;
    printf("%sok %u - %s%s: %u runs\n", ok ? "" : "not ", ++b->tests, name, rest, b->runs);
}

static bool check(struct bench *b, const struct play *y, bool same, u32 want)
{
    u32 sum = (u32)b->want.cpu->gpr[RDX] & 0xffff;

    b->runs++;
    if (same && sum == want)
        return true;
    printf("# %s: sum %u, not %u; %s\n", b->p.mode->name, sum, want, same ? "" : y->why);
    program_print(&b->p, stdout);
    return false;
}

static void test_body(struct bench *b, unsigned n, enum place place)
{
    bool ok = true;

    b->runs = 0;
    for (unsigned m = 0; m < MODE_COUNT && ok; m++) {
        u32 want = make(b, &box_modes[m], bodies[n].make, place);
        /* the whole in one, then in slices */
        for (u64 seed = 0; seed < 4 && ok && want; seed++) {
            struct play y = {.seed = seed, .inject = seed ? 0 : 1000};
            ok = check(b, &y, play(&y, &b->p, &b->want, &b->got), want);
        }
    }
    if (place == ANYWHERE || b->victim)
        result(b, ok && b->runs, bodies[n].name, places[place]);
}

int main(void)
{
    static struct bench b;

    if (!trial_begin(&b.want, &b.got))
        return 1;
    for (unsigned n = 0; n < ARRAY_LEN(bodies); n++)
        for (enum place place = ANYWHERE; place < PLACES; place++)
            test_body(&b, n, place);
    trial_end(&b.want, &b.got, b.tests);
    return b.bad != 0;
}
