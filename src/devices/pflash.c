/* SPDX-License-Identifier: MIT */
/*
 * A NOR flash with Intel's command set (CFI primary command set 0001; data sheet of the 28FxxxJ3,
 * 290667), eight bits wide, uniform sectors of 4 KiB: what QEMU's boards have for firmware.
 *
 *     command   then                              reads give
 *     FF F0 00  -                                 the array
 *     90        -                                 maker, device, lock state
 *     98        -                                 the CFI table
 *     70        -                                 status
 *     50        -  clears the status, all of it   the array
 *     10 40     the byte at its address           status
 *     20        D0                                status
 *     E8        n-1, n bytes, D0                  status
 *     60        D0 or 01: locks, without effect   status
 *
 *     status:  7 ready   5 erase error   4 program error (both: wrong sequence)   1 locked
 *
 * That 50h clears the ready bit too, until the next command that programs, is QEMU's way; OVMF
 * knows a flash by it. Programming clears bits only. What changed goes to the medium a moment
 * later, and when the host can't write, again after that.
 */
#include "devices/pflash.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/log.h"
#include "board/memmap.h"

enum {
    CMD_PROGRAM = 0x10,
    CMD_ERASE = 0x20,
    CMD_PROGRAM_ALT = 0x40,
    CMD_CLEAR_STATUS = 0x50,
    CMD_LOCK = 0x60,
    CMD_LOCK_SET = 0x01,
    CMD_READ_STATUS = 0x70,
    CMD_READ_ID = 0x90,
    CMD_CFI = 0x98,
    CMD_CONFIRM = 0xd0,
    CMD_BUFFER = 0xe8,
    CMD_READ_ARRAY = 0xff,
};
enum { STATUS_LOCKED = 0x02, STATUS_PROGRAM = 0x10, STATUS_ERASE = 0x20, STATUS_READY = 0x80 };
/* What the next write is. */
enum cycle { CYCLE_COMMAND, CYCLE_SECOND, CYCLE_DATA, CYCLE_CONFIRM };

#define BUFFER 2048u
#define MAKER_INTEL 0x89
#define DEVICE_CODE 0x18
#define CFI_SIZE 0x40
#define MEDIUM_BLOCK 512u           /* media are written in whole blocks */
#define WRITE_DELAY (100 * 1000ull) /* ns from a change to the medium */
#define RETRY_DELAY (1000 * 1000ull)

struct pflash {
    struct device dev;
    struct timer write_back;
    u8 command; /* what reads give */
    u8 cycle;   /* enum cycle */
    u8 status;
    u32 left;  /* bytes that the buffer still expects */
    u32 block; /* where the buffer's block begins */
    u8 buffer[BUFFER];
    u8 filled[BUFFER];        /* which of its bytes */
    u32 dirty_from, dirty_to; /* what the medium has not yet */
    struct drive *drive;
    u8 *data;
    u32 size;
    u8 cfi[CFI_SIZE];
    struct memmap *mem;
    physaddr base;
    bool shows_array; /* how it is mapped */
};

static const struct field pflash_fields[] = {
    FIELD_TIMER(struct pflash, write_back, "write back"),
    FIELD(struct pflash, command, "command"),
    FIELD(struct pflash, cycle, "cycle"),
    FIELD(struct pflash, status, "status"),
    FIELD(struct pflash, left, "bytes to come"),
    FIELD(struct pflash, block, "buffer's block"),
    FIELD_BUFFER(struct pflash, buffer, "buffer"),
    FIELD_BUFFER(struct pflash, filled, "bytes in the buffer"),
    FIELD(struct pflash, dirty_from, "changed from"),
    FIELD(struct pflash, dirty_to, "changed to"),
};

/* ---- The medium --------------------------------------------------------------------------- */

static bool writable(const struct pflash *p)
{
    return p->drive && p->drive->medium && !p->drive->medium->read_only;
}

static void write_back(void *opaque)
{
    struct pflash *p = opaque;
    u32 from = (u32)align_down(p->dirty_from, MEDIUM_BLOCK);
    u32 to = (u32)align_up(p->dirty_to, MEDIUM_BLOCK);

    if (p->dirty_from >= p->dirty_to || to > p->size || !writable(p))
        return; /* nothing to do; or what a loaded state says makes no sense */
    enum drive_result r = drive_write(p->drive, from, p->data + from, to - from);
    if (r == DRIVE_LATER) {
        timer_arm(&p->write_back, clock_now(p->dev.clock) + RETRY_DELAY);
        return;
    }
    if (r == DRIVE_REFUSED)
        LOG(p->dev.log, BLOCK, "%s: the medium refuses %x..%x", p->dev.id, from, to);
    p->dirty_from = p->dirty_to = 0;
}

static void changed(struct pflash *p, u32 from, u32 n)
{
    u32 to = from + n;

    if (p->dirty_from == p->dirty_to) {
        p->dirty_from = from;
        p->dirty_to = to;
        timer_arm(&p->write_back, clock_now(p->dev.clock) + WRITE_DELAY);
        return;
    }
    p->dirty_from = from < p->dirty_from ? from : p->dirty_from;
    p->dirty_to = to > p->dirty_to ? to : p->dirty_to;
}

/* ---- The array ---------------------------------------------------------------------------- */

static void fail(struct pflash *p, u8 status)
{
    p->status |= status;
    LOG(p->dev.log, GUEST_ERROR, "%s: command %02x fails, status %02x", p->dev.id, p->command,
        p->status);
}

static void program(struct pflash *p, u32 at, u8 byte)
{
    p->data[at] &= byte;
    changed(p, at, 1);
}

static void erase(struct pflash *p, u32 at)
{
    u32 sector = (u32)align_down(at, PFLASH_SECTOR);

    if (!writable(p)) {
        fail(p, STATUS_ERASE | STATUS_LOCKED);
        return;
    }
    memset(p->data + sector, 0xff, PFLASH_SECTOR);
    changed(p, sector, PFLASH_SECTOR);
}

static void program_buffer(struct pflash *p)
{
    if (!writable(p)) {
        fail(p, STATUS_PROGRAM | STATUS_LOCKED);
        return;
    }
    for (u32 i = 0; i < BUFFER && p->block + i < p->size; i++)
        if (p->filled[i])
            program(p, p->block + i, p->buffer[i]);
}

/* ---- How the window is mapped ------------------------------------------------------------- */

static u64 window_read(void *opaque, u64 offset, unsigned size);
static void window_write(void *opaque, u64 offset, u64 value, unsigned size);

static int map_window(struct pflash *p, struct memmap *mem, struct ersatz_error *err)
{
    struct mem_range r = {
        .name = p->dev.id, .base = p->base, .size = p->size, .write = window_write, .opaque = p};

    if (p->shows_array)
        r.rd = p->data;
    else
        r.read = window_read;
    return memmap_add(mem, &r, err);
}

/* Reads go straight to the array, or are answered one by one. */
static void show(struct pflash *p, u8 command)
{
    bool array = command == CMD_READ_ARRAY;

    p->command = command;
    if (!p->mem || array == p->shows_array)
        return;
    p->shows_array = array;
    memmap_remove(p->mem, p->base);
    if (map_window(p, p->mem, NULL))
        LOG(p->dev.log, GUEST_ERROR, "%s: its window is taken", p->dev.id);
}

/* ---- Commands ----------------------------------------------------------------------------- */

static void begin(struct pflash *p, u8 command)
{
    p->cycle = CYCLE_COMMAND;
    switch (command) {
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALT:
    case CMD_ERASE:
    case CMD_LOCK:
    case CMD_BUFFER:
        p->cycle = CYCLE_SECOND;
        p->status |= STATUS_READY;
        show(p, command);
        break;
    case CMD_READ_STATUS:
    case CMD_READ_ID:
    case CMD_CFI: show(p, command); break;
    case CMD_CLEAR_STATUS:
        p->status = 0;
        show(p, CMD_READ_ARRAY);
        break;
    default:
        if (command != CMD_READ_ARRAY && command != 0xf0 && command != 0)
            LOG(p->dev.log, GUEST_ERROR, "%s: no command %02x", p->dev.id, command);
        show(p, CMD_READ_ARRAY);
        break;
    }
}

/* A sequence that is none: both error bits, and status to be read. */
static void wrong_sequence(struct pflash *p)
{
    fail(p, STATUS_PROGRAM | STATUS_ERASE);
    p->cycle = CYCLE_COMMAND;
    show(p, CMD_READ_STATUS);
}

static void second(struct pflash *p, u32 at, u8 value)
{
    p->cycle = CYCLE_COMMAND;
    switch (p->command) {
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALT:
        if (writable(p))
            program(p, at, value);
        else
            fail(p, STATUS_PROGRAM | STATUS_LOCKED);
        break;
    case CMD_ERASE:
        if (value == CMD_CONFIRM)
            erase(p, at);
        else
            wrong_sequence(p);
        break;
    case CMD_LOCK:
        if (value != CMD_CONFIRM && value != CMD_LOCK_SET)
            wrong_sequence(p);
        break;
    case CMD_BUFFER:
        p->left = value + 1u;
        p->block = (u32)align_down(at, BUFFER);
        memset(p->filled, 0, sizeof p->filled);
        p->cycle = CYCLE_DATA;
        break;
    default: wrong_sequence(p); break;
    }
}

static void data(struct pflash *p, u32 at, u8 value)
{
    if (at - p->block >= BUFFER || p->left == 0) { /* below it, too */
        wrong_sequence(p);
        return;
    }
    p->buffer[at - p->block] = value;
    p->filled[at - p->block] = 1;
    if (--p->left == 0)
        p->cycle = CYCLE_CONFIRM;
}

static void write_byte(struct pflash *p, u32 at, u8 value)
{
    switch (p->cycle) {
    case CYCLE_COMMAND: begin(p, value); break;
    case CYCLE_SECOND: second(p, at, value); break;
    case CYCLE_DATA: data(p, at, value); break;
    default:
        if (value == CMD_CONFIRM) {
            program_buffer(p);
            p->cycle = CYCLE_COMMAND;
        } else {
            wrong_sequence(p);
        }
        break;
    }
}

/* The chip has eight data lines: a wider access is several, from the lowest address on. */
static void window_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pflash *p = opaque;

    if (offset + size > p->size)
        return;
    for (unsigned i = 0; i < size; i++)
        write_byte(p, (u32)offset + i, (u8)(value >> 8 * i));
}

static u8 read_id(const struct pflash *p, u32 at)
{
    switch (at & 0xff) {
    case 0: return MAKER_INTEL;
    case 1: return DEVICE_CODE;
    default: return 0; /* not locked */
    }
}

static u8 read_byte(const struct pflash *p, u32 at)
{
    switch (p->command) {
    case CMD_READ_ARRAY: return p->data[at];
    case CMD_READ_ID: return read_id(p, at);
    case CMD_CFI: return at < CFI_SIZE ? p->cfi[at] : 0;
    default: return p->status;
    }
}

static u64 window_read(void *opaque, u64 offset, unsigned size)
{
    const struct pflash *p = opaque;
    u64 value = 0;

    if (offset + size > p->size)
        return MASK(8 * size);
    for (unsigned i = 0; i < size; i++)
        value |= (u64)read_byte(p, (u32)offset + i) << 8 * i;
    return value;
}

static u64 region_read(struct device *d, u64 offset, unsigned size)
{
    return window_read(d, offset, size);
}

static void region_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    window_write(d, offset, value, size);
}

/* ---- Making it ---------------------------------------------------------------------------- */

/* CFI (JESD68.01): query identification from 10h, system interface from 1Bh, geometry from 27h,
 * Intel's own table from 31h. */
static void fill_cfi(struct pflash *p)
{
    static const u8 fixed[] = {
        'Q',  'R',  'Y', 1, 0, 0x31, 0, 0, 0, 0, 0, /* command set 1, its table at 31h */
        0x45, 0x55, 0,   0,                         /* 4.5 to 5.5 V, no other voltage */
        7,    7,    10,  0, 4, 4,    4, 0,          /* typical and longest times, powers of 2 */
    };
    u32 sectors = p->size / PFLASH_SECTOR;
    u8 *c = p->cfi;

    memcpy(c + 0x10, fixed, sizeof fixed);
    while (1u << c[0x27] < p->size)
        c[0x27]++;
    c[0x2a] = 11; /* the buffer: 2^11 bytes */
    c[0x2c] = 1;  /* one region of equal sectors */
    st16(c + 0x2d, (u16)(sectors - 1));
    st16(c + 0x2f, PFLASH_SECTOR >> 8);
    memcpy(c + 0x31, "PRI10", 5);
}

_Static_assert(BUFFER == 1u << 11, "as the CFI table says");

int pflash_connect(struct device *d, struct drive *drive, struct ersatz_error *err)
{
    struct pflash *p = (struct pflash *)d;
    u64 size = drive_size(drive);

    if (size == 0 || size % PFLASH_SECTOR || size > PFLASH_MAX)
        return err_set(err, ERSATZ_E_SIZE,
                       "%s: %llu bytes are no flash: it has a multiple of 4 KiB, at most 16 MiB",
                       drive->medium ? drive->medium->name : drive->id, (unsigned long long)size);
    u8 *bytes = aligned_alloc(PFLASH_SECTOR, size);
    if (!bytes)
        return err_set(err, ERSATZ_E_NOMEM, "%s: no memory for its content", drive->id);
    if (!drive_read(drive, 0, bytes, size)) {
        free(bytes);
        return err_set(err, ERSATZ_E_OPEN, "%s: cannot be read", drive->medium->name);
    }
    p->drive = drive;
    p->data = bytes;
    p->size = (u32)size;
    fill_cfi(p);
    return 0;
}

int pflash_map(struct device *d, struct memmap *mem, physaddr base, struct ersatz_error *err)
{
    struct pflash *p = (struct pflash *)d;

    p->base = base;
    p->shows_array = p->command == CMD_READ_ARRAY;
    int error = map_window(p, mem, err);
    if (!error)
        p->mem = mem;
    return error;
}

u8 *pflash_data(struct device *d)
{
    return ((struct pflash *)d)->data;
}

static int pflash_init(struct device *d, struct ersatz_error *err)
{
    struct pflash *p = (struct pflash *)d;

    timer_init(&p->write_back, d->clock, write_back, p, "flash write back");
    return 0;
}

/* The array stays, and with it what the medium has not yet. */
static void pflash_reset(struct device *d)
{
    struct pflash *p = (struct pflash *)d;

    p->cycle = CYCLE_COMMAND;
    p->status = STATUS_READY;
    p->left = 0;
    show(p, CMD_READ_ARRAY);
}

static void pflash_loaded(struct device *d)
{
    struct pflash *p = (struct pflash *)d;

    p->block = p->size ? p->block % p->size & ~(BUFFER - 1) : 0;
    show(p, p->command);
}

static void pflash_destroy(struct device *d)
{
    struct pflash *p = (struct pflash *)d;

    write_back(p);
    timer_disarm(&p->write_back);
    free(p->data);
}

const struct device_class pflash_class = {
    .name = "pflash",
    .text = "NOR flash with Intel's command set",
    .size = sizeof(struct pflash),
    .fields = pflash_fields,
    .field_count = ARRAY_LEN(pflash_fields),
    .regions =
        {
            [PFLASH_WINDOW] = {"pflash", REGION_MMIO, PFLASH_SECTOR, 1, 0, region_read,
                               region_write},
        },
    .init = pflash_init,
    .reset = pflash_reset,
    .loaded = pflash_loaded,
    .destroy = pflash_destroy,
};
