/* SPDX-License-Identifier: MIT */
/* The engine: which one, how the JIT is set up, what it has done. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/property.h"
#include "api/report.h"
#include "base/error.h"

int config_accel(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    static const char *const names[] = {"interp", "jit", "auto"};

    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(value, names[i]) == 0) {
            m->set.want_jit = i == 1 || (i == 2 && jit_is_native());
            return 0;
        }
    return config_unknown("engine", value, names, ARRAY_LEN(names), error);
}

int config_perfmap(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    int n = property_bool("perfmap", value, error);

    m->set.jit.perfmap = n == 1;
    return n < 0 ? n : 0;
}

int config_jitdump(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    int n = property_bool("jitdump", value, error);

    m->set.jit.jitdump = n == 1;
    return n < 0 ? n : 0;
}

static int set_backend(struct jit_config *jit, const char *value, struct ersatz_error *error)
{
    static const char *const names[] = {"native", "portable"};

    jit->host = NULL;
    if (strcmp(value, names[0]) == 0)
        return 0;
    if (strcmp(value, names[1]))
        return config_unknown("backend", value, names, ARRAY_LEN(names), error);
    jit->host = jit_portable();
    return 0;
}

static int set_property(void *opaque, const struct property *p, struct ersatz_error *error)
{
    struct jit_config *jit = opaque;
    static const char *const keys[] = {"backend", "optimise", "heat", "region", "buffer"};
    u64 n = 0;
    int r;

    if (!p->key)
        return err_set(error, ERSATZ_E_VALUE, "jit: '%s' has no value", p->value);
    if (strcmp(p->key, "backend") == 0)
        return set_backend(jit, p->value, error);
    if (strcmp(p->key, "optimise") == 0) {
        r = property_bool("jit: optimise", p->value, error);
        jit->no_optimise = r == 0;
        return r < 0 ? r : 0;
    }
    if (strcmp(p->key, "heat") == 0) {
        r = property_number("jit: heat", p->value, UINT16_MAX, &n, error);
        jit->heat = (u16)n;
        return r;
    }
    if (strcmp(p->key, "region") == 0 && strcmp(p->value, "off") == 0) {
        jit->region = JIT_REGION_NEVER;
        return 0;
    }
    if (strcmp(p->key, "region") == 0) {
        r = property_number("jit: region", p->value, INT32_MAX, &n, error);
        jit->region = (u32)n;
        return r;
    }
    if (strcmp(p->key, "buffer") == 0) {
        r = property_number("jit: buffer", p->value, JIT_BUFFER_MAX >> 10, &n, error);
        jit->buffer = n << 10;
        return r;
    }
    return config_unknown("property of the JIT", p->key, keys, ARRAY_LEN(keys), error);
}

/* backend=native|portable,optimise=on|off,heat=N,region=N|off,buffer=KIB */
int config_jit(struct ersatz_machine *m, const char *value, struct ersatz_error *error)
{
    return property_each(value, set_property, &m->set.jit, error);
}

void engine_power_on(struct ersatz_machine *m)
{
    if (!m->set.want_jit)
        return;
    m->jit = jit_new(m->board.engine, &m->set.jit);
    if (!m->jit)
        machine_say(&m->board, "the host allows no code to be made: the interpreter runs alone");
}

/* ---- what it has done ---- */

int report_jit(const struct report *r, struct ersatz_error *error)
{
    static const char *const leaves[] = {
        [LEAVE_BUDGET] = "at the budget's end",
        [LEAVE_HOT] = "to become a region",
        [LEAVE_LINK] = "not linked",
        [LEAVE_INDIRECT] = "not in the jump cache",
        [LEAVE_STUB] = "after a stub",
    };
    const struct ersatz_machine *m = r->handle;

    if (!m->jit) {
        report_say(r, "the interpreter runs alone");
        return 0;
    }
    struct jit_stats s = jit_stats(m->jit);
    const struct engine *e = m->board.engine;
    report_say(r, "jit %s", jit_backend(m->jit));
    report_say(r, "translations %" PRIu64 " instructions %" PRIu64 " bytes %" PRIu64,
               s.translations, s.insns, s.bytes);
    report_say(r, "regions %" PRIu64, s.regions);
    report_say(r, "flushes %" PRIu64 " dropped %" PRIu64, s.flushes, s.kills);
    report_say(
        r, "blocks built %" PRIu64 ", all forgotten %" PRIu64 " times, %" PRIu64 " for idleness",
        e->stat_builds, e->stat_flushes, e->stat_rests);
    report_say(r, "now there %zu KiB of blocks, %" PRIu64 " KiB of code", e->used >> 10,
               s.code >> 10);
    report_say(r, "links %" PRIu64 " jumps %" PRIu64, s.links, s.jumps);
    for (unsigned i = 0; i < ARRAY_LEN(leaves); i++)
        report_say(r, "left %s %" PRIu64, leaves[i], s.leaves[i]);
    report_say(r, "stubs %" PRIu64 " (%.2f%% of all instructions)", s.stubs,
               100.0 * (double)s.stubs / (double)(m->insns ? m->insns : 1));
    return 0;
}
