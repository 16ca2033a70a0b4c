/* SPDX-License-Identifier: MIT */
/* Commands that show the screen. */
#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/monitor.h"
#include "ui/cp437.h"
#include "ui/picture.h"

/* A machine that stands still: draws its screen into a new block of pixels. */
static int grab(struct ersatz_machine *m, struct ersatz_surface *s, struct ersatz_error *error)
{
    int r = ersatz_screen_size(m, &s->width, &s->height, error);

    if (r < 0)
        return r;
    s->stride = s->width;
    s->pixels = calloc(s->stride * s->height, sizeof *s->pixels);
    if (!s->pixels) {
        error->code = ERSATZ_E_NOMEM;
        strcpy(error->text, "no memory for the picture");
        return -ERSATZ_E_NOMEM;
    }
    return ersatz_screen(m, s, true, error);
}

void cmd_screendump(struct monitor *m, char *args)
{
    struct ersatz_surface s = {.pixels = NULL};
    struct ersatz_error error;
    const char *file = monitor_word(&args);

    if (!*file) {
        monitor_print(m, "screendump needs the name of a file\n");
        return;
    }
    app_hold(m->app);
    int r = grab(m->app->machine, &s, &error);
    app_release(m->app);
    if (r == 0)
        r = picture_save(file, &s, &error);
    if (r < 0)
        monitor_print(m, "%s\n", error.text);
    free(s.pixels);
}

static void print_row(struct monitor *m, const uint16_t *cells, unsigned columns)
{
    char line[3 * 256 + 1];
    size_t n = 0;

    while (columns && (uint8_t)cells[columns - 1] == ' ')
        columns--;
    for (unsigned i = 0; i < columns && i < 256; i++)
        n += cp437_utf8((uint8_t)cells[i], line + n);
    line[n] = 0;
    monitor_print(m, "%s\n", line);
}

void info_screen(struct monitor *m, char *args)
{
    struct ersatz_machine *machine = m->app->machine;
    struct ersatz_text *text = malloc(sizeof *text);
    struct ersatz_error error = {.code = ERSATZ_E_NOMEM, .text = "no memory"};
    unsigned width, height;

    app_hold(m->app);
    if (text && ersatz_screen_text(machine, text, &error) == 0) {
        for (unsigned row = 0; row < text->rows; row++)
            print_row(m, &text->cells[row * text->columns], text->columns);
    } else if (text && ersatz_screen_size(machine, &width, &height, &error) == 0) {
        monitor_print(m, "%ux%u graphics; screendump writes the picture\n", width, height);
    } else {
        monitor_print(m, "%s\n", error.text);
    }
    app_release(m->app);
    free(text);
}
