/* SPDX-License-Identifier: MIT */
/*
 * Golden tests: guest bytes to what golden_describe() makes of them. Reads cases, each
 *
 *     == MODE HEX
 *     what is expected
 *
 * MODE: 16 (real), 32 (flat), 32s (segments looked at), 64. HEX is one block, or where `>` is in it
 * several of a region, in this order. Prints TAP, a line a case.
 *
 * usage: NAME.tap [--update]     (srcdir comes from the environment)
 */
#include <stdio.h>

#include "golden.h"
#include "unit/testcpu.h"

enum { TEXT = 1 << 16, CODE = TESTCPU_CODE + 0x100 };

struct golden {
    char header[256];
    char want[TEXT], got[TEXT];
};

static const struct {
    const char *name;
    enum testcpu_mode cpu;
    unsigned block;
} modes[] = {
    {"16", TESTCPU_16, BLOCK_CODE16},
    {"32", TESTCPU_32, BLOCK_CODE32 | BLOCK_STACK32 | BLOCK_FLAT | BLOCK_CS_FLAT},
    {"32s", TESTCPU_32, BLOCK_CODE32 | BLOCK_STACK32},
    {"64", TESTCPU_64, BLOCK_CODE64 | BLOCK_STACK64 | BLOCK_CS_FLAT},
};

struct bytes {
    u8 byte[128];
    unsigned count, blocks;
    unsigned block[IR_BLOCKS]; /* where they begin */
};

static void parse(const char *text, struct bytes *b)
{
    unsigned v;
    int used;

    *b = (struct bytes){.blocks = 1};
    for (;; text += used) {
        used = 0;
        if (sscanf(text, " >%n", &used) == 0 && used && b->blocks < IR_BLOCKS)
            b->block[b->blocks++] = b->count;
        else if (b->count < sizeof b->byte && sscanf(text, " %2x%n", &v, &used) == 1)
            b->byte[b->count++] = (u8)v;
        else
            return;
    }
}

static void describe(struct golden *g, struct testcpu *t, const struct bytes *b, unsigned mode)
{
    const struct block *blocks[IR_BLOCKS];

    testcpu_load(t, CODE, b->byte, b->count);
    t->ram[CODE + b->count] = 0xf4; /* HLT ends the block */
    for (unsigned i = 0; i < b->blocks; i++) {
        t->cpu.rip = (mode == BLOCK_CODE16 ? 0x100 : CODE) + b->block[i];
        blocks[i] = block_lookup(&t->cpu, CODE + b->block[i], mode);
    }
    golden_describe(blocks, b->blocks, g->got, TEXT);
}

static void run_case(struct golden *g)
{
    char name[8];
    int used = 0;
    struct bytes bytes;

    g->got[0] = 0;
    if (sscanf(g->header, "== %7s%n", name, &used) != 1)
        return;
    parse(g->header + used, &bytes);
    for (unsigned m = 0; m < ARRAY_LEN(modes); m++) {
        if (strcmp(modes[m].name, name))
            continue;
        struct testcpu *t = testcpu_new(modes[m].cpu);
        describe(g, t, &bytes, modes[m].block);
        testcpu_free(t);
        return;
    }
}

/* The next case, from the line that begins it; false: there is none. */
static bool read_case(FILE *f, struct golden *g)
{
    static char next[256];
    char line[256];

    g->want[0] = 0;
    while (strncmp(next, "==", 2))
        if (!fgets(next, sizeof next, f))
            return false;
    strcpy(g->header, next);
    next[0] = 0;
    while (fgets(line, sizeof line, f)) {
        if (!strncmp(line, "==", 2)) {
            strcpy(next, line);
            break;
        }
        if (strlen(g->want) + strlen(line) < TEXT)
            strcat(g->want, line);
    }
    return true;
}

/* The first line where they part. */
static void print_difference(const struct golden *g)
{
    const char *w = g->want, *h = g->got;

    while (*w) {
        size_t n = strcspn(w, "\n") + 1;
        if (strncmp(w, h, n))
            break;
        w += n;
        h += n;
    }
    printf("# want %.*s\n# have %.*s\n", (int)strcspn(w, "\n"), w, (int)strcspn(h, "\n"), h);
}

int main(int argc, char **argv)
{
    static struct golden g;
    bool update = argc > 1 && !strcmp(argv[1], "--update");
    const char *srcdir = getenv("srcdir");
    char path[512], temporary[520];
    unsigned count = 0, bad = 0;

    snprintf(path, sizeof path, "%s/tests/golden/%s", srcdir ? srcdir : ".", golden_file);
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *f = fopen(path, "r"), *out = update ? fopen(temporary, "w") : NULL;
    if (!f || (update && !out)) {
        printf("Bail out! %s: cannot open\n", path);
        return 1;
    }
    if (update)
        fputs(golden_head, out);
    while (read_case(f, &g)) {
        run_case(&g);
        bool good = g.got[0] && !strcmp(g.want, g.got) && !strstr(g.got, "\n! ");
        if (update)
            fprintf(out, "%s%s", g.header, g.got);
        printf("%sok %u - %s", good ? "" : "not ", ++count, g.header);
        if (!good && !update)
            print_difference(&g);
        bad += !good;
    }
    printf("1..%u\n", count);
    fclose(f);
    if (update && (fclose(out) || rename(temporary, path)))
        return 1;
    return bad && !update;
}
