/* SPDX-License-Identifier: MIT */
/* RDMSR and WRMSR over the table in msr.def; the APIC's registers answer on the bus. */
#include "base/log.h"
#include "cpu/op.h"
#include "cpu/system.h"

/* What this CPU is immune to, because it executes one instruction after the other (SDM vol. 4,
 * IA32_ARCH_CAPABILITIES): Meltdown, L1TF, speculative store bypass, MDS, page size change
 * machine checks, TAA, stale data, branch history and post-barrier injection, gathers, register
 * files. */
enum {
    CAP_RDCL_NO = 1 << 0,
    CAP_SKIP_L1DFL = 1 << 3,
    CAP_SSB_NO = 1 << 4,
    CAP_MDS_NO = 1 << 5,
    CAP_PSCHANGE_MC_NO = 1 << 6,
    CAP_TAA_NO = 1 << 8,
    CAP_SBDR_SSDP_NO = 1 << 13,
    CAP_FBSDP_NO = 1 << 14,
    CAP_PSDP_NO = 1 << 15,
    CAP_BHI_NO = 1 << 20,
    CAP_PBRSB_NO = 1 << 24,
    CAP_GDS_NO = 1 << 26,
    CAP_RFDS_NO = 1 << 27,
    ARCH_CAPABILITIES = CAP_RDCL_NO | CAP_SKIP_L1DFL | CAP_SSB_NO | CAP_MDS_NO |
                        CAP_PSCHANGE_MC_NO | CAP_TAA_NO | CAP_SBDR_SSDP_NO | CAP_FBSDP_NO |
                        CAP_PSDP_NO | CAP_BHI_NO | CAP_PBRSB_NO | CAP_GDS_NO | CAP_RFDS_NO,
};

static u64 get_tsc(const struct cpu *c)
{
    return tsc_read(c);
}

static bool set_tsc(struct cpu *c, u64 v)
{
    c->tsc_offset += v - tsc_read(c);
    return true;
}

static u64 get_efer(const struct cpu *c)
{
    return c->efer;
}

/* Memory types: UC 0, WC 1, WT 4, WP 5, WB 6, and UC- 7 in PAT only. */
static bool types_valid(u64 v, bool is_pat)
{
    const unsigned valid = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6 | (is_pat ? 1 << 7 : 0);

    for (unsigned i = 0; i < 64; i += 8)
        if ((v >> i & 0xff) > 7 || !(valid >> (v >> i & 7) & 1))
            return false;
    return true;
}

static bool on_bus(u32 msr)
{
    return msr == 0x1b || msr == 0x6e0 || (msr >= 0x800 && msr <= 0x8ff);
}

static bool set_field(u64 *field, u64 v, u64 mask)
{
    if (v & ~mask)
        return false;
    *field = v;
    return true;
}

#define READ_FIELD(field, mask) c->field
#define READ_ADDRESS(field) c->field
#define READ_TYPES(field) c->field
#define READ_CONST(value) (value)
#define READ_IGNORE(value) (value)
#define READ_CALL(get, set) get(c)

#define WRITE_FIELD(field, mask) set_field(&c->field, v, mask)
#define WRITE_ADDRESS(field) (is_canonical(v) && set_field(&c->field, v, ~0ull))
#define WRITE_TYPES(field) (types_valid(v, &c->field == &c->pat) && set_field(&c->field, v, ~0ull))
#define WRITE_CONST(value) false
#define WRITE_IGNORE(value) true
#define WRITE_CALL(get, set) set(c, v)

bool msr_read(struct cpu *c, u32 msr, u64 *v)
{
    if (on_bus(msr))
        return c->bus.msr_read && c->bus.msr_read(c->bus.opaque, c->index, msr, v);
    switch (msr) {
#define MSR(number, name, feature, how)                                                            \
    case number:                                                                                   \
        *v = READ_##how;                                                                           \
        return cpu_has(c, CPU_##feature);
#include "cpu/msr.def"
#undef MSR
    }
    LOG(c->bus.log, UNIMP, "cpu%u: RDMSR %08x", c->index, msr);
    return false;
}

bool msr_write(struct cpu *c, u32 msr, u64 v)
{
    if (on_bus(msr))
        return c->bus.msr_write && c->bus.msr_write(c->bus.opaque, c->index, msr, v);
    switch (msr) {
#define MSR(number, name, feature, how)                                                            \
    case number:                                                                                   \
        return cpu_has(c, CPU_##feature) && WRITE_##how;
#include "cpu/msr.def"
#undef MSR
    }
    LOG(c->bus.log, UNIMP, "cpu%u: WRMSR %08x = %016llx", c->index, msr, (unsigned long long)v);
    return false;
}

void op_rdmsr(struct cpu *c, const struct insn *in)
{
    u64 v = 0;

    need_cpl0(c);
    if (!msr_read(c, (u32)c->gpr[RCX], &v))
        cpu_raise(c, VEC_GP, 0);
    c->gpr[RAX] = (u32)v;
    c->gpr[RDX] = v >> 32;
}

void op_wrmsr(struct cpu *c, const struct insn *in)
{
    need_cpl0(c);
    if (!msr_write(c, (u32)c->gpr[RCX], (u32)c->gpr[RAX] | c->gpr[RDX] << 32))
        cpu_raise(c, VEC_GP, 0);
}
