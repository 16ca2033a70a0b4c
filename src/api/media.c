/* SPDX-License-Identifier: MIT */
/*
 * Media that are changed while the machine runs. A thread opens the file and queues the change
 * here; the input gate carries its number, so it happens at a known instruction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/error.h"

void media_init(struct ersatz_machine *m)
{
    pthread_mutex_init(&m->media_lock, NULL);
}

static void drop(struct medium_change *c)
{
    medium_close(c->medium);
    free(c);
}

void media_destroy(struct ersatz_machine *m)
{
    while (m->media) {
        struct medium_change *c = m->media;
        m->media = c->next;
        drop(c);
    }
    pthread_mutex_destroy(&m->media_lock);
}

/* Takes change `number` out of the list. */
static struct medium_change *take(struct ersatz_machine *m, u64 number)
{
    struct medium_change *c = NULL;

    pthread_mutex_lock(&m->media_lock);
    for (struct medium_change **at = &m->media; *at && !c; at = &(*at)->next) {
        if ((*at)->number != number)
            continue;
        c = *at;
        *at = c->next;
        break;
    }
    pthread_mutex_unlock(&m->media_lock);
    return c;
}

static bool on_medium(void *opaque, const struct input_event *ev)
{
    struct ersatz_machine *m = opaque;
    struct medium_change *c = take(m, ev->b);
    struct drive *d = &m->board.drive[ev->a];

    if (!c)
        return true;
    if (d->locked && !c->force) {
        d->eject_wanted = true;
        if (d->changed)
            d->changed(d->chip);
        machine_say(&m->board, "%s: the guest has locked it, and was asked to let go", d->id);
        medium_close(c->medium);
    } else {
        LOG(&m->board.log, BLOCK, "%s: %s", d->id, c->medium ? c->medium->name : "ejected");
        drive_change(d, c->medium);
    }
    free(c);
    return true;
}

void media_power_on(struct ersatz_machine *m)
{
    input_connect(&m->board.input, INPUT_MEDIUM, on_medium, m);
}

static bool removable(enum drive_kind kind)
{
    return kind == DRIVE_CDROM || kind == DRIVE_FLOPPY;
}

/* What may be known of a drive while the machine runs: its kind and place never change. */
static struct drive *find(struct ersatz_machine *m, const char *id, struct ersatz_error *error)
{
    const char *names[MACHINE_MAX_DRIVES];

    if (!__atomic_load_n(&m->powered, __ATOMIC_ACQUIRE)) {
        err_set(error, ERSATZ_E_STATE, "the machine is not on");
        return NULL;
    }
    for (unsigned i = 0; i < m->board.drive_count; i++) {
        struct drive *d = &m->board.drive[i];
        names[i] = d->id;
        if (strcmp(d->id, id))
            continue;
        if (removable(d->kind))
            return d;
        err_set(error, ERSATZ_E_CONFLICT, "%s: its medium cannot be removed", id);
        return NULL;
    }
    const char *near = ersatz_nearest(id, names, m->board.drive_count);
    err_set(error, ERSATZ_E_NAME, "no drive '%s'%s%s%s", id, near ? "; did you mean '" : "",
            near ? near : "", near ? "'?" : "");
    return NULL;
}

static int queue(struct ersatz_machine *m, struct drive *d, struct medium_change *c,
                 struct ersatz_error *error)
{
    pthread_mutex_lock(&m->media_lock);
    u64 number = c->number = m->media_count++;
    c->next = m->media;
    m->media = c;
    pthread_mutex_unlock(&m->media_lock);
    if (input_post(&m->board.input, INPUT_MEDIUM, (u64)(d - m->board.drive), number))
        return 0;
    c = take(m, number);
    if (c)
        drop(c);
    return err_set(error, ERSATZ_E_STATE, "%s: too many changes are waiting", d->id);
}

int ersatz_medium(struct ersatz_machine *m, const char *id, const char *file, const char *options,
                  struct ersatz_error *error)
{
    struct ersatz_error own;
    struct drive *d = find(m, id, error ? error : &own);
    struct drive_setting want = {.kind = d ? d->kind : DRIVE_CDROM};
    struct medium_change *c = NULL;

    error = error ? error : &own;
    if (!d)
        return -(int)error->code;
    int result = drives_parse_medium(&want, options, error);
    if (!result && !(c = calloc(1, sizeof *c)))
        result = err_set(error, ERSATZ_E_NOMEM, "no memory for a medium");
    if (!result && file) {
        want.file = strdup(file);
        if (want.file)
            c->medium = drives_open(&want, error);
        else
            err_set(error, ERSATZ_E_NOMEM, "no memory for a medium");
        result = c->medium ? 0 : -(int)error->code;
    }
    if (!result) {
        c->force = want.force;
        result = queue(m, d, c, error);
    } else if (c) {
        drop(c);
    }
    drives_free(&want);
    return result;
}

int ersatz_drive(struct ersatz_machine *m, unsigned i, struct ersatz_drive_info *info,
                 struct ersatz_error *error)
{
    static const char *const kinds[] = {"disk", "cdrom", "floppy", "pflash"};
    int result = api_enter_powered(m, error);

    if (result)
        return result;
    if (i < m->board.drive_count) {
        const struct drive *d = &m->board.drive[i];
        const struct medium *medium = d->medium;
        *info = (struct ersatz_drive_info){
            .kind = kinds[d->kind],
            .index = d->index,
            .removable = removable(d->kind),
            .present = medium != NULL,
            .read_only = medium && medium->read_only,
            .snapshot = medium && medium->snapshot,
            .locked = d->locked,
            .size = drive_size(d),
            .reads = d->count.reads,
            .writes = d->count.writes,
            .flushes = d->count.flushes,
            .read_bytes = d->count.read_bytes,
            .written_bytes = d->count.written_bytes,
        };
        snprintf(info->id, sizeof info->id, "%s", d->id);
        snprintf(info->file, sizeof info->file, "%s", medium ? medium->name : "");
    } else {
        result = err_set(error, ERSATZ_E_NAME, "there are %u drives", m->board.drive_count);
    }
    api_leave(m);
    return result;
}
