/* SPDX-License-Identifier: MIT */
/* Random programs: control flow, where they lie, where they start from. See program.h. */
#include "program.h"

#include <inttypes.h>
#include <string.h>

#include "cpu/flags.h"
#include "cpu/fxsave.h"
#include "cpu/x87.h"

struct item *program_add(struct program *p, const void *bytes, unsigned len)
{
    struct item *i = &p->item[p->count < ITEMS_MAX - 1 ? p->count++ : p->count - 1];

    *i = (struct item){.len = (u8)len};
    memcpy(i->bytes, bytes, len);
    return i;
}

struct item *program_plain(struct program *p, const char *bytes)
{
    return program_add(p, bytes, (unsigned)strlen(bytes));
}

void program_load(struct program *p, unsigned reg, u64 value)
{
    u8 b[10];
    unsigned n = 0, size = p->mode->code == CODE16 ? 2 : 4;

    if (p->mode->code == CODE64 && value >> 32)
        size = 8;
    if (reg >= 8 || size == 8)
        b[n++] = (u8)(0x40 | (size == 8) << 3 | reg >> 3);
    b[n++] = (u8)(0xb8 | (reg & 7));
    st_size(b + n, value, size);
    program_add(p, b, n + size);
}

/* --- control flow --- */

static unsigned near_size(const struct program *p)
{
    return p->mode->code == CODE16 ? 2 : 4;
}

void program_branch(struct program *p, const char *opcode, unsigned target, bool near)
{
    struct item *i = program_add(p, opcode, (unsigned)strlen(opcode));

    i->kind = ITEM_BRANCH;
    i->target = (u8)target;
    i->field = near ? (u8)near_size(p) : 1;
    i->len += i->field;
}

static void conditional(struct program *p, unsigned cc, unsigned target)
{
    bool near = one_in(&p->rng, 3);
    char opcode[3] = {0x0f, (char)(0x80 | cc), 0};

    if (!near)
        opcode[0] = (char)(0x70 | cc), opcode[1] = 0;
    program_branch(p, opcode, target, near);
}

/* mov reg, target; then a jump, a call, or push and return. */
static void indirect(struct program *p, unsigned target)
{
    struct rng *r = &p->rng;
    u8 reg = (u8[]){RAX, RCX, RDX, RBX}[rng_below(r, 4)];
    struct item *i;

    program_load(p, reg, 0);
    i = &p->item[p->count - 1];
    i->kind = ITEM_ADDRESS;
    i->field = (u8)near_size(p);
    i->target = (u8)target;
    switch (rng_below(r, 3)) {
    case 0: program_add(p, (u8[]){0xff, 0xe0 | reg}, 2); break;
    case 1: program_add(p, (u8[]){0xff, 0xd0 | reg}, 2); break;
    default:
        program_add(p, (u8[]){0x50 | reg}, 1);
        program_add(p, (u8[]){0xc3}, 1);
        break;
    }
}

static void some_branch(struct program *p)
{
    struct rng *r = &p->rng;
    unsigned target = p->count + 1 + (unsigned)rng_below(r, 6);
    static const char *const loops[] = {"\xe0", "\xe1", "\xe2", "\xe3"};

    switch (rng_below(r, 12)) {
    case 0: program_branch(p, "\xeb", target, false); break;
    case 1: program_branch(p, "\xe9", target, true); break;
    case 2:
    case 3: program_branch(p, "\xe8", one_in(r, 3) ? target : TARGET_FUNCTION, true); break;
    case 4: indirect(p, one_in(r, 2) ? target + 2 : TARGET_FUNCTION); break;
    case 5: program_branch(p, loops[rng_below(r, 4)], target, false); break;
    default: conditional(p, (unsigned)rng_below(r, 16), target); break;
    }
}

struct item *program_absolute(struct program *p, const char *opcode, unsigned target, u32 plus)
{
    u8 b[12];
    unsigned n = 0, tail = (u8)opcode[2] ? 1 : 0;

    b[n++] = (u8)opcode[0];
    b[n++] = (u8)(opcode[1] | (p->mode->code == CODE16 ? 6 : p->mode->code == CODE32 ? 5 : 4));
    if (p->mode->code == CODE64)
        b[n++] = 0x25;
    n += near_size(p);
    if (tail)
        b[n++] = (u8)opcode[2];
    struct item *i = program_add(p, b, n);
    i->kind = ITEM_ADDRESS;
    i->field = (u8)near_size(p);
    i->tail = (u8)tail;
    i->target = (u8)target;
    i->plus = plus;
    return i;
}

bool program_has_alias(const struct program *p)
{
    return p->mode->paging && p->mode->segments == SEGMENTS_FLAT;
}

/* Changes a byte of an item nearby, which will or won't be run again. Some of what comes of it is
 * no instruction that anybody wanted. */
static void write_code(struct program *p)
{
    struct rng *r = &p->rng;
    static const char opcodes[][2] = {"\xc6\x00", "\xc6\x00", "\xfe\x00", "\x80\x28", "\x80\x30"};
    static const char values[] = "\x90\x40\x48\xf9\xc8\x01";
    char opcode[3] = {0};
    unsigned back = (unsigned)rng_below(r, 5), target;
    u32 plus = (u32)rng_below(r, 4);

    memcpy(opcode, opcodes[rng_below(r, ARRAY_LEN(opcodes))], 2);
    if ((u8)opcode[0] != 0xfe)
        opcode[2] = one_in(r, 2) ? (char)(1 + rng_below(r, 255)) : values[rng_below(r, 6)];
    target = one_in(r, 2) && back < p->count ? p->count - 1 - back : p->count + 1 + back;
    if (program_has_alias(p) && one_in(r, 3))
        plus += BOX_ALIAS_CODE - BOX_CODE;
    if (one_in(r, 2)) {
        program_absolute(p, opcode, target, plus);
        return;
    }
    program_absolute(p, opcode, p->count + 1, plus - plus % 4 + 1);
    program_add(p, (u8[]){0x04, (u8)rng_next(r)}, 2); /* add al, imm8: bears it */
}

/* The end of a loop that began at `start`, counted in reg. */
static void close_loop(struct program *p, unsigned start, unsigned reg)
{
    if (reg == RCX && one_in(&p->rng, 2)) {
        program_branch(p, "\xe2", start, false);
        return;
    }
    program_add(p, (u8[]){0xff, (u8)(0xc8 | reg)}, 2);
    program_branch(p, "\x0f\x85", start, true);
}

static void body(struct program *p, unsigned n)
{
    struct rng *r = &p->rng;
    int loop = -1;
    unsigned reg = RCX, end = p->count + n;

    while (p->count < end) {
        if (loop < 0 && one_in(r, 12)) {
            reg = one_in(r, 2) ? RCX : RDX;
            program_load(p, reg, 1 + rng_below(r, 9));
            loop = (int)p->count;
        } else if (loop >= 0 && p->count > (unsigned)loop + 1 && one_in(r, 5)) {
            close_loop(p, (unsigned)loop, reg);
            loop = -1;
        }
        if (one_in(r, 9))
            some_branch(p);
        else if (p->writer && one_in(r, 6))
            write_code(p);
        else if (one_in(r, 10))
            program_load(p, p->pointer[rng_below(r, 3)], program_place(p));
        else if (one_in(r, 40))
            program_load(p, RSP, program_stack(p));
        else
            program_instruction(p);
    }
    if (loop >= 0)
        close_loop(p, (unsigned)loop, reg);
}

static void functions(struct program *p)
{
    unsigned begin = TARGET_END;

    if (!one_in(&p->rng, 3)) {
        program_branch(p, "\xe9", TARGET_END, true);
        begin = p->count;
        body(p, 1 + (unsigned)rng_below(&p->rng, 4));
        program_add(p, (u8[]){0xc3}, 1);
    }
    for (unsigned i = 0; i < p->count; i++)
        if (p->item[i].target == TARGET_FUNCTION)
            p->item[i].target = (u8)begin;
}

static void choose_registers(struct program *p)
{
    struct rng *r = &p->rng;
    static const u8 low[] = {RBX, RSI, RDI, RBP};
    bool wide = p->mode->code == CODE64;

    for (unsigned i = 0; i < 3; i++)
        p->pointer[i] = p->mode->code == CODE16     ? (u8[]){RBX, RSI, RDI}[i]
                        : wide && i && one_in(r, 2) ? (u8)(8 + rng_below(r, 8))
                                                    : low[rng_below(r, wide ? 3 : 4)];
    p->index = wide && one_in(r, 2) ? (u8)(8 + rng_below(r, 8)) : RAX;
}

void program_make(struct program *p, const struct mix *mix, u64 seed)
{
    struct rng *r = &p->rng;

    memset(p, 0, offsetof(struct program, image));
    p->mix = mix;
    r->s = seed;
    p->mode = &box_modes[rng_below(r, MODE_COUNT)];
    p->wild = one_in(r, 8);
    p->writer = one_in(r, 6);
    p->start = BOX_CODE + (u32)rng_below(r, 0x2000);
    if (one_in(r, 3)) /* over the end of a page */
        p->start = (p->start | 0xfff) + 1 - (u32)rng_below(r, 80);
    choose_registers(p);
    body(p, 1 + (unsigned)rng_below(r, 24));
    functions(p);
    program_state(p, rng_next(r));
    program_layout(p);
}

/* --- state --- */

static void fill_memory(struct program *p, struct isa_state *s)
{
    struct rng rom = {1};

    box_image(p->image);
    memset(p->image + BOX_LOW_END, 0, BOX_ARENA - BOX_LOW_END);
    for (unsigned i = 0; i < 4096; i += 8) /* the ROM is always the same */
        st64(p->image + BOX_ROM + i, rng_next(&rom));
    for (unsigned i = 0; i < BOX_ARENA_PAGES; i++)
        memcpy(p->image + BOX_ARENA + 4096 * i, s->mem + 4096 * (i % ISA_MEM_PAGES), 4096);
    for (unsigned i = 0; i < 4096; i += 256) { /* numbers for the x87 and for SSE */
        memcpy(p->image + BOX_ARENA + 0x2000 + i, i & 256 ? (void *)s->fx.xmm : s->fx.st, 128);
        memcpy(p->image + BOX_ARENA + 0x2000 + i + 128, s->fx.xmm, 128);
    }
    memset(p->image + BOX_HOLE, 0, BOX_STACK - BOX_HOLE);
    memcpy(p->image + BOX_STACK, s->mem, BOX_STACK_PAGES * 4096);
}

void program_state(struct program *p, u64 seed)
{
    struct rng saved = p->rng, *r = &p->rng;
    struct isa_case nothing = {.mode = p->mode->code};
    struct isa_state s;

    r->s = seed;
    gen_state(r, &nothing, &s);
    fill_memory(p, &s);
    p->fx = s.fx;
    for (unsigned i = 0; i < 16; i++)
        p->gpr[i] = rng_number(r);
    p->gpr[RSP] = program_stack(p);
    if (one_in(r, 2))
        p->gpr[RBP] = program_stack(p);
    p->gpr[p->index] = rng_below(r, 16);
    for (unsigned i = 0; i < 3; i++)
        p->gpr[p->pointer[i]] = program_place(p);
    for (unsigned i = 0; i < 16; i++)
        if (p->mode->code != CODE64)
            p->gpr[i] = i < 8 ? (u32)p->gpr[i] : 0;
    p->eflags = s.eflags | EFL_FIXED | (one_in(r, 4) ? 0 : EFL_IF);
    if (p->mode->cpl == 3 && one_in(r, 24))
        p->eflags |= EFL_AC;
    if (one_in(r, 40))
        p->eflags |= EFL_TF;
    p->rng = saved;
}

/* --- layout --- */

static u64 offset_of(const struct program *p, unsigned target)
{
    while (target < p->count && p->item[target].gone)
        target++;
    return target < p->count ? p->item[target].at : p->end;
}

static void patch(const struct program *p, const struct item *i, u8 *at)
{
    u64 to = offset_of(p, i->target);

    memcpy(at, i->bytes, i->len);
    if (i->kind == ITEM_BRANCH)
        to -= i->at + i->len;
    if (i->kind == ITEM_ADDRESS)
        to += i->plus;
    if (i->kind == ITEM_BRANCH && (u64)sext(to, i->field) != to)
        memset(at, 0x90, i->len); /* it is too far */
    else if (i->kind != ITEM_PLAIN)
        st_size(at + i->len - i->tail - i->field, to, i->field);
}

void program_layout(struct program *p)
{
    u64 base = box_base(p->mode, CS), at = p->start - base;

    memset(p->image + BOX_CODE, 0xcc, BOX_CODE_PAGES * 4096);
    for (unsigned i = 0; i < p->count; i++) {
        p->item[i].at = at;
        at += p->item[i].gone ? 0 : p->item[i].len;
    }
    p->end = at;
    for (unsigned i = 0; i < p->count; i++)
        if (!p->item[i].gone)
            patch(p, &p->item[i], p->image + base + p->item[i].at);
    memcpy(p->image + base + p->end, "\x0f\x0b", 2);
}

int program_item(const struct program *p, u64 offset)
{
    for (unsigned i = 0; i < p->count; i++)
        if (!p->item[i].gone && p->item[i].at == offset)
            return (int)i;
    return offset == p->end ? TARGET_END : -1;
}

u64 program_next(const struct program *p, unsigned item)
{
    return offset_of(p, item + 1);
}

void program_enter(const struct program *p, struct box *b)
{
    struct cpu *c = b->cpu;

    box_load(b, p->image);
    box_enter(b, p->mode, p->start - box_base(p->mode, CS));
    memcpy(c->gpr, p->gpr, sizeof p->gpr);
    c->eflags |= p->eflags & ~EFL_STATUS;
    flags_set(c, p->eflags);
    fxsave_get_x87(c, (const u8 *)&p->fx, true);
    memcpy(c->fpu.xmm, p->fx.xmm, sizeof p->fx.xmm);
    sse_set_mxcsr(c, p->fx.mxcsr);
    cpu_update_mode(c);
}

void program_print(const struct program *p, FILE *f)
{
    fprintf(f, "# mode %s, flags %x\n#", p->mode->name, p->eflags);
    for (unsigned i = 0; i < (p->mode->code == CODE64 ? 16u : 8u); i++)
        fprintf(f, " r%u=%" PRIx64, i, p->gpr[i]);
    fprintf(f, "\n");
    for (unsigned i = 0; i < p->count; i++) {
        const struct item *it = &p->item[i];
        const u8 *b = p->image + box_base(p->mode, CS) + it->at;
        struct insn in;
        char text[96] = "?";
        if (it->gone)
            continue;
        if (insn_decode(&in, b, 15, p->mode->code) == DECODE_OK)
            insn_print(&in, it->at, text, sizeof text);
        fprintf(f, "# %2u %6" PRIx64 "  %-44s ", i, it->at, text);
        for (unsigned n = 0; n < it->len; n++)
            fprintf(f, "%02x", b[n]);
        fprintf(f, "\n");
    }
}
