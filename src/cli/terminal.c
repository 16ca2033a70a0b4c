/* SPDX-License-Identifier: MIT */
/* A process has one terminal and one set of signal handlers: the only state that is global. */
#include "cli/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "char/loop.h"

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
#define FATAL (sizeof fatal_signals / sizeof fatal_signals[0])

static struct {
    struct termios cooked, raw;
    volatile sig_atomic_t is_raw;
    volatile sig_atomic_t asked;    /* a signal's number */
    struct sigaction before[FATAL]; /* a sanitizer has handlers of its own */
    struct loop *loop;
    const char *leave;
    volatile sig_atomic_t continued;
} terminal;

void terminal_leave_text(const char *text)
{
    terminal.leave = text;
}

bool terminal_continued(void)
{
    bool continued = terminal.continued;

    terminal.continued = 0;
    return continued;
}

void terminal_restore(void)
{
    if (terminal.is_raw) {
        terminal.is_raw = 0;
        if (terminal.leave && write(STDOUT_FILENO, terminal.leave, strlen(terminal.leave)) < 0)
            terminal.leave = NULL; /* nobody is there to see it */
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.cooked);
    }
}

void terminal_raw(bool all_keys)
{
    if (terminal.is_raw || tcgetattr(STDIN_FILENO, &terminal.cooked) < 0)
        return;
    terminal.raw = terminal.cooked;
    /* OPOST stays: our own messages keep their line ends */
    terminal.raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON | PARMRK);
    terminal.raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    if (all_keys)
        terminal.raw.c_lflag &= ~(tcflag_t)ISIG;
    terminal.raw.c_cc[VMIN] = 1;
    terminal.raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &terminal.raw) == 0)
        terminal.is_raw = 1;
}

static void on_leave(int sig)
{
    if (terminal.asked) /* the second time: don't wait for a machine that does not listen */
        terminal_die(sig);
    terminal.asked = sig;
    loop_wake(terminal.loop);
}

/* The terminal first; then whoever would have had the signal without us. */
static void on_fatal(int sig)
{
    terminal_restore();
    for (unsigned i = 0; i < FATAL; i++)
        if (fatal_signals[i] == sig)
            sigaction(sig, &terminal.before[i], NULL);
    raise(sig);
}

static void on_stop(int sig)
{
    int saved = errno;
    bool was_raw = terminal.is_raw;

    terminal_restore();
    raise(SIGSTOP);
    /* continued, and in the foreground again */
    if (was_raw && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.raw) == 0)
        terminal.is_raw = 1;
    terminal.continued = 1;
    loop_wake(terminal.loop);
    errno = saved;
}

static void handle(int sig, void (*handler)(int), int flags)
{
    struct sigaction a = {.sa_handler = handler, .sa_flags = flags};

    sigemptyset(&a.sa_mask);
    sigaction(sig, &a, NULL);
}

void terminal_init(struct loop *loop)
{
    static const int leaving[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

    terminal.loop = loop;
    for (unsigned i = 0; i < sizeof leaving / sizeof leaving[0]; i++)
        handle(leaving[i], on_leave, SA_RESTART);
    for (unsigned i = 0; i < FATAL; i++) {
        sigaction(fatal_signals[i], NULL, &terminal.before[i]);
        handle(fatal_signals[i], on_fatal, 0);
    }
    handle(SIGTSTP, on_stop, SA_RESTART);
    handle(SIGPIPE, SIG_IGN, 0);
    atexit(terminal_restore);
}

int terminal_signal(void)
{
    return terminal.asked;
}

void terminal_die(int sig)
{
    sigset_t set;

    terminal_restore();
    handle(sig, SIG_DFL, 0);
    sigemptyset(&set);
    sigaddset(&set, sig);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(sig);
}
