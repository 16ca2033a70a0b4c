/* SPDX-License-Identifier: MIT */
/* The engine under test, put into a box: the JIT, which translates on the second run. */
#include "jit/engine.h"
#include "box.h"

bool box_install(struct box *b)
{
    const struct jit_config config = {.host = b->opt.ffi ? jit_portable() : NULL,
                                      .no_optimise = !b->opt.optimise,
                                      .heat = 1,
                                      .region = b->opt.region ? b->opt.region : JIT_REGION_NEVER,
                                      .buffer = b->opt.buffer};

    b->jit = jit_new(b->engine, &config);
    return b->jit;
}

void box_uninstall(struct box *b)
{
    jit_destroy(b->jit);
}

u64 box_flushes(const struct box *b)
{
    return b->jit ? jit_stats(b->jit).flushes : 0;
}

u64 box_stubs(const struct box *b)
{
    return b->jit ? jit_stats(b->jit).stubs : 0;
}

u64 box_unsound(const struct box *b)
{
    return b->jit ? jit_stats(b->jit).unsound : 0;
}

u64 box_regions(const struct box *b)
{
    return b->jit ? jit_stats(b->jit).regions : 0;
}

u64 box_translations(const struct box *b)
{
    return b->jit ? jit_stats(b->jit).translations : 0;
}
