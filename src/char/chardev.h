/* SPDX-License-Identifier: MIT */
/*
 * What stands behind a serial port: a file, a terminal, a socket. Lives in the main thread's
 * loop; only chardev_output() is for the machine's thread. backends.def lists the kinds.
 */
#ifndef ERSATZ_CHAR_CHARDEV_H
#define ERSATZ_CHAR_CHARDEV_H

#include <ersatz/ersatz.h>

#include "char/loop.h"
#include "char/ring.h"

enum backend {
#define BACKEND(id, name, rest, text) BACKEND_##id,
#include "char/backends.def"
#undef BACKEND
    BACKEND_COUNT
};

/* Bytes that came in. Returns how many were taken; the rest is offered again later. */
typedef size_t chardev_input_fn(void *opaque, const uint8_t *bytes, size_t len);

/* Somebody is at the other end from now on. */
typedef void chardev_open_fn(void *opaque);

struct chardev {
    enum backend kind;
    struct loop *loop;
    chardev_input_fn *input;
    chardev_open_fn *opened; /* may be NULL */
    void *opaque;
    int fd_in, fd_out;     /* -1: none (now); the same one for sockets and pty */
    struct watch in, out;  /* of those */
    struct watch listener; /* a server's listening socket */
    bool failed;           /* a write failed: said once, dropped from then on */
    bool offering;         /* inside input() */
    unsigned connections;  /* counts peers that came and went */
    bool lonely;           /* a pty that nobody has opened */
    struct ring ring;
    uint8_t held[4096]; /* read, but not taken yet */
    size_t held_len;
};

/*
 * Opens what `spec` says (`null`, `file:log`, `tcp:localhost:4444,server,nowait`). May wait for
 * a client, as asked for. `name` is for messages. Messages go to standard error.
 */
int chardev_open(struct chardev **to, struct loop *loop, const char *spec, const char *name,
                 struct ersatz_error *error);

/* Which back end a spec names; BACKEND_COUNT and an error if none. */
enum backend chardev_kind(const char *spec, struct ersatz_error *error);

/* Who gets the input; without anybody, none is read. */
void chardev_on_input(struct chardev *c, chardev_input_fn *fn, void *opaque);

/* Who hears that a client has come (the one of chardev_on_input()); at once if one is there. */
void chardev_on_open(struct chardev *c, chardev_open_fn *fn);

/* Bytes from the guest; waits for room. Machine's thread. */
void chardev_output(struct chardev *c, const uint8_t *bytes, size_t len);

/* The same from the loop's thread: makes room itself; who takes nothing for a second loses it. */
void chardev_say(struct chardev *c, const uint8_t *bytes, size_t len);

/* Once a round: writes what is there, offers again what was not taken. Returns how many ms
 * from now it wants to be called again at the latest, -1 for when something happens. */
int chardev_pump(struct chardev *c);

/* Writes what is left, as far as that goes within a second, and closes. NULL is allowed. */
void chardev_close(struct chardev *c);

/* For the back ends' own files. */
void chardev_connect(struct chardev *c, int fd_in, int fd_out);
void chardev_disconnect(struct chardev *c);
int socket_open(struct chardev *c, const char *address, const char *name,
                struct ersatz_error *error);
int pty_open(struct chardev *c, const char *name, struct ersatz_error *error);
bool pty_has_peer(int fd);

#endif
