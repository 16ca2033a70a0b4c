/* SPDX-License-Identifier: MIT */
/* Names that a user may give, listed. */
#include "base/types.h"
#include "board/machine.h"
#include "cpu/model.h"

struct name {
    const char *name, *text;
};

static const struct name machines[] = {{"pc", "i440FX, PIIX3 and PIIX4, as QEMU calls it"}};

static const struct name devices[] = {
    {"floppy", "a floppy drive for a drive with if=none: drive=ID,unit=N"},
    {"ide-cd", "a CD-ROM for a drive with if=none: drive=ID,bus=ide.N,unit=N"},
    {"ide-hd", "a disk for a drive with if=none: drive=ID,bus=ide.N,unit=N"},
    {"isa-debug-exit", "a port that ends the run: iobase=501h,iosize=4"},
    {"pvpanic", "a port by which a guest's kernel says that it has crashed: ioport=505h"},
};

static const char *const features[] = {
#define FEATURE(symbol, name, leaf, subleaf, reg, bit) name,
#include "decode/feature.def"
#undef FEATURE
};

static struct name in_list(const struct name *list, unsigned n, unsigned i)
{
    return i < n ? list[i] : (struct name){NULL, NULL};
}

static struct name get(enum ersatz_names kind, unsigned i)
{
    const struct cpu_model *model;

    switch (kind) {
    case ERSATZ_NAMES_MACHINE: return in_list(machines, ARRAY_LEN(machines), i);
    case ERSATZ_NAMES_DEVICE: return in_list(devices, ARRAY_LEN(devices), i);
    case ERSATZ_NAMES_CPU_FEATURE:
        return i < ARRAY_LEN(features) ? (struct name){features[i], ""} : (struct name){NULL, NULL};
    case ERSATZ_NAMES_LOG_TOPIC:
        if (i < LOG_TOPICS)
            return (struct name){log_topic_name(i), log_topic_text(i)};
        break;
    case ERSATZ_NAMES_CPU_MODEL:
        model = cpu_model_get(i);
        if (model)
            return (struct name){model->name, model->text};
        break;
    }
    return (struct name){NULL, NULL};
}

const char *ersatz_name(enum ersatz_names kind, unsigned i, const char **text)
{
    struct name n = get(kind, i);

    if (text)
        *text = n.text;
    return n.name;
}
