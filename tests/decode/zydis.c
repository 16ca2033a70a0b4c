/* SPDX-License-Identifier: MIT */
/* Where Zydis 4.0 differs from us in validity or length. */
#include <string.h>

#include "sample.h"

static bool extension(const struct erratum *self, const struct sample *s, const struct verdict *v)
{
    return s->in.row == ROW_UD && v->valid && !strcmp(self->name, v->extension);
}

static bool prefetch_register(const struct erratum *self, const struct sample *s,
                              const struct verdict *v)
{
    const struct shape *sh = &s->shape;
    return s->in.row == ROW_UD && v->valid && !sh->vex && sh->map == 1 && sh->opcode == 0x0d &&
           sh->modrm >= 0xc0;
}

const struct erratum zydis_errata[] = {
    {"0F 0D, register", "AMD raises #UD, Intel does nothing: we follow AMD", prefetch_register,
     false},
#define EXTENSION(name)                                                                            \
    {name, "not implemented: outside the instructions that we emulate", extension, true},
#include "outside.def"
#undef EXTENSION
};
const unsigned zydis_errata_count = sizeof zydis_errata / sizeof zydis_errata[0];
