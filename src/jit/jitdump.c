/* SPDX-License-Identifier: MIT */
/*
 * /tmp/jit-PID.dump: translated code with its bytes and the time it was made, for `perf inject
 * --jit`, which makes it files that perf can annotate (tools/perf/Documentation/
 * jitdump-specification.txt in Linux's sources, version 1). `perf record -k mono` takes times by
 * the same clock as this. All fields are in the host's byte order:
 *
 *     header  magic, version, its size, e_machine, 0, pid: 32 bits; time, flags: 64 bits
 *     record  id, its size with all that follows: 32 bits; time: 64 bits
 *     LOAD    pid, tid: 32 bits; address, where it runs, bytes, number: 64 bits; name, 0; the code
 *     CLOSE   nothing
 *
 * perf finds the file because the process maps a page of it, executable.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "jit/engine_state.h"

#define MAGIC 0x4a695444
#define VERSION 1
#define MARKER_BYTES 4096

/* e_machine of ELF; <elf.h> has names in common with the MMU. */
#if defined(__x86_64__)
#define MACHINE 62
#elif defined(__aarch64__)
#define MACHINE 183
#else
#define MACHINE 0
#endif

enum { CODE_LOAD = 0, CODE_CLOSE = 3 };

struct header {
    u32 magic, version, size, machine, zero, pid;
    u64 time, flags;
};

struct record {
    u32 id, size;
    u64 time;
};

struct load {
    struct record record;
    u32 pid, tid;
    u64 vma, address, bytes, number;
};

static u64 now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void add(struct jit *j, const char *name, const u8 *at, size_t bytes)
{
    const size_t length = strlen(name) + 1;
    const struct load load = {
        .record = {CODE_LOAD, (u32)(sizeof load + length + bytes), now()},
        .pid = (u32)getpid(),
        .tid = (u32)syscall(SYS_gettid),
        .vma = (uintptr_t)at,
        .address = (uintptr_t)at,
        .bytes = bytes,
        .number = j->dumped++,
    };

    fwrite(&load, sizeof load, 1, j->jitdump);
    fwrite(name, length, 1, j->jitdump);
    fwrite(at, bytes, 1, j->jitdump);
}

/* A file of this name belongs to a process that is gone, or to another machine of this one. */
static FILE *create(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return NULL;
    FILE *f = !flock(fd, LOCK_EX | LOCK_NB) && !ftruncate(fd, 0) ? fdopen(fd, "w") : NULL;
    if (!f)
        close(fd);
    return f;
}

void jit_jitdump_open(struct jit *j)
{
    const struct header header = {
        .magic = MAGIC,
        .version = VERSION,
        .size = sizeof header,
        .machine = MACHINE,
        .pid = (u32)getpid(),
        .time = now(),
    };
    char path[64];

    snprintf(path, sizeof path, "/tmp/jit-%ld.dump", (long)getpid());
    j->jitdump = create(path);
    if (!j->jitdump) {
        LOG(j->engine->log, JIT, "%s: cannot be made", path);
        return;
    }
    j->marker = mmap(NULL, MARKER_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(j->jitdump), 0);
    if (j->marker == MAP_FAILED)
        LOG(j->engine->log, JIT, "%s: perf cannot be told", path);
    fwrite(&header, sizeof header, 1, j->jitdump);
    add(j, "jit_thunks", j->buffer.rx, j->buffer.thunks);
}

void jit_jitdump_add(struct jit *j, const struct jit_code *code)
{
    char name[JIT_NAME];

    jit_name(name, code);
    add(j, name, code->entry, code->bytes);
}

void jit_jitdump_close(struct jit *j)
{
    const struct record last = {CODE_CLOSE, sizeof last, now()};

    if (!j->jitdump)
        return;
    fwrite(&last, sizeof last, 1, j->jitdump);
    fclose(j->jitdump);
    if (j->marker != MAP_FAILED)
        munmap(j->marker, MARKER_BYTES);
    j->jitdump = NULL;
}
