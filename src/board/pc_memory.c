/* SPDX-License-Identifier: MIT */
/* The board's memory map: RAM, ROM, and what the chipset lays over them (PAM, SMRAM). */
#include <string.h>

#include "base/error.h"
#include "board/pc.h"
#include "devices/pflash.h"

static int add_ram(struct machine *m, const char *name, u64 base, u64 from, u64 size,
                   struct ersatz_error *err)
{
    u8 *p = m->ram.host + from;
    struct mem_range r = {.name = name, .base = base, .size = size, .rd = p, .wr = p};

    return size ? memmap_add(&m->mem, &r, err) : 0;
}

/* ---- the firmware's ROM ---- */

/*
 * A ROM ends at 4 GiB, where CPUs begin, and its last 128 KiB show below 1 MiB too:
 *
 *     FFFFFFFFh +--------+ <- FFFFFFF0h: the first instruction
 *               |  ROM   |
 *               +--------+ 4 GiB - size
 *
 *     000FFFFFh +--------+
 *               | its end| what PAM lets show of it
 *     000E0000h +--------+ (F0000h if it has 64 KiB)
 */
int machine_check_bios(const struct blob *b, struct ersatz_error *err)
{
    if (b->size && b->size % ROM_STEP == 0 && b->size <= ROM_MAX)
        return 0;
    return err_set(err, ERSATZ_E_SIZE,
                   "%s: %llu bytes are no BIOS: it has a multiple of 64 KiB, at most 16 MiB",
                   b->name, (unsigned long long)b->size);
}

static int add_rom(struct machine *m, const struct blob *b, struct ersatz_error *err)
{
    struct mem_range r = {.name = "BIOS", .base = HIGH_RAM_BASE - b->size, .size = b->size};

    int error = b->data ? machine_check_bios(b, err) : 0;
    if (error || !b->data)
        return error;
    error = ram_init(&m->rom, b->size, err);
    if (error)
        return error;
    memcpy(m->rom.host, b->data, b->size);
    r.rd = m->rom.host;
    m->bios = m->rom.host;
    m->bios_size = b->size;
    return memmap_add(&m->mem, &r, err);
}

/* Flash 0 is where the ROM would be, flash 1 below it. */
int pc_add_flash(struct machine *m, struct ersatz_error *err)
{
    physaddr top = HIGH_RAM_BASE;
    int error = 0;

    for (unsigned i = 0; i < PFLASH_PLACES && !error; i++) {
        struct drive *drive = machine_drive(m, DRIVE_PFLASH, i);
        if (!drive)
            continue;
        if (i == 0 ? m->bios != NULL : !m->pflash[0])
            return err_set(err, ERSATZ_E_CONFLICT, "%s: %s", drive->id,
                           i ? "the first flash is missing"
                             : "a flash with the firmware takes the place of -bios");
        m->pflash[i] = pc_add_chip(m, &pflash_class, drive->id, err);
        error = m->pflash[i] ? pflash_connect(m->pflash[i], drive, err) : -ERSATZ_E_NOMEM;
        top -= drive_size(drive);
        if (!error && HIGH_RAM_BASE - top > ROM_MAX)
            error = err_set(err, ERSATZ_E_SIZE, "%s: more than 16 MiB of flash", drive->id);
        if (!error)
            error = pflash_map(m->pflash[i], &m->mem, top, err);
        if (!error && i == 0) {
            m->bios = pflash_data(m->pflash[0]);
            m->bios_size = drive_size(drive);
        }
    }
    return error;
}

/* ---- all of it ---- */

int pc_add_memory(struct machine *m, struct ersatz_error *err)
{
    u64 size = m->config.ram_size;

    m->low_ram = size < LOW_RAM_MAX ? size : LOW_RAM_MAX;
    if (size < 2 * HIGH_BASE || size % 4096)
        return err_set(err, ERSATZ_E_VALUE, "%llu bytes of memory: at least 2 MiB, in whole pages",
                       (unsigned long long)size);
    int error = ram_init(&m->ram, size, err);
    if (!error)
        error = add_rom(m, &m->config.bios, err);
    if (!error)
        error = add_ram(m, "low RAM", 0, 0, VIDEO_BASE, err);
    if (!error)
        error = add_ram(m, "RAM", HIGH_BASE, HIGH_BASE, m->low_ram - HIGH_BASE, err);
    if (!error)
        error = add_ram(m, "high RAM", HIGH_RAM_BASE, m->low_ram, size - m->low_ram, err);
    return error;
}

/* ---- PAM ---- */

/* What of the ROM lies behind the shadow RAM at `base`; NULL: nothing does. */
static u8 *rom_below_1m(const struct machine *m, physaddr base)
{
    u64 from_end = HIGH_BASE - base;

    return from_end <= ROM_LOW_MAX && from_end <= m->bios_size ? m->bios + m->bios_size - from_end
                                                               : NULL;
}

/* The chipset's PAM registers: what of the 256 KiB below 1 MiB is ROM, what is RAM. Where there
 * is no ROM, its reads find nobody. */
void pc_pam(void *opaque, physaddr base, u32 size, bool read_ram, bool write_ram)
{
    struct machine *m = opaque;
    u8 *p = m->ram.host + base;
    struct mem_range r = {.name = "shadow RAM",
                          .base = base,
                          .size = size,
                          .rd = read_ram ? p : rom_below_1m(m, base),
                          .wr = write_ram ? p : NULL};
    const struct mem_range *old = memmap_find(&m->mem, base);
    struct ersatz_error error;

    if (old && old->base == base && old->rd == r.rd && old->wr == r.wr)
        return;
    memmap_remove(&m->mem, base);
    if (memmap_add(&m->mem, &r, &error))
        LOG(&m->log, GUEST_ERROR, "PAM: %s", error.text);
}

/* ---- SMRAM ---- */

/*
 * A0000h: the RAM behind the display shows while SMRAM is open, and to a CPU in SMM while it is
 * enabled. The CPUs have one memory map: it follows the one whose turn it is.
 */
static void show_smram(struct machine *m, bool on)
{
    u8 *p = m->ram.host + VIDEO_BASE;
    const struct mem_range r = {
        .name = "SMRAM", .base = VIDEO_BASE, .size = VIDEO_SIZE, .rd = p, .wr = p};
    struct ersatz_error error;

    if (on == m->smram_shows)
        return;
    m->smram_shows = on;
    if (on)
        pc_show_display(m, false);
    else
        memmap_remove(&m->mem, VIDEO_BASE);
    if (!on)
        pc_show_display(m, true);
    else if (memmap_add(&m->mem, &r, &error))
        LOG(&m->log, GUEST_ERROR, "SMRAM: %s", error.text);
}

static void update_smram(struct machine *m)
{
    show_smram(m, m->smram_open || (m->smram_enabled && m->in_smm[m->running]));
}

void pc_smram(void *opaque, bool open, bool enabled)
{
    struct machine *m = opaque;

    m->smram_open = open;
    m->smram_enabled = enabled;
    update_smram(m);
}

void machine_smm(struct machine *m, unsigned cpu, bool in_smm)
{
    m->in_smm[cpu] = in_smm;
    update_smram(m);
}

void machine_turn(struct machine *m, unsigned cpu)
{
    m->running = cpu;
    update_smram(m);
}
