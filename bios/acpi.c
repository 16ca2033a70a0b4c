/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables as the board has built them: files of fw_cfg, and a script of 128-byte commands
 * (etc/table-loader) that says where they go, which fields point into which file, and which
 * checksums are to be made (QEMU, hw/acpi/bios-linker-loader; command layouts are below).
 * Without a script there are no tables.
 *
 * The script is the board's, but a slip in it must not write anywhere: names and offsets are
 * checked against the files that were placed.
 */
#include "e820.h"
#include "fwcfg.h"
#include "post.h"

enum { ALLOCATE = 1, ADD_POINTER = 2, ADD_CHECKSUM = 3, WRITE_POINTER = 4 };
enum { ZONE_HIGH = 1, ZONE_FSEG = 2 };

struct command {
    u32 kind;
    union {
        struct {
            char file[FW_NAME_SIZE];
            u32 align;
            u8 zone;
        } PACKED alloc;
        struct {
            char dest[FW_NAME_SIZE], src[FW_NAME_SIZE];
            u32 offset;
            u8 size;
        } PACKED pointer;
        struct {
            char file[FW_NAME_SIZE];
            u32 offset, start, length;
        } PACKED checksum;
        struct {
            char dest[FW_NAME_SIZE], src[FW_NAME_SIZE];
            u32 dest_offset, src_offset;
            u8 size;
        } PACKED write;
        u8 bytes[124];
    };
} PACKED;

struct placed {
    char name[FW_NAME_SIZE];
    u16 key;
    u32 addr, size;
};

enum { PLACED = 16 };
static struct placed placed[PLACED];
static u8 placed_count;

static struct placed *find(const char *name)
{
    for (u8 i = 0; i < placed_count; i++)
        if (!strcmp(placed[i].name, name))
            return &placed[i];
    return NULL;
}

static bool allocate(const struct command *c)
{
    struct fw_file file;
    u32 align = c->alloc.align ? c->alloc.align : 1;
    struct placed *p = &placed[placed_count];

    if (placed_count == PLACED || !fw_cfg_find(c->alloc.file, &file) || (align & (align - 1)))
        return false;
    if (c->alloc.zone == ZONE_FSEG) {
        u16 at = file.size < 0x4000 ? fseg_alloc((u16)file.size, (u16)align) : 0;
        p->addr = at ? FSEG * 16u + at : 0;
    } else {
        p->addr = high_alloc(file.size, align);
    }
    if (!p->addr)
        return false;
    memcpy(p->name, file.name, sizeof p->name);
    p->key = file.key;
    p->size = file.size;
    placed_count++;
    fw_cfg_load(file.key, p->addr, file.size);
    return true;
}

static bool inside(const struct placed *p, u32 offset, u32 size)
{
    return p && size <= p->size && offset <= p->size - size;
}

static bool add_pointer(const struct command *c)
{
    struct placed *dest = find(c->pointer.dest), *src = find(c->pointer.src);
    u8 size = c->pointer.size;
    u64 v = 0;

    if (!src || size > 8 || !inside(dest, c->pointer.offset, size))
        return false;
    phys_read(&v, dest->addr + c->pointer.offset, size);
    v += src->addr;
    phys_write(dest->addr + c->pointer.offset, &v, size);
    return true;
}

static u8 sum_of(u32 addr, u32 n)
{
    u8 buf[256];
    u8 sum = 0;

    while (n) {
        u32 part = n < sizeof buf ? n : sizeof buf;
        phys_read(buf, addr, part);
        for (u32 i = 0; i < part; i++)
            sum += buf[i];
        addr += part;
        n -= part;
    }
    return sum;
}

static bool add_checksum(const struct command *c)
{
    struct placed *p = find(c->checksum.file);
    u8 v = 0;

    if (!inside(p, c->checksum.offset, 1) || !inside(p, c->checksum.start, c->checksum.length))
        return false;
    phys_read(&v, p->addr + c->checksum.offset, 1);
    v -= sum_of(p->addr + c->checksum.start, c->checksum.length);
    phys_write(p->addr + c->checksum.offset, &v, 1);
    return true;
}

/* Tells the device where a file went. */
static bool write_pointer(const struct command *c)
{
    struct placed *src = find(c->write.src);
    struct fw_file dest;
    u64 v;

    if (!fw_cfg_find(c->write.dest, &dest) || c->write.size > 8 || dest.size < c->write.size ||
        c->write.dest_offset > dest.size - c->write.size || !inside(src, c->write.src_offset, 0))
        return false;
    v = src->addr + c->write.src_offset;
    return fw_cfg_write(dest.key, c->write.dest_offset, &v, c->write.size);
}

static bool run(const struct command *c)
{
    switch (c->kind) {
    case ALLOCATE: return allocate(c);
    case ADD_POINTER: return add_pointer(c);
    case ADD_CHECKSUM: return add_checksum(c);
    case WRITE_POINTER: return write_pointer(c);
    default: return true; /* a later version's: may be ignored */
    }
}

static bool run_script(const struct fw_file *script)
{
    struct command c;

    for (u32 at = 0; at + sizeof c <= script->size; at += sizeof c) {
        fw_cfg_select(script->key);
        fw_cfg_skip(at);
        fw_cfg_bytes(&c, sizeof c);
        if (!run(&c)) {
            log_printf("ACPI: command %u of the table loader failed: kind %u\n", at / (u32)sizeof c,
                       c.kind);
            return false;
        }
    }
    return true;
}

void acpi_init(void)
{
    struct fw_file script;

    placed_count = 0;
    if (!fw_cfg_find("etc/table-loader", &script))
        return;
    bool whole = run_script(&script);
    struct placed *rsdp = find("etc/acpi/rsdp");
    if (rsdp && !whole)
        phys_fill(rsdp->addr, 0, rsdp->size); /* half a set of tables is none */
    else if (rsdp)
        log_printf("ACPI: RSDP at %08x\n", rsdp->addr);
}
