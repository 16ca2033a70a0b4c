/* SPDX-License-Identifier: MIT */
/* Drives as settings. */
#ifndef ERSATZ_API_DRIVES_H
#define ERSATZ_API_DRIVES_H

#include "block/block.h"
#include "board/machine.h"

struct settings;

#define LOOSE_DRIVES 8 /* by if=none, until a device takes them */
#define DRIVE_SETTINGS (MACHINE_MAX_DRIVES + LOOSE_DRIVES)

struct drive_setting {
    enum drive_kind kind;
    unsigned index;
    char id[32];
    char *file, *format; /* NULL: not given */
    bool read_only, snapshot;
    bool loose; /* if=none: kind and index are not known yet */
    bool force; /* change of a medium: although the guest locks it */
};

/* The setting "drive". */
int drives_set(struct ersatz_machine *m, const char *value, struct ersatz_error *error);
/* The setting "device" of a kind that takes a loose drive: ide-hd,drive=ID... Is it one? */
bool drives_is_device(const char *device);
int drives_set_device(struct ersatz_machine *m, const char *device, char *properties,
                      struct ersatz_error *error);
/* The options of ersatz_medium(): d->file and d->kind stay. */
int drives_parse_medium(struct drive_setting *d, const char *value, struct ersatz_error *error);
void drives_free(struct drive_setting *d);
/* Is there a flash, with the firmware in it? */
bool drives_have_flash(const struct settings *s);
/* NULL on error. Any thread. */
struct medium *drives_open(const struct drive_setting *d, struct ersatz_error *error);
/* Adds the drives that are always there, opens all files into out[MACHINE_MAX_DRIVES] and hands
 * them to the board's configuration. */
int drives_power_on(struct ersatz_machine *m, struct drive_config *out, struct ersatz_error *error);

#endif
