/* SPDX-License-Identifier: MIT */
/*
 * Bus mastering: Programming Interface for Bus Master IDE Controller, revision 1.0; PIIX3 data
 * sheet, 2.6. Eight ports a channel:
 *
 *     0 command   3 to memory, 0 start          2 status  6 5 notes, 2 INTRQ, 1 error, 0 active
 *     4..7 address of the PRD table
 *
 *     PRD:  31..1 address   0          63 last   47..33 bytes, 0: 64 KiB   0
 *
 * Which way data goes is the drive's command's matter; the command register's bit is not asked.
 * Bytes that would go to anything but RAM or ROM are dropped, and the error bit is set.
 */
#include "base/bits.h"
#include "base/log.h"
#include "board/memmap.h"
#include "devices/ide_state.h"

enum { BM_COMMAND = 0, BM_STATUS = 2, BM_TABLE = 4 };

#define PRD_SIZE 8u
#define PRD_LAST 0x80000000u
#define TABLE_SPAN 0x10000u /* a table doesn't cross a boundary of 64 KiB */

static bool may_master(const struct ide_channel *c)
{
    return ld16(&c->ide->pci.config[PCI_COMMAND]) & PCI_COMMAND_MASTER;
}

static void start(struct ide_channel *c)
{
    c->bm.status |= BM_ACTIVE;
    c->bm.next = c->bm.table;
    c->bm.left = 0;
    c->bm.last = false;
    ide_dma_kick(c);
}

void ide_dma_kick(struct ide_channel *c)
{
    if (!c->dma_waits || !(c->bm.status & BM_ACTIVE) || !may_master(c))
        return;
    c->dma_waits = false;
    timer_arm(&c->timer, clock_now(c->ide->dev.clock) + COMMAND_NS);
}

u8 ide_dma_read_register(const struct ide_channel *c, unsigned reg)
{
    switch (reg) {
    case BM_COMMAND: return c->bm.command;
    case BM_STATUS: return c->bm.status;
    case BM_TABLE:
    case BM_TABLE + 1:
    case BM_TABLE + 2:
    case BM_TABLE + 3: return (u8)(c->bm.table >> 8 * (reg - BM_TABLE));
    default: return 0;
    }
}

static void write_command(struct ide_channel *c, u8 value)
{
    u8 changed = c->bm.command ^ value;

    c->bm.command = value & (BM_START | BM_TO_MEMORY);
    if (!(changed & BM_START))
        return;
    if (value & BM_START)
        start(c);
    else
        c->bm.status &= (u8)~BM_ACTIVE;
}

void ide_dma_write_register(struct ide_channel *c, unsigned reg, u8 value)
{
    u8 clears = value & (BM_ERROR | BM_INTERRUPT);

    switch (reg) {
    case BM_COMMAND: write_command(c, value); break;
    case BM_STATUS:
        c->bm.status = (u8)((c->bm.status & ~clears & ~BM_CAPABLE) | (value & BM_CAPABLE));
        break;
    case BM_TABLE:
    case BM_TABLE + 1:
    case BM_TABLE + 2:
    case BM_TABLE + 3:
        c->bm.table = (u32)bits_set(c->bm.table, 8 * (reg - BM_TABLE), 8, value) & ~3u;
        break;
    default: break;
    }
}

bool ide_dma_ready(struct ide_channel *c)
{
    c->dma_waits = !(c->bm.status & BM_ACTIVE) || !may_master(c);
    return !c->dma_waits;
}

/* Takes the next PRD. False behind the last one. */
static bool next_prd(struct ide_channel *c)
{
    struct bus_master *bm = &c->bm;
    u8 prd[PRD_SIZE];

    if (bm->last)
        return false;
    memmap_dma_read(c->ide->dev.dma, bm->next, prd, sizeof prd);
    u32 count = ld32(prd + 4);
    bm->base = ld32(prd) & ~1u;
    bm->left = count & 0xfffe ? count & 0xfffe : 0x10000;
    bm->last = count & PRD_LAST ? 1 : 0;
    bm->next = (bm->next & ~(TABLE_SPAN - 1)) | ((bm->next + PRD_SIZE) & (TABLE_SPAN - 1));
    LOG(c->ide->dev.log, DMA, "%s: PRD %08x + %x%s", c->ide->dev.id, bm->base, bm->left,
        bm->last ? ", the last" : "");
    return true;
}

u32 ide_dma_move(struct ide_channel *c, u32 from, u32 bytes, bool to_memory)
{
    struct bus_master *bm = &c->bm;
    struct memmap *mem = c->ide->dev.dma;
    u32 done = 0;

    while (done < bytes && (bm->left || next_prd(c))) {
        u32 n = bytes - done < bm->left ? bytes - done : bm->left;
        u8 *at = c->buffer + from + done;
        u64 moved = to_memory ? memmap_dma_write(mem, bm->base, at, n)
                              : memmap_dma_read(mem, bm->base, at, n);
        if (moved != n)
            bm->status |= BM_ERROR;
        bm->base += n;
        bm->left -= n;
        done += n;
    }
    return done;
}

/* Active stays set while PRDs are left over: so says the table of 3.1. */
void ide_dma_end(struct ide_channel *c)
{
    if (c->bm.last && !c->bm.left)
        c->bm.status &= (u8)~BM_ACTIVE;
}

/* Neither INTRQ nor activity: the driver sees by both being 0 what has happened. */
void ide_dma_short(struct ide_channel *c)
{
    struct ide_unit *u = ide_selected(c);

    LOG(c->ide->dev.log, GUEST_ERROR, "%s: PRDs end before the data of %s", c->ide->dev.id,
        u->drive->id);
    c->bm.status &= (u8)~BM_ACTIVE;
    u->status = ST_DRDY | ST_DSC;
    c->step = STEP_NONE;
}
