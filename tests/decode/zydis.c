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

#define OUTSIDE "not implemented: outside the set of instructions that we emulate"

const struct erratum zydis_errata[] = {
    { "0F 0D, register", "AMD raises #UD, Intel does nothing: we follow AMD", prefetch_register },
#define EXTENSION(name) { name, OUTSIDE, extension, .rare = true },
    EXTENSION("AVX")
    EXTENSION("AVX2")
    EXTENSION("AVX2GATHER")
    EXTENSION("AVX512EVEX")
    EXTENSION("AVX512VEX")
    EXTENSION("AVXAES")
    EXTENSION("AMD3DNOW")
    EXTENSION("AMD_INVLPGB")
    EXTENSION("AMX_BF16")
    EXTENSION("AMX_INT8")
    EXTENSION("AMX_TILE")
    EXTENSION("CET")
    EXTENSION("CLWB")
    EXTENSION("CLZERO")
    EXTENSION("ENQCMD")
    EXTENSION("F16C")
    EXTENSION("FMA")
    EXTENSION("FMA4")
    EXTENSION("GFNI")
    EXTENSION("HRESET")
    EXTENSION("KEYLOCKER")
    EXTENSION("KEYLOCKER_WIDE")
    EXTENSION("KNC")
    EXTENSION("KNCE")
    EXTENSION("KNCV")
    EXTENSION("MCOMMIT")
    EXTENSION("MONITORX")
    EXTENSION("MOVDIR")
    EXTENSION("PADLOCK")
    EXTENSION("PCONFIG")
    EXTENSION("PKU")
    EXTENSION("PT")
    EXTENSION("RDPRU")
    EXTENSION("RTM")
    EXTENSION("SERIALIZE")
    EXTENSION("SGX")
    EXTENSION("SGX_ENCLV")
    EXTENSION("SMX")
    EXTENSION("SNP")
    EXTENSION("SSE4A")
    EXTENSION("SVM")
    EXTENSION("TBM")
    EXTENSION("TDX")
    EXTENSION("TSX_LDTRK")
    EXTENSION("UINTR")
    EXTENSION("VAES")
    EXTENSION("VMFUNC")
    EXTENSION("VPCLMULQDQ")
    EXTENSION("VTX")
    EXTENSION("WAITPKG")
    EXTENSION("XOP")
    EXTENSION("XSAVES")
};
const unsigned zydis_errata_count = sizeof zydis_errata / sizeof zydis_errata[0];
