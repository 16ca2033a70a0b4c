/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "char/chardev.h"

/* While nobody has the other end open, a pty's buffer would fill up and stay full. */
bool pty_has_peer(int fd)
{
    struct pollfd p = {.fd = fd, .events = 0};
    return poll(&p, 1, 0) == 0 || !(p.revents & POLLHUP);
}

int pty_open(struct chardev *c, const char *name, struct ersatz_error *error)
{
    int master, slave;
    char path[64];
    struct termios raw;

    if (openpty(&master, &slave, path, NULL, NULL) < 0)
        return err_set(error, ERSATZ_E_HOST, "%s: no pty: %s", name, strerror(errno));
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    close(slave);
    fcntl(master, F_SETFL, O_NONBLOCK);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    chardev_connect(c, master, master);
    c->lonely = true;
    fprintf(stderr, "char device redirected to %s (label %s)\n", path, name);
    return 0;
}
