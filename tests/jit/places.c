/* SPDX-License-Identifier: MIT */
/*
 * Translated code under odd conditions: changed by DMA and by another CPU, under a translation
 * that changes, in ROM and in a device, in the largest of blocks, in more of them than the buffer
 * holds, while the memory map changes; single steps. On both engines, with what must come out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reduce.h"

enum { ROUNDS = 40 };

struct bench {
    struct box want, got;
    struct program p;
    struct box_options opt;
    bool native; /* there is translated code */
    unsigned tests, bad;
};

static void result(struct bench *b, bool ok, const char *name, const char *mode)
{
    b->bad += !ok;
    printf("%sok %u - %s, %s\n", ok ? "" : "not ", ++b->tests, name, mode);
}

static void begin(struct program *p, enum box_mode_id mode, u32 start)
{
    memset(p, 0, offsetof(struct program, image));
    p->mode = &box_modes[mode];
    p->start = start;
    memset(p->pointer, RBX, sizeof p->pointer);
    program_load(p, RCX, ROUNDS);
    program_plain(p, "\x31\xc0\x31\xd2"); /* xor eax, eax; xor edx, edx: item 1 */
}

/* add edx, eax; dec ecx; jnz item 2 */
static void end(struct program *p)
{
    program_plain(p, "\x01\xc2");
    program_plain(p, "\xff\xc9");
    program_branch(p, "\x0f\x85", 2, true);
    program_state(p, 1);
    p->eflags = EFL_FIXED;
    program_layout(p);
}

static bool open_boxes(struct bench *b, bool two)
{
    struct trial t = {.opt = b->opt};

    t.opt.two = two;
    return trial_open(&t, &b->want, &b->got);
}

static void close_boxes(struct bench *b)
{
    box_destroy(&b->want);
    box_destroy(&b->got);
}

static void enter(struct bench *b)
{
    program_enter(&b->p, &b->want);
    program_enter(&b->p, &b->got);
    b->got.clock.slice_end = b->want.clock.slice_end;
}

/* n instructions of both, which then are the same. */
static bool run(struct bench *b, u64 n)
{
    char why[500];

    box_run(&b->want, n);
    box_run_on(&b->got, n);
    if (box_same(&b->want, &b->got, true, why, sizeof why))
        return true;
    printf("# %s:%s\n", b->p.mode->name, why);
    return false;
}

/* The sum in EDX at the program's end. */
static bool run_to(struct bench *b, u32 sum)
{
    u32 got;

    if (!run(b, 100000))
        return false;
    got = (u32)zext(b->want.cpu->gpr[RDX], b->p.mode->code == CODE16 ? 2 : 4);
    if (got != sum)
        printf("# sum %u, not %u\n", got, sum);
    return got == sum && b->want.cpu->activity == ACT_HLT;
}

/* --- who writes --- */

static void dma(struct bench *b, enum box_mode_id mode)
{
    struct program *p = &b->p;
    bool ok = true;

    begin(p, mode, BOX_CODE + 0x123);
    program_add(p, "\xb0\x00", 2); /* mov al, 0 */
    end(p);
    u64 at = p->item[2].at + 1 + box_base(p->mode, CS);
    enter(b);
    for (u8 n = 1; n < 20 && ok; n++) {
        ok = run(b, 7);
        memmap_dma_write(&b->want.mem, at, &n, 1);
        memmap_dma_write(&b->got.mem, at, &n, 1);
    }
    result(b, ok && b->want.cpu->gpr[RDX] > ROUNDS, "code changed by DMA", p->mode->name);
}

static void another_cpu(struct bench *b, enum box_mode_id mode)
{
    struct program *p = &b->p;
    bool ok = true;

    begin(p, mode, BOX_CODE + 0x123);
    program_add(p, "\xb0\x00", 2);
    end(p);
    enter(b);
    /* the other one: inc byte [item 2 + 1] for ever */
    p->count = 0;
    p->start = BOX_CODE + 0x1123;
    u32 at = (u32)(p->item[2].at + 1);
    program_absolute(p, "\xfe\x00", 0, 0)->kind = ITEM_PLAIN;
    st_size(p->item[0].bytes + p->item[0].len - p->item[0].field, at, p->item[0].field);
    program_branch(p, "\xeb", 0, false);
    u8 code[64];
    memcpy(code, p->image + BOX_CODE + 0x123, sizeof code);
    program_layout(p);
    memcpy(p->image + BOX_CODE + 0x123, code, sizeof code);
    box_switch(&b->want);
    box_switch(&b->got);
    enter(b);
    for (unsigned n = 0; n < 30 && ok; n++) {
        ok = run(b, 5 + n % 3);
        box_switch(&b->want);
        box_switch(&b->got);
    }
    result(b, ok && b->want.cpu->gpr[RDX] > ROUNDS, "code changed by another CPU", p->mode->name);
}

/* --- translations --- */

/* A round calls `at`, and then switches an alias page between two pages of code. */
static void call_and_switch(struct bench *b, enum box_mode_id mode, u32 at, u32 alias, bool invlpg)
{
    struct program *p = &b->p;
    bool wide = box_modes[mode].code == CODE64;
    u32 page = alias >> 12;

    begin(p, mode, BOX_CODE + 0x2123);
    program_load(p, RAX, at);
    program_plain(p, "\xff\xd0"); /* call eax */
    program_load(p, RBX, BOX_TABLES + (wide ? 0x7000 + 8 * page : 0x1000 + 4 * page));
    program_add(p, "\x81\x33\x00\x10\x00\x00", 6); /* xor dword [ebx], 1000h */
    program_load(p, RBX, alias);
    if (invlpg)
        program_plain(p, "\x0f\x01\x3b"); /* invlpg [ebx] */
    else
        program_plain(p, "\x0f\x20\xdb\x0f\x22\xdb"); /* mov ebx, cr3; mov cr3, ebx */
    end(p);
}

/* A subroutine behind an alias page: it gives 1 and 2 in turn. */
static void remapped(struct bench *b, enum box_mode_id mode, bool invlpg)
{
    struct program *p = &b->p;

    call_and_switch(b, mode, BOX_ALIAS_CODE + 0x800, BOX_ALIAS_CODE, invlpg);
    memcpy(p->image + BOX_CODE + 0x800, "\xb8\x01\x00\x00\x00\xc3", 6);
    memcpy(p->image + BOX_CODE + 0x1800, "\xb8\x02\x00\x00\x00\xc3", 6);
    enter(b);
    result(b, run_to(b, ROUNDS / 2 * 3),
           invlpg ? "a page of code under INVLPG" : "a page of code under MOV CR3", p->mode->name);
}

/* The same by an instruction whose first byte is on the page before, where a jump leads to it. */
static void half_remapped(struct bench *b, enum box_mode_id mode, bool invlpg)
{
    struct program *p = &b->p;

    call_and_switch(b, mode, BOX_ALIAS_CODE + 0xff0, BOX_ALIAS_CODE + 0x1000, invlpg);
    memcpy(p->image + BOX_CODE + 0xff0, "\xeb\x0d", 2); /* jmp to the last byte of the page */
    p->image[BOX_CODE + 0xfff] = 0xb8;                  /* mov eax, 1 or 2; ret */
    memcpy(p->image + BOX_CODE + 0x1000, "\x01\x00\x00\x00\xc3", 5);
    memcpy(p->image + BOX_CODE, "\x02\x00\x00\x00\xc3", 5);
    enter(b);
    result(b, run_to(b, ROUNDS / 2 * 3),
           invlpg ? "half an instruction under INVLPG" : "half an instruction under MOV CR3",
           p->mode->name);
}

/* Each round writes to a device that changes the map. */
static void map_changes(struct bench *b, enum box_mode_id mode)
{
    struct program *p = &b->p;

    begin(p, mode, BOX_CODE + 0x2123);
    program_load(p, RBX, BOX_REMAP - box_base(&box_modes[mode], DS));
    program_plain(p, "\x89\x03"); /* mov [ebx], eax */
    if (p->mode->code == CODE16)
        memcpy(p->item[p->count - 1].bytes, "\x89\x07", 2); /* [bx] */
    program_load(p, RAX, 3);
    end(p);
    enter(b);
    result(b, run_to(b, ROUNDS * 3), "the memory map changes each round", p->mode->name);
}

/* --- where code lies --- */

static void rom(struct bench *b, enum box_mode_id mode)
{
    struct program *p = &b->p;

    begin(p, mode, BOX_ROM + 0x123);
    program_load(p, RAX, 5);
    end(p);
    enter(b);
    result(b, run_to(b, ROUNDS * 5), "code in ROM", p->mode->name);
}

/* What a device gives to fetches is different each time, but the same for both. */
static void device(struct bench *b, enum box_mode_id mode)
{
    struct program *p = &b->p;

    begin(p, mode, BOX_CODE);
    end(p);
    enter(b);
    b->want.cpu->rip = b->got.cpu->rip = BOX_MMIO + 0x800 - box_base(p->mode, CS);
    bool ok = run(b, 30) && b->want.outside;
    result(b, ok, "code in a device", p->mode->name);
}

/* Both are where the segment that begins at `base` has that byte. */
static void enter_segment(struct bench *b, u32 base, u32 at)
{
    struct box *boxes[] = {&b->want, &b->got};

    enter(b);
    for (unsigned n = 0; n < 2; n++) {
        struct cpu *c = boxes[n]->cpu;
        c->seg[CS].base = base;
        c->seg[CS].sel = (u16)(base >> 4);
        c->rip = at - base;
        cpu_update_mode(c);
    }
}

/* It ends by #UD, which is here. */
static bool run_to_ud(struct bench *b, u64 rip)
{
    struct box_frame f = {0};

    return run(b, 1000) && box_frame(&b->want, &f) && f.vector == VEC_UD && f.rip == rip;
}

/* The same page of code in three segments: DEC CX; JNZ l; UD2 at its start, l: INC DX; CALL of a
 * RET on the next page; JMP to the start. If the segment begins with l, that jump's target is at IP
 * FFF0h. */
static void segments(struct bench *b)
{
    struct program *p = &b->p;
    const u32 page = BOX_CODE + 0x1000, wrapped = page + 0x10000;

    begin(p, MODE_real, page);
    end(p);
    memcpy(p->image + page, "\x49\x75\x0d\x0f\x0b", 5);
    memcpy(p->image + page + 0x10, "\x42\xe8\xec\x0f\xeb\xea", 6);
    p->image[page + 0x1000] = 0xc3;
    memcpy(p->image + wrapped, "\x0f\x0b", 2);
    p->gpr[RCX] = ROUNDS + 1;
    p->gpr[RDX] = 0;
    p->gpr[RSP] = BOX_STACK + 0x800 - box_base(p->mode, SS);
    enter(b);
    bool ok = run_to(b, ROUNDS);
    enter_segment(b, page - 0x100, page);
    ok = ok && run_to_ud(b, 0x103);
    enter_segment(b, page + 0x10, page + 0x10);
    ok = ok && run_to_ud(b, 0xfff0);
    result(b, ok, "a page of code in three segments", p->mode->name);
}

/* --- how large --- */

static void largest(struct bench *b, enum box_mode_id mode, const char *insn, unsigned len)
{
    struct program *p = &b->p;
    char name[80];

    begin(p, mode, BOX_CODE + 0x20);
    program_load(p, RBX, BOX_ARENA);
    while (p->count < ITEMS_MAX - 6)
        program_add(p, insn, len);
    end(p);
    enter(b);
    bool ok = run(b, 100000) && b->want.cpu->activity == ACT_HLT;
    snprintf(name, sizeof name, "blocks of 64 times %02x%02x...", (u8)insn[0], (u8)insn[1]);
    result(b, ok, name, p->mode->name);
}

/* Thousands of blocks, each of an INC and a jump: the smallest buffer doesn't hold them. */
static void exhaustion(struct bench *b, enum box_mode_id mode)
{
    struct program *p = &b->p;
    u8 *code = p->image + BOX_CODE;
    const unsigned n = BOX_CODE_PAGES * 1024 - 8;

    begin(p, mode, BOX_CODE + 0x20);
    end(p);
    p->gpr[RDX] = 0;
    p->gpr[RCX] = 3;
    p->start = BOX_CODE;
    for (unsigned i = 0; i < n; i++)
        memcpy(code + 4 * i, "\xff\xc2\xeb\x00", 4); /* inc edx; jmp to the next one */
    memcpy(code + 4 * n, "\xff\xc9\x0f\x85", 4);     /* dec ecx; jnz; ud2 */
    st32(code + 4 * n + 4, 0 - (4 * n + 8));
    memcpy(code + 4 * n + 8, "\x0f\x0b", 2);
    enter(b);
    u64 before = box_flushes(&b->got);
    bool ok = run_to(b, 3 * n) && (box_flushes(&b->got) > before || !b->native);
    result(b, ok, "more blocks than the buffer holds", p->mode->name);
}

/* --- single steps --- */

/* A trap after each instruction, a branch among them: it goes into the handler at once. */
static void single_step(struct bench *b, enum box_mode_id mode)
{
    struct program *p = &b->p;
    struct box_frame f;
    bool ok = true;

    begin(p, mode, BOX_CODE + 0x123);
    program_branch(p, "\xeb", 2, false); /* to itself */
    end(p);
    p->start += (u32)(p->item[2].at - p->item[0].at);
    p->eflags |= EFL_TF;
    enter(b);
    for (unsigned n = 0; n < 20 && ok; n++) {
        ok = run(b, 100) && box_frame(&b->want, &f) && f.vector == VEC_DB && f.rip == p->item[2].at;
        ok = ok && box_return(&b->want, &f, f.rip) && box_return(&b->got, &f, f.rip);
    }
    result(b, ok, "a trap after a branch", p->mode->name);
}

/* --- all --- */

static void largest_blocks(struct bench *b)
{
    static const struct {
        const char *bytes;
        unsigned len;
    } insns[] = {
        {"\x81\x83\x00\x01\x00\x00\x44\x33\x22\x11", 10}, /* add dword [ebx + 100h], imm32 */
        {"\x0f\xc1\x43\x10", 4},                          /* xadd [ebx + 10h], eax */
        {"\xd9\x43\x04", 3},                              /* fld dword [ebx + 4] */
        {"\x0f\x58\x43\x20", 4},                          /* addps xmm0, [ebx + 20h] */
        {"\x66\xf0\x81\x83\x00\x01\x00\x00\x22\x11", 10}, /* lock add word */
        {"\xa4", 1},                                      /* movsb */
        {"\xd3\x5b\x08", 3},                              /* rcr dword [ebx + 8], cl */
    };

    for (unsigned i = 0; i < ARRAY_LEN(insns); i++) {
        largest(b, MODE_flat32, insns[i].bytes, insns[i].len);
        largest(b, MODE_user64, insns[i].bytes, insns[i].len);
    }
}

static void test_mode(struct bench *b, enum box_mode_id mode)
{
    const struct box_mode *m = &box_modes[mode];
    bool far = m->segments == SEGMENTS_SPLIT || m->segments == SEGMENTS_SMALL;

    dma(b, mode);
    map_changes(b, mode);
    single_step(b, mode);
    if (!far) { /* beyond its code segment */
        rom(b, mode);
        device(b, mode);
    }
    if (m->paging && !m->cpl) {
        remapped(b, mode, true);
        remapped(b, mode, false);
        half_remapped(b, mode, true);
        half_remapped(b, mode, false);
    }
    if (m->code != CODE16)
        exhaustion(b, mode);
}

int main(void)
{
    static struct bench b;
    struct trial t = {.seed = 1};

    setvbuf(stdout, NULL, _IOLBF, 0);
    trial_options(&t);
    b.opt = t.opt;
    b.opt.buffer = 1;
    if (!open_boxes(&b, false)) {
        printf("Bail out! no boxes: the host has no memory\n");
        return 1;
    }
    b.native = b.got.jit;
    for (enum box_mode_id mode = 0; mode < MODE_COUNT; mode++)
        test_mode(&b, mode);
    segments(&b);
    largest_blocks(&b);
    printf("# %u blocks translated\n", (unsigned)box_translations(&b.got));
    close_boxes(&b);
    if (!open_boxes(&b, true)) {
        printf("Bail out! no boxes of two CPUs\n");
        return 1;
    }
    for (enum box_mode_id mode = 0; mode < MODE_COUNT; mode++)
        another_cpu(&b, mode);
    close_boxes(&b);
    printf("1..%u\n", b.tests);
    return b.bad != 0;
}
