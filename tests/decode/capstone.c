/* SPDX-License-Identifier: MIT */
/* Where Capstone 4.0 differs from us in validity or length, and how its text differs. */
#include <string.h>

#include "sample.h"

#define PREDICATE(name)                                                                            \
    static bool name(const struct erratum *self, const struct sample *s, const struct verdict *v)

static bool undefined(const struct sample *s)
{
    return s->in.row == ROW_UD;
}

/* The same string without the legacy prefixes in `drop` is defined, and of the length that the
 * oracle gives. */
static bool defined_without(const struct sample *s, const struct verdict *v, const char *drop)
{
    struct sample t = {.mode = s->mode};
    unsigned n = 0, prefixes = s->shape.prefixes, dropped = 0;

    for (unsigned i = 0; i < SAMPLE_BYTES; i++) {
        if (prefixes > 0 && (s->mode != CODE64 || (s->bytes[i] & 0xf0) != 0x40)) {
            prefixes--;
            if (strchr(drop, s->bytes[i])) {
                dropped++;
                continue;
            }
        }
        t.bytes[n++] = s->bytes[i];
    }
    sample_decode(&t);
    return v->valid && !undefined(&t) && t.in.len + dropped == v->len;
}

PREDICATE(outside)
{
    return undefined(s) && v->valid && *v->extension && strcmp(v->extension, "BASE");
}

PREDICATE(undefined_opcodes)
{
    return s->shape.map == 1 && (s->shape.opcode == 0xff || s->shape.opcode == 0xb9);
}

PREDICATE(reserved_nop)
{
    return !undefined(s) && !v->valid && s->shape.map == 1 && s->shape.opcode >= 0x18 &&
           s->shape.opcode <= 0x1f;
}

PREDICATE(prefetch)
{
    return !undefined(s) && !v->valid && s->shape.map == 1 && s->shape.opcode == 0x0d;
}

PREDICATE(early_prefix)
{
    return s->shape.early;
}

PREDICATE(mandatory16)
{
    return s->mode == CODE16 && (s->shape.p66 || s->shape.rep) &&
           (s->shape.map >= 1 || s->shape.opcode == 0x90);
}

PREDICATE(ignored_prefix)
{
    return undefined(s) && (s->shape.p66 || s->shape.rep) && defined_without(s, v, "\x66\xf2\xf3");
}

PREDICATE(lock)
{
    return undefined(s) && s->shape.lock &&
           (defined_without(s, v, "\xf0") || defined_without(s, v, "\x66\xf2\xf3\xf0"));
}

PREDICATE(control_registers)
{
    return undefined(s) && v->valid && s->shape.map == 1 && (s->shape.opcode & 0xfc) == 0x20;
}

PREDICATE(fence)
{
    return !undefined(s) && !v->valid && s->shape.map == 1 && s->shape.opcode == 0xae &&
           s->shape.modrm >= 0xe8 && (s->shape.modrm & 7) != 0;
}

PREDICATE(vex_prefixed)
{
    const struct shape *sh = &s->shape;
    return undefined(s) && v->valid && sh->vex && (sh->p66 || sh->rep || sh->lock || sh->rex);
}

PREDICATE(vex_unused)
{
    return undefined(s) && v->valid && s->shape.vex &&
           (v->mnemonic[0] == 'v' || !strcmp(v->mnemonic, "rorx"));
}

/* Also where Zydis refuses a prefix or a mode, so that it has no extension to name. */
PREDICATE(outside_named)
{
    static const char *const names[] = {
        "getsec",    "vmread",    "vmwrite",   "vmptrst",   "vmptrld",   "vmcall", "vmxoff",
        "vmlaunch",  "vmresume",  "vmxon",     "vmclear",   "vmfunc",    "invept", "invvpid",
        "xtest",     "xend",      "encl",      "xsaves",    "xrstors",   "extrq",  "femms",
        "xcryptecb", "xcryptcbc", "xcryptctr", "xcryptcfb", "xcryptofb", "xsha1",  "xsha256",
        "xstore",    "montmul",   "insertq",
    };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!strncmp(v->mnemonic, names[i], strlen(names[i])))
            return undefined(s);
    }
    return false;
}

/* Defined in 64-bit mode, or with mod = 3, or not at all: never ours. */
PREDICATE(evex_xop)
{
    return undefined(s) && v->valid && !s->shape.map &&
           (s->shape.opcode == 0x62 || s->shape.opcode == 0x8f);
}

PREDICATE(swapgs)
{
    return undefined(s) && s->mode != CODE64 && !strcmp(v->mnemonic, "swapgs");
}

PREDICATE(mov_cs)
{
    return undefined(s) && v->valid && !s->shape.map && s->shape.opcode == 0x8e &&
           (s->shape.modrm & 0x38) == 8;
}

/* Text only from here on. */
static bool both(const struct sample *s, const struct verdict *v)
{
    return !undefined(s) && v->valid;
}

PREDICATE(nop_operand)
{
    return both(s, v) && s->shape.map == 1 && s->shape.opcode >= 0x19 && s->shape.opcode <= 0x1f;
}

PREDICATE(last_segment)
{
    return both(s, v) && s->mode == CODE64 && s->shape.null_seg && (s->in.prefix & PFX_SEG);
}

PREDICATE(branch_target)
{
    return both(s, v) && s->in.op[0].kind == OPND_REL &&
           (s->mode == CODE16 ? s->shape.p66 : s->shape.p67 && s->mode == CODE32);
}

PREDICATE(size_rexw)
{
    return both(s, v) && s->shape.p66 && (s->shape.rex & 8);
}

PREDICATE(rexw_67)
{
    return s->shape.p67 && (s->shape.rex & 8);
}

PREDICATE(branch_size)
{
    return both(s, v) && s->mode == CODE64 && s->shape.p66 && !s->shape.map &&
           s->shape.opcode == 0xff;
}

PREDICATE(movq_rexw)
{
    return both(s, v) && s->shape.map == 1 && s->shape.opcode == 0x7e && s->shape.rep &&
           (s->shape.rex & 8);
}

PREDICATE(rdpid)
{
    return both(s, v) && s->shape.map == 1 && s->shape.opcode == 0xc7 && s->shape.rep &&
           s->shape.modrm >= 0xf8;
}

PREDICATE(absolute)
{
    return both(s, v) && s->in.base == GPR_ZERO && s->in.index == GPR_ZERO && s->in.disp;
}

PREDICATE(pause)
{
    return both(s, v) && !s->shape.map && s->shape.opcode == 0x90 && s->shape.rex;
}

PREDICATE(rep_missing)
{
    return both(s, v) && s->shape.rep && s->shape.map == 0 && !strchr(v->mnemonic, ' ') &&
           (s->in.op[0].kind == OPND_DI || s->in.op[1].kind == OPND_SI);
}

PREDICATE(lock_missing)
{
    return both(s, v) && s->shape.rep && s->shape.lock && (s->in.prefix & PFX_LOCK);
}

PREDICATE(segment_rex)
{
    return !s->shape.map && (s->shape.opcode & 0xfd) == 0x8c && (s->shape.rex & 4);
}

const struct erratum capstone_errata[] = {
#define ERRATUM(predicate, name, reason) {name, reason, predicate, false},
#include "capstone.def"
#undef ERRATUM
};
const unsigned capstone_errata_count = sizeof capstone_errata / sizeof capstone_errata[0];
