/* SPDX-License-Identifier: MIT */
#include "char/chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static const char *const prefixes[] = {
#define BACKEND(id, name, rest, text) name,
#include "char/backends.def"
#undef BACKEND
};

enum backend chardev_kind(const char *spec, struct ersatz_error *error)
{
    for (unsigned i = 0; i < BACKEND_COUNT; i++) {
        size_t n = strlen(prefixes[i]);
        bool takes_more = prefixes[i][n - 1] == ':';
        if (takes_more ? strncmp(spec, prefixes[i], n) == 0 && spec[n] : !strcmp(spec, prefixes[i]))
            return i;
    }
    const char *near = ersatz_nearest(spec, prefixes, BACKEND_COUNT);
    char word[32]; /* up to the colon, as some prefixes are */
    snprintf(word, sizeof word, "%.*s", (int)strcspn(spec, ":") + 1, spec);
    if (!near)
        near = ersatz_nearest(word, prefixes, BACKEND_COUNT);
    err_set(error, ERSATZ_E_NAME, "unknown back end %s%s%s%s", spec, near ? "; did you mean " : "",
            near ? near : "", near ? "?" : "");
    return BACKEND_COUNT;
}

/* ---- from the file to the guest ---- */

/* Offers what is held; true if all was taken. Who takes it may serve the loop meanwhile. */
static bool offer(struct chardev *c)
{
    if (!c->input || c->offering)
        return false;
    c->offering = true;
    unsigned connections = c->connections;
    size_t taken = c->input(c->opaque, c->held, c->held_len);
    c->offering = false;
    if (connections != c->connections)
        return c->held_len == 0; /* what was held went with the peer */
    c->held_len -= taken;
    memmove(c->held, c->held + taken, c->held_len);
    return c->held_len == 0;
}

static void want_input(struct chardev *c)
{
    c->in.events = c->input && !c->held_len && !c->lonely ? POLLIN : 0;
}

static void readable(void *opaque, short revents)
{
    struct chardev *c = opaque;
    ssize_t n = read(c->fd_in, c->held, sizeof c->held);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        if (c->kind == BACKEND_PTY) {
            c->lonely = true;
            want_input(c);
        } else {
            chardev_disconnect(c);
        }
        return;
    }
    c->held_len = (size_t)n;
    want_input(c);
    offer(c);
    want_input(c);
}

/* ---- from the guest to the file ---- */

void chardev_output(struct chardev *c, const uint8_t *bytes, size_t len)
{
    ring_put(&c->ring, bytes, len);
}

static void write_failed(struct chardev *c)
{
    if (!c->failed && c->kind != BACKEND_TCP && c->kind != BACKEND_UNIX)
        fprintf(stderr, "ersatz: %s: %s\n", prefixes[c->kind], strerror(errno));
    c->failed = true;
    chardev_disconnect(c);
}

/* Writes as much as goes without waiting. */
static void flush_ring(struct chardev *c)
{
    uint8_t buf[4096];
    size_t n;

    c->out.events = 0;
    while (c->fd_out >= 0 && (n = ring_peek(&c->ring, buf, sizeof buf)) > 0) {
        ssize_t done = c->lonely ? (ssize_t)n : write(c->fd_out, buf, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno == EAGAIN) {
            c->out.events = POLLOUT;
            return;
        }
        if (done < 0) {
            write_failed(c);
            return;
        }
        ring_drop(&c->ring, (size_t)done);
    }
}

void chardev_say(struct chardev *c, const uint8_t *bytes, size_t len)
{
    flush_ring(c);
    while (len) {
        size_t n = ring_offer(&c->ring, bytes, len);
        bytes += n;
        len -= n;
        flush_ring(c);
        struct pollfd p = {.fd = c->fd_out, .events = POLLOUT};
        if (len && c->out.events && poll(&p, 1, 1000) <= 0)
            return;
    }
}

static void writable(void *opaque, short revents)
{
    flush_ring(opaque);
}

/* ---- life ---- */

void chardev_connect(struct chardev *c, int fd_in, int fd_out)
{
    c->fd_in = c->in.fd = fd_in;
    c->fd_out = c->out.fd = fd_out;
    c->failed = false;
    c->held_len = 0;
    c->connections++;
    ring_set_open(&c->ring, fd_out >= 0);
    want_input(c);
}

void chardev_disconnect(struct chardev *c)
{
    if (c->kind == BACKEND_STDIO || c->kind == BACKEND_MUX) {
        /* the end of standard input leaves the output as it is */
        c->fd_in = c->in.fd = -1;
        if (c->failed)
            chardev_connect(c, -1, -1);
        return;
    }
    if (c->fd_in >= 0)
        close(c->fd_in);
    if (c->fd_out >= 0 && c->fd_out != c->fd_in)
        close(c->fd_out);
    chardev_connect(c, -1, -1);
    if (c->listener.fd >= 0)
        c->listener.events = POLLIN;
}

static void wake_loop(void *opaque)
{
    loop_wake(opaque);
}

static int open_file(struct chardev *c, const char *path, struct ersatz_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        return err_set(error, ERSATZ_E_OPEN, "%s: cannot be written: %s", path, strerror(errno));
    chardev_connect(c, -1, fd);
    return 0;
}

static int open_kind(struct chardev *c, const char *spec, const char *name,
                     struct ersatz_error *error)
{
    const char *rest = spec + strlen(prefixes[c->kind]);

    switch (c->kind) {
    case BACKEND_STDIO:
    case BACKEND_MUX: chardev_connect(c, STDIN_FILENO, STDOUT_FILENO); return 0;
    case BACKEND_FILE: return open_file(c, rest, error);
    case BACKEND_PTY: return pty_open(c, name, error);
    case BACKEND_TCP:
    case BACKEND_UNIX: return socket_open(c, rest, name, error);
    default: return 0;
    }
}

int chardev_open(struct chardev **to, struct loop *loop, const char *spec, const char *name,
                 struct ersatz_error *error)
{
    enum backend kind = chardev_kind(spec, error);

    *to = NULL;
    if (kind == BACKEND_COUNT)
        return -ERSATZ_E_NAME;
    struct chardev *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(error, ERSATZ_E_NOMEM, "%s: no memory", name);
    c->kind = kind;
    c->loop = loop;
    c->fd_in = c->fd_out = -1;
    c->in = (struct watch){.fd = -1, .ready = readable, .opaque = c};
    c->out = (struct watch){.fd = -1, .ready = writable, .opaque = c};
    c->listener = (struct watch){.fd = -1};
    ring_init(&c->ring, wake_loop, loop);
    ring_set_open(&c->ring, false);
    bool fits = loop_add(loop, &c->in) && loop_add(loop, &c->out) && loop_add(loop, &c->listener);
    int r = fits ? open_kind(c, spec, name, error)
                 : err_set(error, ERSATZ_E_CONFLICT, "%s: too many connections", name);
    if (r < 0) {
        chardev_close(c);
        return r;
    }
    *to = c;
    return 0;
}

void chardev_on_input(struct chardev *c, chardev_input_fn *fn, void *opaque)
{
    c->input = fn;
    c->opaque = opaque;
    want_input(c);
}

void chardev_on_open(struct chardev *c, chardev_open_fn *fn)
{
    c->opened = fn;
    if (c->fd_in >= 0)
        fn(c->opaque);
}

int chardev_pump(struct chardev *c)
{
    int soon = -1;

    if (c->kind == BACKEND_PTY && c->fd_in >= 0) {
        c->lonely = !pty_has_peer(c->fd_in);
        soon = c->lonely ? 100 : -1;
    }
    if (c->held_len && !c->offering && !offer(c))
        soon = 5;
    want_input(c);
    flush_ring(c);
    return soon;
}

void chardev_close(struct chardev *c)
{
    if (!c)
        return;
    flush_ring(c);
    for (int i = 0; c->out.events && i < 10; i++) {
        struct pollfd p = {.fd = c->fd_out, .events = POLLOUT};
        poll(&p, 1, 100);
        flush_ring(c);
    }
    loop_remove(c->loop, &c->in);
    loop_remove(c->loop, &c->out);
    loop_remove(c->loop, &c->listener);
    if (c->listener.fd >= 0)
        close(c->listener.fd);
    c->listener.fd = -1;
    chardev_disconnect(c);
    ring_free(&c->ring);
    free(c);
}
