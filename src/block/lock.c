/* SPDX-License-Identifier: MIT */
/*
 * Locks of image files: one on the whole file, that belongs to the open file and so ends with
 * it however the program ends (fcntl(2), open file description locks). Shared by readers,
 * exclusive to a writer.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/types.h"
#include "block/block.h"

/* Has the process this file open? */
static bool has_open(const char *pid, const struct stat *file)
{
    char path[300];
    struct stat st;
    bool found = false;

    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    for (struct dirent *e; !found && (e = readdir(dir));)
        found = fstatat(dirfd(dir), e->d_name, &st, 0) == 0 && st.st_dev == file->st_dev &&
                st.st_ino == file->st_ino;
    closedir(dir);
    return found;
}

/* "by process 1234 (ersatz)": a process of this user's that has the file open, ourselves only
 * if there is no other. The kernel doesn't tell whose such a lock is. */
static void describe_holder(int fd, char *buf, size_t size)
{
    struct stat file;
    char pid[24] = "", path[64], comm[32] = "";
    DIR *dir = fstat(fd, &file) == 0 ? opendir("/proc") : NULL;

    snprintf(buf, size, "by another process");
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        bool number = isdigit((unsigned char)e->d_name[0]);
        if (number && atoi(e->d_name) != (int)getpid() && has_open(e->d_name, &file)) {
            snprintf(pid, sizeof pid, "%.20s", e->d_name);
            break;
        }
    }
    closedir(dir);
    if (!pid[0]) {
        snprintf(buf, size, "by this or another process");
        return;
    }
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *f = fopen(path, "re");
    if (f && fgets(comm, sizeof comm, f))
        comm[strcspn(comm, "\n")] = 0;
    if (f)
        fclose(f);
    snprintf(buf, size, "by process %s (%s)", pid, comm[0] ? comm : "?");
}

int lock_file(int fd, const char *file, bool write, struct ersatz_error *err)
{
    struct flock lock = {.l_type = write ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
    char holder[96];

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    if (errno != EAGAIN && errno != EACCES)
        return 0; /* a file system without locks: there is nothing to be had */
    describe_holder(fd, holder, sizeof holder);
    return err_set(err, ERSATZ_E_OPEN, "%s: in use %s, which %s it", file, holder,
                   write ? "reads or writes" : "writes");
}
