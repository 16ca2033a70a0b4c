/* SPDX-License-Identifier: MIT */
/*
 * Host faults in translated code: a non-canonical address, say, which the flat tables don't tell
 * from the canonical one with the same bits 12..47. The code's list of fixups has where to go on.
 * What else faults is the handler's that was there before: doc/adr/0003-one-thread-local.md.
 */
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include "jit/engine_state.h"

/* A signal handler is the process's, and is given nothing that leads to a machine. */
static _Thread_local const struct jit *running;
static struct sigaction previous[2];
static const int signals[2] = {SIGSEGV, SIGBUS};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static u64 *context_pc(ucontext_t *u)
{
#if defined(__x86_64__)
    return (u64 *)&u->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (u64 *)&u->uc_mcontext.pc;
#else
    return NULL;
#endif
}

/* Where the code goes on, or NULL. */
static const u8 *fixed(const u8 *pc)
{
    const struct jit_code *code = running ? jit_code_at(running, pc) : NULL;

    for (u32 i = 0; code && i < code->fixup_count; i++)
        if (code->entry + code->fixups[i].at == pc)
            return code->entry + code->fixups[i].to;
    return NULL;
}

static void pass_on(const struct sigaction *to, int sig, siginfo_t *info, void *context)
{
    if (to->sa_flags & SA_SIGINFO)
        to->sa_sigaction(sig, info, context);
    else if (to->sa_handler != SIG_DFL && to->sa_handler != SIG_IGN)
        to->sa_handler(sig);
    else
        sigaction(sig, to, NULL); /* it faults again, without us */
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    u64 *pc = context_pc(context);
    const u8 *to = pc ? fixed((const u8 *)(uintptr_t)*pc) : NULL;

    if (to)
        *pc = (uintptr_t)to;
    else
        pass_on(&previous[sig == signals[1]], sig, info, context);
}

static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    for (unsigned i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i], &action, &previous[i]);
}

void jit_signal_install(void)
{
    pthread_once(&once, install);
}

void jit_signal_enter(const struct jit *j)
{
    running = j;
}
