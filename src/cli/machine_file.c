/* SPDX-License-Identifier: MIT */
#include "cli/machine_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/paths.h"

/* Says which line it was, too. */
static enum parsed at_line(struct ersatz_error *error, const char *path, unsigned line)
{
    char text[sizeof error->text];

    strcpy(text, error->text);
    snprintf(error->text, sizeof error->text, "%s:%u: %.400s", path, line, text);
    return PARSED_ERROR;
}

/* One line of a file: NAME, or NAME ARGUMENT up to the end. */
static enum parsed read_line(struct options *o, char *line, const char *folder,
                             struct ersatz_error *error)
{
    size_t n = strlen(line);

    while (n && isspace((unsigned char)line[n - 1]))
        line[--n] = 0;
    line += strspn(line, " \t");
    if (!*line || *line == '#')
        return PARSED_RUN;
    char *arg = line + strcspn(line, " \t");
    if (*arg)
        *arg++ = 0;
    arg += strspn(arg, " \t");
    const char *shape = options_shape(line);
    if (!shape)
        return options_unknown(line, "", error);
    if (*shape && !*arg && strcmp(line, "cdrom") != 0)
        return options_fail(error, "-%s needs an argument: %s", line, shape);
    if (!*shape)
        return *arg ? options_fail(error, "%s takes no argument", line)
                    : options_add(o, line, NULL, error);
    char *moved = options_keep(o, paths_map(shape, arg, path_from, folder));
    return moved ? options_add(o, line, moved, error) : options_fail(error, "no memory");
}

enum parsed machine_file_read(struct options *o, const char *path, struct ersatz_error *error)
{
    FILE *f = fopen(path, "re");
    char *line = NULL, *folder = path_folder_name(path);
    size_t room = 0;
    ssize_t length;
    unsigned number = 0;
    enum parsed result = PARSED_RUN;

    if (!f || !folder) {
        options_fail(error,
                     "%s: cannot be read: %s; a machine file, or an option with -, belongs "
                     "there",
                     path, strerror(errno));
        result = PARSED_ERROR;
    }
    while (result == PARSED_RUN && (length = getline(&line, &room, f)) >= 0) {
        number++;
        result = strlen(line) == (size_t)length
                     ? read_line(o, line, folder, error)
                     : options_fail(error, "no text: a machine file goes here, a disk behind -hda");
        if (result == PARSED_ERROR)
            at_line(error, path, number);
    }
    if (result == PARSED_RUN && ferror(f))
        result = options_fail(error, "%s: cannot be read: %s", path, strerror(errno));
    free(line);
    free(folder);
    if (f)
        fclose(f);
    return result;
}

/* ---- writing ---- */

static bool write_row(FILE *f, const struct setting *row, const char *folder)
{
    char *arg = row->value ? paths_map(options_shape(row->key), row->value, path_to, folder)
                           : strdup("");
    bool fits = arg && !strchr(arg, '\n');

    if (fits)
        fprintf(f, "%s%s%s\n", row->key, *arg ? " " : "", arg);
    free(arg);
    return fits;
}

int machine_file_write(const struct setting_list *given, const char *path, const char *mode,
                       struct ersatz_error *error)
{
    bool std = strcmp(path, "-") == 0;
    FILE *f = std ? stdout : fopen(path, mode);
    char *folder = f ? path_folder(std ? "." : path) : NULL;
    bool good = folder;

    errno = f ? 0 : errno;
    if (good)
        fprintf(f, "# A machine: start it with `ersatz` and the name of this file. man 5 ersatz\n"
                   "# tells what may stand here. Files are looked for beside this one.\n");
    for (size_t i = 0; good && i < given->count; i++)
        good = write_row(f, &given->row[i], folder);
    if (f)
        good &= fflush(f) == 0;
    if (f && !std)
        good &= fclose(f) == 0;
    free(folder);
    if (good)
        return 0;
    options_fail(error, "%s: cannot be written: %s", path,
                 errno ? strerror(errno) : "an option has a line feed in it");
    error->code = ERSATZ_E_OPEN;
    return -ERSATZ_E_OPEN;
}
