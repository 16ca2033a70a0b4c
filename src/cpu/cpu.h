/* SPDX-License-Identifier: MIT */
/*
 * The architectural state of one logical CPU, and how the rest of the machine talks to it.
 * No device, user interface or JIT fields here: engines keep theirs in struct engine.
 *
 * Between blocks, `rip` is the address of the next instruction. Inside a block it is stale:
 * the block began at gpr[GPR_BASE], and the running instruction is base + op->at. C functions
 * behind emulation stubs find it in `op` (cpu/op.h). op == NULL means that no instruction is
 * running (an event is being delivered, or a task switch has reached the new task): a fault then
 * leaves rip as it is, and nothing can be retried.
 */
#ifndef ERSATZ_CPU_CPU_H
#define ERSATZ_CPU_CPU_H

#include <setjmp.h>

#include "base/bits.h"
#include "base/types.h"
#include "cpu/fpu/fpu.h"
#include "decode/feature.h"
#include "decode/insn.h"
#include "mmu/control.h"
#include "mmu/mmu.h"

struct clock;
struct log;
struct memmap;
struct op;
struct portmap;

/* EFLAGS (SDM vol. 1, 3.4.3) */
enum eflags {
    EFL_CF = 1 << 0,
    EFL_FIXED = 1 << 1,
    EFL_PF = 1 << 2,
    EFL_AF = 1 << 4,
    EFL_ZF = 1 << 6,
    EFL_SF = 1 << 7,
    EFL_TF = 1 << 8,
    EFL_IF = 1 << 9,
    EFL_DF = 1 << 10,
    EFL_OF = 1 << 11,
    EFL_IOPL = 3 << 12,
    EFL_NT = 1 << 14,
    EFL_RF = 1 << 16,
    EFL_VM = 1 << 17,
    EFL_AC = 1 << 18,
    EFL_VIF = 1 << 19,
    EFL_VIP = 1 << 20,
    EFL_ID = 1 << 21,
    EFL_STATUS = EFL_CF | EFL_PF | EFL_AF | EFL_ZF | EFL_SF | EFL_OF,
};
#define EFL_IOPL_SHIFT 12

/* Exception vectors (SDM vol. 3, table 6-1) */
enum vector {
    VEC_DE,
    VEC_DB,
    VEC_NMI,
    VEC_BP,
    VEC_OF,
    VEC_BR,
    VEC_UD,
    VEC_NM,
    VEC_DF,
    VEC_CSO,
    VEC_TS,
    VEC_NP,
    VEC_SS,
    VEC_GP,
    VEC_PF,
    VEC_MF = 16,
    VEC_AC,
    VEC_MC,
    VEC_XM,
};

/*
 * A segment register with its hidden part. attr holds the descriptor's bits 40..47 and
 * 52..55 as VMX's access rights have them:
 *
 *     16     15 14 13  12  11..8   7  6..5  4  3..0
 *     +------+--+--+---+---+------+--+-----+--+------+
 *     |unus. |G |D/B| L |AVL|   0  |P | DPL |S | type |
 *     +------+--+--+---+---+------+--+-----+--+------+
 */
enum {
    SEG_TYPE = 15,
    SEG_ACCESSED = 1,
    SEG_RW = 2,
    SEG_CONFORMING = 4,
    SEG_DOWN = 4,
    SEG_CODE = 8,
    SEG_S = 1 << 4,
    SEG_DPL = 3 << 5,
    SEG_P = 1 << 7,
    SEG_AVL = 1 << 12,
    SEG_L = 1 << 13,
    SEG_DB = 1 << 14,
    SEG_G = 1 << 15,
    SEG_UNUSABLE = 1 << 16,
};
#define SEG_DPL_SHIFT 5

struct seg {
    u16 sel;
    u32 attr;
    u32 limit; /* in bytes, granularity applied */
    u64 base;
    /* For the fast checks outside 64-bit mode, kept by seg_update(): an access of n bytes at
     * offset o is allowed without a look at attr if o + n <= rlimit (wlimit for writes), in
     * 64-bit arithmetic. 0: always the slow way (expand-down, not readable, unusable). */
    u64 rlimit, wlimit;
};

struct dtable { /* GDTR, IDTR */
    u64 base;
    u16 limit;
};

/*
 * Lazy status flags in two words. `res` is the last result, sign-extended to 64 bits; `aux`:
 *
 *      31   30  29      16 15          8 7    4  3   2  1   0
 *     +----+---+----------+-------------+------+----+-----+---+
 *     | CF |PO |    0     | parity delta|  0   | AF |  0  |SFD|
 *     +----+---+----------+-------------+------+----+-----+---+
 *
 * ZF = res == 0;  SF = (res < 0) ^ SFD;  OF = CF ^ PO;
 * PF = even parity of ((res ^ aux >> 8) & FFh).
 * An add or subtract of n bits, c the vector of carries out of (borrows into) each bit, has
 * CF = c[n-1], OF = c[n-1] ^ c[n-2], so PO = c[n-2], AF = c[3]: a shift and a mask.
 */
struct lazy_flags {
    i64 res;
    u32 aux;
};

/* x87, MMX and SSE state. st[] are the physical registers: ST(i) is st[(top + i) & 7]. */
struct fpu_state {
    struct f80 st[8];
    u16 cw;
    u16 sw;   /* TOP kept here too (bits 11..13): the one truth */
    u8 empty; /* bit n: physical register n is empty */
    u16 fop;  /* 11 bits */
    u16 fcs, fds;
    u64 fip, fdp;
    u32 mxcsr; /* flags that the kernels still hold are missing: read by sse_mxcsr() */
    u64 xmm[16][2];
    u64 xcr0;
    /* The kernels and the controls as they take them, derived from cw and mxcsr. */
    const struct fpu_ops *ops;
    struct fpu_ctx x87, sse;
    bool entered; /* the host's units carry them: between fpu_enter() and fpu_leave() */
    u8 live;      /* enum fpu_live: what they hold in place of st[], cw, sw, empty and of xmm[] */
};

enum fpu_live { FPU_LIVE_SSE = 1 << 0, FPU_LIVE_X87 = 1 << 1 };

/* What awaits the CPU at the next instruction boundary. */
enum pending {
    PEND_INTR = 1 << 0, /* level of the INTR pin */
    PEND_NMI = 1 << 1,  /* latched */
    PEND_SMI = 1 << 2,
    PEND_INIT = 1 << 3,
    PEND_SIPI = 1 << 4,
    PEND_RESET = 1 << 5,
    PEND_DEBUG = 1 << 6, /* a trap-class #DB collected in dr6_pending */
    PEND_STOP = 1 << 7,  /* leave cpu_run() */
    PEND_FLUSH = 1 << 8, /* translations must be dropped first (another CPU changed the map) */
};

/* Activity states (SDM vol. 3, 24.4.2) */
enum activity { ACT_RUN, ACT_HLT, ACT_SHUTDOWN, ACT_WAIT_SIPI, ACT_MWAIT };

/* Input pins, the n of cpu_set_line(). SIPI takes the vector by cpu_sipi(). */
enum cpu_line { CPU_INTR, CPU_NMI, CPU_SMI, CPU_INIT, CPU_RESET };

/* Blocks interrupts until after the next instruction. */
enum shadow { SHADOW_STI = 1, SHADOW_MOVSS = 2 };

/* What the machine around a CPU answers. Callbacks run on the vCPU thread. */
struct cpu_bus {
    struct memmap *mem;
    struct portmap *io;
    struct clock *clock;
    struct log *log;
    void *opaque;
    /* INTA cycle: the vector. Called only while PEND_INTR is set. */
    u8 (*intr_ack)(void *opaque, unsigned cpu);
    /* The APIC's registers that live in MSR space (1Bh, 6E0h, 800h..8FFh). False: #GP. */
    bool (*msr_read)(void *opaque, unsigned cpu, u32 msr, u64 *value);
    bool (*msr_write)(void *opaque, unsigned cpu, u32 msr, u64 value);
    /* CR8: the task priority class, 0..15. */
    u8 (*tpr_read)(void *opaque, unsigned cpu);
    void (*tpr_write)(void *opaque, unsigned cpu, u8 tpr);
    /* The CPU entered shutdown (triple fault). */
    void (*shutdown)(void *opaque, unsigned cpu);
    /* PAUSE: may be NULL. */
    void (*pause)(void *opaque, unsigned cpu);
    /* The FERR# pin (x87 errors with CR0.NE clear: IRQ 13). */
    void (*ferr)(void *opaque, unsigned cpu, bool level);
    /* The SMIACT# pin: the CPU enters or leaves SMM, SMRAM opens or closes. */
    void (*smm)(void *opaque, unsigned cpu, bool in_smm);
};

/* CPUID's answers, kept while what they are made of is the same: cpuid.c's own. */
struct cpuid_basis {
    const struct cpu_model *model;
    struct feature_set features;
    u64 xcr0, osxsave;
    u8 code_mode;
};
struct cpuid_answer {
    bool known;
    u32 leaf, subleaf, out[4];
};
struct cpuid_memo {
    struct cpuid_basis basis;
    struct cpuid_answer answer[16];
};

#define TSC_NS_SHIFT 0 /* the TSC counts nanoseconds: 1 GHz */

struct cpu {
    /* --- hot: short displacements --- */
    u64 gpr[GPR_COUNT];
    struct lazy_flags flags;
    u32 eflags;  /* all but the six status flags, which live in `flags` */
    u32 pending; /* enum pending */
    i64 budget;  /* instructions left in the slice */
    u64 rip;
    const struct op *op; /* the instruction that a slow path or stub runs; NULL between blocks */
    struct block *block; /* the running one */
    struct jump_entry *jumps; /* block lookups by address: cpu/engine.h */
    u64 jump_key;             /* what must hold for an entry to be good now */
    /* As of the last block lookup: */
    u32 units_off;  /* stub_units_off() */
    u32 block_mode; /* enum block_mode; BLOCK_MODE_STALE: what they derive from has changed */
    struct mmu mmu; /* active view first: see mmu/mmu.h */
    struct seg seg[SEG_COUNT];

    /* --- system --- */
    u64 cr0, cr2, cr3, cr4, efer;
    u64 dr[4];
    u32 dr6, dr7;
    u32 dr6_pending; /* DR6 bits of traps taken after this instruction */
    struct seg ldtr, tr;
    struct dtable gdtr, idtr;
    u8 cpl;
    u8 code_mode;  /* enum code_mode, from CS and EFER.LMA */
    u8 stack_size; /* bytes of SP that count: 2, 4, 8 (SS.B, 64-bit mode) */
    u8 activity;   /* enum activity */
    u8 shadow;     /* enum shadow */
    u8 sipi_vector;
    bool nmi_blocked, smm, nmi_blocked_smm;
    bool delivering;  /* an event is on its way through the IDT (cpu/interrupt.h) */
    bool fault_ext;   /* and is no software interrupt: error codes get EXT */
    u8 fault_class;   /* and counts as this for the double fault rules: enum fault_class */
    bool fault_held;  /* `raised` is delivered first when the next slice begins */
    bool rep_partial; /* the last instruction was a REP string one that has more to do: what
                         interrupts it pushes RF = 1 */
    bool step_rf;     /* EFLAGS.RF is cleared at the end of this instruction (cpu/debug.h) */
    u8 step_shadow;   /* the shadow under which this instruction runs */
    u32 step_held;    /* traps that the shadow of MOV SS held back */
    u32 smbase;

    /* MSRs that have no better home */
    u64 star, lstar, cstar, sfmask, kernel_gs_base;
    u64 sysenter_cs, sysenter_esp, sysenter_eip;
    u64 pat, tsc_offset, tsc_aux, tsc_deadline, misc_enable, mcg_status, debugctl;
    u64 mtrr_def_type, mtrr_fixed[11], mtrr_var[16];
    u64 random;                       /* state of RDRAND */
    u64 monitor_addr;                 /* physical, of a 64-byte line */
    u8 monitor_seen[64];              /* what it held at MONITOR */
    bool monitor_armed, mwait_masked; /* masked interrupts end MWAIT, too */

    struct fpu_state fpu;

    /* --- who we are --- */
    unsigned index; /* 0 is the bootstrap processor; also the initial APIC id */
    const struct cpu_model *model;
    struct feature_set features;
    bool soft_fpu;
    struct cpu_bus bus;

    /* --- engine --- */
    struct engine *engine; /* block cache and its scratch: cpu/block.h */
    u64 engine_words[16];  /* an engine's own, for code that finds them at fixed offsets */
    sigjmp_buf *unwind;    /* where cpu_raise() and cpu_retry_single() go */
    enum vector raised;    /* by cpu_raise(), for the run loop */
    u32 raised_error;
    u64 stat_faults, stat_irqs;
    struct cpuid_memo cpuid;
};

/* --- life --- */

/* Power-on state of `model`; bus must be filled in. Returns 0 or an error. */
int cpu_init(struct cpu *c, unsigned index, const struct cpu_model *model,
             const struct cpu_bus *bus);
void cpu_destroy(struct cpu *c);
/* RESET pin: SDM vol. 3, table 9-1. INIT keeps caches, MSRs and x87 state. */
void cpu_reset(struct cpu *c);
void cpu_init_signal(struct cpu *c);

/* irq_fn: opaque is a struct cpu, n an enum cpu_line. */
void cpu_set_line(void *opaque, unsigned n, bool level);
void cpu_sipi(struct cpu *c, u8 vector);

/* --- faults: the one path --- */

/* Leaves the running instruction with nothing committed and delivers the fault. */
_Noreturn void cpu_raise(struct cpu *c, enum vector vec, u32 error);
/* Same for vectors without an error code. */
_Noreturn void cpu_fault(struct cpu *c, enum vector vec);
/* #PF: sets CR2. `error` as SDM vol. 3, 4.7. */
_Noreturn void cpu_page_fault(struct cpu *c, linaddr addr, u32 error);
/* Leaves the running block before the current instruction, which then runs as a block of its
 * own: MMIO, writes to the running block, anything that must be last in its block. */
_Noreturn void cpu_retry_single(struct cpu *c);

/* RIP of the running instruction; between blocks, of the next one. */
u64 cpu_insn_rip(const struct cpu *c);

/* --- running --- */

/*
 * Runs instructions until the budget is used up, PEND_STOP is set, or the CPU sleeps
 * (activity is not ACT_RUN and nothing pending wakes it). Faults are delivered on the way.
 */
void cpu_run(struct cpu *c);

/* --- derived state: called after what they derive from changed --- */

/* rlimit, wlimit of one segment register; code_mode, stack_size, cpl-dependent view after CS,
 * SS, EFER, CR0 or EFLAGS.VM changed. */
void seg_update(struct cpu *c, struct seg *s);
void cpu_update_mode(struct cpu *c);
/* The same if only EFLAGS.AC changed. */
void cpu_update_view(struct cpu *c);

static inline bool cpu_real_mode(const struct cpu *c)
{
    return !(c->cr0 & CR0_PE);
}

static inline bool cpu_vm86(const struct cpu *c)
{
    return c->eflags & EFL_VM;
}

static inline bool cpu_protected(const struct cpu *c) /* and not VM86 */
{
    return (c->cr0 & CR0_PE) && !(c->eflags & EFL_VM);
}

static inline bool cpu_long_mode(const struct cpu *c)
{
    return c->efer & EFER_LMA;
}

static inline unsigned cpu_iopl(const struct cpu *c)
{
    return (c->eflags & EFL_IOPL) >> EFL_IOPL_SHIFT;
}

static inline bool cpu_has(const struct cpu *c, enum cpu_feature f)
{
    return feature_has(&c->features, f);
}

static inline bool is_canonical(u64 a)
{
    return (u64)((i64)(a << 16) >> 16) == a;
}

#endif
