/* SPDX-License-Identifier: MIT */
/* The engine under test, put into a box. */
#include "box.h"

bool box_has_engine(void)
{
    return false;
}

bool box_install(struct box *b)
{
    return false;
}

void box_report(const struct box *b, FILE *f)
{
    fprintf(f, "# interpreter, one instruction at a time\n");
}
