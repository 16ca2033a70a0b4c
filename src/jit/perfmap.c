/* SPDX-License-Identifier: MIT */
/* /tmp/perf-PID.map: names of translated code for perf: `START SIZE NAME` a line, in hex. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "jit/engine_state.h"

void jit_perfmap_open(struct jit *j)
{
    char name[64];

    snprintf(name, sizeof name, "/tmp/perf-%ld.map", (long)getpid());
    int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    j->perfmap = fd < 0 ? NULL : fdopen(fd, "a");
    if (!j->perfmap) {
        LOG(j->engine->log, JIT, "%s: cannot be made", name);
        return;
    }
    fprintf(j->perfmap, "%llx %zx jit_thunks\n", (unsigned long long)(uintptr_t)j->buffer.rx,
            j->buffer.thunks);
}

void jit_name(char name[JIT_NAME], const struct jit_code *code)
{
    snprintf(name, JIT_NAME, "guest_%llx", (unsigned long long)code->block->phys);
}

void jit_perfmap_add(struct jit *j, const struct jit_code *code)
{
    char name[JIT_NAME];

    jit_name(name, code);
    fprintf(j->perfmap, "%llx %x %s\n", (unsigned long long)(uintptr_t)code->entry, code->bytes,
            name);
}

void jit_perfmap_close(struct jit *j)
{
    if (j->perfmap)
        fclose(j->perfmap);
    j->perfmap = NULL;
}
