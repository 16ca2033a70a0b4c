/* SPDX-License-Identifier: MIT */
/*
 * Stores of translated code to pages that have code: before a block and after it, onto exactly one
 * byte of it, over the end of a page, through another linear address; of every size. Each in every
 * mode that can, on both engines, with the sum that must come out; and those that hit no code don't
 * take the interpreter.
 */
#include <stdio.h>
#include <string.h>

#include "reduce.h"

enum { ROUNDS = 40, PAD = 30, FEW = 8 };

struct bench {
    struct box want, got;
    struct program p;
    bool native; /* what is tested is x86-64 code with flat tables */
    unsigned tests, bad, runs;
};

/* --- the store --- */

enum how { MODIFY, MOVE, SSE };

/* What changes a byte at `at` by XOR with BX or a part of it. */
static const struct store {
    const char *name;
    enum how how;
    u8 size;
} stores[] = {
    {"xor byte", MODIFY, 1},  {"xor word", MODIFY, 2}, {"xor dword", MODIFY, 4},
    {"xor qword", MODIFY, 8}, {"mov byte", MOVE, 1},   {"mov word", MOVE, 2},
    {"mov dword", MOVE, 4},   {"mov qword", MOVE, 8},  {"movups", SSE, 16},
};

/* The last item gets a prefix for operands of `size` bytes. */
static void sized(struct program *p, unsigned size)
{
    struct item *i = &p->item[p->count - 1];
    unsigned usual = p->mode->code == CODE16 ? 2 : 4;
    u8 prefix = size == 8 ? 0x48 : size == 16 ? 0x0f : 0x66;

    if (size == 1 || size == usual)
        return;
    memmove(i->bytes + 1, i->bytes, i->len++);
    i->bytes[0] = prefix;
}

/* One access: opcode of the byte form, ModRM's reg. */
static void access(struct program *p, const struct store *s, unsigned opcode, unsigned reg,
                   const u32 at[2])
{
    char bytes[3] = {(char)(opcode + (s->size > 1)), (char)(reg << 3)};

    program_absolute(p, bytes, at[0], at[1]);
    sized(p, s->size);
}

/* At `plus` bytes behind item `target`. By way of BH or SI, or of XMM0, which changes nothing. */
static void add_store(struct program *p, const struct store *s, unsigned target, u32 plus)
{
    const u32 at[2] = {target, plus};
    unsigned reg = s->size == 1 ? 7 : RSI;

    if (s->how == MODIFY) {
        access(p, s, 0x30, RBX, at);
    } else if (s->how == MOVE) {
        access(p, s, 0x8a, reg, at);
        program_plain(p, s->size == 1 ? "\x30\xdf" : "\x31\xde"); /* xor bh, bl; xor esi, ebx */
        sized(p, s->size);
        access(p, s, 0x88, reg, at);
    } else {
        access(p, s, 0x10 - 1, 0, at);
        access(p, s, 0x11 - 1, 0, at);
    }
}

/* mov ebx, v */
static void load_value(struct program *p, u64 v)
{
    u8 b[10] = {0x66, 0xbb};

    if (p->mode->code == CODE16) {
        st32(b + 2, (u32)v);
        program_add(p, b, 6);
    } else {
        program_load(p, RBX, v);
    }
}

/* --- the victim: mov al, 1; jmp over the pad --- */

static const struct where {
    const char *name;
    i32 at;     /* what changes, counted from the victim's first byte */
    bool first; /* it is the store's first byte, else its last one */
    bool hits;
    u8 change;
} wheres[] = {
    {"before a block", -1, false, false, 0x22},
    {"onto its first byte", 0, false, true, 0x04}, /* mov al to mov ah, and back */
    {"onto an immediate, the first", 1, true, true, 0x02},
    {"onto an immediate, the last", 1, false, true, 0x02}, /* 1 to 3, and back */
    {"onto its last byte", 3, true, true, 0x02},           /* jumps to the pad's last NOPs */
    {"after a block", 4, true, false, 0x22},
};

static u32 sum(const struct store *s, const struct where *w)
{
    if (s->how == SSE)
        return ROUNDS;
    if (w->at == 0) /* AX is 100h once, and 101h from then on */
        return (0x100 + (ROUNDS - 1) * 0x101) & 0xffff;
    return w->at == 1 ? ROUNDS / 2 * (1 + 3) : ROUNDS;
}

/* The store's first byte, counted from the victim's. */
static i32 start(const struct store *s, const struct where *w)
{
    return w->first ? w->at : w->at - s->size + 1;
}

static void pad(struct program *p)
{
    program_plain(p, "\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90");
    program_plain(p, "\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90");
}

/* `offset`: of the victim in its page. */
static void make(struct bench *b, const struct store *s, const struct where *w, u32 offset,
                 bool alias)
{
    struct program *p = &b->p;
    unsigned between = s->how == MODIFY ? 1 : s->how == MOVE ? 3 : 2, victim = 3 + between + 3;
    u32 plus = (u32)start(s, w) + (alias ? BOX_ALIAS_CODE - BOX_CODE : 0);

    p->start = BOX_CODE + 0x200;
    memset(p->pointer, RBX, sizeof p->pointer);
    program_load(p, RCX, ROUNDS);
    program_plain(p, "\x31\xc0\x31\xd2"); /* xor eax, eax; xor edx, edx: one item */
    load_value(p, (u64)w->change << (w->first || s->how == SSE ? 0 : 8 * (s->size - 1)));
    add_store(p, s, victim, plus);
    program_branch(p, "\xeb", victim, false);
    pad(p);
    program_add(p, "\xb0\x01", 2);
    program_branch(p, "\xeb", victim + 4, false);
    pad(p);
    program_plain(p, "\x01\xc2\xff\xc9"); /* add edx, eax; dec ecx */
    program_branch(p, "\x0f\x85", 3, true);
    program_state(p, 1);
    p->fx.mxcsr = 0x1f80; /* all masked */
    p->eflags = EFL_FIXED;
    program_layout(p);
    u32 at = (u32)(p->item[victim].at + box_base(p->mode, CS));
    p->start += BOX_CODE + 0x1000 + offset - at;
    program_layout(p);
}

/* --- a test --- */

static bool crosses(const struct store *s, const struct where *w, u32 offset)
{
    u32 first = 0x1000 + offset + (u32)start(s, w);
    return first / 0x1000 != (first + s->size - 1) / 0x1000;
}

static bool runs(struct bench *b, const struct store *s, const struct where *w, u32 offset)
{
    char why[500] = "";
    u64 stubs = box_stubs(&b->got);

    program_enter(&b->p, &b->want);
    program_enter(&b->p, &b->got);
    b->got.clock.slice_end = b->want.clock.slice_end;
    box_run(&b->want, 100000);
    box_run_on(&b->got, 100000);
    stubs = box_stubs(&b->got) - stubs;
    u32 got = (u32)b->want.cpu->gpr[RDX] & 0xffff;
    bool ok = box_same(&b->want, &b->got, true, why, sizeof why) && got == sum(s, w);
    if (ok && b->native && w->hits)
        ok = stubs >= ROUNDS - FEW;
    if (ok && b->native && !w->hits && !crosses(s, w, offset))
        ok = stubs <= FEW;
    b->runs++;
    if (!ok)
        printf("# %s, victim at %03xh of its page: sum %u, not %u; %llu stubs;%s\n",
               b->p.mode->name, offset, got, sum(s, w), (unsigned long long)stubs, why);
    return ok;
}

static bool test_mode(struct bench *b, const struct store *s, const struct where *w, bool alias)
{
    static const u32 offsets[] = {0x123, 0, 1, 0xffb, 0xffc}; /* of four bytes, before a page */
    bool ok = true;

    if (s->size == 8 && b->p.mode->code != CODE64)
        return true;
    for (unsigned n = 0; n < ARRAY_LEN(offsets) && ok; n++) {
        const struct box_mode *mode = b->p.mode;
        memset(&b->p, 0, offsetof(struct program, image));
        b->p.mode = mode;
        if (alias && !program_has_alias(&b->p))
            return true;
        make(b, s, w, offsets[n], alias);
        ok = runs(b, s, w, offsets[n]);
    }
    if (!ok)
        program_print(&b->p, stdout);
    return ok;
}

static void test(struct bench *b, const struct store *s, const struct where *w, bool alias)
{
    bool ok = true;

    b->runs = 0;
    for (unsigned m = 0; m < MODE_COUNT && ok; m++) {
        b->p.mode = &box_modes[m];
        ok = test_mode(b, s, w, alias);
    }
    ok = ok && b->runs;
    b->bad += !ok;
    printf("%sok %u - %s %s%s: %u runs\n", ok ? "" : "not ", ++b->tests, s->name, w->name,
           alias ? ", through an alias" : "", b->runs);
}

int main(void)
{
    static struct bench b;

    if (!trial_begin(&b.want, &b.got))
        return 1;
#ifdef __x86_64__
    b.native = b.got.jit && !b.got.opt.ffi && b.got.cpu->mmu.flat;
#endif
    for (unsigned s = 0; s < ARRAY_LEN(stores); s++)
        for (unsigned w = 0; w < ARRAY_LEN(wheres); w++) {
            test(&b, &stores[s], &wheres[w], false);
            test(&b, &stores[s], &wheres[w], true);
        }
    trial_end(&b.want, &b.got, b.tests);
    return b.bad != 0;
}
