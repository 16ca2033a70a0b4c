/* SPDX-License-Identifier: MIT */
/* The board's memory map: RAM, and what the chipset lays over it (PAM, SMRAM). */
#include "base/error.h"
#include "board/pc.h"

static int add_ram(struct machine *m, const char *name, u64 base, u64 from, u64 size,
                   struct ersatz_error *err)
{
    u8 *p = m->ram.host + from;
    struct mem_range r = {.name = name, .base = base, .size = size, .rd = p, .wr = p};

    return size ? memmap_add(&m->mem, &r, err) : 0;
}

int pc_add_memory(struct machine *m, struct ersatz_error *err)
{
    u64 size = m->config.ram_size;

    m->low_ram = size < LOW_RAM_MAX ? size : LOW_RAM_MAX;
    if (size < 2 * HIGH_BASE || size % 4096)
        return err_set(err, ERSATZ_E_VALUE, "%llu bytes of memory: at least 2 MiB, in whole pages",
                       (unsigned long long)size);
    int error = ram_init(&m->ram, size, err);
    if (!error)
        error = ram_init(&m->video, VIDEO_SIZE, err);
    struct mem_range video = {.name = "video",
                              .base = VIDEO_BASE,
                              .size = VIDEO_SIZE,
                              .rd = m->video.host,
                              .wr = m->video.host};
    if (!error)
        error = memmap_add(&m->mem, &video, err);
    if (!error)
        error = add_ram(m, "low RAM", 0, 0, VIDEO_BASE, err);
    if (!error)
        error = add_ram(m, "RAM", HIGH_BASE, HIGH_BASE, m->low_ram - HIGH_BASE, err);
    if (!error)
        error = add_ram(m, "high RAM", HIGH_RAM_BASE, m->low_ram, size - m->low_ram, err);
    return error;
}

/* The chipset's PAM registers: what of the 256 KiB below 1 MiB is ROM, what is RAM. Without a
 * ROM, its reads find nobody. */
void pc_pam(void *opaque, physaddr base, u32 size, bool read_ram, bool write_ram)
{
    struct machine *m = opaque;
    u8 *p = m->ram.host + base;
    struct mem_range r = {.name = "shadow RAM",
                          .base = base,
                          .size = size,
                          .rd = read_ram ? p : NULL,
                          .wr = write_ram ? p : NULL};
    struct ersatz_error error;

    memmap_remove(&m->mem, base);
    if (memmap_add(&m->mem, &r, &error))
        LOG(&m->log, GUEST_ERROR, "PAM: %s", error.text);
}

/* A0000h: the RAM behind the display shows while SMRAM is open. */
void pc_smram(void *opaque, bool open, bool enabled)
{
    struct machine *m = opaque;
    u8 *p = open ? m->ram.host + VIDEO_BASE : m->video.host;
    struct mem_range r = {
        .name = open ? "SMRAM" : "video", .base = VIDEO_BASE, .size = VIDEO_SIZE, .rd = p, .wr = p};
    struct ersatz_error error;

    memmap_remove(&m->mem, VIDEO_BASE);
    if (memmap_add(&m->mem, &r, &error))
        LOG(&m->log, GUEST_ERROR, "SMRAM: %s", error.text);
}
