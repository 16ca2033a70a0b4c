/* SPDX-License-Identifier: MIT */
/*
 * What a chip is to the rest of the machine: a state struct that begins with struct device,
 * a const class that describes it, and lines. A chip sees offsets into its regions, its IRQ
 * lines, the clock and the log; it never sees a CPU or its own base address. One chip is one
 * file and one line in devices.def.
 *
 *     struct foo { struct device dev; struct timer tick; u8 ctrl; };
 *     static const struct field foo_fields[] = { FIELD(struct foo, ctrl, "control"), ... };
 *     const struct device_class foo_class = { .name = "foo", .size = sizeof(struct foo), ... };
 *
 * The field table describes the whole state once. It serves reset-to-zero, the monitor, the
 * fuzzer, and save and load (a timer is saved as its deadline).
 */
#ifndef ERSATZ_DEVICES_DEVICE_H
#define ERSATZ_DEVICES_DEVICE_H

#include "base/types.h"
#include "board/clock.h"
#include "board/irq.h"

struct device;
struct ersatz_error;
struct log;
struct memmap;
struct portmap;

enum field_type { FIELD_UINT, FIELD_BYTES, FIELD_TIMER };

struct field {
    const char *name; /* as the data sheet spells it */
    u32 offset;       /* in the state struct */
    u16 size;         /* bytes of one element */
    u16 count;        /* elements: arrays are tables of numbers */
    u8 type;          /* enum field_type */
};

#define FIELD(type, member, text)                                                                  \
    {                                                                                              \
        text, offsetof(type, member), sizeof(((type *)0)->member), 1, FIELD_UINT                   \
    }
#define FIELD_ARRAY(type, member, text)                                                            \
    {                                                                                              \
        text, offsetof(type, member), sizeof(((type *)0)->member[0]),                              \
            ARRAY_LEN(((type *)0)->member), FIELD_UINT                                             \
    }
#define FIELD_BUFFER(type, member, text)                                                           \
    {                                                                                              \
        text, offsetof(type, member), sizeof(((type *)0)->member), 1, FIELD_BYTES                  \
    }
#define FIELD_TIMER(type, member, text)                                                            \
    {                                                                                              \
        text, offsetof(type, member), sizeof(struct timer), 1, FIELD_TIMER                         \
    }

/* What the bus maps somewhere: register files at ports or in memory, or plain memory (its size
 * and host address are in struct region_use; a ROM drops writes). */
enum region_kind { REGION_NONE, REGION_PORT, REGION_MMIO, REGION_RAM, REGION_ROM };

struct region {
    const char *name;
    enum region_kind kind;
    u32 size; /* ports or bytes */
    /* Widest access the chip takes. The bus cuts every access into naturally aligned pieces no
     * wider than that, lowest address first, so a chip sees no others. */
    u8 max_size;
    /* Narrowest one. Of a narrower read the bus takes the lanes; a narrower write is dropped
     * and logged, since the manuals of such chips leave it undefined. 0: anything goes. */
    u8 min_size;
    u64 (*read)(struct device *d, u64 offset, unsigned size);
    void (*write)(struct device *d, u64 offset, u64 value, unsigned size);
};

#define DEVICE_MAX_REGIONS 6
#define DEVICE_MAX_OUTPUTS 32

struct device_class {
    const char *name;
    const char *text; /* for -device help */
    size_t size;      /* of the state struct */
    const struct field *fields;
    unsigned field_count;
    struct region regions[DEVICE_MAX_REGIONS];
    /* Once, after the state was zeroed and dev filled in; timers are initialised here. */
    int (*init)(struct device *d, struct ersatz_error *err);
    /* Power-on or bus reset: the data sheet's reset state. */
    void (*reset)(struct device *d);
    void (*destroy)(struct device *d);
    /* After the fields were set from a saved state: derives anew what hangs on them. */
    void (*loaded)(struct device *d);
    /* An input pin changes level. */
    void (*set_line)(struct device *d, unsigned n, bool level);
    /* An event from the input gate (a key, a serial byte): false if it can't be taken now. */
    bool (*input)(struct device *d, u64 a, u64 b);
};

/* Where the board, or a BAR, has put a region. */
struct region_use {
    struct device *device;
    const struct region *region;
    u32 size; /* the region's, unless it was set otherwise before it was mapped */
    u8 *host; /* REGION_RAM, REGION_ROM */
    u64 base;
    bool mapped;
};

struct device {
    const struct device_class *class;
    const char *id; /* "pit", "uart1" */
    struct clock *clock;
    struct log *log;
    struct memmap *dma; /* for bus masters; NULL otherwise */
    struct irq out[DEVICE_MAX_OUTPUTS];
    struct region_use use[DEVICE_MAX_REGIONS];
};

/* All classes of devices.def, NULL at the end. */
extern const struct device_class *const device_classes[];
/* NULL if there is none of that name. */
const struct device_class *device_class_find(const char *name);

/* Makes a device from its class; free with device_free(). NULL on error. */
struct device *device_new(const struct device_class *class, const char *id, struct clock *clock,
                          struct log *log, struct ersatz_error *err);
void device_free(struct device *d);
void device_reset(struct device *d);
/* To be called once all fields of all devices are set from a saved state. */
void device_loaded(struct device *d);
/* The IRQ line that ends at input pin n of d. */
struct irq device_line(struct device *d, unsigned n);

/* Puts region n of d at `base` of the port map or the memory map; a region lies in one place
 * only. Unmapping what isn't mapped does nothing. */
int device_map_ports(struct device *d, unsigned n, struct portmap *ports, u16 base,
                     struct ersatz_error *err);
int device_map_memory(struct device *d, unsigned n, struct memmap *mem, physaddr base,
                      struct ersatz_error *err);
void device_unmap_ports(struct device *d, unsigned n, struct portmap *ports);
void device_unmap_memory(struct device *d, unsigned n, struct memmap *mem);

/* An access of 1, 2, 4 or 8 bytes to region n, cut into pieces as the bus does. Bytes beyond
 * the region's end read as FFh and are dropped. */
u64 device_read(struct device *d, unsigned n, u64 offset, unsigned size);
void device_write(struct device *d, unsigned n, u64 offset, u64 value, unsigned size);

/* For resets: makes every field zero and disarms every timer. */
void device_zero(struct device *d);
/* Element i of a FIELD_UINT, byte i of a FIELD_BYTES, a timer's deadline (UINT64_MAX: off). */
u64 device_field_get(const struct device *d, const struct field *f, unsigned i);
void device_field_set(struct device *d, const struct field *f, unsigned i, u64 value);
/* Number of elements that device_field_get takes. */
unsigned device_field_count(const struct field *f);

#endif
