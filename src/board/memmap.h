/* SPDX-License-Identifier: MIT */
/*
 * The physical memory map: sorted, non-overlapping ranges of RAM, ROM or MMIO, looked up on
 * a TLB miss only. What lies in no range reads as all ones and swallows writes, as an
 * i440FX does.
 *
 * A RAM-like range has a host pointer for reads and one for writes. They differ where the
 * chipset says so (PAM: reads from ROM, writes to the RAM behind it); a NULL write pointer
 * drops writes (ROM), or hands them to the write function if there is one (flash), a NULL read
 * pointer reads all ones. Ranges are page-aligned unless
 * they are MMIO.
 */
#ifndef ERSATZ_BOARD_MEMMAP_H
#define ERSATZ_BOARD_MEMMAP_H

#include "base/types.h"

struct ersatz_error;
struct log;

/* `offset` counts from the range's base; size is 1, 2, 4 or 8 and never crosses a range. */
typedef u64 mmio_read_fn(void *opaque, u64 offset, unsigned size);
typedef void mmio_write_fn(void *opaque, u64 offset, u64 value, unsigned size);

struct mem_range {
    const char *name;
    physaddr base;
    u64 size;
    u8 *rd, *wr; /* RAM-like ranges; both NULL for MMIO */
    mmio_read_fn *read;
    mmio_write_fn *write;
    void *opaque;
    /* Index in memmap.pages of the range's first page; RAM-like writable ranges only. */
    u32 first_page;
};

/* Called after the map changed (BAR moved, PAM, SMRAM, A20): every cached translation goes, and
 * translated code, too, if some may have lain in what changed. */
typedef void memmap_changed_fn(void *opaque, bool code);

/*
 * What the CPUs keep of each page of writable RAM: which of its 32 pieces of 128 bytes hold
 * translated code. A page with any bit set never gets a fast write entry.
 */
struct page_info {
    u32 code;     /* bit n: bytes 128n .. 128n+127 hold code of some block */
    u64 *covered; /* where exactly: a bit for each byte of the page. Only while code != 0 */
    u8 writers;   /* enum page_writers */
    u8 patched;   /* the engine's: how often writes have hit code that had been translated */
    u64 writer;   /* the linear page, if PAGE_WRITER_ONE */
    void *blocks; /* the engine's list of blocks on this page: cpu/block.h */
};

/* Under which linear pages views hold fast write entries for a page, so that they can be taken
 * back when the page gains code. Whoever clears the last bit of `code` sets PAGE_WRITER_NONE:
 * no write entry exists while a bit is set. */
enum page_writers { PAGE_WRITER_NONE, PAGE_WRITER_ONE, PAGE_WRITER_MANY };

/* Called when a write (from a CPU's slow path or DMA) hits translated code. */
typedef void memmap_code_write_fn(void *opaque, physaddr addr, u64 len);

struct memmap {
    struct mem_range *ranges; /* sorted by base */
    unsigned count, capacity;
    struct page_info *pages; /* one for each page of writable RAM-like ranges */
    u32 page_count;
    physaddr a20_mask; /* ~0, or ~(1 << 20) while A20 is low */
    memmap_changed_fn *changed;
    memmap_code_write_fn *code_write;
    void *opaque; /* of the two callbacks */
    struct log *log;
};

void memmap_init(struct memmap *m, struct log *log);
void memmap_destroy(struct memmap *m);

/* Adds a range; an overlap with another one is refused (ERSATZ_E_CONFLICT). Copies *r. */
int memmap_add(struct memmap *m, const struct mem_range *r, struct ersatz_error *err);
/* Removes the range that begins at base; true if there was one. */
bool memmap_remove(struct memmap *m, physaddr base);
/* The range that holds addr (A20 already applied), or NULL. */
const struct mem_range *memmap_find(const struct memmap *m, physaddr addr);
void memmap_set_a20(struct memmap *m, bool enabled);

/* One access of 1, 2, 4 or 8 bytes, split at range ends; for the CPUs' slow paths. A20 is
 * applied here, and code_write called where it must be. */
u64 memmap_read(struct memmap *m, physaddr addr, unsigned size);
void memmap_write(struct memmap *m, physaddr addr, u64 value, unsigned size);

/* DMA and loaders: RAM and ROM only. Bytes that fall elsewhere read as FFh or are dropped,
 * logged as guest errors; returns how many were transferred. */
u64 memmap_dma_read(struct memmap *m, physaddr addr, void *buf, u64 len);
u64 memmap_dma_write(struct memmap *m, physaddr addr, const void *buf, u64 len);

/* The page_info of the writable RAM page at addr, or NULL. */
struct page_info *memmap_page(const struct memmap *m, physaddr addr);
/* Does translated code cover any of the bytes first..last of the page? Data beside code, which
 * is written again and again, is told apart from it here. */
bool page_has_code(const struct page_info *p, unsigned first, unsigned last);

#endif
