/* SPDX-License-Identifier: MIT */
/* Guest memory from outside: by physical address, by linear address, and all of it hashed. */
#include "api/api.h"
#include "base/error.h"

#define PAGE 4096

/* Is there RAM or ROM at all of it (RAM alone for a write)? */
static bool is_memory(const struct memmap *mem, u64 addr, u64 len, bool write)
{
    while (len) {
        const struct mem_range *r = memmap_find(mem, addr);
        if (!r || r->read || r->write || !(write ? r->wr : r->rd))
            return false;
        u64 left = r->size - (addr - r->base);
        if (left >= len)
            return true;
        addr += left;
        len -= left;
    }
    return true;
}

static int no_memory(struct ersatz_error *error, const char *kind, u64 addr)
{
    return err_set(error, ERSATZ_E_ADDRESS, "no memory at %s address %llxh", kind,
                   (unsigned long long)addr);
}

int ersatz_read_phys(struct ersatz_machine *m, uint64_t addr, void *buf, size_t len,
                     struct ersatz_error *error)
{
    int result = api_enter_powered(m, error);

    if (result)
        return result;
    if (is_memory(&m->board.mem, addr, len, false))
        memmap_dma_read(&m->board.mem, addr, buf, len);
    else
        result = no_memory(error, "physical", addr);
    api_leave(m);
    return result;
}

int ersatz_write_phys(struct ersatz_machine *m, uint64_t addr, const void *buf, size_t len,
                      struct ersatz_error *error)
{
    int result = api_enter_powered(m, error);

    if (result)
        return result;
    if (is_memory(&m->board.mem, addr, len, true))
        memmap_dma_write(&m->board.mem, addr, buf, len);
    else
        result = no_memory(error, "physical", addr);
    api_leave(m);
    return result;
}

/* One of the two linear accesses: `to` receives, or `from` is written; both NULL: only checks. */
struct linear {
    u8 *to;
    const u8 *from;
    bool write;
};

static bool walk_linear(struct ersatz_machine *m, unsigned cpu, u64 addr, size_t len,
                        struct linear l)
{
    struct memmap *mem = &m->board.mem;

    for (size_t done = 0; done < len;) {
        size_t n = PAGE - (addr + done) % PAGE;
        physaddr phys;
        n = n < len - done ? n : len - done;
        if (!mmu_probe(&m->board.cpus[cpu]->mmu, addr + done, &phys))
            return false;
        phys &= mem->a20_mask;
        if (!is_memory(mem, phys, n, l.write))
            return false;
        if (l.to)
            memmap_dma_read(mem, phys, l.to + done, n);
        if (l.from)
            memmap_dma_write(mem, phys, l.from + done, n);
        done += n;
    }
    return true;
}

static int access_linear(struct ersatz_machine *m, unsigned cpu, u64 addr, size_t len,
                         struct linear l, struct ersatz_error *error)
{
    struct linear check = {.write = l.write};
    int result = api_enter_powered(m, error);

    if (result)
        return result;
    if (cpu >= m->board.cpu_count)
        result = err_set(error, ERSATZ_E_VALUE, "no CPU %u", cpu);
    else if (!walk_linear(m, cpu, addr, len, check))
        result = no_memory(error, "linear", addr);
    else
        walk_linear(m, cpu, addr, len, l);
    api_leave(m);
    return result;
}

int ersatz_read_linear(struct ersatz_machine *m, unsigned cpu, uint64_t addr, void *buf, size_t len,
                       struct ersatz_error *error)
{
    return access_linear(m, cpu, addr, len, (struct linear){.to = buf}, error);
}

int ersatz_write_linear(struct ersatz_machine *m, unsigned cpu, uint64_t addr, const void *buf,
                        size_t len, struct ersatz_error *error)
{
    return access_linear(m, cpu, addr, len, (struct linear){.from = buf, .write = true}, error);
}

int ersatz_ram_hash(struct ersatz_machine *m, uint64_t *hash, struct ersatz_error *error)
{
    int result = api_enter_powered(m, error);

    if (result)
        return result;
    *hash = machine_ram_hash(&m->board);
    api_leave(m);
    return 0;
}
