/* SPDX-License-Identifier: MIT */
/* SSE conversions between single, double and integers. SDM vol. 1, 10.4.3, 11.4.1.6, 11.4.2. */
#include "cpu/sse_fp.h"

/* --- scalar: one float format to the other; the lanes above stay --- */

OP(cvtss2sd)
{
    u64 r = c->fpu.ops->f32_to_f64(&c->fpu.sse, sse_scalar(c, in).u32[0]);

    sse_end(c);
    union vec *d = xmm(c, in->op[0].reg);
    *d = vec_of(r, d->u64[1]);
}

OP(cvtsd2ss)
{
    u32 r = c->fpu.ops->f64_to_f32(&c->fpu.sse, sse_scalar(c, in).u64[0]);

    sse_end(c);
    xmm(c, in->op[0].reg)->u32[0] = r;
}

/* --- scalar: general registers and memory --- */

#define FROM_GPR(name, T, F)                                                                       \
    OP(name)                                                                                       \
    {                                                                                              \
        u64 v = operand_read(c, in, 1, in->msize);                                                 \
        T r = in->msize == 8 ? c->fpu.ops->F##_from_i64(&c->fpu.sse, (i64)v)                       \
                             : c->fpu.ops->F##_from_i32(&c->fpu.sse, (i32)v);                      \
        sse_end(c);                                                                                \
        union vec *d = xmm(c, in->op[0].reg);                                                      \
        *d = vec_of((d->u64[0] & ~MASK(8 * sizeof(r))) | r, d->u64[1]);                            \
    }

FROM_GPR(cvtsi2ss, u32, f32)
FROM_GPR(cvtsi2sd, u64, f64)

#define TO_GPR(name, T, kernel32, kernel64)                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        T v = sse_scalar(c, in).T[0];                                                              \
        u64 r = in->osize == 8 ? (u64)c->fpu.ops->kernel64(&c->fpu.sse, v)                         \
                               : (u32)c->fpu.ops->kernel32(&c->fpu.sse, v);                        \
        sse_end(c);                                                                                \
        c->gpr[in->op[0].reg] = r;                                                                 \
    }

TO_GPR(cvtss2si, u32, f32_to_i32, f32_to_i64)
TO_GPR(cvtsd2si, u64, f64_to_i32, f64_to_i64)
TO_GPR(cvttss2si, u32, f32_to_i32_trunc, f32_to_i64_trunc)
TO_GPR(cvttsd2si, u64, f64_to_i32_trunc, f64_to_i64_trunc)

/* --- packed: n lanes FROM to n lanes TO, zeros above --- */

/* The x87 state becomes MMX state even if an exception follows. */
#define CONVERT(name, n, FROM, TO, kernel, insn)                                                   \
    OP(name)                                                                                       \
    {                                                                                              \
        union vec y = vec_read(c, in, 1), r = {.u64 = {0, 0}};                                     \
        if (n * sizeof(y.FROM[0]) == 8)                                                            \
            y.u64[1] = 0; /* not an operand, and not to raise anything */                          \
        SSE_HOST_CONVERT(insn)                                                                     \
        for (unsigned i = 0; i < (n); i++)                                                         \
            r.TO[i] = c->fpu.ops->kernel(&c->fpu.sse, y.FROM[i]);                                  \
        vec_used(c, in, 0);                                                                        \
        sse_end(c);                                                                                \
        vec_write(c, in, 0, &r);                                                                   \
    }

CONVERT(cvtps2pd, 2, u32, u64, f32_to_f64, "cvtps2pd")
CONVERT(cvtpd2ps, 2, u64, u32, f64_to_f32, "cvtpd2ps")
CONVERT(cvtdq2ps, 4, i32, u32, f32_from_i32, "cvtdq2ps")
CONVERT(cvtdq2pd, 2, i32, u64, f64_from_i32, "cvtdq2pd")
CONVERT(cvtps2dq, 4, u32, i32, f32_to_i32, "cvtps2dq")
CONVERT(cvttps2dq, 4, u32, i32, f32_to_i32_trunc, "cvttps2dq")
CONVERT(cvtpd2dq, 2, u64, i32, f64_to_i32, "cvtpd2dq")
CONVERT(cvttpd2dq, 2, u64, i32, f64_to_i32_trunc, "cvttpd2dq")
/* To MMX: the low half of what the XMM forms give. */
CONVERT(cvtps2pi, 2, u32, i32, f32_to_i32, "cvtps2dq")
CONVERT(cvttps2pi, 2, u32, i32, f32_to_i32_trunc, "cvttps2dq")
CONVERT(cvtpd2pi, 2, u64, i32, f64_to_i32, "cvtpd2dq")
CONVERT(cvttpd2pi, 2, u64, i32, f64_to_i32_trunc, "cvttpd2dq")

/* --- packed, from MMX --- */

OP(cvtpi2ps)
{
    union vec y = vec_read(c, in, 1), x = *xmm(c, in->op[0].reg);

    for (unsigned i = 0; i < 2; i++)
        x.u32[i] = c->fpu.ops->f32_from_i32(&c->fpu.sse, y.i32[i]);
    vec_used(c, in, 1);
    sse_end(c);
    *xmm(c, in->op[0].reg) = x;
}

OP(cvtpi2pd)
{
    union vec y = vec_read(c, in, 1), r;

    for (unsigned i = 0; i < 2; i++)
        r.u64[i] = c->fpu.ops->f64_from_i32(&c->fpu.sse, y.i32[i]);
    vec_used(c, in, 1);
    *xmm(c, in->op[0].reg) = r;
}
