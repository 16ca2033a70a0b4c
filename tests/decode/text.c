/* SPDX-License-Identifier: MIT */
/*
 * Compares our text with Capstone's. Both are cut into mnemonic and operands; where Capstone has
 * a style of its own (not an error), ours is brought to it first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "sample.h"

#define OPERANDS_MAX 5

struct parts {
    char mnemonic[32];
    char operand[OPERANDS_MAX][64];
    unsigned count;
};

static void copy(char *to, size_t size, const char *from, size_t len)
{
    if (len >= size)
        len = size - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

static void split_operands(struct parts *p, const char *ops)
{
    p->count = 0;
    while (*ops && p->count < OPERANDS_MAX) {
        const char *end = strstr(ops, ", ");
        size_t len = end ? (size_t)(end - ops) : strlen(ops);
        copy(p->operand[p->count++], sizeof p->operand[0], ops, len);
        ops += len + (end ? 2 : 0);
    }
}

/* Our text: prefixes like "rep " belong to the mnemonic, as Capstone has it. */
static void split_ours(struct parts *p, const char *text)
{
    static const char *const prefixes[] = {"lock ", "rep ", "repe ", "repne "};
    size_t start = 0;

    for (unsigned i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (!strncmp(text + start, prefixes[i], strlen(prefixes[i])))
            start += strlen(prefixes[i]);
    }
    size_t end = start + strcspn(text + start, " ");
    copy(p->mnemonic, sizeof p->mnemonic, text, end);
    split_operands(p, text[end] ? text + end + 1 : text + end);
}

static void drop_operand(struct parts *p, unsigned i)
{
    memmove(p->operand[i], p->operand[i + 1], (p->count - i - 1) * sizeof p->operand[0]);
    p->count--;
}

/* CMPPS and its like: Capstone names the first eight predicates. */
static void name_predicate(struct parts *p)
{
    static const char *const names[8] = {"eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"};
    static const char *const suffixes[] = {"ps", "pd", "ss", "sd"};

    if (p->count != 3 || strncmp(p->mnemonic, "cmp", 3))
        return;
    unsigned long n = strtoul(p->operand[2], NULL, 0);
    for (unsigned i = 0; i < ARRAY_LEN(suffixes) && n < 8; i++) {
        if (!strcmp(p->mnemonic + 3, suffixes[i])) {
            snprintf(p->mnemonic, sizeof p->mnemonic, "cmp%s%s", names[n], suffixes[i]);
            drop_operand(p, 2);
            return;
        }
    }
}

/* Operands that Capstone leaves unsaid. */
static void drop_implied(struct parts *ours, struct parts *its)
{
    if (its->count == ours->count + 1 && ours->mnemonic[0] == 'f' &&
        (!strcmp(its->operand[0], "st(0)") || !strcmp(its->operand[its->count - 1], "st(0)")))
        drop_operand(its, strcmp(its->operand[0], "st(0)") ? its->count - 1 : 0);
    if (ours->count != its->count + 1)
        return;
    if (!strcmp(ours->operand[ours->count - 1], "xmm0")) /* PBLENDVB and others */
        ours->count--;
    else if (!strcmp(ours->mnemonic, "aam") || !strcmp(ours->mnemonic, "aad"))
        ours->count -= !strcmp(ours->operand[0], "0xa");
    else if (ours->mnemonic[0] == 'f' && !strcmp(ours->operand[0], "st(0)"))
        drop_operand(ours, 0);
    else if (ours->mnemonic[0] == 'f' && !strcmp(ours->operand[ours->count - 1], "st(0)"))
        ours->count--;
}

/* Where Capstone's way of writing differs, by our mnemonic. */
enum {
    SIZE = 1 /* of memory operands */,
    WIDTH = 2 /* of registers */,
    MODE16 = 4 /* there only */
};

static const struct style {
    const char *ours, *its; /* NULL: the same */
    unsigned flags;
} styles[] = {
    {"mov", "movabs", 0}, /* 64-bit immediate or address */
    {"mov", NULL, WIDTH}, /* MOV Sw: 16 or 32 bits are the same there */
    {"movq", "movd", 0},          {"pushad", "pushal", 0},
    {"popad", "popal", 0},        {"cbw", "cwde", MODE16},
    {"cwd", "cdq", MODE16},       {"jecxz", "jcxz", MODE16}, /* Capstone ignores 67 */
    {"jecxz", "jrcxz", 0},        {"movsxd", NULL, WIDTH},   /* Capstone: always 64 bits */
    {"lar", NULL, SIZE | WIDTH},  {"lsl", NULL, SIZE | WIDTH},
    {"nop", NULL, SIZE},          {"lds", NULL, SIZE},
    {"les", NULL, SIZE},          {"lfs", NULL, SIZE | WIDTH},
    {"lgs", NULL, SIZE | WIDTH},  {"lss", NULL, SIZE | WIDTH},
    {"ljmp", NULL, SIZE},         {"lcall", NULL, SIZE},
    {"sgdt", NULL, SIZE},         {"sidt", NULL, SIZE},
    {"lgdt", NULL, SIZE},         {"lidt", NULL, SIZE},
    {"invlpg", NULL, SIZE},       {"prefetch", NULL, SIZE},
    {"prefetchw", NULL, SIZE},    {"prefetchwt1", NULL, SIZE},
    {"prefetchnta", NULL, SIZE},  {"prefetcht0", NULL, SIZE},
    {"prefetcht1", NULL, SIZE},   {"prefetcht2", NULL, SIZE},
    {"xsave", NULL, SIZE},        {"xsaveopt", NULL, SIZE},
    {"xsavec", NULL, SIZE},       {"xrstor", NULL, SIZE},
    {"fxsave64", NULL, SIZE},     {"fxrstor64", NULL, SIZE},
    {"xsave64", NULL, SIZE},      {"xsaveopt64", NULL, SIZE},
    {"xsavec64", NULL, SIZE},     {"xrstor64", NULL, SIZE},
    {"comiss", NULL, SIZE},       {"comisd", NULL, SIZE},
    {"punpcklbw", NULL, SIZE}, /* the MMX forms read 4 bytes */
    {"punpcklwd", NULL, SIZE},    {"punpckldq", NULL, SIZE},
    {"fld", NULL, SIZE}, /* "xword" for ten bytes */
    {"fstp", NULL, SIZE},         {"fnsave", NULL, SIZE},
    {"frstor", NULL, SIZE},       {"fnstsw", NULL, SIZE},
    {"fcom2", "fcom", 0}, /* aliases of the x87 */
    {"fcomp3", "fcomp", 0},       {"fcomp5", "fcomp", 0},
    {"fxch4", "fxch", 0},         {"fxch7", "fxch", 0},
    {"fstp8", "fstp", 0},         {"fstp9", "fstp", 0},
    {"fneni", "feni8087_nop", 0}, {"fndisi", "fdisi8087_nop", 0},
    {"fnsetpm", "fsetpm", 0},
};

/* False: the names differ. The flags say what of the operands isn't compared. */
static bool same_mnemonic(const struct sample *s, const char *ours, const char *its,
                          unsigned *flags)
{
    bool same = !strcmp(ours, its);

    *flags = 0;
    for (unsigned i = 0; i < ARRAY_LEN(styles); i++) {
        const struct style *st = &styles[i];
        if (strcmp(ours, st->ours) || ((st->flags & MODE16) && s->mode != CODE16))
            continue;
        same |= st->its && !strcmp(its, st->its);
        *flags |= st->flags;
    }
    return same;
}

/* Numbers by value: Capstone writes some immediates with a sign. */
static bool same_number(const char *ours, const char *its, unsigned size)
{
    u64 a = strtoull(ours, NULL, 0);
    u64 b = *its == '-' ? 0 - strtoull(its + 1, NULL, 0) : strtoull(its, NULL, 0);

    if (*its == '-' && a < 0x10000) /* not extended by us */
        size = a < 0x100 ? 1 : 2;
    return zext(a ^ b, size) == 0;
}

/* Removes "es:" "cs:" "ss:" "ds:". */
static void drop_segment(char *operand)
{
    char *colon = strchr(operand, ':');

    if (colon && colon >= operand + 2 && colon[-1] == 's' && strchr("ecsd", colon[-2]))
        memmove(colon - 2, colon + 1, strlen(colon + 1) + 1);
}

/* Removes "dword ptr " and the like. */
static void drop_size(char *operand)
{
    char *ptr = strstr(operand, "ptr ");

    if (ptr)
        memmove(operand, ptr + 4, strlen(ptr + 4) + 1);
}

/* Turns eax, rax, r8d and r8w into ax and r8. */
static void drop_width(char *reg)
{
    size_t len = strlen(reg);

    if (len > 2 && *reg == 'r' && reg[1] <= '9') {
        if (reg[len - 1] == 'd' || reg[len - 1] == 'w')
            reg[len - 1] = '\0';
    } else if (len == 3 && (*reg == 'e' || *reg == 'r')) {
        memmove(reg, reg + 1, len);
    }
}

static bool same_operand(const struct sample *s, char *ours, char *its, unsigned flags)
{
    for (unsigned i = 0; i < 2; i++) {
        char *text = i ? its : ours;
        if (flags & SIZE)
            drop_size(text);
        if (flags & WIDTH)
            drop_width(text);
    }
    if (s->mode == CODE64) { /* segments that mean nothing there */
        drop_segment(ours);
        drop_segment(its);
    }
    if (!strcmp(ours, its))
        return true;
    if (*ours >= '0' && *ours <= '9' && (*its == '-' || (*its >= '0' && *its <= '9')))
        return same_number(ours, its, s->in.osize);
    /* An address without registers: Capstone gives 32 bits of it, or 16 in 16-bit code. */
    const char *a = strchr(ours, '['), *b = strchr(its, '[');
    if (!a || !b || a - ours != b - its || strncmp(ours, its, (size_t)(a - ours)))
        return false;
    if (a[1] < '0' || a[1] > '9' || b[1] < '0' || b[1] > '9')
        return false;
    return same_number(a + 1, b + 1, s->mode == CODE16 || s->in.asize == 2 ? 2 : 4);
}

bool capstone_same_text(const struct sample *s, const struct verdict *v)
{
    const char *name = v->mnemonic;
    struct parts ours, its;
    unsigned flags;

    /* Prefixes of MPX and TSX, which mean nothing to us. */
    if (!strncmp(name, "bnd ", 4))
        name += 4;
    if (!strncmp(name, "xacquire ", 9) || !strncmp(name, "xrelease ", 9))
        name += 9;
    split_ours(&ours, s->text);
    copy(its.mnemonic, sizeof its.mnemonic, name, strlen(name));
    split_operands(&its, v->operands);
    name_predicate(&ours);
    drop_implied(&ours, &its);
    if (!same_mnemonic(s, ours.mnemonic, its.mnemonic, &flags) || ours.count != its.count)
        return false;
    for (unsigned i = 0; i < ours.count; i++) {
        if (!same_operand(s, ours.operand[i], its.operand[i], flags))
            return false;
    }
    return true;
}
