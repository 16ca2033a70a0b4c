/* SPDX-License-Identifier: MIT */
/* fw_cfg by its ports 510h and 511h, and by DMA (514h) where large items are to be had. */
#include "fwcfg.h"

#include "post.h"

enum { SELECTOR = 0x510, DATA = 0x511, DMA_HIGH = 0x514, DMA_LOW = 0x518 };
enum { ID_PORTS = 1 << 0, ID_DMA = 1 << 1 };

/* DMA control, big-endian like all of the structure. */
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };
struct dma_access {
    u32 control, length;
    u32 addr_high, addr_low;
};

static u8 features;

static u32 swap32(u32 v)
{
    return __builtin_bswap32(v);
}

void fw_cfg_select(u16 key)
{
    outw(SELECTOR, key);
}

void fw_cfg_bytes(void *dst, u32 n)
{
    for (u8 *p = dst; n; n--)
        *p++ = inb(DATA);
}

void fw_cfg_skip(u32 n)
{
    while (n--)
        inb(DATA);
}

u32 fw_cfg_read32(u16 key)
{
    u32 v = 0;

    if (fw_cfg_present()) {
        fw_cfg_select(key);
        fw_cfg_bytes(&v, sizeof v);
    }
    return v;
}

void fw_cfg_init(void)
{
    char signature[4];

    fw_cfg_select(FW_SIGNATURE);
    fw_cfg_bytes(signature, sizeof signature);
    features = 0;
    if (!memcmp(signature, "QEMU", 4)) {
        features = ID_PORTS;
        features = (u8)fw_cfg_read32(FW_ID);
    }
}

bool fw_cfg_present(void)
{
    return features & ID_PORTS;
}

/* A directory's entry; FW_DIRECTORY is selected and all before it read. */
static void next_entry(struct fw_file *file)
{
    struct {
        u32 size;
        u16 key, reserved;
        char name[FW_NAME_SIZE];
    } e;

    fw_cfg_bytes(&e, sizeof e);
    file->key = __builtin_bswap16(e.key);
    file->size = swap32(e.size);
    memcpy(file->name, e.name, sizeof e.name);
    file->name[FW_NAME_SIZE - 1] = 0;
}

static u32 file_count(void)
{
    return swap32(fw_cfg_read32(FW_DIRECTORY));
}

bool fw_cfg_find(const char *name, struct fw_file *file)
{
    for (u32 n = file_count(); n; n--) {
        next_entry(file);
        if (!strcmp(file->name, name))
            return true;
    }
    return false;
}

bool fw_cfg_file(u32 n, struct fw_file *file)
{
    if (n >= file_count())
        return false;
    fw_cfg_skip(n * 64);
    next_entry(file);
    return true;
}

u32 fw_cfg_read(const struct fw_file *file, void *dst, u32 n)
{
    u32 take = n < file->size ? n : file->size;

    fw_cfg_select(file->key);
    fw_cfg_bytes(dst, take);
    return take;
}

u32 fw_cfg_number(const char *name, u32 otherwise)
{
    struct fw_file file;
    u32 v = 0;

    if (!fw_cfg_find(name, &file) || file.size > 8)
        return otherwise;
    fw_cfg_read(&file, &v, sizeof v);
    return v;
}

/* The operation is done when the low half of the structure's address is written. */
static bool dma(u32 control, u32 length, u32 addr)
{
    volatile struct dma_access a = {swap32(control), swap32(length), 0, swap32(addr)};

    if (!(features & ID_DMA))
        return false;
    outl(DMA_HIGH, 0);
    outl(DMA_LOW, swap32(phys_of((const void *)&a)));
    while (a.control & ~swap32(DMA_ERROR))
        ;
    return !a.control;
}

void fw_cfg_load(u16 key, u32 addr, u32 n)
{
    u8 buf[256];

    if (!n || dma((u32)key << 16 | DMA_SELECT | DMA_READ, n, addr))
        return;
    fw_cfg_select(key);
    for (u32 done = 0; done < n; done += sizeof buf) {
        u32 part = n - done < sizeof buf ? n - done : sizeof buf;
        fw_cfg_bytes(buf, part);
        phys_write(addr + done, buf, part);
    }
}

bool fw_cfg_write(u16 key, u32 offset, const void *src, u32 n)
{
    return dma((u32)key << 16 | DMA_SELECT | DMA_SKIP, offset, 0) &&
           dma(DMA_WRITE, n, phys_of(src));
}
