/* SPDX-License-Identifier: MIT */
/*
 * The commands of disks, and those that disks and CD-ROMs share: ATA/ATAPI-6, chapter 8. What
 * has no row is aborted, as IDENTIFY DEVICE says.
 */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "devices/ide_state.h"

#define MAX_LBA28 0x0fffffffull
#define BUFFER_SECTORS (IDE_BUFFER / SECTOR)

/* How a row's command moves data. */
enum {
    F_EXT = 1,    /* 48-bit address, 16-bit count */
    F_BLOCKS = 2, /* as many sectors at a time as SET MULTIPLE has said */
    F_DMA = 4,
    F_WRITE = 8,
    F_VERIFY = 16,
};

enum { DISK = 1, CDROM = 2, BOTH = 3 };

struct command {
    u8 first, last; /* opcodes */
    u8 units;
    u8 flags;
    void (*run)(struct ide_channel *c, struct ide_unit *u, u8 flags);
};

static u64 sectors_of(const struct ide_unit *u)
{
    return drive_size(u->drive) / SECTOR;
}

void ide_power_on(struct ide_unit *u)
{
    u64 cylinders = u->drive ? sectors_of(u) / (16 * 63) : 0;

    u->heads = 16;
    u->sectors = 63;
    u->cylinders = (u16)(cylinders < 1 ? 1 : cylinders > 16383 ? 16383 : cylinders);
    u->write_cache = u->look_ahead = u->smart = 1;
}

/* ---- addresses ---- */

u64 ide_seek_time(struct ide_unit *u, u64 lba)
{
    return COMMAND_NS + (lba == u->next_lba ? 0 : SEEK_NS);
}

/* Of the registers; UINT64_MAX: there is no such cylinder, head or sector. */
static u64 address(const struct ide_channel *c, const struct ide_unit *u)
{
    u64 low = u->lba[0].now | (u64)u->lba[1].now << 8 | (u64)u->lba[2].now << 16;
    u64 high = u->lba[0].before | (u64)u->lba[1].before << 8 | (u64)u->lba[2].before << 16;
    unsigned head = c->device & 15;

    if (c->ext)
        return low | high << 24;
    if (c->device & DEV_LBA)
        return low | (u64)head << 24;
    if (!u->lba[0].now || u->lba[0].now > u->sectors || head >= u->heads)
        return UINT64_MAX;
    return ((low >> 8) * u->heads + head) * u->sectors + u->lba[0].now - 1;
}

void ide_set_lba(struct ide_channel *c, u64 lba)
{
    struct ide_unit *u = ide_selected(c);
    u8 head = (u8)(lba >> 24) & 15;
    u32 low = (u32)lba;

    if (!c->ext && !(c->device & DEV_LBA)) {
        u64 track = lba / u->sectors;
        head = (u8)(track % u->heads);
        low = (u32)(track / u->heads << 8 | (lba % u->sectors + 1));
    }
    for (unsigned i = 0; i < 3; i++) {
        u->lba[i].now = (u8)(low >> 8 * i);
        u->lba[i].before = (u8)(lba >> (24 + 8 * i));
    }
    if (!c->ext)
        c->device = (u8)((c->device & 0xf0) | head);
}

static u32 sector_count(const struct ide_unit *u, bool ext)
{
    u32 n = ext ? u->count.before << 8 | u->count.now : u->count.now;

    return n ? n : ext ? 0x10000 : 0x100;
}

/* ---- reads, writes, verifies ---- */

/* Sectors of the next piece, at most `max`; 0: the next one lies behind the end. */
static u32 piece(const struct ide_channel *c, u32 max)
{
    u64 total = sectors_of(ide_selected(c));
    u64 n = c->left < max ? c->left : max;

    if (c->lba >= total)
        return 0;
    return (u32)(total - c->lba < n ? total - c->lba : n);
}

static void fail_at(struct ide_channel *c, u8 error)
{
    ide_set_lba(c, c->lba);
    ide_fail(c, error);
}

static void advance(struct ide_channel *c, u32 n)
{
    c->lba += n;
    c->left -= n;
    ide_selected(c)->next_lba = c->lba;
    if (!c->left) {
        ide_selected(c)->count = (struct ide_register){0, 0};
        ide_set_lba(c, c->lba - 1);
    }
}

static enum ide_step first_step(u8 flags)
{
    if (flags & F_VERIFY)
        return STEP_VERIFY;
    if (flags & F_DMA)
        return flags & F_WRITE ? STEP_DMA_WRITE : STEP_DMA_READ;
    return flags & F_WRITE ? STEP_WRITE : STEP_READ;
}

static void run_transfer(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    c->ext = flags & F_EXT;
    c->block = flags & F_BLOCKS ? u->multiple : 1;
    c->lba = address(c, u);
    c->left = sector_count(u, c->ext);
    c->filled = 0;
    u->power = POWER_ACTIVE;
    LOG(c->ide->dev.log, BLOCK, "%s: %s of %u sectors at %llu", u->drive->id,
        flags & F_WRITE ? "write" : "read", c->left, (unsigned long long)c->lba);
    if (!c->block)
        ide_fail(c, ER_ABRT);
    else if (c->lba >= sectors_of(u))
        ide_fail(c, ER_IDNF);
    else if (first_step(flags) == STEP_WRITE)
        ide_data_out(c, piece(c, c->block) * SECTOR, STEP_WRITE);
    else
        ide_work(c, first_step(flags), ide_seek_time(u, c->lba));
}

/* From the medium into the buffer. */
static bool fetch(struct ide_channel *c, u32 n)
{
    struct ide_unit *u = ide_selected(c);

    if (n && drive_read(u->drive, c->lba * SECTOR, c->buffer, n * SECTOR))
        return true;
    fail_at(c, n ? ER_UNC : ER_IDNF);
    return false;
}

void ide_step_read(struct ide_channel *c)
{
    u32 n = piece(c, c->block);

    if (!fetch(c, n))
        return;
    advance(c, n);
    ide_data_in(c, 0, n * SECTOR, c->left ? STEP_READ : STEP_NONE);
    ide_interrupt(c);
}

void ide_step_verify(struct ide_channel *c)
{
    u32 n = piece(c, BUFFER_SECTORS);

    if (!fetch(c, n))
        return;
    advance(c, n);
    if (c->left)
        ide_work(c, STEP_VERIFY, n * SECTOR_NS);
    else
        ide_done(c);
}

/* The buffer onto the medium. False: it was not, and what follows is arranged for. */
static bool store(struct ide_channel *c, u32 n, enum ide_step again)
{
    struct ide_unit *u = ide_selected(c);
    enum drive_result r = drive_write(u->drive, c->lba * SECTOR, c->buffer, n * SECTOR);

    if (r == DRIVE_LATER)
        ide_work(c, again, RETRY_NS);
    else if (r == DRIVE_REFUSED)
        fail_at(c, ER_ABRT);
    else
        advance(c, n);
    return r == DRIVE_DONE;
}

/* Without a write cache a write ends when the data lies on the disk. */
static void end_write(struct ide_channel *c)
{
    if (ide_selected(c)->write_cache)
        ide_done(c);
    else
        ide_work(c, STEP_FLUSH, COMMAND_NS);
}

void ide_step_write(struct ide_channel *c)
{
    if (!store(c, c->end / SECTOR, STEP_WRITE))
        return;
    if (!c->left) {
        end_write(c);
        return;
    }
    u32 n = piece(c, c->block);
    if (!n) {
        fail_at(c, ER_IDNF);
        return;
    }
    ide_data_out(c, n * SECTOR, STEP_WRITE);
    ide_interrupt(c);
}

void ide_step_flush(struct ide_channel *c)
{
    if (drive_flush(ide_selected(c)->drive) == DRIVE_LATER)
        ide_work(c, STEP_FLUSH, RETRY_NS);
    else
        ide_done(c);
}

void ide_step_dma_read(struct ide_channel *c)
{
    u32 n = piece(c, BUFFER_SECTORS);

    if (!ide_dma_ready(c) || !fetch(c, n))
        return;
    if (ide_dma_move(c, 0, n * SECTOR, true) < n * SECTOR) {
        ide_dma_short(c);
        return;
    }
    advance(c, n);
    if (c->left) {
        ide_work(c, STEP_DMA_READ, n * SECTOR_NS);
        return;
    }
    ide_dma_end(c);
    ide_done(c);
}

/* `filled`: the buffer holds what the host would not take the last time. */
void ide_step_dma_write(struct ide_channel *c)
{
    u32 n = piece(c, BUFFER_SECTORS), bytes = n * SECTOR;

    if (!n) {
        fail_at(c, ER_IDNF);
        return;
    }
    if (!c->filled) {
        if (!ide_dma_ready(c))
            return;
        if (ide_dma_move(c, 0, bytes, false) < bytes) {
            ide_dma_short(c);
            return;
        }
        c->filled = bytes;
    }
    if (!store(c, n, STEP_DMA_WRITE))
        return;
    c->filled = 0;
    if (c->left) {
        ide_work(c, STEP_DMA_WRITE, n * SECTOR_NS);
        return;
    }
    ide_dma_end(c);
    end_write(c);
}

/* ---- commands without the medium ---- */

static void run_abort(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    ide_fail(c, ER_ABRT);
}

/* A CD-ROM tells by its signature that it wants packets instead (9.12). */
static void run_not_packet(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    ide_signature(u);
    ide_fail(c, ER_ABRT);
}

static void run_recalibrate(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    u->lba[1] = u->lba[2] = (struct ide_register){0, 0};
    ide_work(c, STEP_END, SEEK_NS);
}

static void run_seek(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    c->ext = false;
    u64 lba = address(c, u);
    if (lba >= sectors_of(u)) {
        ide_fail(c, ER_IDNF);
        return;
    }
    ide_work(c, STEP_END, ide_seek_time(u, lba));
    u->next_lba = lba;
}

static void run_set_parameters(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    u8 heads = (u8)((c->device & 15) + 1), sectors = u->count.now;
    u64 cylinders = sectors ? sectors_of(u) / (heads * sectors) : 0;

    if (!sectors) {
        ide_fail(c, ER_ABRT);
        return;
    }
    u->heads = heads;
    u->sectors = sectors;
    u->cylinders = (u16)(cylinders < 1 ? 1 : cylinders > 65535 ? 65535 : cylinders);
    ide_work(c, STEP_END, COMMAND_NS);
}

static void run_set_multiple(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    u8 n = u->count.now;

    if (n > IDE_MULTIPLE || (n & (n - 1))) {
        ide_fail(c, ER_ABRT);
        return;
    }
    u->multiple = n;
    ide_work(c, STEP_END, COMMAND_NS);
}

static void run_native_max(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    u64 max = sectors_of(u) - 1;

    c->ext = flags & F_EXT;
    if (!c->ext) {
        c->device |= DEV_LBA;
        max = max < MAX_LBA28 ? max : MAX_LBA28;
    }
    ide_set_lba(c, max);
    ide_work(c, STEP_END, COMMAND_NS);
}

/* Transfer modes (8.46.3): PIO 0..4 by 08h + n, DMA 20h + n, Ultra DMA 40h + n; 00h, 01h the
 * default of PIO. */
static bool known_mode(u8 mode)
{
    unsigned kind = mode >> 3, n = mode & 7;

    return mode < 2 || (kind == 1 && n < 5) || (kind == 4 && n < 3) || (kind == 8 && n < 6);
}

static void run_set_features(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    bool disk = !ide_is_cdrom(u), ok = true;

    switch (u->feature.now) {
    case 0x02: u->write_cache = 1; break;
    case 0x03:
        ok = known_mode(u->count.now);
        if (ok)
            u->transfer_mode = u->count.now;
        break;
    case 0x55: u->look_ahead = 0; break;
    case 0x66: /* what was set outlives a reset, or doesn't: it does anyway */
    case 0xcc: break;
    case 0x82:
        u->write_cache = 0;
        if (!disk)
            break;
        ide_work(c, STEP_FLUSH, COMMAND_NS); /* what the cache holds goes to the disk (8.46.5) */
        return;
    case 0xaa: u->look_ahead = 1; break;
    default: ok = false; break;
    }
    if (ok)
        ide_work(c, STEP_END, COMMAND_NS);
    else
        ide_fail(c, ER_ABRT);
}

static void run_flush(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    ide_work(c, STEP_FLUSH, COMMAND_NS);
}

/* The opcodes' low bits: 0 2 6 standby and sleep, 1 3 idle; 94h..99h are the old ones. */
static void run_power(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    u->power = flags;
    ide_work(c, STEP_END, COMMAND_NS);
}

static void run_check_power(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    u->count.now = u->power;
    ide_work(c, STEP_END, COMMAND_NS);
}

static void reply(struct ide_channel *c)
{
    ide_data_in(c, 0, SECTOR, STEP_NONE);
    ide_interrupt(c);
}

static void run_identify(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    ide_identify_disk(u, ide_place(c), c->buffer);
    reply(c);
}

static void run_identify_packet(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    ide_identify_packet(u, ide_place(c), c->buffer);
    reply(c);
}

/* SMART (8.51): commands are keyed by C24Fh in the LBA registers. */
static void run_smart(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    enum { READ_DATA = 0xd0, READ_THRESHOLDS, AUTOSAVE, ENABLE = 0xd8, DISABLE, STATUS };
    u8 what = u->feature.now;

    if (u->lba[1].now != 0x4f || u->lba[2].now != 0xc2 || (!u->smart && what != ENABLE)) {
        ide_fail(c, ER_ABRT);
        return;
    }
    switch (what) {
    case READ_DATA:
    case READ_THRESHOLDS:
        ide_smart_data(c->buffer, what == READ_THRESHOLDS);
        reply(c);
        return;
    case ENABLE:
    case DISABLE: u->smart = what == ENABLE; break;
    case AUTOSAVE:
    case STATUS: break; /* C24Fh stays: nothing has exceeded its threshold */
    default: ide_fail(c, ER_ABRT); return;
    }
    ide_work(c, STEP_END, COMMAND_NS);
}

static void run_packet(struct ide_channel *c, struct ide_unit *u, u8 flags)
{
    atapi_packet(c);
}

static const struct command commands[] = {
    {0x00, 0x00, BOTH, 0, run_abort}, /* NOP */
    {0x10, 0x1f, DISK, 0, run_recalibrate},
    {0x20, 0x21, DISK, 0, run_transfer},
    {0x20, 0x21, CDROM, 0, run_not_packet},
    {0x24, 0x24, DISK, F_EXT, run_transfer},
    {0x25, 0x25, DISK, F_EXT | F_DMA, run_transfer},
    {0x27, 0x27, DISK, F_EXT, run_native_max},
    {0x29, 0x29, DISK, F_EXT | F_BLOCKS, run_transfer},
    {0x30, 0x31, DISK, F_WRITE, run_transfer},
    {0x34, 0x34, DISK, F_WRITE | F_EXT, run_transfer},
    {0x35, 0x35, DISK, F_WRITE | F_EXT | F_DMA, run_transfer},
    {0x39, 0x39, DISK, F_WRITE | F_EXT | F_BLOCKS, run_transfer},
    {0x40, 0x41, DISK, F_VERIFY, run_transfer},
    {0x42, 0x42, DISK, F_VERIFY | F_EXT, run_transfer},
    {0x70, 0x7f, DISK, 0, run_seek},
    {0x91, 0x91, DISK, 0, run_set_parameters},
    {0x94, 0x94, BOTH, POWER_STANDBY, run_power},
    {0x95, 0x95, BOTH, POWER_IDLE, run_power},
    {0x96, 0x96, BOTH, POWER_STANDBY, run_power},
    {0x97, 0x97, BOTH, POWER_IDLE, run_power},
    {0x98, 0x98, BOTH, 0, run_check_power},
    {0x99, 0x99, BOTH, POWER_STANDBY, run_power},
    {0xa0, 0xa0, CDROM, 0, run_packet},
    {0xa1, 0xa1, CDROM, 0, run_identify_packet},
    {0xb0, 0xb0, DISK, 0, run_smart},
    {0xc4, 0xc4, DISK, F_BLOCKS, run_transfer},
    {0xc5, 0xc5, DISK, F_WRITE | F_BLOCKS, run_transfer},
    {0xc6, 0xc6, DISK, 0, run_set_multiple},
    {0xc8, 0xc9, DISK, F_DMA, run_transfer},
    {0xca, 0xcb, DISK, F_WRITE | F_DMA, run_transfer},
    {0xe0, 0xe0, BOTH, POWER_STANDBY, run_power},
    {0xe1, 0xe1, BOTH, POWER_IDLE, run_power},
    {0xe2, 0xe2, BOTH, POWER_STANDBY, run_power},
    {0xe3, 0xe3, BOTH, POWER_IDLE, run_power},
    {0xe5, 0xe5, BOTH, 0, run_check_power},
    {0xe6, 0xe6, BOTH, POWER_STANDBY, run_power},
    {0xe7, 0xe7, BOTH, 0, run_flush},
    {0xea, 0xea, DISK, F_EXT, run_flush},
    {0xec, 0xec, DISK, 0, run_identify},
    {0xec, 0xec, CDROM, 0, run_not_packet},
    {0xef, 0xef, BOTH, 0, run_set_features},
    {0xf8, 0xf8, DISK, 0, run_native_max},
};

void ide_command(struct ide_channel *c, u8 opcode)
{
    struct ide_unit *u = ide_selected(c);
    u8 kind = ide_is_cdrom(u) ? CDROM : DISK;

    if (opcode == IDE_DIAGNOSTIC) { /* both units hear it, whichever is selected (8.9) */
        ide_begin_reset(c, STEP_DIAGNOSED);
        return;
    }
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        const struct command *row = &commands[i];
        if (opcode >= row->first && opcode <= row->last && (row->units & kind)) {
            row->run(c, u, row->flags);
            return;
        }
    }
    LOG(c->ide->dev.log, UNIMP, "%s: command %02x", u->drive->id, opcode);
    run_abort(c, u, 0);
}
