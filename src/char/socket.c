/* SPDX-License-Identifier: MIT */
/*
 * tcp: and unix: back ends. A server serves one client at a time; when that one leaves it
 * listens again, and what the guest says meanwhile is dropped, as on a line without a peer.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "char/chardev.h"

struct address {
    char name[256]; /* what stands before the options */
    bool server, nowait;
};

static bool is(const char *word, size_t len, const char *a, const char *b)
{
    return (strlen(a) == len && !memcmp(word, a, len)) ||
           (strlen(b) == len && !memcmp(word, b, len));
}

static int parse(struct address *a, const char *text, struct ersatz_error *error)
{
    size_t len = strcspn(text, ",");

    *a = (struct address){.server = false};
    if (len >= sizeof a->name)
        return err_set(error, ERSATZ_E_VALUE, "%s: too long", text);
    memcpy(a->name, text, len);
    for (text += len; *text == ','; text += len) {
        text++;
        len = strcspn(text, ",");
        if (is(text, len, "server", "server=on"))
            a->server = true;
        else if (is(text, len, "nowait", "wait=off"))
            a->nowait = true;
        else if (!is(text, len, "nodelay", "wait=on") && !is(text, len, "wait", "server=off"))
            return err_set(error, ERSATZ_E_VALUE,
                           "%.*s: unknown option of a socket; there are server and nowait",
                           (int)len, text);
    }
    return 0;
}

/* Binds and listens, or connects; returns the socket or -1 with errno set. */
static int attach(int fd, const struct sockaddr *to, socklen_t len, bool server)
{
    int on = 1;

    if (fd < 0)
        return -1;
    if (server && to->sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (server ? bind(fd, to, len) == 0 && listen(fd, 1) == 0 : connect(fd, to, len) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int open_unix(const struct address *a, struct ersatz_error *error)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    if (strlen(a->name) >= sizeof to.sun_path)
        return err_set(error, ERSATZ_E_VALUE, "%s: too long for a socket's name", a->name);
    strcpy(to.sun_path, a->name);
    if (a->server)
        unlink(a->name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fd = attach(fd, (struct sockaddr *)&to, sizeof to, a->server);
    if (fd < 0)
        return err_set(error, ERSATZ_E_OPEN, "unix:%s: %s", a->name, strerror(errno));
    return fd;
}

static int open_tcp(struct address *a, struct ersatz_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = a->server ? AI_PASSIVE : 0};
    struct addrinfo *list = NULL;
    char *port = strrchr(a->name, ':');
    int fd = -1;

    if (!port || !port[1])
        return err_set(error, ERSATZ_E_VALUE, "tcp:%s: expected [HOST]:PORT", a->name);
    *port++ = 0;
    int r = getaddrinfo(*a->name ? a->name : NULL, port, &hints, &list);
    if (r)
        return err_set(error, ERSATZ_E_OPEN, "tcp:%s:%s: %s", a->name, port, gai_strerror(r));
    for (struct addrinfo *i = list; i && fd < 0; i = i->ai_next)
        fd = attach(socket(i->ai_family, i->ai_socktype | SOCK_CLOEXEC, i->ai_protocol), i->ai_addr,
                    i->ai_addrlen, a->server);
    int saved = errno;
    freeaddrinfo(list);
    if (fd < 0)
        return err_set(error, ERSATZ_E_OPEN, "tcp:%s:%s: %s", a->name, port, strerror(saved));
    return fd;
}

static void use(struct chardev *c, int fd)
{
    int on = 1;

    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (c->kind == BACKEND_TCP)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    chardev_connect(c, fd, fd);
    if (c->opened)
        c->opened(c->opaque);
}

static void incoming(void *opaque, short revents)
{
    struct chardev *c = opaque;
    int fd = accept4(c->listener.fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0) {
        c->listener.events = 0; /* the next one waits until this one has left */
        use(c, fd);
    }
}

int socket_open(struct chardev *c, const char *address, const char *name,
                struct ersatz_error *error)
{
    struct address a;
    int r = parse(&a, address, error);

    if (r < 0)
        return r;
    int fd = c->kind == BACKEND_UNIX ? open_unix(&a, error) : open_tcp(&a, error);
    if (fd < 0)
        return fd;
    if (!a.server) {
        use(c, fd);
        return 0;
    }
    c->listener = (struct watch){.fd = fd, .events = POLLIN, .ready = incoming, .opaque = c};
    if (!a.nowait) {
        fprintf(stderr, "ersatz: %s waits for a connection on %s\n", name, address);
        incoming(c, POLLIN);
    }
    return 0;
}
