/* SPDX-License-Identifier: MIT */
/*
 * Links: jumps from one block's code straight into another's. Code of a block that is gone isn't
 * entered any more, but links to it stay: they are moved when the same bytes are translated anew.
 */
#include "jit/engine_state.h"

static void take_out(struct jit_link *l)
{
    struct jit_link **p = &l->to->in;

    while (*p != l)
        p = &(*p)->next;
    *p = l->next;
}

void jit_link(struct jit *j, struct jit_code *from, enum block_way way, struct jit_code *to)
{
    struct jit_link *l = &from->out[way];

    if (l->to)
        take_out(l);
    *l = (struct jit_link){from, to, to->in};
    to->in = l;
    j->host->link(&j->buffer, from, way, to);
    j->stats.links++;
}

void jit_link_again(struct jit *j, struct jit_code *old, struct jit_code *code)
{
    while (old->in) {
        struct jit_link *l = old->in;
        jit_link(j, l->from, l == &l->from->out[WAY_TAKEN] ? WAY_TAKEN : WAY_NEXT, code);
    }
}
