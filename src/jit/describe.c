/* SPDX-License-Identifier: MIT */
/* The block or region whose code ran last, for people: guest instructions, IR, host code. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_CAPSTONE
#include <capstone/capstone.h>
#endif

#include "jit/engine_state.h"

struct out {
    jit_line_fn *line;
    void *opaque;
};

static void guest(const struct block *b, const struct out *out)
{
    char text[96], line[160];

    for (unsigned i = 0; i < b->count; i++) {
        insn_print(&b->ops[i].in, 0, text, sizeof text);
        snprintf(line, sizeof line, "  %llx  %s", (unsigned long long)b->phys + b->ops[i].at, text);
        out->line(out->opaque, line);
    }
}

static void lines_of(char *text, const struct out *out)
{
    char *save = NULL;

    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
        out->line(out->opaque, l);
}

static void operations(const struct ir *ir, const struct out *out)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return;
    ir_print(ir, f);
    fclose(f);
    lines_of(text, out);
    free(text);
}

#if defined(HAVE_CAPSTONE) && (defined(__x86_64__) || defined(__aarch64__))
#ifdef __x86_64__
#define CS_HOST CS_ARCH_X86, CS_MODE_64
#else
#define CS_HOST CS_ARCH_ARM64, CS_MODE_ARM
#endif

static void host_code(const struct jit_code *code, const struct out *out)
{
    csh cs;
    cs_insn *insn;
    char line[256];

    if (cs_open(CS_HOST, &cs) != CS_ERR_OK)
        return;
    size_t n = cs_disasm(cs, code->entry, code->bytes, (uintptr_t)code->entry, 0, &insn);
    for (size_t i = 0; i < n; i++) {
        snprintf(line, sizeof line, "  %llx  %s %s", (unsigned long long)insn[i].address,
                 insn[i].mnemonic, insn[i].op_str);
        out->line(out->opaque, line);
    }
    if (n)
        cs_free(insn, n);
    cs_close(&cs);
}
#else
static void host_code(const struct jit_code *code, const struct out *out)
{
}
#endif

static struct jit_path path_of(const struct jit_code *code)
{
    struct jit_path path = {.block = {code->block}, .count = 1, .is_region = code->members};

    for (unsigned i = 0; i < code->members; i++)
        path.block[i] = code->member[i].block;
    if (path.is_region)
        path.count = code->members;
    return path;
}

void jit_describe_last(const struct jit *j, jit_line_fn *line, void *opaque)
{
    const struct out out = {line, opaque};

    if (!j->last) {
        line(opaque, "no translated code has run");
        return;
    }
    line(opaque, "what ran last as translated code, by physical addresses:");
    struct jit_path path = path_of(j->last);
    for (unsigned i = 0; i < path.count; i++)
        guest(path.block[i], &out);
    jit_make_ir(j, &path);
    operations(j->ir, &out);
    if (j->host != jit_portable())
        host_code(j->last, &out);
}
