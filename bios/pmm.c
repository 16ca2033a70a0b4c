/* SPDX-License-Identifier: MIT */
/*
 * POST memory manager (PMM specification 1.01): memory that option ROMs borrow until the system
 * is started, such as a network ROM for all of itself but a stub. Two zones, each given away from
 * its end downward:
 *
 *     conventional   20000h..90000h
 *     extended       from 1 MiB + 64 KiB to 1 MiB below the tables at the end of RAM
 */
#include "pmm.h"
#include "e820.h"
#include "post.h"

enum { ALLOCATE, FIND, DEALLOCATE };
enum { FLAG_CONVENTIONAL = 1, FLAG_EXTENDED = 2, FLAG_ALIGNED = 4 };
#define ANONYMOUS 0xFFFFFFFFu
#define NOT_SUPPORTED 0xFFFFFFFFu

struct block {
    u32 addr, size; /* size 0: free */
    u32 handle;
};

enum { BLOCKS = 16 };
static struct block blocks[BLOCKS];

struct zone {
    u32 from, end;
};

static struct zone zone_of(bool extended)
{
    u32 end = usable_ram_end() - 0x100000;

    return extended ? (struct zone){0x110000, end > 0x110000 ? end : 0x110000}
                    : (struct zone){0x20000, 0x90000};
}

/* Where the zone's free part ends. */
static u32 free_end(const struct zone *z)
{
    u32 end = z->end;

    for (u8 i = 0; i < BLOCKS; i++)
        if (blocks[i].size && blocks[i].addr >= z->from && blocks[i].addr < end)
            end = blocks[i].addr;
    return end;
}

static u32 take(bool extended, u32 size, u32 handle, u32 align)
{
    struct zone z = zone_of(extended);
    u32 end = free_end(&z);

    if (size > end - z.from)
        return 0;
    u32 at = (end - size) & ~(align - 1);
    for (u8 i = 0; i < BLOCKS; i++) {
        if (at < z.from || blocks[i].size)
            continue;
        blocks[i] = (struct block){at, size, handle};
        phys_fill(at, 0, size);
        return at;
    }
    return 0;
}

static struct block *find(u32 handle)
{
    for (u8 i = 0; i < BLOCKS; i++)
        if (blocks[i].size && blocks[i].handle == handle)
            return &blocks[i];
    return NULL;
}

static u32 allocate(u32 paragraphs, u32 handle, u16 flags)
{
    u32 size = paragraphs << 4;
    u32 align = flags & FLAG_ALIGNED ? size & -size : 16;
    u32 at = 0;

    if (!paragraphs) { /* how much is there? */
        struct zone z = zone_of(flags & FLAG_EXTENDED);
        return (free_end(&z) - z.from) >> 4;
    }
    if (size >> 4 != paragraphs || (handle != ANONYMOUS && find(handle)))
        return 0;
    if (flags & FLAG_CONVENTIONAL)
        at = take(false, size, handle, align);
    if (!at && (flags & FLAG_EXTENDED))
        at = take(true, size, handle, align);
    log_printf("PMM: %u bytes for %08x: %08x\n", size, handle, at);
    return at;
}

static u32 deallocate(u32 addr)
{
    for (u8 i = 0; i < BLOCKS; i++)
        if (blocks[i].size && blocks[i].addr == addr) {
            blocks[i].size = 0;
            return 0;
        }
    return 1;
}

/* AX: function, EBX, ECX and SI its arguments (pnp.S has taken them from the stack); DX:AX. */
void pmm_service(struct regs *r)
{
    u32 answer = NOT_SUPPORTED;

    if (r->ax == ALLOCATE) {
        answer = allocate(r->ebx, r->ecx, r->si);
    } else if (r->ax == FIND) {
        const struct block *b = find(r->ebx);
        answer = b ? b->addr : 0;
    } else if (r->ax == DEALLOCATE) {
        answer = deallocate(r->ebx);
    }
    r->ax = (u16)answer;
    r->dx = (u16)(answer >> 16);
}

/* No more of it once a system is started. */
void pmm_done(void)
{
    poke32(FSEG, (u32)pmm_structure, 0);
}
