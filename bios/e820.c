/* SPDX-License-Identifier: MIT */
/*
 * How much memory there is, the map that INT 15h E820h tells, and what POST takes of it for
 * tables. RAM is what the fw_cfg file etc/e820 says, else what CMOS says.
 */
#include "e820.h"

#include "bda.h"
#include "fwcfg.h"
#include "int15.h"
#include "post.h"

#define KIB 1024u
#define MIB (1024u * 1024u)
#define GIB4 (1ull << 32)
#define SMAP 0x534D4150u /* "SMAP" */

struct range {
    u64 base, size;
    u32 type;
} PACKED; /* as E820h and etc/e820 have it */

enum { RANGES = 32 };
static struct range map[RANGES];
static u8 count;
static u32 low_end;   /* of RAM */
static u64 high_end;  /* of RAM above 4 GiB; 0: none */
static u32 tables_at; /* permanent memory: from here to low_end */

static void insert(u8 at, u64 base, u64 size, u32 type)
{
    if (count == RANGES || !size)
        return;
    memmove(&map[at + 1], &map[at], (size_t)(count - at) * sizeof map[0]);
    map[at] = (struct range){base, size, type};
    count++;
}

static void drop(u8 at)
{
    count--;
    memmove(&map[at], &map[at + 1], (size_t)(count - at) * sizeof map[0]);
}

/* Cuts [base, end) out of the map. */
static void cut(u64 base, u64 end)
{
    for (u8 i = 0; i < count;) {
        struct range old = map[i];
        u64 old_end = old.base + old.size;
        if (old_end <= base || old.base >= end) {
            i++;
            continue;
        }
        drop(i);
        if (old_end > end)
            insert(i, end, old_end - end, old.type);
        if (old.base < base)
            insert(i++, old.base, base - old.base, old.type);
        if (old_end > end)
            i++;
    }
}

static void join_neighbours(void)
{
    for (u8 i = 0; i + 1 < count;) {
        if (map[i].type == map[i + 1].type && map[i].base + map[i].size == map[i + 1].base) {
            map[i].size += map[i + 1].size;
            drop(i + 1);
        } else {
            i++;
        }
    }
}

void e820_add(u64 base, u64 size, u32 type)
{
    u8 at = 0;

    cut(base, base + size);
    while (at < count && map[at].base < base)
        at++;
    if (type)
        insert(at, base, size, type);
    join_neighbours();
}

static void ram(u64 base, u64 size)
{
    e820_add(base, size, E820_RAM);
    if (base >= GIB4) {
        if (base + size > high_end)
            high_end = base + size;
    } else if (base + size > low_end) {
        low_end = (u32)(base + size);
    }
}

static bool size_by_fw_cfg(void)
{
    struct fw_file file;
    struct range r;

    if (!fw_cfg_find("etc/e820", &file))
        return false;
    fw_cfg_select(file.key);
    for (u32 n = file.size / sizeof r; n; n--) {
        fw_cfg_bytes(&r, sizeof r);
        if (r.type == E820_RAM)
            ram(r.base, r.size);
        else
            e820_add(r.base, r.size, r.type);
    }
    return low_end != 0;
}

static void size_by_cmos(void)
{
    u32 above_16m = (u32)cmos_read16(CMOS_ABOVE_16M) << 16;
    u32 extended = (u32)cmos_read16(CMOS_EXTENDED) << 10;
    u32 above_4g = (u32)cmos_read16(CMOS_ABOVE_4G) | (u32)cmos_read(CMOS_ABOVE_4G + 2) << 16;

    ram(0, above_16m ? 16 * MIB + above_16m : MIB + extended);
    ram(GIB4, (u64)above_4g << 16);
}

void memory_init(void)
{
    if (!size_by_fw_cfg())
        size_by_cmos();
    e820_add(EBDA_SEG * 16, 0xA0000 - EBDA_SEG * 16, E820_RESERVED);
    e820_add(0xA0000, 0x40000, 0);
    e820_add(0xE0000, 0x20000, E820_RESERVED);
    e820_add(0xFFFC0000, 0x40000, E820_RESERVED); /* ROM */
    tables_at = low_end;
}

u32 low_ram_end(void)
{
    return low_end;
}

u64 high_ram_size(void)
{
    return high_end ? high_end - GIB4 : 0;
}

/* ---- permanent memory ---- */

u32 high_alloc(u32 size, u32 align)
{
    u32 at = (tables_at - size) & ~(align - 1);

    if (size > tables_at || at < MIB + 64 * KIB)
        return 0;
    phys_fill(at, 0, tables_at - at);
    tables_at = at;
    return at;
}

/* What is behind the code up to the fixed entry points. */
extern const char fseg_end[], fseg_limit[];
static u16 fseg_at;

u16 fseg_alloc(u16 size, u16 align)
{
    u32 at = fseg_at ? fseg_at : (u32)fseg_end;

    at = (at + align - 1) & ~(align - 1u);
    if (at + size > (u32)fseg_limit) {
        log_printf("no room in the F segment for %u bytes\n", size);
        return 0;
    }
    fseg_at = (u16)(at + size);
    far_fill(FSEG, (u16)at, 0, size);
    return (u16)at;
}

void e820_done(void)
{
    u32 from = tables_at & ~(4 * KIB - 1);

    if (from < low_end)
        e820_add(from, low_end - from, E820_RESERVED);
    for (u8 i = 0; i < count; i++)
        log_printf("memory %08x%08x + %08x%08x: %u\n", (u32)(map[i].base >> 32), (u32)map[i].base,
                   (u32)(map[i].size >> 32), (u32)map[i].size, map[i].type);
}

/* ---- services ---- */

/* E820h: EBX the continuation, ECX the room at ES:DI, EDX "SMAP" (ACPI 6.4, 15.1). */
static void service_e820(struct regs *r)
{
    u32 n = r->ebx;

    if (r->edx != SMAP || r->ecx < sizeof map[0] || n >= count) {
        r->ah = 0x86;
        set_cf(r, true);
        return;
    }
    far_write(r->es, r->di, &map[n], sizeof map[0]);
    r->eax = SMAP;
    r->ecx = sizeof map[0];
    r->ebx = n + 1 < count ? n + 1 : 0;
    set_cf(r, false);
}

u32 usable_ram_end(void)
{
    return tables_at & ~(64 * KIB - 1);
}

/* E801h: KiB between 1 and 16 MiB, 64 KiB blocks above. */
static void service_e801(struct regs *r)
{
    u32 end = usable_ram_end();

    r->ax = (u16)(((end < 16 * MIB ? end : 16 * MIB) - MIB) / KIB);
    r->bx = (u16)(end > 16 * MIB ? (end - 16 * MIB) / (64 * KIB) : 0);
    r->cx = r->ax;
    r->dx = r->bx;
    set_cf(r, false);
}

void memory_map_service(struct regs *r)
{
    switch (r->al) {
    case 0x01: service_e801(r); break;
    case 0x20: service_e820(r); break;
    default: r->ah = 0x86; set_cf(r, true);
    }
}

/* 88h: KiB above 1 MiB, 63 MiB at most (more confuses those who still ask). */
void extended_memory_service(struct regs *r)
{
    u32 kib = (usable_ram_end() - MIB) / KIB;

    r->ax = (u16)(kib < 63 * KIB ? kib : 63 * KIB);
    set_cf(r, false);
}
