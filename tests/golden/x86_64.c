/* SPDX-License-Identifier: MIT */
/*
 * Golden host code: what the x86-64 backend makes of a block, as far as it is on the straight way
 * through it, disassembled by Capstone. Nothing is run, and the host's extensions are left out, so
 * the text is the same on every host. Addresses are told by what they are.
 */
#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "jit/host_x86_64.h"

const char golden_file[] = "x86_64.txt";
const char golden_head[] = "# SPDX-License-Identifier: MIT\n"
                           "# Guest bytes and the x86-64 code they become: see x86_64.c.\n";

static const char *const thunks[] = {
    [THUNK_ENTER] = "enter",     [THUNK_STUB] = "stub",   [THUNK_STUB_END] = "stub-end",
    [THUNK_UNKNOWN] = "unknown", [THUNK_LEAVE] = "leave", [THUNK_STUB_PART] = "stub-part",
    [THUNK_CALL] = "call",       [THUNK_TAKE] = "take",   [THUNK_APPROX] = "approximate",
    [THUNK_HERE] = "here",       [THUNK_LINK] = "link",
};

struct text {
    FILE *f;
    const struct jit_buffer *buf;
    const struct jit_code *code;
};

/* Where a jump goes: forward on the straight way, aside, or to a thunk. */
static void print_target(const struct text *t, u64 target)
{
    u64 entry = (uintptr_t)t->code->entry;

    for (unsigned n = 0; n < ARRAY_LEN(thunks); n++)
        if ((uintptr_t)t->buf->thunk[n] == target) {
            fprintf(t->f, "<%s>\n", thunks[n]);
            return;
        }
    if (target - entry < t->code->straight)
        fprintf(t->f, "+%" PRIu64 "\n", target - entry);
    else
        fprintf(t->f, "<aside>\n");
}

static void print_insn(const struct text *t, const cs_insn *in)
{
    bool jump = in->mnemonic[0] == 'j' || !strcmp(in->mnemonic, "call");

    fprintf(t->f, "  %-6s ", in->mnemonic);
    if (jump && in->op_str[0] == '0')
        print_target(t, strtoull(in->op_str, NULL, 0));
    else if (!strcmp(in->mnemonic, "movabs") && !strncmp(in->op_str, "r14", 3))
        fprintf(t->f, "r14, <op>\n"); /* a host address */
    else if (!strcmp(in->mnemonic, "movabs") && !strncmp(in->op_str, "r11", 3))
        fprintf(t->f, "r11, <code>\n");
    else if (!strcmp(in->mnemonic, "movabs") && !strncmp(in->op_str, "r13", 3))
        fprintf(t->f, "r13, <insn>\n");
    else
        fprintf(t->f, "%s\n", in->op_str);
}

static void print_code(const struct text *t)
{
    csh cs;
    cs_insn *in;

    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
        return;
    u64 entry = (uintptr_t)t->code->entry;
    size_t n = cs_disasm(cs, t->code->entry, t->code->straight, entry, 0, &in), bytes = 0;
    for (size_t i = 0; i < n; i++) {
        print_insn(t, &in[i]);
        bytes += in[i].size;
    }
    if (bytes != t->code->straight)
        fprintf(t->f, "! not an instruction at +%zu\n", bytes);
    fprintf(t->f, "; %u -> %zu instructions, %u bytes and %u aside, %u stubs\n", t->code->cost, n,
            t->code->straight, t->code->bytes - t->code->straight, t->code->stubs);
    if (n)
        cs_free(in, n);
    cs_close(&cs);
}

void golden_describe(const struct block *const *blocks, unsigned count, char *text, size_t room)
{
    static struct ir ir;
    static const struct jit_options opt = {.optimise = true, .flat = true, .baseline = true};
    struct jit_way ways[IR_WAYS] = {{0}};
    struct jit_code code = {.block = (struct block *)(uintptr_t)blocks[0], .way = ways};
    struct jit_buffer buf;
    FILE *f = fmemopen(text, room, "w");

    if (!f)
        return;
    if (jit_buffer_init(&buf, 1 << 16, 0, false)) {
        fprintf(f, "! no code buffer\n");
        goto out;
    }
    for (unsigned i = 0; i < count; i++)
        code.cost += blocks[i]->count;
    ir_lift_region(&ir, blocks, count);
    ir_optimise(&ir);
    ir_make_groups(&ir, host_x86_64.groups);
    if (host_x86_64.init(&buf, &opt) && host_x86_64.compile(&buf, &ir, &code))
        print_code(&(struct text){f, &buf, &code});
    else
        fprintf(f, "! doesn't compile\n");
    jit_buffer_destroy(&buf);
out:
    fclose(f);
}
