/* SPDX-License-Identifier: MIT */
/*
 * Links: jumps from one block's code straight into another's. Code that is gone isn't entered any
 * more, but links to it stay: they are moved when the same bytes are translated anew.
 */
#include "jit/engine_state.h"

static void take_out(struct jit_way *way)
{
    struct jit_way **p = &way->to->in;

    while (*p != way)
        p = &(*p)->next;
    *p = way->next;
}

void jit_link(struct jit *j, struct jit_way *way, struct jit_code *to)
{
    if (way->to)
        take_out(way);
    way->to = to;
    way->next = to->in;
    to->in = way;
    j->host->link(&j->buffer, way, to);
    j->stats.links++;
}

void jit_link_again(struct jit *j, struct jit_code *old, struct jit_code *code)
{
    while (old->in)
        jit_link(j, old->in, code);
}
