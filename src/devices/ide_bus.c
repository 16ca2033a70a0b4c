/* SPDX-License-Identifier: MIT */
/*
 * A channel: the registers of ATA/ATAPI-6, chapter 7, as two units on one cable share them.
 *
 *     1F0 data         1F4 LBA 8..15, cylinder low, byte count low
 *     1F1 error        1F5 LBA 16..23, cylinder high, byte count high
 *         features     1F6 device:  1 LBA 1 DEV, LBA 24..27 or head
 *     1F2 count        1F7 status   BSY DRDY DF DSC DRQ 0 0 ERR
 *     1F3 LBA 0..7         command
 *     3F6 alternate status; device control   HOB 0 0 0 0 SRST nIEN 0
 *
 * Both units hear every write; the selected one answers. A unit that isn't there reads as 0.
 */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "devices/ide_state.h"

enum { R_DATA, R_ERROR, R_COUNT, R_LBA0, R_LBA1, R_LBA2, R_DEVICE, R_STATUS };

/* ---- INTRQ and status ---- */

/* The bus master takes note of INTRQ's rising edge (PIIX3 data sheet, BMISX bit 2). */
void ide_update_intrq(struct ide_channel *c)
{
    const struct ide_unit *u = ide_selected(c);
    unsigned n = c == &c->ide->channel[1];
    bool level = u->drive && u->intrq && !(c->control & DC_NIEN);

    if (level && !c->intrq)
        c->bm.status |= BM_INTERRUPT;
    if (level != c->intrq)
        irq_set(&c->ide->dev.out[IDE_IRQ + n], level);
    c->intrq = level;
}

void ide_interrupt(struct ide_channel *c)
{
    ide_selected(c)->intrq = true;
    ide_update_intrq(c);
}

static void drop_intrq(struct ide_channel *c)
{
    ide_selected(c)->intrq = false;
    ide_update_intrq(c);
}

/* ---- the steps of a command ---- */

void ide_work(struct ide_channel *c, enum ide_step step, u64 ns)
{
    struct ide_unit *u = ide_selected(c);

    u->status = (u8)((u->status & ~(ST_DRQ | ST_ERR)) | ST_BSY);
    c->step = step;
    timer_arm(&c->timer, clock_now(c->ide->dev.clock) + ns);
}

static void request_data(struct ide_channel *c, u32 from, u32 bytes, enum ide_step step)
{
    ide_selected(c)->status = ST_DRDY | ST_DSC | ST_DRQ;
    c->at = from;
    c->end = from + bytes;
    c->step = step;
}

void ide_data_in(struct ide_channel *c, u32 from, u32 bytes, enum ide_step step)
{
    c->data_out = false;
    request_data(c, from, bytes, step);
}

void ide_data_out(struct ide_channel *c, u32 bytes, enum ide_step step)
{
    c->data_out = true;
    request_data(c, 0, bytes, step);
}

void ide_done(struct ide_channel *c)
{
    struct ide_unit *u = ide_selected(c);

    u->status = ST_DRDY | ST_DSC;
    u->error = 0;
    c->step = STEP_NONE;
    ide_interrupt(c);
}

void ide_fail(struct ide_channel *c, u8 error)
{
    struct ide_unit *u = ide_selected(c);

    LOG(c->ide->dev.log, BLOCK, "%s: error %02x", u->drive->id, error);
    u->status = ST_DRDY | ST_DSC | ST_ERR;
    u->error = error;
    c->step = STEP_NONE;
    ide_interrupt(c);
}

static void end_silently(struct ide_channel *c)
{
    ide_selected(c)->status = ST_DRDY | ST_DSC;
    c->step = STEP_NONE;
}

typedef void step_fn(struct ide_channel *c);

static step_fn *const steps[STEP_COUNT] = {
    [STEP_NONE] = end_silently,          [STEP_END] = ide_done,
    [STEP_RESET] = ide_end_reset,        [STEP_DIAGNOSED] = ide_end_diagnostic,
    [STEP_READ] = ide_step_read,         [STEP_WRITE] = ide_step_write,
    [STEP_VERIFY] = ide_step_verify,     [STEP_FLUSH] = ide_step_flush,
    [STEP_DMA_READ] = ide_step_dma_read, [STEP_DMA_WRITE] = ide_step_dma_write,
    [STEP_PACKET] = atapi_step_packet,   [STEP_ATAPI_IN] = atapi_step_in,
    [STEP_ATAPI_DMA] = atapi_step_dma,   [STEP_ATAPI_OUT] = atapi_step_out,
    [STEP_ATAPI_END] = atapi_step_end,
};

void ide_step(struct ide_channel *c)
{
    steps[c->step](c);
}

/* The last word of a block has passed. After the last block of a disk's read nothing follows;
 * all else takes time. */
static void block_done(struct ide_channel *c)
{
    if (c->step == STEP_NONE)
        end_silently(c);
    else
        ide_work(c, c->step, SECTOR_NS);
}

/* ---- resets ---- */

/* What a unit shows of itself after a reset (9.12). */
void ide_signature(struct ide_unit *u)
{
    bool cd = ide_is_cdrom(u);

    u->count = u->lba[0] = (struct ide_register){1, 0};
    u->lba[1] = (struct ide_register){cd ? 0x14 : 0, 0};
    u->lba[2] = (struct ide_register){cd ? 0xeb : 0, 0};
    u->error = 1; /* diagnostic code: passed */
    u->status = cd ? 0 : ST_DRDY | ST_DSC;
}

static void stop_command(struct ide_channel *c)
{
    timer_disarm(&c->timer);
    c->step = STEP_NONE;
    c->dma_waits = false;
    c->at = c->end = c->left = c->filled = 0;
}

/* Either reset: by SRST, or by the command EXECUTE DEVICE DIAGNOSTIC. */
static void units_begin_anew(struct ide_channel *c)
{
    stop_command(c);
    for (unsigned i = 0; i < 2; i++) {
        struct ide_unit *u = &c->unit[i];
        u->intrq = false;
        u->multiple = ide_is_cdrom(u) ? 0 : IDE_MULTIPLE;
        u->power = POWER_ACTIVE;
        ide_signature(u);
    }
    c->device = DEV_FIXED;
    ide_update_intrq(c);
}

void ide_end_reset(struct ide_channel *c)
{
    units_begin_anew(c);
}

void ide_end_diagnostic(struct ide_channel *c)
{
    units_begin_anew(c);
    if (c->unit[0].drive)
        ide_interrupt(c);
}

void ide_begin_reset(struct ide_channel *c, enum ide_step step)
{
    stop_command(c);
    for (unsigned i = 0; i < 2; i++) {
        c->unit[i].status = ST_BSY;
        c->unit[i].intrq = false;
    }
    c->device = DEV_FIXED;
    ide_update_intrq(c);
    c->step = step;
    if (!(c->control & DC_SRST))
        timer_arm(&c->timer, clock_now(c->ide->dev.clock) + RESET_NS);
}

void ide_bus_reset(struct ide_channel *c)
{
    for (unsigned i = 0; i < 2; i++)
        ide_power_on(&c->unit[i]);
    units_begin_anew(c);
}

/* Not a reset of the channel: what an ATAPI unit obeys at any time. */
static void device_reset_command(struct ide_channel *c)
{
    stop_command(c);
    ide_signature(ide_selected(c));
}

/* ---- the data port ---- */

static bool data_wanted(const struct ide_channel *c, bool out)
{
    const struct ide_unit *u = ide_selected(c);

    return (u->status & ST_DRQ) && c->data_out == out && c->at < c->end;
}

/* A byte access moves a word, of which the upper half is lost. */
static u32 data_read(struct ide_channel *c, unsigned size)
{
    u32 value = 0;

    if (!data_wanted(c, false))
        return 0;
    if (c->end - c->at >= size)
        value = (u32)ld_size(c->buffer + c->at, size);
    else
        memcpy(&value, c->buffer + c->at, c->end - c->at);
    c->at += size < 2 ? 2 : size;
    if (c->at >= c->end)
        block_done(c);
    return value;
}

static void data_write(struct ide_channel *c, u32 value, unsigned size)
{
    if (!data_wanted(c, true))
        return;
    if (c->end - c->at >= size)
        st_size(c->buffer + c->at, value, size);
    else
        memcpy(c->buffer + c->at, &value, c->end - c->at);
    c->at += size < 2 ? 2 : size;
    if (c->at >= c->end)
        block_done(c);
}

/* ---- the task file ---- */

static u8 one_of(const struct ide_channel *c, const struct ide_register *r)
{
    return c->control & DC_HOB ? r->before : r->now;
}

static u8 read_reg(struct ide_channel *c, unsigned reg)
{
    struct ide_unit *u = ide_selected(c);

    if (!u->drive)
        return 0;
    switch (reg) {
    case R_ERROR: return c->control & DC_HOB ? u->feature.before : u->error;
    case R_COUNT: return one_of(c, &u->count);
    case R_DEVICE: return c->device;
    case R_STATUS: drop_intrq(c); return u->status;
    default: return one_of(c, &u->lba[reg - R_LBA0]);
    }
}

static struct ide_register *task_register(struct ide_unit *u, unsigned reg)
{
    switch (reg) {
    case R_ERROR: return &u->feature;
    case R_COUNT: return &u->count;
    default: return &u->lba[reg - R_LBA0];
    }
}

static void write_command(struct ide_channel *c, u8 opcode)
{
    struct ide_unit *u = ide_selected(c);
    bool busy = u->status & (ST_BSY | ST_DRQ);
    bool in_reset = c->step == STEP_RESET || c->step == STEP_DIAGNOSED;

    if (opcode == IDE_DEVICE_RESET && ide_is_cdrom(u) && !in_reset) {
        device_reset_command(c);
        return;
    }
    if (busy || (!u->drive && opcode != IDE_DIAGNOSTIC)) {
        LOG(c->ide->dev.log, GUEST_ERROR, "%s: command %02x %s", c->ide->dev.id, opcode,
            busy ? "while one runs" : "to nobody");
        return;
    }
    drop_intrq(c);
    ide_command(c, opcode);
}

static void write_reg(struct ide_channel *c, unsigned reg, u8 value)
{
    c->control &= (u8)~DC_HOB;
    if (reg == R_STATUS) {
        write_command(c, value);
        return;
    }
    if (ide_selected(c)->status & (ST_BSY | ST_DRQ))
        return;
    if (reg == R_DEVICE) {
        c->device = value | DEV_FIXED;
        ide_update_intrq(c);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct ide_register *r = task_register(&c->unit[i], reg);
        r->before = r->now;
        r->now = value;
    }
}

u64 ide_bus_read(struct ide_channel *c, unsigned reg, unsigned size)
{
    u64 value = 0;

    if (reg == R_DATA)
        return data_read(c, size);
    for (unsigned i = 0; i < size; i++)
        value |= (u64)read_reg(c, reg + i) << 8 * i;
    return value;
}

void ide_bus_write(struct ide_channel *c, unsigned reg, u64 value, unsigned size)
{
    if (reg == R_DATA) {
        data_write(c, (u32)value, size);
        return;
    }
    for (unsigned i = 0; i < size; i++)
        write_reg(c, reg + i, (u8)(value >> 8 * i));
}

u8 ide_alternate_status(const struct ide_channel *c)
{
    const struct ide_unit *u = ide_selected(c);

    return u->drive ? u->status : 0;
}

void ide_control_write(struct ide_channel *c, u8 value)
{
    u8 changed = c->control ^ value;

    c->control = value;
    if (changed & DC_SRST)
        ide_begin_reset(c, STEP_RESET);
    ide_update_intrq(c);
}
