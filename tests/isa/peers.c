/* SPDX-License-Identifier: MIT */
/*
 * The directed tests of peers.def: on us, and where there is such hardware on it too, which must
 * give the same words of the manual and agree with us in all the rest. --soft takes the portable
 * floating-point kernels.
 */
#include <stdio.h>
#include <string.h>

#include "state.h"

#define STACK_TOP (ISA_STACK + 0x1800)
#define ISA_NOWHERE (ISA_DATA + 0x100000)
#define HOLE BIT(63)
#define WORDY 0x123456789abcdef0
#define TAKEN(length) (ISA_INSN + (length) + ISA_BRANCH)
#define INDEFINITE 0xffff, 0xc000000000000000
#define ENV(fcw, fsw) ((u64)(fsw) << 32 | (fcw))

/* One part of a state; `before` sets it, `after` demands it. */
enum part { END, GPR, STATUS, MEMORY, VECTOR, IP, X87_WORDS, X87_REG, SSE_REG, SSE_CSR };

struct setting {
    u8 part, index;
    u32 mask;
    u64 v, high;
};

#define L(...)                                                                                     \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            .part = END                                                                            \
        }                                                                                          \
    }
#define B(...) __VA_ARGS__
#define G(r, value)                                                                                \
    {                                                                                              \
        GPR, (r), 0, (value), 0                                                                    \
    }
#define EFL_ALL EFL_STATUS
#define FLAGS(value)                                                                               \
    {                                                                                              \
        STATUS, 0, EFL_STATUS, (value), 0                                                          \
    }
#define ZF(value)                                                                                  \
    {                                                                                              \
        STATUS, 0, EFL_ZF, (value), 0                                                              \
    }
#define BMI(value)                                                                                 \
    {                                                                                              \
        STATUS, 0, EFL_CF | EFL_ZF | EFL_SF | EFL_OF, (value), 0                                   \
    }
#define MEM(at, value)                                                                             \
    {                                                                                              \
        MEMORY, 0, 0, (value), (at)                                                                \
    }
#define FAULT(v)                                                                                   \
    {                                                                                              \
        VECTOR, 0, 0, (v), 0                                                                       \
    }
#define RIP(at)                                                                                    \
    {                                                                                              \
        IP, 0, 0, (at), 0                                                                          \
    }
#define NEXT(length)                                                                               \
    {                                                                                              \
        IP, 0, 0, ISA_INSN + (length), 0                                                           \
    }
#define FPU(fcw, fsw, ftw)                                                                         \
    {                                                                                              \
        X87_WORDS, 0, 0, (fcw) | (u64)(fsw) << 16 | (u64)(ftw) << 32, 0                            \
    }
#define ST(i, ...) ST_(i, __VA_ARGS__)
#define ST_(i, se, mantissa)                                                                       \
    {                                                                                              \
        X87_REG, (i), 0, (mantissa), (se)                                                          \
    }
#define XMM(i, low, high)                                                                          \
    {                                                                                              \
        SSE_REG, (i), 0, (low), (high)                                                             \
    }
#define MXCSR(value)                                                                               \
    {                                                                                              \
        SSE_CSR, 0, 0, (value), 0                                                                  \
    }

struct peer {
    const char *name;
    enum code_mode mode;
    u8 bytes[15];
    struct setting before[6], after[6];
};

static const struct peer peers[] = {
#define PEER(name, mode, bytes, before, after) {name, mode, {bytes}, before, after},
#define LOAD(name, size, bytes)
#include "peers.def"
#undef PEER
#undef LOAD
};

struct load {
    const char *name;
    u8 size, bytes[15];
};

static const struct load loads[] = {
#define PEER(name, mode, bytes, before, after)
#define LOAD(name, size, bytes) {name, size, {bytes}},
#include "peers.def"
#undef PEER
#undef LOAD
};

static u8 *memory_of(struct isa_state *s, u64 lin)
{
    return lin >= ISA_STACK ? s->mem + ISA_DATA_PAGES * 4096 + (lin - ISA_STACK)
                            : s->mem + (lin - ISA_DATA);
}

static void start(struct isa_state *s)
{
    memset(s, 0, sizeof *s);
    s->vector = -1;
    s->rip = ISA_INSN;
    s->gpr[RSP] = STACK_TOP;
    s->fx.fcw = 0x37f;
    s->fx.mxcsr = 0x1f80;
}

static void apply(const struct setting *p, struct isa_state *s)
{
    switch ((enum part)p->part) {
    case END: break;
    case GPR: s->gpr[p->index] = p->v; break;
    case STATUS: s->eflags = (u32)p->v; break;
    case MEMORY: st64(memory_of(s, p->high), p->v); break;
    case VECTOR: s->vector = (int)p->v; break;
    case IP: s->rip = p->v; break;
    case X87_WORDS:
        s->fx.fcw = (u16)p->v;
        s->fx.fsw = (u16)(p->v >> 16);
        s->fx.ftw = (u8)(p->v >> 32);
        break;
    case X87_REG:
        st64(s->fx.st[p->index], p->v);
        st16(s->fx.st[p->index] + 8, (u16)p->high);
        break;
    case SSE_REG:
        s->fx.xmm[p->index][0] = p->v;
        s->fx.xmm[p->index][1] = p->high;
        break;
    case SSE_CSR: s->fx.mxcsr = (u32)p->v; break;
    }
}

static u64 words_of(const struct fxsave *fx)
{
    return fx->fcw | (u64)fx->fsw << 16 | (u64)fx->ftw << 32;
}

static bool demanded(const struct setting *p, struct isa_state *s, enum code_mode mode)
{
    u64 mask = mode == CODE64 ? ~0ull : 0xffffffff;
    switch ((enum part)p->part) {
    case END: return true;
    case GPR: return ((s->gpr[p->index] ^ p->v) & mask) == 0;
    case STATUS: return (s->eflags & p->mask) == p->v;
    case MEMORY: return ld64(memory_of(s, p->high)) == p->v;
    case VECTOR: return s->vector == (int)p->v && !s->error && s->rip == ISA_INSN;
    case IP: return s->vector < 0 && s->rip == p->v;
    case X87_WORDS: return words_of(&s->fx) == p->v;
    case X87_REG:
        return ld64(s->fx.st[p->index]) == p->v && ld16(s->fx.st[p->index] + 8) == p->high;
    case SSE_REG: return s->fx.xmm[p->index][0] == p->v && s->fx.xmm[p->index][1] == p->high;
    case SSE_CSR: return s->fx.mxcsr == p->v;
    }
    return false;
}

static void print_state(const char *who, const struct isa_state *s)
{
    printf(
        "# %s: vector %d error %x rip %llx flags %x rax %llx rsp %llx fcw %04x fsw %04x ftw %02x "
        "st0 %04x.%016llx st1 %04x.%016llx mxcsr %x\n",
        who, s->vector, s->error, (unsigned long long)s->rip, s->eflags,
        (unsigned long long)s->gpr[RAX], (unsigned long long)s->gpr[RSP], s->fx.fcw, s->fx.fsw,
        s->fx.ftw, ld16(s->fx.st[0] + 8), (unsigned long long)ld64(s->fx.st[0]),
        ld16(s->fx.st[1] + 8), (unsigned long long)ld64(s->fx.st[1]), s->fx.mxcsr);
}

/* Without a FAULT among them, the instruction must have completed. */
static bool all_demanded(const struct setting *after, struct isa_state *s, enum code_mode mode,
                         const char *who)
{
    bool ok = true, faults = false;
    for (const struct setting *p = after; p->part != END; p++) {
        faults |= p->part == VECTOR;
        if (!demanded(p, s, mode)) {
            printf("# %s: demand %u does not hold\n", who, (unsigned)(p - after) + 1);
            ok = false;
        }
    }
    if (!faults && s->vector >= 0)
        ok = false;
    if (!ok)
        print_state(who, s);
    return ok;
}

struct run {
    struct emu *emu;
    bool native;
    unsigned tests, failed;
    struct isa_state before, got, want;
};

static void result(struct run *r, bool ok, const char *name, const char *rest)
{
    r->tests++;
    r->failed += !ok;
    printf("%sok %u - %s%s\n", ok ? "" : "not ", r->tests, name, rest);
}

static bool decode(struct isa_case *t, const u8 *bytes, enum code_mode mode)
{
    memset(t, 0, sizeof *t);
    memcpy(t->bytes, bytes, 15);
    t->mode = mode;
    return insn_decode(&t->in, t->bytes, 15, mode) == DECODE_OK;
}

/* Runs t from r->before on us (got) and on the hardware (want); false if they differ. */
static bool run_both(struct run *r, const struct isa_case *t)
{
    char why[600];
    emu_run(r->emu, t, &r->before, &r->got);
    isa_settle(&r->got);
    if (!r->native)
        return true;
    native_run(t, &r->before, &r->want);
    isa_settle(&r->want);
    if (isa_same(t, &r->want, &r->got, why, sizeof why))
        return true;
    printf("# against the hardware:%s\n", why);
    return false;
}

static void test_peer(struct run *r, const struct peer *p)
{
    struct isa_case t;
    if (!decode(&t, p->bytes, p->mode)) {
        result(r, false, p->name, ": not an instruction");
        return;
    }
    start(&r->before);
    for (const struct setting *b = p->before; b->part != END; b++)
        apply(b, &r->before);
    bool ok = run_both(r, &t);
    ok &= all_demanded(p->after, &r->got, p->mode, "ersatz");
    if (r->native)
        ok &= all_demanded(p->after, &r->want, p->mode, "hardware");
    result(r, ok, p->name, "");
}

static bool faults_behind(const struct isa_state *s)
{
    return s->vector == VEC_PF && s->cr2 == ISA_DATA + ISA_DATA_PAGES * 4096;
}

/* The operand's last byte is the last one that is mapped; then one byte further. */
static void test_load(struct run *r, const struct load *l)
{
    struct isa_case t;
    u64 end = ISA_DATA + ISA_DATA_PAGES * 4096;
    bool ok = decode(&t, l->bytes, CODE64);
    for (unsigned over = 0; ok && over < 2; over++) {
        start(&r->before);
        r->before.gpr[RAX] = end - l->size + over;
        ok = run_both(r, &t);
        ok &= over ? faults_behind(&r->got) : r->got.vector < 0;
        if (r->native)
            ok &= over ? faults_behind(&r->want) : r->want.vector < 0;
        if (!ok)
            print_state("ersatz", &r->got);
    }
    result(r, ok, l->name, " reads its operand alone");
}

int main(int argc, char **argv)
{
    static struct run r;
    bool soft = argc > 1 && !strcmp(argv[1], "--soft");
    if (argc > 1 + soft) {
        fprintf(stderr, "usage: peers [--soft]\n");
        return 2;
    }
    r.native = native_open();
    r.emu = emu_open(soft, true);
    for (unsigned i = 0; i < ARRAY_LEN(peers); i++)
        test_peer(&r, &peers[i]);
    for (unsigned i = 0; i < ARRAY_LEN(loads); i++)
        test_load(&r, &loads[i]);
    result(&r, true, "VFMADD132SD and the other FMA loads", " # SKIP no model here has AVX");
    result(&r, true, "gathers wrap at 4 GiB in 32-bit code", " # SKIP no model here has AVX2");
    emu_close(r.emu);
    printf("1..%u\n# %s\n", r.tests,
           r.native ? "hardware agrees" : "no such hardware: on us alone");
    return r.failed != 0;
}
