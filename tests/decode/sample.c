/* SPDX-License-Identifier: MIT */
/* Random strings, biased towards prefixes and the larger opcode maps. */
#include <stdio.h>
#include <string.h>

#include "base/types.h"
#include "sample.h"

u64 sample_random(u64 *state) /* splitmix64 */
{
    u64 z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static bool is_legacy_prefix(u8 b)
{
    return b == 0x66 || b == 0x67 || b == 0xf0 || b == 0xf2 || b == 0xf3 || (b & 0xe7) == 0x26 ||
           b == 0x64 || b == 0x65;
}

static unsigned make_opcode(u8 *p, u64 r, enum code_mode mode)
{
    switch (r % 10) {
    case 0:
    case 1: return 0;
    case 2:
    case 3:
    case 4:
    case 5: p[0] = 0x0f; return 1;
    case 6:
    case 7:
        p[0] = 0x0f;
        p[1] = r % 10 == 6 ? 0x38 : 0x3a;
        return 2;
    case 8: /* VEX, mostly of maps that exist and opcodes F0..FF, where BMI lives */
        p[0] = 0xc4;
        p[1] = (u8)((p[1] & 0xe0) | (r >> 8 & 3 ? 1 + (r >> 16) % 3 : p[1] & 31));
        if (mode != CODE64)
            p[1] |= 0xc0;
        p[2] &= r >> 24 & 1 ? 0xff : 0xfb;
        p[3] |= 0xf0;
        return 0;
    default: p[0] = 0xd8 | (p[0] & 7); return 0;
    }
}

void sample_make(struct sample *s, u64 *state)
{
    static const u8 prefixes[16] = {0x66, 0x66, 0x66, 0xf2, 0xf2, 0xf3, 0xf3, 0xf3,
                                    0x67, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65};
    u64 r = sample_random(state);
    unsigned n = 0;

    for (unsigned i = 0; i < 2; i++) {
        u64 v = sample_random(state);
        memcpy(s->bytes + 8 * i, &v, 8);
    }
    s->mode = (enum code_mode)(r % 3);
    r /= 3;
    if (r % 4 != 0) {
        for (r /= 4; r % 8 < 3 && n < 4; r /= 128)
            s->bytes[n++] = prefixes[r / 8 % 16];
        if (s->mode == CODE64 && r / 8 % 4 == 0) {
            s->bytes[n] = 0x40 | (s->bytes[n] & 15);
            n++;
        }
        make_opcode(s->bytes + n, sample_random(state), s->mode);
    }
    sample_decode(s);
}

static void scan_prefixes(struct shape *sh, const struct sample *s, unsigned *pos)
{
    unsigned i = 0, last_mandatory = 0;
    bool mandatory = false;

    for (; i < SAMPLE_BYTES; i++) {
        u8 b = s->bytes[i];
        if (s->mode == CODE64 && (b & 0xf0) == 0x40) {
            sh->early |= mandatory && sh->rex; /* a second REX */
            sh->rex = b;
            continue;
        }
        if (!is_legacy_prefix(b))
            break;
        sh->rex = 0;
        sh->prefixes++;
        sh->p66 |= b == 0x66;
        sh->p67 |= b == 0x67;
        sh->lock |= b == 0xf0;
        sh->rep |= b == 0xf2 || b == 0xf3;
        sh->null_seg |= (b & 0xe7) == 0x26;
        if (b == 0x66 || b == 0xf2 || b == 0xf3) {
            sh->early |= mandatory;
            mandatory = true;
            last_mandatory = sh->prefixes;
        }
    }
    sh->early |= mandatory && last_mandatory != sh->prefixes;
    *pos = i;
}

static struct shape scan(const struct sample *s)
{
    struct shape sh = {0};
    unsigned i;

    scan_prefixes(&sh, s, &i);
    const u8 *p = s->bytes;
    u8 tail[4] = {0};
    memcpy(tail, p + (i < SAMPLE_BYTES ? i : SAMPLE_BYTES),
           SAMPLE_BYTES - i > 4 ? 4 : SAMPLE_BYTES - i);
    unsigned k = 0;
    if ((tail[0] == 0xc4 || tail[0] == 0xc5) && (s->mode == CODE64 || tail[1] >= 0xc0)) {
        sh.vex = true;
        sh.map = tail[0] == 0xc5 ? 1 : tail[1] & 31;
        k = tail[0] == 0xc5 ? 2 : 3;
    } else if (tail[0] == 0x0f) {
        sh.map = tail[1] == 0x38 ? 2 : tail[1] == 0x3a ? 3 : 1;
        k = sh.map == 1 ? 1 : 2;
    }
    sh.opcode = tail[k];
    sh.modrm = k < 3 ? tail[k + 1] : 0;
    return sh;
}

void sample_decode(struct sample *s)
{
    s->shape = scan(s);
    s->result = insn_decode(&s->in, s->bytes, SAMPLE_BYTES, s->mode);
    insn_print(&s->in, 0x1000, s->text, sizeof s->text);
}

static void print_sample(const struct sample *s, const struct oracle *o, const struct verdict *v)
{
    static const char *const modes[] = {"16", "32", "64"};
    bool ours = s->result == DECODE_OK && s->in.row != ROW_UD;

    printf("# %s, %s-bit:", o->name, modes[s->mode]);
    for (unsigned i = 0; i < SAMPLE_BYTES; i++)
        printf(" %02x", s->bytes[i]);
    printf("\n#   we: %u %s\n", ours ? s->in.len : 0, ours ? s->text : "undefined");
    printf("#   it: %u %s %s %s\n", v->len, v->extension ? v->extension : "",
           v->mnemonic ? v->mnemonic : "", v->operands ? v->operands : "");
}

void oracle_differs(struct oracle *o, const struct sample *s, const struct verdict *v)
{
    for (unsigned i = 0; i < o->count; i++) {
        if (o->errata[i].applies(&o->errata[i], s, v)) {
            o->met[i]++;
            return;
        }
    }
    if (o->unexplained++ < 20)
        print_sample(s, o, v);
}
