/* SPDX-License-Identifier: MIT */
/* The display from outside: its size, its pixels, its characters. */
#include "api/api.h"
#include "base/error.h"
#include "devices/vga.h"

static int enter(struct ersatz_machine *m, struct ersatz_error *error)
{
    int result = api_enter_powered(m, error);

    if (!result && !m->board.vga) {
        api_leave(m);
        return err_set(error, ERSATZ_E_STATE, "the machine has no display");
    }
    return result;
}

int ersatz_screen_size(struct ersatz_machine *m, unsigned *width, unsigned *height,
                       struct ersatz_error *error)
{
    int result = enter(m, error);

    if (result)
        return result;
    vga_size(m->board.vga, width, height);
    api_leave(m);
    return 0;
}

int ersatz_screen(struct ersatz_machine *m, const struct ersatz_surface *surface, bool steady,
                  struct ersatz_error *error)
{
    int result = enter(m, error);

    if (result)
        return result;
    if (surface->stride < surface->width)
        result = err_set(error, ERSATZ_E_VALUE, "a surface's rows overlap: %u pixels, stride %zu",
                         surface->width, surface->stride);
    else
        vga_render(m->board.vga, surface, steady);
    api_leave(m);
    return result;
}

int ersatz_screen_text(struct ersatz_machine *m, struct ersatz_text *text,
                       struct ersatz_error *error)
{
    int result = enter(m, error);

    if (result)
        return result;
    if (!vga_text(m->board.vga, text))
        result = err_set(error, ERSATZ_E_STATE, "the display is in a graphics mode");
    api_leave(m);
    return result;
}
