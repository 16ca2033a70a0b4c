/* SPDX-License-Identifier: MIT */
/*
 * Runs one instruction on the host's CPU, from a given state, in 64-bit code or in 32-bit code
 * that a far jump enters. Behind the instruction stands a jump to native_done; where branches
 * are made to go, another one. Faults come as signals, with all registers in the context.
 */
#include "state.h"

#if defined(__x86_64__)
#include <asm/prctl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* Read and written by the assembly below, by name. */
struct fxsave native_fx, native_fx_out;
u64 native_gpr[16], native_gpr_out[16];
u64 native_flags, native_flags_out, native_target, native_host_rsp;
u8 native_site; /* which way out was taken: 0 fell through, 1 branched */
struct __attribute__((packed)) {
    u32 offset;
    u16 selector;
} native_far;
static const u32 native_mxcsr __attribute__((used)) = 0x1f80;

void native_enter64(void);
void native_enter32(void);
void native_done0(void);
void native_done1(void);
void native_bail(void);

#define LOAD_LOW                                                                                   \
    "mov native_gpr+0(%rip), %rax\n mov native_gpr+8(%rip), %rcx\n"                                \
    "mov native_gpr+16(%rip), %rdx\n mov native_gpr+24(%rip), %rbx\n"                              \
    "mov native_gpr+32(%rip), %rsp\n mov native_gpr+40(%rip), %rbp\n"                              \
    "mov native_gpr+48(%rip), %rsi\n mov native_gpr+56(%rip), %rdi\n"
#define ENTER                                                                                      \
    "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"                      \
    "mov %rsp, native_host_rsp(%rip)\n"                                                            \
    "mov $0x2b, %eax\n mov %eax, %ds\n mov %eax, %es\n"                                            \
    "fxrstor64 native_fx(%rip)\n push native_flags(%rip)\n popfq\n"

__asm__(".text\n"
        ".globl native_enter64, native_enter32, native_done0, native_done1, native_bail\n"
        "native_enter64:\n" ENTER LOAD_LOW
        "mov native_gpr+64(%rip), %r8\n mov native_gpr+72(%rip), %r9\n"
        "mov native_gpr+80(%rip), %r10\n mov native_gpr+88(%rip), %r11\n"
        "mov native_gpr+96(%rip), %r12\n mov native_gpr+104(%rip), %r13\n"
        "mov native_gpr+112(%rip), %r14\n mov native_gpr+120(%rip), %r15\n"
        "jmp *native_target(%rip)\n"
        "native_enter32:\n" ENTER LOAD_LOW "ljmp *native_far(%rip)\n"
        "native_done1:\n movb $1, native_site(%rip)\n jmp 1f\n"
        "native_done0:\n movb $0, native_site(%rip)\n"
        "1: mov %rax, native_gpr_out+0(%rip)\n mov %rcx, native_gpr_out+8(%rip)\n"
        "mov %rdx, native_gpr_out+16(%rip)\n mov %rbx, native_gpr_out+24(%rip)\n"
        "mov %rsp, native_gpr_out+32(%rip)\n mov %rbp, native_gpr_out+40(%rip)\n"
        "mov %rsi, native_gpr_out+48(%rip)\n mov %rdi, native_gpr_out+56(%rip)\n"
        "mov %r8, native_gpr_out+64(%rip)\n mov %r9, native_gpr_out+72(%rip)\n"
        "mov %r10, native_gpr_out+80(%rip)\n mov %r11, native_gpr_out+88(%rip)\n"
        "mov %r12, native_gpr_out+96(%rip)\n mov %r13, native_gpr_out+104(%rip)\n"
        "mov %r14, native_gpr_out+112(%rip)\n mov %r15, native_gpr_out+120(%rip)\n"
        "mov native_host_rsp(%rip), %rsp\n pushfq\n pop native_flags_out(%rip)\n"
        "fxsave64 native_fx_out(%rip)\n"
        "native_bail:\n mov native_host_rsp(%rip), %rsp\n cld\n"
        "fninit\n ldmxcsr native_mxcsr(%rip)\n"
        "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");

static struct isa_state *running; /* what a signal fills in */

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    greg_t *g = uc->uc_mcontext.gregs;
    static const u8 reg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                  REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};
    (void)info;
    if (!running) {
        signal(sig, SIG_DFL);
        return;
    }
    for (unsigned i = 0; i < 16; i++)
        running->gpr[i] = (u64)g[reg_of[i]];
    running->rip = (u64)g[REG_RIP];
    running->eflags = (u32)g[REG_EFL];
    running->vector = (int)g[REG_TRAPNO];
    running->error = (u32)g[REG_ERR];
    running->cr2 = (u64)g[REG_CR2];
    memcpy(&running->fx, uc->uc_mcontext.fpregs, 512);
    g[REG_RIP] = (greg_t)(uintptr_t)native_bail;
    g[REG_CSGSFS] = (g[REG_CSGSFS] & ~(greg_t)0xffff) | 0x33;
    g[REG_EFL] = 0x202;
}

static bool map_at(u64 addr, size_t size, int prot)
{
    void *p = mmap((void *)(uintptr_t)addr, size, prot,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0);
    return p == (void *)(uintptr_t)addr;
}

bool native_open(void)
{
    static u8 stack[65536] __attribute__((aligned(16)));
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_sigaction = on_fault,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    static const int signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTRAP};

    if (!map_at(ISA_CODE, 2 * 4096, PROT_READ | PROT_WRITE | PROT_EXEC) ||
        !map_at(ISA_DATA, ISA_DATA_PAGES * 4096, PROT_READ | PROT_WRITE) ||
        !map_at(ISA_STACK, ISA_STACK_PAGES * 4096, PROT_READ | PROT_WRITE))
        return false;
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, ISA_GS_BASE))
        return false;
    mprotect((u8 *)(uintptr_t)ISA_DATA + 2 * 4096, 4096, PROT_READ);
    sigaltstack(&ss, NULL);
    for (unsigned i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i], &sa, NULL);
    return true;
}

/* A way out for code of either size: a far jump to 64-bit code in the page, a near one there. */
static void put_exit(enum code_mode mode, u64 at, u64 hop, void (*to)(void))
{
    u8 *p = (u8 *)(uintptr_t)at, *h = (u8 *)(uintptr_t)hop;
    if (mode == CODE32) {
        p[0] = 0xea;
        st32(p + 1, (u32)hop);
        st16(p + 5, 0x33);
        p = h;
    }
    p[0] = 0xff; /* jmp *0(%rip) */
    p[1] = 0x25;
    st32(p + 2, 0);
    st64(p + 6, (u64)(uintptr_t)to);
}

static void load_memory(const struct isa_state *s)
{
    u8 *data = (u8 *)(uintptr_t)ISA_DATA, *ro = data + 2 * 4096;
    if (memcmp(ro, s->mem + 2 * 4096, 4096)) {
        mprotect(ro, 4096, PROT_READ | PROT_WRITE);
        memcpy(ro, s->mem + 2 * 4096, 4096);
        mprotect(ro, 4096, PROT_READ);
    }
    memcpy(data, s->mem, 2 * 4096);
    memcpy((u8 *)(uintptr_t)ISA_STACK, s->mem + ISA_DATA_PAGES * 4096, ISA_STACK_PAGES * 4096);
}

static void load_code(const struct isa_case *t)
{
    u64 next = ISA_INSN + t->in.len;
    memset((u8 *)(uintptr_t)(ISA_INSN - 64), 0xcc, 256);
    memcpy((u8 *)(uintptr_t)ISA_INSN, t->bytes, t->in.len);
    put_exit(t->mode, next, ISA_CODE + 0x100, native_done0);
    put_exit(t->mode, next + ISA_BRANCH, ISA_CODE + 0x140, native_done1);
}

void native_run(const struct isa_case *t, const struct isa_state *before, struct isa_state *after)
{
    load_memory(before);
    load_code(t);
    native_fx = before->fx;
    memcpy(native_gpr, before->gpr, sizeof native_gpr);
    native_flags = before->eflags | 0x202;
    native_target = ISA_INSN;
    native_far.offset = (u32)ISA_INSN;
    native_far.selector = 0x23;
    after->vector = -1;
    after->error = 0;
    after->cr2 = 0;
    running = after;
    if (t->mode == CODE64)
        native_enter64();
    else
        native_enter32();
    running = NULL;
    if (after->vector < 0) {
        memcpy(after->gpr, native_gpr_out, sizeof after->gpr);
        after->eflags = (u32)native_flags_out;
        after->fx = native_fx_out;
        after->rip = ISA_INSN + t->in.len + (native_site ? ISA_BRANCH : 0);
    }
    memcpy(after->mem, (u8 *)(uintptr_t)ISA_DATA, ISA_DATA_PAGES * 4096);
    memcpy(after->mem + ISA_DATA_PAGES * 4096, (u8 *)(uintptr_t)ISA_STACK, ISA_STACK_PAGES * 4096);
}

#else

bool native_open(void)
{
    return false;
}

void native_run(const struct isa_case *t, const struct isa_state *before, struct isa_state *after)
{
    (void)t;
    *after = *before;
}

#endif
