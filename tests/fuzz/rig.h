/* SPDX-License-Identifier: MIT */
/* The chips that are tried together, and what is done to them; for fuzz_devices and its parts. */
#ifndef ERSATZ_TESTS_FUZZ_RIG_H
#define ERSATZ_TESTS_FUZZ_RIG_H

#include "base/bits.h"
#include "base/log.h"
#include "board/clock.h"
#include "board/drive.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "devices/apic_bus.h"
#include "devices/device.h"
#include "devices/pci.h"

#define MAX_DEVICES 4
#define VIDEO_SIZE (256u << 10)

struct rig {
    const char *name;
    struct clock clock;
    struct log log;
    struct portmap ports;
    struct memmap mem;
    struct apic_bus apic;
    struct drive drive[3];
    struct device *device[MAX_DEVICES];
    unsigned count;
    struct pci_bus bus;
    u8 *video; /* the VGA's memory, or what the IDE masters: no field of theirs */
    u64 seen;  /* what came out, folded together */
};

struct op {
    unsigned kind, device, region;
    u64 offset, value, a, b;
    unsigned size;
};

/* Takes note of something that came out. */
void rig_fold(struct rig *r, u64 v);
/* Another chip, its pins watched. NULL: no memory. */
struct device *rig_add(struct rig *r, const struct device_class *class);

/* fuzz_ide.c */
extern const struct medium_ops rig_disk_ops;
bool rig_make_ide(struct rig *r);
/* What a driver does in one go, which single accesses rarely hit upon. */
void rig_use_ide(struct rig *r, struct device *d, const struct op *op);

#endif
