/* SPDX-License-Identifier: MIT */
/* The models of models.def, and -cpu's syntax. */
#include "cpu/model.h"

#include <string.h>

#include "base/error.h"

_Static_assert(CPU_FEATURE_COUNT <= 128, "two words of features");

#define IN_WORD(n, symbol) | (CPU_##symbol / 64 == n ? 1ull << CPU_##symbol % 64 : 0)
#define WORD0(symbol) IN_WORD(0, symbol)
#define WORD1(symbol) IN_WORD(1, symbol)

static const struct cpu_model models[] = {
#define MODEL(name, text, brand, signature, level, xlevel, phys_bits, list)                        \
    {name, text, brand, signature, level, xlevel, phys_bits, {{0 list(WORD0), 0 list(WORD1)}}},
#include "cpu/models.def"
#undef MODEL
};

static const char *const feature_names[] = {
#define FEATURE(symbol, name, leaf, subleaf, reg, bit) name,
#include "decode/feature.def"
#undef FEATURE
};

const struct cpu_model *cpu_model_get(unsigned i)
{
    return i < ARRAY_LEN(models) ? &models[i] : NULL;
}

const char *cpu_feature_name(enum cpu_feature f)
{
    return feature_names[f];
}

static int unknown(struct ersatz_error *error, const char *what, const char *word,
                   const char *const *names, size_t n)
{
    const char *near = ersatz_nearest(word, names, n);

    if (near)
        return err_set(error, ERSATZ_E_NAME, "no CPU %s '%s'; did you mean '%s'?", what, word,
                       near);
    return err_set(error, ERSATZ_E_NAME, "no CPU %s '%s'", what, word);
}

static int find_model(const char *name, const struct cpu_model **model, struct ersatz_error *error)
{
    const char *names[ARRAY_LEN(models)];

    for (unsigned i = 0; i < ARRAY_LEN(models); i++) {
        names[i] = models[i].name;
        if (!strcmp(name, names[i])) {
            *model = &models[i];
            return 0;
        }
    }
    return unknown(error, "model", name, names, ARRAY_LEN(models));
}

static int change_feature(const char *word, struct feature_set *features,
                          struct ersatz_error *error)
{
    bool on = *word == '+';

    if (*word != '+' && *word != '-')
        return err_set(error, ERSATZ_E_VALUE, "'%s' is neither +FEATURE nor -FEATURE", word);
    word++;
    for (unsigned f = 0; f < CPU_FEATURE_COUNT; f++)
        if (!strcmp(word, feature_names[f])) {
            feature_set(features, f, on);
            return 0;
        }
    return unknown(error, "feature", word, feature_names, CPU_FEATURE_COUNT);
}

int cpu_model_parse(const char *text, const struct cpu_model **model, struct feature_set *features,
                    struct ersatz_error *error)
{
    char word[64];
    bool first = true;

    for (;;) {
        size_t n = strcspn(text, ",");
        if (n >= sizeof word)
            return err_set(error, ERSATZ_E_VALUE, "'%s' is too long for a CPU feature", text);
        memcpy(word, text, n);
        word[n] = 0;
        int r = first ? find_model(word, model, error) : change_feature(word, features, error);
        if (r)
            return r;
        if (first)
            *features = (*model)->features;
        first = false;
        if (!text[n])
            return 0;
        text += n + 1;
    }
}
