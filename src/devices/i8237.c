/* SPDX-License-Identifier: MIT */
/*
 * Two 8237A DMA controllers and the page registers: the register file. Intel 8237A data sheet
 * (231466). No chip on this board asks for ISA DMA yet, so nothing is ever transferred: counts
 * stay, status shows no terminal count.
 *
 * The second controller's registers lie two ports apart.
 */
#include "devices/i8237.h"

#include "base/bits.h"
#include "base/log.h"

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

struct i8237 {
    struct device dev;
    u16 base[16], current[16]; /* of each controller: address, count of channels 0..3 */
    u8 flip_flop[2], command[2], request[2], mask[2];
    u8 mode[8];
    u8 page[16];
};

static const struct field i8237_fields[] = {
    FIELD_ARRAY(struct i8237, base, "base"),
    FIELD_ARRAY(struct i8237, current, "current"),
    FIELD_ARRAY(struct i8237, flip_flop, "flip-flop"),
    FIELD_ARRAY(struct i8237, command, "command"),
    FIELD_ARRAY(struct i8237, request, "request"),
    FIELD_ARRAY(struct i8237, mask, "mask"),
    FIELD_ARRAY(struct i8237, mode, "mode"),
    FIELD_ARRAY(struct i8237, page, "pages"),
};

static u8 chip_read(struct i8237 *c, unsigned n, unsigned reg)
{
    if (reg < REG_STATUS) {
        u16 v = c->current[8 * n + reg];
        c->flip_flop[n] ^= 1;
        return (u8)(c->flip_flop[n] ? v : v >> 8);
    }
    switch (reg) {
    case REG_STATUS: return (u8)(c->request[n] << 4);
    case REG_MASK: return 0xf0 | c->mask[n];
    default: return 0;
    }
}

static void master_clear(struct i8237 *c, unsigned n)
{
    c->command[n] = c->request[n] = c->flip_flop[n] = 0;
    c->mask[n] = 0x0f;
}

static void chip_write(struct i8237 *c, unsigned n, unsigned reg, u8 value)
{
    if (reg < REG_STATUS) {
        u16 *base = &c->base[8 * n + reg];
        *base = (u16)bits_set(*base, c->flip_flop[n] ? 8 : 0, 8, value);
        c->current[8 * n + reg] = *base;
        c->flip_flop[n] ^= 1;
        return;
    }
    switch (reg) {
    case REG_STATUS: c->command[n] = value; break;
    case REG_REQUEST:
        LOG(c->dev.log, UNIMP, "8237 %u: DMA request %02x", n, value);
        c->request[n] = (u8)bits_set(c->request[n], value & 3, 1, value >> 2);
        break;
    case REG_MASK_BIT:
        if (!(value & 4))
            LOG(c->dev.log, UNIMP, "8237 %u: channel %u waits for nobody", n, value & 3u);
        c->mask[n] = (u8)bits_set(c->mask[n], value & 3, 1, value >> 2);
        break;
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

static void i8237_reset(struct device *d)
{
    struct i8237 *c = (struct i8237 *)d;

    device_zero(d);
    master_clear(c, 0);
    master_clear(c, 1);
}

const struct device_class i8237_class = {
    .name = "i8237",
    .text = "two 8237 DMA controllers, registers only",
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
};
