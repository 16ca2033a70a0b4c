/* SPDX-License-Identifier: MIT */
/* CPU models: what -cpu names, and what CPUID tells of them. */
#ifndef ERSATZ_CPU_MODEL_H
#define ERSATZ_CPU_MODEL_H

#include "cpu/cpu.h"

struct ersatz_error;

struct cpu_model {
    const char *name;  /* as -cpu takes it */
    const char *text;  /* for -cpu help */
    const char *brand; /* CPUID 80000002h..4, "" for none */
    u32 signature;     /* CPUID 1 EAX; DX after reset */
    u32 level, xlevel; /* highest basic and extended leaf */
    u8 phys_bits;
    struct feature_set features;
};

/* The models in order; NULL behind the last. */
const struct cpu_model *cpu_model_get(unsigned i);

/*
 * "MODEL[,+FEATURE|,-FEATURE]...": the model, and its features so changed. Returns 0 or a
 * negative enum ersatz_err with the text naming the nearest neighbour.
 */
int cpu_model_parse(const char *text, const struct cpu_model **model, struct feature_set *features,
                    struct ersatz_error *error);

/* As -cpu takes it. */
const char *cpu_feature_name(enum cpu_feature f);

/* CPUID with eax = leaf, ecx = subleaf: out = EAX, EBX, ECX, EDX. */
void cpuid_read(struct cpu *c, u32 leaf, u32 subleaf, u32 out[4]);

#endif
