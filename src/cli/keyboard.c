/* SPDX-License-Identifier: MIT */
/* Keys that are held down for a time of the guest's. */
#include <string.h>

#include "cli/app.h"

static void release(struct app *app, const struct held_keys *keys)
{
    for (unsigned i = keys->count; i--;)
        ersatz_key(app->machine, keys->code[i], false);
}

bool keyboard_press(struct app *app, const struct held_keys *keys, unsigned ms)
{
    bool fits = ms == 0 || app->held_count < HELD_MAX;

    for (unsigned i = 0; i < keys->count && fits; i++)
        fits = ersatz_key(app->machine, keys->code[i], true);
    if (!fits || !ms) {
        release(app, keys);
        return fits;
    }
    app->held[app->held_count] = *keys;
    app->held[app->held_count++].until = ersatz_time(app->machine) + ms * 1000000ull;
    return true;
}

int keyboard_pump(struct app *app)
{
    uint64_t now = app->held_count ? ersatz_time(app->machine) : 0;

    for (unsigned i = 0; i < app->held_count;) {
        if (app->held[i].until > now) {
            i++;
            continue;
        }
        release(app, &app->held[i]);
        app->held_count--;
        memmove(&app->held[i], &app->held[i + 1], (app->held_count - i) * sizeof app->held[0]);
    }
    return app->held_count ? 5 : -1;
}
