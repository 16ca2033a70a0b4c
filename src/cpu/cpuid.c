/* SPDX-License-Identifier: MIT */
/* CPUID (SDM vol. 2): what the model and its features answer. */
#include <string.h>

#include "cpu/model.h"
#include "cpu/op.h"
#include "cpu/system.h"
#include "cpu/xsave.h"

enum { EAX, EBX, ECX, EDX, NONE = 0x7fffffff };

struct cpuid_bit {
    u32 leaf, subleaf;
    u8 reg, bit;
};

static const struct cpuid_bit bits[] = {
#define FEATURE(symbol, name, leaf, subleaf, reg, bit) {leaf, subleaf, reg, bit},
#include "decode/feature.def"
#undef FEATURE
};

static void feature_bits(const struct cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    if (leaf != 7 && leaf != 0xd) /* those that look at ECX */
        subleaf = 0;
    for (unsigned f = 0; f < CPU_FEATURE_COUNT; f++)
        if (bits[f].leaf == leaf && bits[f].subleaf == subleaf && cpu_has(c, f))
            out[bits[f].reg] |= 1u << bits[f].bit;
}

static void leaf_1(const struct cpu *c, u32 out[4])
{
    out[EAX] = c->model->signature;
    out[EBX] = c->index << 24 | 1 << 16 | (cpu_has(c, CPU_CLFLUSH) ? 8 << 8 : 0);
    if (c->cr4 & CR4_OSXSAVE)
        out[ECX] |= 1 << 27;
}

/* Caches that nobody has, of usual sizes: L1 data, L1 code, L2. */
static void leaf_4(u32 subleaf, u32 out[4])
{
    static const struct {
        u32 type, level, ways, sets;
    } cache[] = {{1, 1, 8, 64}, {2, 1, 8, 64}, {3, 2, 16, 1024}};

    if (subleaf >= ARRAY_LEN(cache))
        return;
    out[EAX] = cache[subleaf].type | cache[subleaf].level << 5 | 1 << 8;
    out[EBX] = 63 | (cache[subleaf].ways - 1) << 22;
    out[ECX] = cache[subleaf].sets - 1;
}

/* Every CPU is a package of its own. */
static void leaf_0b(const struct cpu *c, u32 subleaf, u32 out[4])
{
    if (subleaf < 2) {
        out[EBX] = 1;
        out[ECX] = (subleaf + 1) << 8;
    }
    out[ECX] |= subleaf & 0xff;
    out[EDX] = c->index;
}

static void leaf_0d(const struct cpu *c, u32 subleaf, u32 out[4])
{
    if (!cpu_has(c, CPU_XSAVE))
        return;
    if (subleaf == 0) {
        out[EAX] = XCR0_SUPPORTED;
        out[EBX] = xsave_size(c->fpu.xcr0, false);
        out[ECX] = xsave_size(XCR0_SUPPORTED, false);
    } else if (subleaf == 1) {
        out[EBX] = xsave_size(c->fpu.xcr0, true);
    }
}

static void vendor(u32 out[4])
{
    out[EBX] = ld32("Genu");
    out[EDX] = ld32("ineI");
    out[ECX] = ld32("ntel");
}

static void basic_leaf(const struct cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    switch (leaf) {
    case 0:
        out[EAX] = c->model->level;
        vendor(out);
        break;
    case 1: leaf_1(c, out); break;
    case 2: out[EAX] = 1; break;
    case 4: leaf_4(subleaf, out); break;
    case 5:
        if (cpu_has(c, CPU_MONITOR)) {
            out[EAX] = out[EBX] = 64;
            out[ECX] = 3; /* extensions; masked interrupts may end MWAIT */
        }
        break;
    case 0xb: leaf_0b(c, subleaf, out); break;
    case 0xd: leaf_0d(c, subleaf, out); break;
    case 0x15: /* TSC / crystal = 1, and the crystal's rate */
        out[EAX] = out[EBX] = 1;
        out[ECX] = 1000000000 >> TSC_NS_SHIFT;
        break;
    case 0x16: /* MHz: base, maximum, bus */
        out[EAX] = out[EBX] = 1000 >> TSC_NS_SHIFT;
        out[ECX] = 100;
        break;
    }
}

static void extended_leaf(const struct cpu *c, u32 leaf, u32 out[4])
{
    char brand[48] = {0};

    switch (leaf) {
    case 0x80000000: out[EAX] = c->model->xlevel; break;
    case 0x80000001:
        if (c->code_mode != CODE64) /* SYSCALL exists in 64-bit mode only */
            out[EDX] &= ~(1u << 11);
        break;
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
        memcpy(brand, c->model->brand, strlen(c->model->brand));
        memcpy(out, brand + 16 * (leaf - 0x80000002), 16);
        break;
    case 0x80000006: out[ECX] = 1024 << 16 | 8 << 12 | 64; break;
    case 0x80000008: out[EAX] = c->model->phys_bits | 48 << 8; break;
    }
}

static void answer(const struct cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    bool extended = leaf >> 31;

    if (extended ? leaf > c->model->xlevel && leaf != 0x80000000 : leaf > c->model->level) {
        leaf = c->model->level;
        extended = false;
    }
    memset(out, 0, 16);
    feature_bits(c, leaf, subleaf, out);
    if (extended)
        extended_leaf(c, leaf, out);
    else
        basic_leaf(c, leaf, subleaf, out);
}

/* What answers depend on is still what it was; else it is now, and they are forgotten. */
static bool same_basis(struct cpu *c)
{
    struct cpuid_memo *m = &c->cpuid;
    const struct cpuid_basis *b = &m->basis;
    u64 osxsave = c->cr4 & CR4_OSXSAVE;

    if (b->features.word[0] == c->features.word[0] && b->features.word[1] == c->features.word[1] &&
        b->model == c->model && b->xcr0 == c->fpu.xcr0 && b->osxsave == osxsave &&
        b->code_mode == c->code_mode)
        return true;
    *m = (struct cpuid_memo){.basis = {c->model, c->features, c->fpu.xcr0, osxsave, c->code_mode}};
    return false;
}

static const u32 *recall(struct cpu *c, u32 leaf, u32 subleaf)
{
    struct cpuid_memo *m = &c->cpuid;
    struct cpuid_answer *a = &m->answer[(leaf ^ leaf >> 28 ^ subleaf) % ARRAY_LEN(m->answer)];

    if (!same_basis(c) || !a->known || a->leaf != leaf || a->subleaf != subleaf) {
        *a = (struct cpuid_answer){.known = true, .leaf = leaf, .subleaf = subleaf};
        answer(c, leaf, subleaf, a->out);
    }
    return a->out;
}

void cpuid_read(struct cpu *c, u32 leaf, u32 subleaf, u32 out[4])
{
    memcpy(out, recall(c, leaf, subleaf), 4 * sizeof *out);
}

void op_cpuid(struct cpu *c, const struct insn *in)
{
    static const u8 order[] = {RAX, RBX, RCX, RDX};
    const u32 *out = recall(c, (u32)c->gpr[RAX], (u32)c->gpr[RCX]);

    for (unsigned i = 0; i < 4; i++)
        c->gpr[order[i]] = out[i];
}
