/* SPDX-License-Identifier: MIT */
/* A whole board for tests of what stands on it, and images written by hand. */
#ifndef ERSATZ_TESTS_UNIT_BOARD_H
#define ERSATZ_TESTS_UNIT_BOARD_H

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "board/machine.h"
#include "cpu/model.h"
#include "unit/unit.h"

static inline void ignore_output(void *opaque, enum ersatz_channel channel, u8 byte)
{
}

static inline void board_new(struct machine *m, u64 ram, unsigned cpus)
{
    struct machine_config config = {.ram_size = ram, .cpus = cpus, .output = ignore_output};
    struct ersatz_error err;

    memset(m, 0, sizeof *m);
    ck_assert_int_eq(cpu_model_parse("max", &config.model, &config.features, &err), 0);
    ck_assert_msg(machine_init(m, &config, &err) == 0, "%s", err.text);
}

/* An image in the making; freed by boot_close() once it is a machine's kernel. */
struct image {
    u8 *data;
    u64 size;
};

static inline struct image image_new(u64 size)
{
    struct image i = {calloc(1, size), size};

    ck_assert_ptr_nonnull(i.data);
    return i;
}

/* Makes a copy of the image the machine's kernel, in place of the one before. */
static inline void board_kernel(struct machine *m, enum boot_kind kind, const struct image *i,
                                const char *append)
{
    boot_close(&m->boot);
    m->boot.kind = kind;
    m->boot.names = strdup(append);
    m->boot.append = m->boot.names;
    m->boot.kernel = (struct blob){.name = "image", .data = malloc(i->size), .size = i->size};
    memcpy(m->boot.kernel.data, i->data, i->size);
}

/* Starts it after a reset, as a power-on does: 0, or the error. */
static inline int board_start(struct machine *m, struct ersatz_error *err)
{
    *err = (struct ersatz_error){0};
    int r = machine_reset(m, err);
    if (r) {
        ck_assert_int_eq(r, -(int)err->code);
        ck_assert_uint_gt(strlen(err->text), 0);
    }
    return r;
}

#endif
