/* SPDX-License-Identifier: MIT */
#include "board/memmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "base/log.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE (1u << PAGE_SHIFT)
#define PIECE_SHIFT 7 /* struct page_info has a bit for each 128 bytes */

void memmap_init(struct memmap *m, struct log *log)
{
    *m = (struct memmap){.a20_mask = ~0ull, .log = log};
}

void memmap_destroy(struct memmap *m)
{
    free(m->ranges);
    free(m->pages);
    m->ranges = NULL;
    m->pages = NULL;
    m->count = m->capacity = m->page_count = 0;
}

/* Flash that is read as memory, though its writes are commands, is not. */
static bool is_mmio(const struct mem_range *r)
{
    return !r->rd && (r->read || r->write);
}

static u64 range_pages(const struct mem_range *r)
{
    return r->wr ? r->size >> PAGE_SHIFT : 0;
}

static void changed(struct memmap *m, bool code)
{
    if (m->changed)
        m->changed(m->opaque, code);
}

/* May translated code lie in r? Nobody keeps account of ROM's. */
static bool may_hold_code(const struct memmap *m, const struct mem_range *r)
{
    u64 n = range_pages(r);
    bool found = r->rd && !r->wr;

    for (u64 i = 0; i < n && !found; i++)
        found = m->pages[r->first_page + i].code != 0;
    return found;
}

/* Index of the first range that ends above addr. */
static unsigned search(const struct memmap *m, physaddr addr)
{
    unsigned lo = 0, hi = m->count;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (m->ranges[mid].base + (m->ranges[mid].size - 1) < addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The lowest place in pages[] with `n` entries that no range uses: ranges that come and go
 * (the PAM registers switch them) reuse theirs. */
static u64 free_pages(const struct memmap *m, u64 n)
{
    u64 first = 0;

    for (unsigned i = 0; i < m->count; i++) {
        const struct mem_range *r = &m->ranges[i];
        u64 used = range_pages(r);
        if (used && first < r->first_page + used && r->first_page < first + n) {
            first = r->first_page + used;
            i = (unsigned)-1; /* begin again: ranges are not sorted by first_page */
        }
    }
    return first;
}

static int alloc_pages(struct memmap *m, struct mem_range *r, struct ersatz_error *err)
{
    u64 n = range_pages(r), first = free_pages(m, n);

    if (first + n > UINT32_MAX)
        return err_set(err, ERSATZ_E_VALUE, "%s: too much memory", r->name);
    if (first + n > m->page_count) {
        struct page_info *p = realloc(m->pages, (first + n) * sizeof *p);
        if (!p)
            return err_set(err, ERSATZ_E_NOMEM, "%s: no memory for its page table", r->name);
        m->pages = p;
        m->page_count = (u32)(first + n);
    }
    if (n)
        memset(&m->pages[first], 0, n * sizeof *m->pages);
    r->first_page = (u32)first;
    return 0;
}

static int check_range(const struct memmap *m, const struct mem_range *r, unsigned i,
                       struct ersatz_error *err)
{
    if (r->size == 0 || r->size - 1 > UINT64_MAX - r->base)
        return err_set(err, ERSATZ_E_VALUE, "%s: not a range of addresses", r->name);
    if (!is_mmio(r) && (r->base | r->size) % PAGE_SIZE)
        return err_set(err, ERSATZ_E_VALUE, "%s: not page-aligned", r->name);
    if (i < m->count && m->ranges[i].base <= r->base + (r->size - 1))
        return err_set(err, ERSATZ_E_CONFLICT, "%s at %llxh overlaps %s", r->name,
                       (unsigned long long)r->base, m->ranges[i].name);
    return 0;
}

int memmap_add(struct memmap *m, const struct mem_range *r, struct ersatz_error *err)
{
    unsigned i = search(m, r->base);
    struct mem_range added = *r;
    int error = check_range(m, r, i, err);

    if (error)
        return error;
    if (m->count == m->capacity) {
        unsigned capacity = m->capacity ? 2 * m->capacity : 16;
        struct mem_range *p = realloc(m->ranges, capacity * sizeof *p);
        if (!p)
            return err_set(err, ERSATZ_E_NOMEM, "%s: no memory for the map", r->name);
        m->ranges = p;
        m->capacity = capacity;
    }
    error = alloc_pages(m, &added, err);
    if (error)
        return error;
    memmove(&m->ranges[i + 1], &m->ranges[i], (m->count - i) * sizeof *m->ranges);
    m->ranges[i] = added;
    m->count++;
    changed(m, false); /* where nobody was, there was no code */
    return 0;
}

bool memmap_remove(struct memmap *m, physaddr base)
{
    unsigned i = search(m, base);

    if (i == m->count || m->ranges[i].base != base)
        return false;
    bool code = may_hold_code(m, &m->ranges[i]);
    m->count--;
    memmove(&m->ranges[i], &m->ranges[i + 1], (m->count - i) * sizeof *m->ranges);
    changed(m, code);
    return true;
}

const struct mem_range *memmap_find(const struct memmap *m, physaddr addr)
{
    unsigned i = search(m, addr);

    return i < m->count && m->ranges[i].base <= addr ? &m->ranges[i] : NULL;
}

void memmap_set_a20(struct memmap *m, bool enabled)
{
    physaddr mask = enabled ? ~0ull : ~BIT(20);

    if (mask != m->a20_mask) {
        m->a20_mask = mask;
        changed(m, true);
    }
}

struct page_info *memmap_page(const struct memmap *m, physaddr addr)
{
    const struct mem_range *r = memmap_find(m, addr);

    return r && r->wr ? &m->pages[r->first_page + ((addr - r->base) >> PAGE_SHIFT)] : NULL;
}

bool page_has_code(const struct page_info *p, unsigned first, unsigned last)
{
    unsigned from = first >> PIECE_SHIFT, to = last >> PIECE_SHIFT;
    u64 hit = 0;

    if (!(p->code & (MASK(to - from + 1) << from)))
        return false;
    if (first / 64 == last / 64)
        return p->covered[first / 64] & (MASK(last - first + 1) << first % 64);
    for (unsigned i = first / 64; i <= last / 64; i++) {
        u64 bits = p->covered[i];
        if (i == first / 64)
            bits &= ~0ull << first % 64;
        if (i == last / 64)
            bits &= MASK(last % 64 + 1);
        hit |= bits;
    }
    return hit;
}

/* Tells the owner of translated code about a write that hits some of it. */
static void note_write(struct memmap *m, const struct mem_range *r, physaddr addr, u64 len)
{
    while (len && m->code_write) {
        u64 off = addr % PAGE_SIZE;
        u64 n = len < PAGE_SIZE - off ? len : PAGE_SIZE - off;
        if (page_has_code(&m->pages[r->first_page + ((addr - r->base) >> PAGE_SHIFT)],
                          (unsigned)off, (unsigned)(off + n - 1)))
            m->code_write(m->opaque, addr, n);
        addr += n;
        len -= n;
    }
}

static u64 read_within(const struct mem_range *r, u64 offset, unsigned size)
{
    if (r->read)
        return zext(r->read(r->opaque, offset, size), size);
    return r->rd ? ld_size(r->rd + offset, size) : MASK(8 * size);
}

static void write_within(struct memmap *m, const struct mem_range *r, u64 offset, u64 value,
                         unsigned size)
{
    if (r->write) {
        r->write(r->opaque, offset, value, size);
    } else if (r->wr) {
        note_write(m, r, r->base + offset, size);
        st_size(r->wr + offset, value, size);
    }
}

/* Does all of an access fall into r? Without A20 it must not cross a megabyte either. */
static bool holds(const struct memmap *m, const struct mem_range *r, physaddr addr, unsigned size)
{
    return addr - r->base + size <= r->size && ((addr + size - 1) & ~m->a20_mask) == 0;
}

u64 memmap_read(struct memmap *m, physaddr addr, unsigned size)
{
    addr &= m->a20_mask;
    const struct mem_range *r = memmap_find(m, addr);
    u64 v = 0;

    if (r && holds(m, r, addr, size))
        return read_within(r, addr - r->base, size);
    for (unsigned i = 0; i < size; i++) {
        physaddr a = (addr + i) & m->a20_mask;
        r = memmap_find(m, a);
        v |= (r ? read_within(r, a - r->base, 1) : 0xFF) << 8 * i;
    }
    if (!r)
        LOG(m->log, UNIMP, "memory read of %u bytes at %09llx: nothing there", size,
            (unsigned long long)addr);
    return v;
}

void memmap_write(struct memmap *m, physaddr addr, u64 value, unsigned size)
{
    addr &= m->a20_mask;
    const struct mem_range *r = memmap_find(m, addr);

    if (r && holds(m, r, addr, size)) {
        write_within(m, r, addr - r->base, zext(value, size), size);
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        physaddr a = (addr + i) & m->a20_mask;
        r = memmap_find(m, a);
        if (r)
            write_within(m, r, a - r->base, value >> 8 * i & 0xFF, 1);
    }
    if (!r)
        LOG(m->log, UNIMP, "memory write of %u bytes at %09llx: nothing there", size,
            (unsigned long long)addr);
}

/* One step of a transfer: the range at addr and how many of len bytes lie within it, or up to
 * where the next one begins. */
static const struct mem_range *dma_step(const struct memmap *m, physaddr addr, u64 len, u64 *n)
{
    unsigned i = search(m, addr);
    const struct mem_range *r = i < m->count ? &m->ranges[i] : NULL;
    u64 limit = UINT64_MAX - addr; /* one byte short of the end of the address space is enough */

    if (r && r->base <= addr)
        limit = r->size - (addr - r->base);
    else if (r)
        limit = r->base - addr;
    *n = len < limit ? len : limit;
    return r && r->base <= addr && !is_mmio(r) ? r : NULL;
}

static void dma_missed(struct memmap *m, const char *what, physaddr addr, u64 n)
{
    LOG(m->log, GUEST_ERROR, "DMA %s of %llu bytes at %09llx: no memory there", what,
        (unsigned long long)n, (unsigned long long)addr);
}

u64 memmap_dma_read(struct memmap *m, physaddr addr, void *buf, u64 len)
{
    u64 done = 0, n;

    for (u8 *p = buf; len; p += n, addr += n, len -= n) {
        const struct mem_range *r = dma_step(m, addr, len, &n);
        if (n == 0)
            n = len; /* at the very end of the address space */
        if (r && r->rd) {
            memcpy(p, r->rd + (addr - r->base), n);
            done += n;
        } else {
            memset(p, 0xFF, n);
            dma_missed(m, "read", addr, n);
        }
    }
    return done;
}

u64 memmap_dma_write(struct memmap *m, physaddr addr, const void *buf, u64 len)
{
    u64 done = 0, n;

    for (const u8 *p = buf; len; p += n, addr += n, len -= n) {
        const struct mem_range *r = dma_step(m, addr, len, &n);
        if (n == 0)
            n = len;
        if (r && r->wr) {
            note_write(m, r, addr, n);
            memcpy(r->wr + (addr - r->base), p, n);
            done += n;
        } else {
            dma_missed(m, "write", addr, n);
        }
    }
    return done;
}
