/* SPDX-License-Identifier: MIT */
/*
 * An image opened as the machine opens it, and worked on by commands on standard input, one a
 * line; each is answered by a line, "ok" or an error.
 *
 *     write OFFSET LENGTH BYTE     read OFFSET LENGTH BYTE (all of it is that byte)
 *     flush                        size (in bytes)
 *
 * usage: blockio FILE [snapshot] [readonly] [raw]
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "block/block.h"

static void answer(int error)
{
    printf("%s\n", error ? strerror(-error) : "ok");
    fflush(stdout);
}

static int do_read(struct medium *m, u64 offset, u64 len, u8 byte)
{
    u8 *buf = malloc(len);
    int error = buf ? m->ops->read(m, offset, buf, len) : -ENOMEM;

    for (u64 i = 0; !error && i < len; i++)
        if (buf[i] != byte)
            error = -EILSEQ;
    free(buf);
    return error;
}

static int do_write(struct medium *m, u64 offset, u64 len, u8 byte)
{
    u8 *buf = malloc(len);
    int error = -ENOMEM;

    if (buf) {
        memset(buf, byte, len);
        error = m->ops->write(m, offset, buf, len);
    }
    free(buf);
    return error;
}

static void work(struct medium *m)
{
    char line[256], word[16];
    u64 offset = 0, len = 0;
    unsigned byte = 0;

    while (fgets(line, sizeof line, stdin)) {
        int n = sscanf(line, "%15s %" SCNu64 " %" SCNu64 " %u", word, &offset, &len, &byte);
        bool inside = offset <= m->size && len <= m->size - offset;
        if (n == 1 && strcmp(word, "flush") == 0)
            answer(m->ops->flush(m));
        else if (n == 1 && strcmp(word, "size") == 0)
            printf("%" PRIu64 "\n", m->size);
        else if (n == 4 && inside && strcmp(word, "read") == 0)
            answer(do_read(m, offset, len, (u8)byte));
        else if (n == 4 && inside && strcmp(word, "write") == 0)
            answer(do_write(m, offset, len, (u8)byte));
        else
            answer(-EINVAL);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    struct block_options o = {.file = argc > 1 ? argv[1] : ""};
    struct ersatz_error error;

    signal(SIGXFSZ, SIG_IGN);
    for (int i = 2; i < argc; i++) {
        o.snapshot |= strcmp(argv[i], "snapshot") == 0;
        o.read_only |= strcmp(argv[i], "readonly") == 0;
        if (strcmp(argv[i], "raw") == 0)
            o.format = "raw";
    }
    struct medium *m = block_open(&o, &error);
    if (!m) {
        printf("%s\n", error.text);
        return 1;
    }
    answer(0);
    work(m);
    medium_close(m);
    return 0;
}
