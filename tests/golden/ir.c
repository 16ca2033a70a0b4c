/* SPDX-License-Identifier: MIT */
/* Golden IR: what ir_print() gives after lifting, and, if it differs, after "--" optimised. */
#include <stdio.h>
#include <string.h>

#include "golden.h"

const char golden_file[] = "ir.txt";
const char golden_head[] = "# SPDX-License-Identifier: MIT\n"
                           "# Guest bytes and the IR they become: see golden.c.\n";

/* Prints ir into text, or what is wrong with it. */
static void describe(const struct ir *ir, char *text, size_t room)
{
    unsigned where;
    const char *broken = ir_check(ir, &where);
    FILE *f = fmemopen(text, room, "w");

    if (!f)
        return;
    ir_print(ir, f);
    if (broken)
        fprintf(f, "! %%%u: %s\n", where, broken);
    fclose(f);
}

void golden_describe(const struct block *const *blocks, unsigned count, char *text, size_t room)
{
    static struct ir ir;
    static char optimised[1 << 16];

    ir_lift_region(&ir, blocks, count);
    describe(&ir, text, room - 4);
    ir_optimise(&ir);
    describe(&ir, optimised, sizeof optimised);
    if (strcmp(text, optimised) && strlen(text) + strlen(optimised) + 4 < room)
        strcat(strcat(text, "--\n"), optimised);
}
