/* SPDX-License-Identifier: MIT */
/*
 * fw_cfg as QEMU's PC boards have it (its specification: docs/specs/fw_cfg). An item is chosen
 * by its key, then read byte by byte, or as a whole by DMA:
 *
 *     510h  write, 16 bits: select a key        511h  read, 8 bits: the next byte
 *     514h  64 bits, big-endian, in two halves: the address of a descriptor; the write of the
 *           low half starts. A read gives a signature.
 *
 *     descriptor, big-endian:   0 control   4 length   8 address
 *     control:  31..16 key   4 write   3 select   2 skip   1 read   0 error
 *
 * Items are read-only. When a transfer ends, control is 0 or the error bit.
 */
#include "devices/fw_cfg.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "board/memmap.h"

#define DMA_ERROR 0x01u
#define DMA_READ 0x02u
#define DMA_SKIP 0x04u
#define DMA_SELECT 0x08u
#define DMA_WRITE 0x10u
#define DMA_DESCRIPTOR 16
#define DMA_CHUNK 4096u

#define ID_TRADITIONAL 1
#define ID_DMA 2
#define KEY_NONE 0xffffu
#define MAX_ITEMS (32 + FW_CFG_MAX_FILES)
#define DIR_ENTRY 64 /* be32 size, be16 key, be16 0, name */
#define DIR_NAME 8

struct fw_cfg_item {
    u16 key;
    u32 size;
    const u8 *data;
};

struct fw_cfg {
    struct device dev;
    u16 key;
    u32 offset; /* of the next byte of that item */
    u32 dma_high;
    struct fw_cfg_item item[MAX_ITEMS];
    unsigned items, files;
    u8 dir[4 + DIR_ENTRY * FW_CFG_MAX_FILES];
    void (*selected)(void *opaque, u16 key);
    void *opaque;
};

static const struct field fw_cfg_fields[] = {
    FIELD(struct fw_cfg, key, "selector"),
    FIELD(struct fw_cfg, offset, "offset"),
    FIELD(struct fw_cfg, dma_high, "DMA address, high"),
};

static const u8 signature[] = "QEMU CFG";
static const u8 id[4] = {ID_TRADITIONAL | ID_DMA};

static u16 get_be16(const u8 *p)
{
    return __builtin_bswap16(ld16(p));
}

static void put_be16(u8 *p, u16 v)
{
    st16(p, __builtin_bswap16(v));
}

static u32 get_be32(const u8 *p)
{
    return __builtin_bswap32(ld32(p));
}

static void put_be32(u8 *p, u32 v)
{
    st32(p, __builtin_bswap32(v));
}

/* ---- Items -------------------------------------------------------------------------------- */

static const struct fw_cfg_item *find(const struct fw_cfg *f, u16 key)
{
    for (unsigned i = 0; i < f->items; i++)
        if (f->item[i].key == key)
            return &f->item[i];
    return NULL;
}

bool fw_cfg_add(struct device *d, u16 key, const void *data, u32 size)
{
    struct fw_cfg *f = (struct fw_cfg *)d;

    if (f->items == MAX_ITEMS || find(f, key))
        return false;
    f->item[f->items++] = (struct fw_cfg_item){key, size, data};
    return true;
}

/* The directory's entry of that name, or NULL. */
static const u8 *find_entry(const struct fw_cfg *f, const char *name)
{
    for (unsigned i = 0; i < f->files; i++) {
        const u8 *entry = f->dir + 4 + DIR_ENTRY * i;
        if (strncmp((const char *)entry + DIR_NAME, name, FW_CFG_NAME_MAX + 1) == 0)
            return entry;
    }
    return NULL;
}

bool fw_cfg_add_file(struct device *d, const char *name, const void *data, u32 size)
{
    struct fw_cfg *f = (struct fw_cfg *)d;
    u16 key = (u16)(FW_CFG_FILE_FIRST + f->files);

    if (strlen(name) > FW_CFG_NAME_MAX || f->files == FW_CFG_MAX_FILES || find_entry(f, name) ||
        !fw_cfg_add(d, key, data, size))
        return false;
    u8 *entry = f->dir + 4 + DIR_ENTRY * f->files++;
    put_be32(entry, size);
    put_be16(entry + 4, key);
    memcpy(entry + DIR_NAME, name, strlen(name) + 1);
    put_be32(f->dir, f->files);
    return true;
}

u16 fw_cfg_key_of(const struct device *d, const char *name)
{
    const u8 *entry = find_entry((const struct fw_cfg *)d, name);

    return entry ? get_be16(entry + 4) : 0;
}

const void *fw_cfg_find(const struct device *d, const char *name, u32 *size)
{
    const struct fw_cfg_item *i = find((const struct fw_cfg *)d, fw_cfg_key_of(d, name));

    if (!i || i->key < FW_CFG_FILE_FIRST)
        return NULL;
    *size = i->size;
    return i->data;
}

static void choose(struct fw_cfg *f, u16 key)
{
    f->key = key & (u16)~FW_CFG_WRITE_CHANNEL;
    f->offset = 0;
    if (!find(f, f->key))
        f->key = KEY_NONE;
    else if (f->selected)
        f->selected(f->opaque, f->key);
    LOG(f->dev.log, FW_CFG, "key %04x%s", key, f->key == KEY_NONE ? ": there is none" : "");
}

/* What is left of the chosen item: NULL and 0 at its end. */
static const u8 *rest(const struct fw_cfg *f, u32 *size)
{
    const struct fw_cfg_item *i = find(f, f->key);

    *size = i && f->offset < i->size ? i->size - f->offset : 0;
    return *size ? i->data + f->offset : NULL;
}

static void advance(struct fw_cfg *f, u32 n)
{
    u32 left;

    rest(f, &left);
    f->offset += n < left ? n : left;
}

/* ---- Ports -------------------------------------------------------------------------------- */

static u64 io_read(struct device *d, u64 offset, unsigned size)
{
    struct fw_cfg *f = (struct fw_cfg *)d;
    u32 left;
    const u8 *p = rest(f, &left);

    if (size != 1)
        return 0;
    advance(f, 1);
    return p ? *p : 0;
}

static void io_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    if (size == 2)
        choose((struct fw_cfg *)d, (u16)value);
    else
        LOG(d->log, FW_CFG, "write of a byte: dropped");
}

/* ---- DMA ---------------------------------------------------------------------------------- */

/* `length` bytes of the item, then zeros, to memory. False: not all of that is memory. */
static bool transfer(struct fw_cfg *f, u64 addr, u32 length)
{
    static const u8 zeros[DMA_CHUNK];

    while (length) {
        u32 left;
        const u8 *p = rest(f, &left);
        u32 n = p ? left : DMA_CHUNK;
        n = n < length ? n : length;
        if (memmap_dma_write(f->dev.dma, addr, p ? p : zeros, n) != n)
            return false;
        advance(f, n);
        addr += n;
        length -= n;
    }
    return true;
}

static void run_dma(struct fw_cfg *f, u64 at)
{
    u8 descriptor[DMA_DESCRIPTOR];
    u8 result[4];
    u32 control = 0;
    bool good = true;

    if (!f->dev.dma)
        return;
    if (memmap_dma_read(f->dev.dma, at, descriptor, sizeof descriptor) == sizeof descriptor) {
        control = get_be32(descriptor);
        u32 length = get_be32(descriptor + 4);
        u64 addr = (u64)get_be32(descriptor + 8) << 32 | get_be32(descriptor + 12);
        if (control & DMA_SELECT)
            choose(f, (u16)(control >> 16));
        if (control & DMA_READ)
            good = transfer(f, addr, length);
        else if (control & DMA_WRITE)
            good = length == 0;
        else if (control & DMA_SKIP)
            advance(f, length);
    } else {
        good = false;
    }
    if (!good)
        LOG(f->dev.log, GUEST_ERROR, "fw_cfg: DMA descriptor at %llx: control %x fails",
            (unsigned long long)at, control);
    put_be32(result, good ? 0 : DMA_ERROR);
    memmap_dma_write(f->dev.dma, at, result, sizeof result);
}

static u64 dma_read(struct device *d, u64 offset, unsigned size)
{
    return ld_size(signature + offset, size);
}

static void dma_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct fw_cfg *f = (struct fw_cfg *)d;
    u32 word = __builtin_bswap32((u32)value);

    if (offset == 0) {
        f->dma_high = word;
        return;
    }
    u64 at = (u64)f->dma_high << 32 | word;
    f->dma_high = 0;
    run_dma(f, at);
}

/* ------------------------------------------------------------------------------------------- */

void fw_cfg_connect(struct device *d, void (*selected)(void *opaque, u16 key), void *opaque)
{
    struct fw_cfg *f = (struct fw_cfg *)d;

    f->selected = selected;
    f->opaque = opaque;
}

static int fw_cfg_init(struct device *d, struct ersatz_error *err)
{
    struct fw_cfg *f = (struct fw_cfg *)d;

    fw_cfg_add(d, FW_CFG_SIGNATURE, signature, 4);
    fw_cfg_add(d, FW_CFG_ID, id, sizeof id);
    fw_cfg_add(d, FW_CFG_FILE_DIR, f->dir, sizeof f->dir);
    return 0;
}

const struct device_class fw_cfg_class = {
    .name = "fw_cfg",
    .text = "firmware configuration",
    .size = sizeof(struct fw_cfg),
    .fields = fw_cfg_fields,
    .field_count = ARRAY_LEN(fw_cfg_fields),
    .regions =
        {
            [FW_CFG_IO] = {"fw_cfg", REGION_PORT, 2, 2, 0, io_read, io_write},
            [FW_CFG_DMA] = {"fw_cfg-dma", REGION_PORT, 8, 4, 4, dma_read, dma_write},
        },
    .init = fw_cfg_init,
    .reset = device_zero,
};
