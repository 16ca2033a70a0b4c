/* SPDX-License-Identifier: MIT */
/*
 * Two 8237A DMA controllers with the PC/AT's page registers. Intel 8237A data sheet (231466);
 * IBM PC/AT Technical Reference, DMA channels.
 *
 *     channels 0..3:  bytes, 64 KiB pages,  address = page[23:16] : current[15:0]
 *     channels 5..7:  words, 128 KiB pages, address = page[23:17] : current[15:0] : 0
 *     channel 4:      cascades the first controller's requests through the second
 *
 *     mode:     7,6 demand/single/block/cascade  5 decrement  4 auto-initialise
 *               3,2 verify/write/read (memory's side)  1,0 channel
 *     command:  7 DACK high  6 DREQ low  5 late write  4 rotate  3 compressed
 *               2 disable    1 hold channel 0's address  0 memory to memory
 *     status:   7..4 request of a channel  3..0 terminal count reached, until read
 *
 * A device moves a chunk in one call, so single, demand and block mode are the same to it, and
 * priority never matters: no two devices ask at the same moment. The bits of the command
 * register that are about electricity and bus timing are kept and have no effect.
 */
#include "devices/i8237.h"

#include "base/bits.h"
#include "base/log.h"
#include "board/memmap.h"

enum {
    REG_STATUS = 8, /* command when written */
    REG_REQUEST,
    REG_MASK_BIT,
    REG_MODE,
    REG_FLIP_FLOP,
    REG_CLEAR, /* temporary register when read */
    REG_CLEAR_MASK,
    REG_MASK,
};

#define COMMAND_MEMORY 0x01
#define COMMAND_HOLD 0x02
#define COMMAND_DISABLE 0x04
#define MODE_TYPE 0x0c
#define MODE_VERIFY 0x00
#define MODE_WRITE 0x04 /* to memory */
#define MODE_READ 0x08
#define MODE_AUTO 0x10
#define MODE_DECREMENT 0x20
#define MODE_KIND 0xc0
#define MODE_BLOCK 0x80
#define MODE_CASCADE 0xc0
#define CASCADE 4 /* the channel that the first controller hangs on */
#define CHUNK 256 /* bytes of a memory cycle's run with nobody on the other side */

struct i8237 {
    struct device dev;
    u16 base[16], current[16]; /* of each controller: address, count of channels 0..3 */
    u8 flip_flop[2], command[2], mask[2];
    u8 soft[2]; /* requests by the request register */
    u8 dreq[2]; /* requests by pin */
    u8 tc[2];
    u8 temporary;
    u8 mode[8];
    u8 page[16];
};

static const struct field i8237_fields[] = {
    FIELD_ARRAY(struct i8237, base, "base"),
    FIELD_ARRAY(struct i8237, current, "current"),
    FIELD_ARRAY(struct i8237, flip_flop, "flip-flop"),
    FIELD_ARRAY(struct i8237, command, "command"),
    FIELD_ARRAY(struct i8237, mask, "mask"),
    FIELD_ARRAY(struct i8237, soft, "request"),
    FIELD_ARRAY(struct i8237, dreq, "DREQ"),
    FIELD_ARRAY(struct i8237, tc, "terminal counts"),
    FIELD(struct i8237, temporary, "temporary"),
    FIELD_ARRAY(struct i8237, mode, "mode"),
    FIELD_ARRAY(struct i8237, page, "pages"),
};

/* ---- A channel ---------------------------------------------------------------------------- */

static u16 *address_of(struct i8237 *c, unsigned channel)
{
    return &c->current[2 * channel];
}

static u16 *count_of(struct i8237 *c, unsigned channel)
{
    return &c->current[2 * channel + 1];
}

static unsigned unit_size(unsigned channel)
{
    return channel > CASCADE ? 2 : 1;
}

/* Where the channel's next unit lies. */
static physaddr place(struct i8237 *c, unsigned channel)
{
    /* the page register of each channel: ports 87h 83h 81h 82h, 8Fh 8Bh 89h 8Ah */
    static const u8 pages[8] = {7, 3, 1, 2, 15, 11, 9, 10};
    u32 page = c->page[pages[channel]], at = *address_of(c, channel);

    return unit_size(channel) == 2 ? (page & 0xfeu) << 16 | at << 1 : page << 16 | at;
}

/* The count went from 0 to FFFFh. */
static void terminal_count(struct i8237 *c, unsigned channel)
{
    unsigned n = channel / 4;
    u8 bit = (u8)BIT(channel % 4);

    c->tc[n] |= bit;
    c->soft[n] &= (u8)~bit;
    if (c->mode[channel] & MODE_AUTO) {
        *address_of(c, channel) = c->base[2 * channel];
        *count_of(c, channel) = c->base[2 * channel + 1];
    } else {
        c->mask[n] |= bit;
    }
}

/* Moves on by `units`, no more than are left; true at the terminal count. */
static bool advance(struct i8237 *c, unsigned channel, unsigned units)
{
    u16 *address = address_of(c, channel), *count = count_of(c, channel);
    bool tc = units == *count + 1u;

    if (c->mode[channel] & MODE_DECREMENT)
        *address = (u16)(*address - units);
    else
        *address = (u16)(*address + units);
    *count = (u16)(*count - units);
    if (tc)
        terminal_count(c, channel);
    return tc;
}

/* How many units from here on lie side by side in memory: to the page's end, forwards; one by
 * one, backwards. */
static unsigned run_length(struct i8237 *c, unsigned channel)
{
    return c->mode[channel] & MODE_DECREMENT ? 1 : 0x10000u - *address_of(c, channel);
}

/* `units` side by side; false if the mode's direction isn't the device's: then no memory cycle
 * takes place, and whoever reads sees a floating bus. */
static void move(struct i8237 *c, unsigned channel, u8 *buf, unsigned units, bool to_memory)
{
    u8 type = c->mode[channel] & MODE_TYPE;
    unsigned bytes = units * unit_size(channel);

    if (type == MODE_WRITE && to_memory && c->dev.dma) {
        memmap_dma_write(c->dev.dma, place(c, channel), buf, bytes);
    } else if (type == MODE_READ && !to_memory && c->dev.dma) {
        memmap_dma_read(c->dev.dma, place(c, channel), buf, bytes);
    } else {
        if (type != MODE_VERIFY)
            LOG(c->dev.log, GUEST_ERROR, "DMA channel %u: mode %02x against the device's way",
                channel, c->mode[channel]);
        if (!to_memory)
            memset(buf, 0xff, bytes);
    }
}

static bool ready(const struct i8237 *c, unsigned channel)
{
    unsigned n = channel / 4;
    bool open = !(c->command[n] & COMMAND_DISABLE) && !(c->mask[n] >> channel % 4 & 1) &&
                (c->mode[channel] & MODE_KIND) != MODE_CASCADE;
    bool cascades = n == 1 || ((c->mode[CASCADE] & MODE_KIND) == MODE_CASCADE &&
                               !(c->mask[1] & 1) && !(c->command[1] & COMMAND_DISABLE));

    if (open && !cascades)
        LOG(c->dev.log, GUEST_ERROR, "DMA channel %u: channel 4 does not cascade", channel);
    return open && cascades;
}

struct dma_grant i8237_transfer(struct device *d, unsigned channel, void *buf, unsigned len,
                                bool to_memory)
{
    struct i8237 *c = (struct i8237 *)d;
    struct dma_grant g = {0, false};
    unsigned size;

    if (channel > 7 || channel == CASCADE || !ready(c, channel))
        return g;
    size = unit_size(channel);
    for (unsigned left = len / size; left && !g.tc;) {
        unsigned units = run_length(c, channel);
        if (units > left)
            units = left;
        if (units > *count_of(c, channel) + 1u)
            units = *count_of(c, channel) + 1u;
        move(c, channel, (u8 *)buf + g.bytes, units, to_memory);
        g.tc = advance(c, channel, units);
        g.bytes += units * size;
        left -= units;
    }
    LOG(d->log, DMA, "8237 channel %u: %u of %u bytes %s memory%s", channel, g.bytes, len,
        to_memory ? "to" : "from", g.tc ? ", TC" : "");
    return g;
}

static struct dma_grant channel_transfer(void *opaque, unsigned n, void *buf, unsigned len,
                                         bool to_memory)
{
    return i8237_transfer(opaque, n, buf, len, to_memory);
}

struct dma_channel i8237_channel(struct device *d, unsigned channel)
{
    return (struct dma_channel){channel_transfer, d, channel};
}

/* ---- Requests by the request register ----------------------------------------------------- */

/* Channel 0's bytes go through the temporary register to channel 1's place, as many as channel
 * 1 counts. Only the first controller moves bytes. */
static void memory_to_memory(struct i8237 *c)
{
    bool tc = false;

    while (!tc && c->dev.dma) {
        memmap_dma_read(c->dev.dma, place(c, 0), &c->temporary, 1);
        memmap_dma_write(c->dev.dma, place(c, 1), &c->temporary, 1);
        if (!(c->command[0] & COMMAND_HOLD))
            *address_of(c,
                        0) = (u16)(*address_of(c, 0) + (c->mode[0] & MODE_DECREMENT ? 0xffff : 1));
        *count_of(c, 0) = (u16)(*count_of(c, 0) - 1);
        tc = advance(c, 1, 1);
    }
    c->soft[0] &= (u8)~1;
}

/* A block of cycles that no device answers: memory gets the floating bus. */
static void block_without_device(struct i8237 *c, unsigned channel)
{
    u8 buf[CHUNK];
    bool to_memory = (c->mode[channel] & MODE_TYPE) != MODE_READ;
    struct dma_grant g;

    do {
        memset(buf, 0xff, sizeof buf);
        g = i8237_transfer(&c->dev, channel, buf, sizeof buf, to_memory);
    } while (g.bytes && !g.tc);
}

/* A request of software isn't maskable and is served in block mode only. */
static void run_soft(struct i8237 *c)
{
    if ((c->soft[0] & 1) && (c->command[0] & COMMAND_MEMORY) &&
        !(c->command[0] & COMMAND_DISABLE)) {
        memory_to_memory(c);
        return;
    }
    for (unsigned channel = 0; channel < 8; channel++) {
        unsigned n = channel / 4;
        u8 bit = (u8)BIT(channel % 4), mask = c->mask[n];
        if (!(c->soft[n] & bit) || (c->mode[channel] & MODE_KIND) != MODE_BLOCK)
            continue;
        c->mask[n] &= (u8)~bit;
        block_without_device(c, channel);
        c->mask[n] |= mask & bit;
    }
}

/* ---- Registers ---------------------------------------------------------------------------- */

static u8 chip_read(struct i8237 *c, unsigned n, unsigned reg)
{
    u8 v;

    if (reg < REG_STATUS) {
        u16 word = c->current[8 * n + reg];
        c->flip_flop[n] ^= 1;
        return (u8)(c->flip_flop[n] ? word : word >> 8);
    }
    switch (reg) {
    case REG_STATUS:
        v = (u8)((c->soft[n] | c->dreq[n]) << 4 | c->tc[n]);
        c->tc[n] = 0;
        return v;
    case REG_CLEAR: return n ? 0 : c->temporary;
    case REG_MASK: return 0xf0 | c->mask[n];
    default: return 0;
    }
}

static void master_clear(struct i8237 *c, unsigned n)
{
    c->command[n] = c->soft[n] = c->flip_flop[n] = c->tc[n] = 0;
    c->mask[n] = 0x0f;
    if (n == 0)
        c->temporary = 0;
}

static void chip_write(struct i8237 *c, unsigned n, unsigned reg, u8 value)
{
    if (reg < REG_STATUS) {
        u16 *base = &c->base[8 * n + reg], *current = &c->current[8 * n + reg];
        unsigned half = c->flip_flop[n] ? 8 : 0;
        *base = (u16)bits_set(*base, half, 8, value);
        *current = (u16)bits_set(*current, half, 8, value);
        c->flip_flop[n] ^= 1;
        return;
    }
    switch (reg) {
    case REG_STATUS: c->command[n] = value; break;
    case REG_REQUEST:
        c->soft[n] = (u8)bits_set(c->soft[n], value & 3, 1, value >> 2);
        run_soft(c);
        break;
    case REG_MASK_BIT: c->mask[n] = (u8)bits_set(c->mask[n], value & 3, 1, value >> 2); break;
    case REG_MODE: c->mode[4 * n + (value & 3)] = value & 0xfc; break;
    case REG_FLIP_FLOP: c->flip_flop[n] = 0; break;
    case REG_CLEAR: master_clear(c, n); break;
    case REG_CLEAR_MASK: c->mask[n] = 0; break;
    default: c->mask[n] = value & 0x0f; break;
    }
}

static u64 first_read(struct device *d, u64 offset, unsigned size)
{
    return chip_read((struct i8237 *)d, 0, (unsigned)offset);
}

static void first_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    chip_write((struct i8237 *)d, 0, (unsigned)offset, (u8)value);
}

/* The second controller's registers lie two ports apart. */
static u64 second_read(struct device *d, u64 offset, unsigned size)
{
    return chip_read((struct i8237 *)d, 1, (unsigned)offset >> 1);
}

static void second_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    chip_write((struct i8237 *)d, 1, (unsigned)offset >> 1, (u8)value);
}

/* Port 80h is one of them: a free byte where firmware shows how far it has come. */
static u64 pages_read(struct device *d, u64 offset, unsigned size)
{
    return ((struct i8237 *)d)->page[offset];
}

static void pages_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    ((struct i8237 *)d)->page[offset] = (u8)value;
}

static void i8237_set_line(struct device *d, unsigned n, bool level)
{
    struct i8237 *c = (struct i8237 *)d;

    if (n < 8 && n != CASCADE)
        c->dreq[n / 4] = (u8)bits_set(c->dreq[n / 4], n % 4, 1, level);
}

static void i8237_reset(struct device *d)
{
    struct i8237 *c = (struct i8237 *)d;

    device_zero(d);
    master_clear(c, 0);
    master_clear(c, 1);
}

const struct device_class i8237_class = {
    .name = "i8237",
    .text = "two 8237 DMA controllers with page registers",
    .size = sizeof(struct i8237),
    .fields = i8237_fields,
    .field_count = ARRAY_LEN(i8237_fields),
    .regions =
        {
            [I8237_FIRST] = {"dma1", REGION_PORT, 16, 1, 0, first_read, first_write},
            [I8237_SECOND] = {"dma2", REGION_PORT, 32, 1, 0, second_read, second_write},
            [I8237_PAGES] = {"dma-pages", REGION_PORT, 16, 1, 0, pages_read, pages_write},
        },
    .reset = i8237_reset,
    .set_line = i8237_set_line,
};
