/* SPDX-License-Identifier: MIT */
/*
 * ATA drives by programmed I/O on the two legacy channels: reset, IDENTIFY, and transfers in
 * CHS, 28-bit and 48-bit addressing. ATA/ATAPI-6 (T13/1410D), chapters 8 and 9.
 *
 * Commands are polled with the drive's interrupt off (nIEN), so that no program's IRQ 14 sees
 * them.
 */
#include "ata.h"

const struct ata_channel ata_channels[2] = {{0x1f0, 0x3f6, 14}, {0x170, 0x376, 15}};

enum {
    CMD_READ = 0x20,
    CMD_READ_EXT = 0x24,
    CMD_READ_MULTIPLE_EXT = 0x29,
    CMD_WRITE = 0x30,
    CMD_WRITE_EXT = 0x34,
    CMD_WRITE_MULTIPLE_EXT = 0x39,
    CMD_VERIFY = 0x40,
    CMD_VERIFY_EXT = 0x42,
    CMD_INITIALIZE_PARAMETERS = 0x91,
    CMD_IDENTIFY_PACKET = 0xA1,
    CMD_READ_MULTIPLE = 0xC4,
    CMD_WRITE_MULTIPLE = 0xC5,
    CMD_SET_MULTIPLE = 0xC6,
    CMD_IDENTIFY = 0xEC
};
enum { DEVICE_OBSOLETE = 0xA0, DEVICE_LBA = 1 << 6, DEVICE_SLAVE = 1 << 4 };
enum { MAX_MULTIPLE = 16, MAX_COMMAND = 256, IDENTITY_WORDS = 256 };
enum { EAGER_POLLS = 200, POLL_US = 15, PROBE_TIMEOUT_MS = 2000, RESET_TIMEOUT_MS = 5000 };
#define LBA28_SECTORS (1u << 28)

/* ---- Waiting, selecting ------------------------------------------------------------------- */

int ata_wait(const struct ata_channel *c, u32 timeout_ms)
{
    u32 polls = EAGER_POLLS + timeout_ms * 1000 / POLL_US;
    u8 status;

    for (u32 n = 0; n < polls; n++) {
        status = inb(c->control);
        if (!(status & ATA_STATUS_BSY))
            return inb(c->command + ATA_STATUS);
        if (n >= EAGER_POLLS)
            delay_us(POLL_US);
    }
    return -1;
}

/* 400 ns until the status is the selected drive's. */
static void settle(const struct ata_channel *c)
{
    for (unsigned n = 0; n < 4; n++)
        inb(c->control);
}

bool ata_select(const struct disk *d, u8 device_bits)
{
    const struct ata_channel *c = &ata_channels[d->channel];

    outb(c->control, ATA_CONTROL_ALWAYS | ATA_CONTROL_NIEN);
    if (ata_wait(c, ATA_TIMEOUT_MS) < 0)
        return false;
    outb(c->command + ATA_DEVICE, DEVICE_OBSOLETE | (d->slave ? DEVICE_SLAVE : 0) | device_bits);
    settle(c);
    return ata_wait(c, ATA_TIMEOUT_MS) >= 0;
}

void ata_release(const struct disk *d)
{
    const struct ata_channel *c = &ata_channels[d->channel];

    inb(c->command + ATA_STATUS); /* takes the interrupt back that the command has raised */
    outb(c->control, ATA_CONTROL_ALWAYS);
}

bool ata_ready(const struct disk *d)
{
    bool ready = ata_select(d, 0) &&
                 (inb(ata_channels[d->channel].command + ATA_STATUS) & ATA_STATUS_DRDY);

    ata_release(d);
    return ready;
}

/* ---- Transfers ---------------------------------------------------------------------------- */

/* Error register: 7 bad block, CRC  6 uncorrectable  5 changed  4 no such sector  3 change asked
 * 2 aborted  1 no medium  0 no address mark */
static enum disk_status error_of(const struct ata_channel *c, int status)
{
    static const u8 meaning[8] = {DISK_BAD_MARK,  DISK_NO_MEDIA, DISK_BAD_COMMAND, DISK_CHANGED,
                                  DISK_NO_SECTOR, DISK_CHANGED,  DISK_BAD_DATA,    DISK_BAD_DATA};
    u8 error;

    if (status < 0)
        return DISK_TIMEOUT;
    if (status & ATA_STATUS_DF)
        return DISK_CONTROLLER;
    error = inb(c->command + ATA_ERROR);
    for (int bit = 7; bit >= 0; bit--)
        if (error >> bit & 1)
            return meaning[bit];
    return DISK_CONTROLLER;
}

/* Where the sectors are; true if it takes 48 bits. */
static bool load_address(const struct disk *d, u64 sector, u16 count)
{
    const struct ata_channel *c = &ata_channels[d->channel];
    u32 low = (u32)sector;
    bool ext = d->lba48 && (sector >> 28 || low + count > LBA28_SECTORS);
    u8 device = d->lba ? DEVICE_LBA : 0;

    if (!d->lba) {
        u32 track = low / d->physical.sectors;
        u32 cylinder = track / d->physical.heads;

        device = track % d->physical.heads;
        low = cylinder << 8 | (low % d->physical.sectors + 1);
    } else if (!ext) {
        device |= low >> 24 & 0x0f;
    }
    outb(c->command + ATA_DEVICE, DEVICE_OBSOLETE | (d->slave ? DEVICE_SLAVE : 0) | device);
    if (ext) { /* each register is two bytes deep; the upper halves first */
        outb(c->command + ATA_COUNT, count >> 8);
        outb(c->command + ATA_LBA_LOW, low >> 24);
        outb(c->command + ATA_LBA_MID, (u8)(sector >> 32));
        outb(c->command + ATA_LBA_HIGH, (u8)(sector >> 40));
    }
    outb(c->command + ATA_COUNT, (u8)count);
    outb(c->command + ATA_LBA_LOW, (u8)low);
    outb(c->command + ATA_LBA_MID, low >> 8);
    outb(c->command + ATA_LBA_HIGH, low >> 16);
    return ext;
}

static u8 command_for(enum disk_op op, bool ext, bool multiple)
{
    if (op == DISK_VERIFY)
        return ext ? CMD_VERIFY_EXT : CMD_VERIFY;
    if (op == DISK_READ && multiple)
        return ext ? CMD_READ_MULTIPLE_EXT : CMD_READ_MULTIPLE;
    if (op == DISK_READ)
        return ext ? CMD_READ_EXT : CMD_READ;
    if (multiple)
        return ext ? CMD_WRITE_MULTIPLE_EXT : CMD_WRITE_MULTIPLE;
    return ext ? CMD_WRITE_EXT : CMD_WRITE;
}

/* One data request: up to MAX_MULTIPLE sectors. */
static void move_block(const struct ata_channel *c, struct transfer *t, u16 sectors)
{
    u16 seg = t->buffer >> 4, off = t->buffer & 15, words = sectors * (SECTOR_SIZE / 4);

    if (t->op == DISK_READ)
        far_insl(c->command + ATA_DATA, seg, off, words);
    else
        far_outsl(c->command + ATA_DATA, seg, off, words);
    t->buffer += sectors * SECTOR_SIZE;
    t->sector += sectors;
    t->done += sectors;
}

/* One command's worth. */
static enum disk_status run_command(struct disk *d, struct transfer *t, u16 count)
{
    const struct ata_channel *c = &ata_channels[d->channel];
    u16 block = d->multiple ? d->multiple : 1;
    bool ext = load_address(d, t->sector, count);
    int status;

    outb(c->command + ATA_STATUS, command_for(t->op, ext, d->multiple));
    settle(c);
    while (t->op != DISK_VERIFY && count) {
        u16 now = count < block ? count : block;

        status = ata_wait(c, ATA_TIMEOUT_MS);
        if (status < 0 || (status & (ATA_STATUS_ERR | ATA_STATUS_DF)) || !(status & ATA_STATUS_DRQ))
            return error_of(c, status);
        move_block(c, t, now);
        count -= now;
        settle(c);
    }
    status = ata_wait(c, ATA_TIMEOUT_MS);
    if (status < 0 || (status & (ATA_STATUS_ERR | ATA_STATUS_DF)))
        return error_of(c, status);
    if (t->op == DISK_VERIFY) {
        t->sector += count;
        t->done += count;
    }
    return DISK_OK;
}

enum disk_status ata_transfer(struct disk *d, struct transfer *t)
{
    enum disk_status status = DISK_OK;

    t->done = 0;
    while (!status && t->done < t->count) {
        u16 left = t->count - t->done;

        status = ata_select(d, 0) ? run_command(d, t, left < MAX_COMMAND ? left : MAX_COMMAND)
                                  : DISK_TIMEOUT;
    }
    ata_release(d);
    return status;
}

/* ---- Finding drives ----------------------------------------------------------------------- */

void ata_reset(const struct disk *d)
{
    const struct ata_channel *c = &ata_channels[d->channel];

    outb(c->control, ATA_CONTROL_ALWAYS | ATA_CONTROL_NIEN | ATA_CONTROL_SRST);
    delay_us(10);
    outb(c->control, ATA_CONTROL_ALWAYS | ATA_CONTROL_NIEN);
    delay_us(2000);
    ata_wait(c, RESET_TIMEOUT_MS);
}

/* A command without parameters that answers with a sector. */
static bool read_identity(const struct disk *d, u8 command, u16 *identity)
{
    const struct ata_channel *c = &ata_channels[d->channel];
    int status;

    if (!ata_select(d, 0))
        return false;
    outb(c->command + ATA_STATUS, command);
    settle(c);
    status = ata_wait(c, PROBE_TIMEOUT_MS);
    if (status < 0 || (status & ATA_STATUS_ERR) || !(status & ATA_STATUS_DRQ))
        return false;
    far_insw(c->command + ATA_DATA, ESEG, (u16)(u32)identity, IDENTITY_WORDS);
    return true;
}

static void no_data_command(const struct disk *d, u8 command, u8 count, u8 device)
{
    const struct ata_channel *c = &ata_channels[d->channel];

    if (!ata_select(d, device))
        return;
    outb(c->command + ATA_COUNT, count);
    outb(c->command + ATA_STATUS, command);
    settle(c);
    ata_wait(c, PROBE_TIMEOUT_MS);
}

void ata_set_up(const struct disk *d)
{
    if (!d->lba)
        no_data_command(d, CMD_INITIALIZE_PARAMETERS, (u8)d->physical.sectors,
                        (d->physical.heads - 1) & 0x0f);
    if (d->multiple)
        no_data_command(d, CMD_SET_MULTIPLE, d->multiple, 0);
}

/* Words of IDENTIFY DEVICE, ATA/ATAPI-6 8.15. */
static void disk_identity(struct disk *d, const u16 *id)
{
    d->physical = (struct geometry){id[1], id[3], id[6]};
    d->lba = id[49] >> 9 & 1;
    d->lba48 = d->lba && (id[83] >> 14) == 1 && (id[83] >> 10 & 1);
    d->sectors = id[1] * (u32)id[3] * id[6];
    if (d->lba)
        d->sectors = id[60] | (u32)id[61] << 16;
    if (d->lba48)
        d->sectors = id[100] | (u32)id[101] << 16 | (u64)id[102] << 32 | (u64)id[103] << 48;
    d->multiple = (u8)id[47] > MAX_MULTIPLE ? MAX_MULTIPLE : (u8)id[47];
    ata_set_up(d);
}

/* Text in IDENTIFY: two characters a word, the first in the high byte, blanks behind. */
static void copy_model(struct disk *d, const u16 *id)
{
    int end = 0;

    for (int i = 0; i < 40; i++) {
        d->model[i] = i & 1 ? (char)id[27 + i / 2] : (char)(id[27 + i / 2] >> 8);
        if (d->model[i] != ' ')
            end = i + 1;
    }
    d->model[end] = 0;
}

static bool probe_drive(struct disk *d)
{
    const struct ata_channel *c = &ata_channels[d->channel];
    u16 identity[IDENTITY_WORDS];

    if (!ata_select(d, 0))
        return false;
    outb(c->command + ATA_LBA_LOW, 0x55); /* registers that hold what was written? */
    outb(c->command + ATA_COUNT, 0xaa);
    if (inb(c->command + ATA_LBA_LOW) != 0x55 || inb(c->command + ATA_COUNT) != 0xaa)
        return false;
    if (read_identity(d, CMD_IDENTIFY, identity)) {
        disk_identity(d, identity);
    } else if (read_identity(d, CMD_IDENTIFY_PACKET, identity)) {
        d->atapi = true;
        atapi_identify(d, identity);
    } else {
        return false;
    }
    copy_model(d, identity);
    return true;
}

unsigned ata_probe(struct disk *disks, unsigned max)
{
    unsigned count = 0;

    for (u8 n = 0; n < 2 * ARRAY_LEN(ata_channels) && count < max; n++) {
        struct disk *d = &disks[count];

        *d = (struct disk){.channel = n / 2, .slave = n % 2};
        if (inb(ata_channels[d->channel].command + ATA_STATUS) == 0xff)
            continue; /* nothing drives the bus */
        if (!d->slave)
            ata_reset(d);
        if (probe_drive(d))
            count++;
        ata_release(d);
    }
    return count;
}
