/* SPDX-License-Identifier: MIT */
#include "cli/create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/machine_file.h"

struct creation {
    const char *file; /* my.vm */
    const char *size; /* of the disk as given; NULL: none */
    uint64_t bytes;   /* the same as a number */
    char *disk;       /* my.img */
    int argc;         /* what is left: options of the machine */
    char **argv;
    struct options options;
};

/* A size such as 8G; without a letter it is in bytes. Whole sectors. */
static bool parse_size(const char *text, uint64_t *bytes)
{
    static const char letters[] = "KMGT";
    char *end;

    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno || end == text || *text == '-' || !n)
        return false;
    unsigned shift = 0;
    const char *letter = *end ? strchr(letters, *end & ~0x20) : NULL;
    if (letter) {
        shift = 10 * (unsigned)(letter - letters + 1);
        end++;
    }
    *bytes = (uint64_t)n << shift;
    return !*end && *bytes >> shift == n && *bytes % 512 == 0 && *bytes <= INT64_MAX;
}

/* Takes the file's name and --disk out of the arguments. */
static enum parsed parse(struct creation *c, int argc, char **argv, struct ersatz_error *error)
{
    c->argv[c->argc++] = argv[0];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--disk") == 0 || strcmp(argv[i], "-disk") == 0) {
            if (++i == argc || !parse_size(argv[i], &c->bytes))
                return options_fail(error, "--disk needs a size such as 8G or 500M");
            c->size = argv[i];
        } else if (*argv[i] != '-' && !c->file) {
            c->file = argv[i];
        } else {
            const char *name = argv[i] + (argv[i][0] == '-') + (strncmp(argv[i], "--", 2) == 0);
            const char *shape = *argv[i] == '-' ? options_shape(name) : NULL;
            c->argv[c->argc++] = argv[i];
            if (shape && *shape && i + 1 < argc)
                c->argv[c->argc++] = argv[++i];
        }
    }
    if (!c->file)
        return options_fail(error, "create needs the name of the machine file: "
                                   "ersatz create my.vm [--disk SIZE] [OPTION]...");
    return options_parse(&c->options, c->argc, c->argv, error);
}

/* my.vm -> my.img, in the same folder. */
static char *disk_name(const char *file)
{
    const char *slash = strrchr(file, '/'), *dot = strrchr(file, '.');
    size_t n = dot && (!slash || dot > slash + 1) ? (size_t)(dot - file) : strlen(file);
    char *name;

    return asprintf(&name, "%.*s.img", (int)n, file) < 0 ? NULL : name;
}

/* A file of zeros that takes no room. It must not be there yet. */
static int make_disk(const char *name, uint64_t bytes, struct ersatz_error *error)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    int result = 0;

    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0 && close(fd) == 0)
        return 0;
    options_fail(error, "%s: cannot be made: %s", name, strerror(errno));
    error->code = ERSATZ_E_OPEN;
    result = -ERSATZ_E_OPEN;
    if (fd >= 0) { /* it is ours: EEXIST gave no descriptor */
        unlink(name);
        close(fd);
    }
    return result;
}

/* The folder that the file shall lie in, if it is not there. */
static int make_folder(const char *file, struct ersatz_error *error)
{
    const char *slash = strrchr(file, '/');
    char *folder = slash && slash > file ? strndup(file, (size_t)(slash - file)) : NULL;

    if (!folder || mkdir(folder, 0777) == 0 || errno == EEXIST) {
        free(folder);
        return 0;
    }
    options_fail(error, "%s: cannot be made: %s", folder, strerror(errno));
    error->code = ERSATZ_E_OPEN;
    free(folder);
    return -ERSATZ_E_OPEN;
}

static int make_all(struct creation *c, struct ersatz_error *error)
{
    if (access(c->file, F_OK) == 0) {
        options_fail(error, "%s: is there already, and stays as it is", c->file);
        return -ERSATZ_E_OPEN;
    }
    int r = make_folder(c->file, error);
    if (r == 0 && c->size) {
        c->disk = disk_name(c->file);
        if (!c->disk || !setting_add(&c->options.given, "hda", c->disk)) {
            options_fail(error, "no memory");
            return -ERSATZ_E_NOMEM;
        }
        r = make_disk(c->disk, c->bytes, error);
    }
    if (r < 0)
        return r;
    r = machine_file_write(&c->options.given, c->file, "wxe", error);
    if (r < 0 && c->disk)
        unlink(c->disk);
    return r;
}

enum exit_status create_machine(int argc, char **argv)
{
    struct ersatz_error error = {.code = ERSATZ_OK};
    struct creation c = {.argv = calloc((size_t)argc + 1, sizeof *c.argv)};
    enum exit_status status = EXIT_HOST;
    enum parsed parsed = c.argv ? parse(&c, argc, argv, &error) : options_fail(&error, "no memory");

    if (parsed == PARSED_DONE || (parsed == PARSED_RUN && make_all(&c, &error) == 0)) {
        status = EXIT_OK;
        if (parsed == PARSED_RUN)
            printf("%s%s%s: start it with `ersatz %s`\n", c.file, c.disk ? " and " : "",
                   c.disk ? c.disk : "", c.file);
    } else {
        fprintf(stderr, "ersatz: %s\n", error.text);
        status = EXIT_USAGE;
    }
    options_free(&c.options);
    free(c.disk);
    free(c.argv);
    return status;
}
