/* SPDX-License-Identifier: MIT */
/* Numbers of the CPU features in feature.def, and sets of them. */
#ifndef ERSATZ_DECODE_FEATURE_H
#define ERSATZ_DECODE_FEATURE_H

#include "base/types.h"

enum cpu_feature {
#define FEATURE(symbol, name, leaf, subleaf, reg, bit) CPU_##symbol,
#include "decode/feature.def"
#undef FEATURE
    CPU_FEATURE_COUNT
};

struct feature_set {
    u64 word[(CPU_FEATURE_COUNT + 63) / 64];
};

static inline bool feature_has(const struct feature_set *s, enum cpu_feature f)
{
    return s->word[f / 64] >> f % 64 & 1;
}

static inline void feature_set(struct feature_set *s, enum cpu_feature f, bool on)
{
    u64 bit = (u64)1 << f % 64;
    s->word[f / 64] = on ? s->word[f / 64] | bit : s->word[f / 64] & ~bit;
}

#endif
