/* SPDX-License-Identifier: MIT */
/*
 * Multiboot 1 (Multiboot Specification 0.6.96): the header in the first 8 KiB says either where
 * the image goes (the "a.out kludge") or that it is an ELF32; the kernel is entered in flat
 * protected mode with EAX = 2BADB002h and EBX = the information structure.
 *
 *     below 640 KiB, where the kernel isn't:  GDT, information, memory map, strings
 *     kernel where its header says; modules on pages of their own above it
 */
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "board/machine.h"

#define HEADER_MAGIC 0x1BADB002u
#define LOADER_MAGIC 0x2BADB002u
#define SEARCH_MAX 8192

enum { MB_PAGE_ALIGN = 1 << 0, MB_MEMORY_INFO = 1 << 1, MB_VIDEO = 1 << 2, MB_KLUDGE = 1 << 16 };
#define MB_REQUIRED_KNOWN (MB_PAGE_ALIGN | MB_MEMORY_INFO | MB_VIDEO)

/* Offsets in the header */
enum {
    MBH_FLAGS = 4,
    MBH_CHECKSUM = 8,
    MBH_HEADER_ADDR = 12,
    MBH_LOAD_ADDR = 16,
    MBH_LOAD_END = 20,
    MBH_BSS_END = 24,
    MBH_ENTRY = 28,
    MBH_KLUDGE_SIZE = 32
};

/* Offsets in the information structure, and its flags */
enum {
    MBI_FLAGS = 0,
    MBI_MEM_LOWER = 4,
    MBI_MEM_UPPER = 8,
    MBI_CMDLINE = 16,
    MBI_MODS_COUNT = 20,
    MBI_MODS_ADDR = 24,
    MBI_MMAP_LENGTH = 44,
    MBI_MMAP_ADDR = 48,
    MBI_LOADER_NAME = 64,
    MBI_SIZE = 116
};
enum {
    MBI_HAS_MEM = 1 << 0,
    MBI_HAS_CMDLINE = 1 << 2,
    MBI_HAS_MODS = 1 << 3,
    MBI_HAS_MMAP = 1 << 6,
    MBI_HAS_LOADER_NAME = 1 << 9
};

/* ELF32 (System V ABI, chapter 4) */
enum {
    EH_TYPE = 16,
    EH_MACHINE = 18,
    EH_ENTRY = 24,
    EH_PHOFF = 28,
    EH_PHENTSIZE = 42,
    EH_PHNUM = 44,
    EH_SIZE = 52,
    EM_386 = 3
};
enum {
    PH_TYPE = 0,
    PH_OFFSET = 4,
    PH_VADDR = 8,
    PH_PADDR = 12,
    PH_FILESZ = 16,
    PH_MEMSZ = 20,
    PH_SIZE = 32,
    PT_LOAD = 1
};

/* What the loader keeps between its steps. */
struct load {
    const struct blob *kernel;
    const u8 *header;
    u64 header_offset;
    u64 entry;
    u64 low_end;  /* the kernel's parts below 640 KiB end here */
    u64 high_end; /* and those above 1 MiB here; modules follow */
};

/* All that goes below 640 KiB beside the kernel, in one block. */
#define INFO_BLOCK_SIZE 0x8000
enum { INFO_GDT = 0, INFO_MBI = 0x100, INFO_MMAP = 0x200, INFO_MODS = 0x600, INFO_TEXT = 0xA00 };
#define MMAP_ENTRY 24
#define MODULE_ENTRY 16

static const u8 *find_header(const struct blob *k)
{
    u64 end = k->size < SEARCH_MAX ? k->size : SEARCH_MAX;

    for (u64 at = 0; at + 12 <= end; at += 4) {
        const u8 *p = k->data + at;
        if (ld32(p) == HEADER_MAGIC && ld32(p) + ld32(p + MBH_FLAGS) + ld32(p + MBH_CHECKSUM) == 0)
            return p;
    }
    return NULL;
}

bool multiboot_probe(const struct blob *kernel)
{
    return find_header(kernel) != NULL;
}

/* Notes where a part of the kernel lies, loads its bytes and zeroes the rest. */
static int load_part(struct machine *m, struct load *l, u64 addr, struct blob part, u64 memory,
                     struct ersatz_error *err)
{
    u64 size = memory > part.size ? memory : part.size;

    if (!boot_fits(m, addr, size))
        return err_set(err, ERSATZ_E_SIZE,
                       "%s: %llu bytes at %llxh do not fit into %llu MiB of memory",
                       l->kernel->name, (unsigned long long)size, (unsigned long long)addr,
                       (unsigned long long)(m->ram.size >> 20));
    int error = boot_place(m, "kernel", addr, part.data, part.size, err);
    memset(m->ram.host + addr + part.size, 0, size - part.size);
    u64 *end = addr < VIDEO_BASE ? &l->low_end : &l->high_end;
    if (*end < addr + size)
        *end = addr + size;
    return error;
}

static int load_kludge(struct machine *m, struct load *l, struct ersatz_error *err)
{
    const struct blob *k = l->kernel;

    if (l->header_offset + MBH_KLUDGE_SIZE > k->size)
        return err_set(err, ERSATZ_E_SIZE, "%s: torn: its multiboot header is cut off", k->name);
    u64 header_addr = ld32(l->header + MBH_HEADER_ADDR), load = ld32(l->header + MBH_LOAD_ADDR);
    u64 load_end = ld32(l->header + MBH_LOAD_END), bss_end = ld32(l->header + MBH_BSS_END);
    if (load > header_addr || header_addr - load > l->header_offset ||
        (load_end && load_end < load) || (bss_end && bss_end < (load_end ? load_end : load)))
        return err_set(err, ERSATZ_E_FORMAT,
                       "%s: the addresses in its multiboot header "
                       "contradict each other",
                       k->name);
    u64 offset = l->header_offset - (header_addr - load);
    u64 size = load_end ? load_end - load : k->size - offset;
    if (size > k->size - offset)
        return err_set(err, ERSATZ_E_SIZE, "%s: torn: it has %llu bytes of %llu", k->name,
                       (unsigned long long)(k->size - offset), (unsigned long long)size);
    l->entry = ld32(l->header + MBH_ENTRY);
    struct blob part = {.data = k->data + offset, .size = size};
    return load_part(m, l, load, part, bss_end ? bss_end - load : 0, err);
}

static int load_segment(struct machine *m, struct load *l, const u8 *ph, u64 *entry,
                        struct ersatz_error *err)
{
    const struct blob *k = l->kernel;
    u64 offset = ld32(ph + PH_OFFSET), size = ld32(ph + PH_FILESZ), memory = ld32(ph + PH_MEMSZ);
    u64 vaddr = ld32(ph + PH_VADDR), paddr = ld32(ph + PH_PADDR);

    if (ld32(ph + PH_TYPE) != PT_LOAD || memory == 0)
        return 0;
    if (offset > k->size || size > k->size - offset || size > memory)
        return err_set(err, ERSATZ_E_SIZE,
                       "%s: torn: a segment of %llu bytes at %llu goes beyond "
                       "its %llu bytes",
                       k->name, (unsigned long long)size, (unsigned long long)offset,
                       (unsigned long long)k->size);
    u64 virtual_entry = ld32(k->data + EH_ENTRY);
    if (virtual_entry >= vaddr && virtual_entry - vaddr < memory)
        *entry = paddr + (virtual_entry - vaddr); /* kernels linked high, entered low */
    struct blob part = {.data = k->data + offset, .size = size};
    return load_part(m, l, paddr, part, memory, err);
}

static int load_elf(struct machine *m, struct load *l, struct ersatz_error *err)
{
    const struct blob *k = l->kernel;
    const u8 *p = k->data;
    static const u8 ident[] = {0x7F, 'E', 'L', 'F', 1, 1}; /* 32-bit, little-endian */

    if (k->size < EH_SIZE || memcmp(p, ident, sizeof ident) || ld16(p + EH_MACHINE) != EM_386)
        return err_set(err, ERSATZ_E_FORMAT,
                       "%s: a multiboot image that is neither an ELF32 for "
                       "x86 nor tells its addresses",
                       k->name);
    u64 at = ld32(p + EH_PHOFF), each = ld16(p + EH_PHENTSIZE), count = ld16(p + EH_PHNUM);
    if (each < PH_SIZE || at > k->size || count * each > k->size - at)
        return err_set(err, ERSATZ_E_SIZE, "%s: torn: its program headers are not there", k->name);
    l->entry = ld32(p + EH_ENTRY);
    u64 entry = l->entry;
    int error = 0;
    for (u64 i = 0; i < count && !error; i++)
        error = load_segment(m, l, p + at + i * each, &entry, err);
    l->entry = entry;
    if (!error && !l->low_end && !l->high_end)
        error = err_set(err, ERSATZ_E_FORMAT, "%s: nothing in it is to be loaded", k->name);
    return error;
}

/* A string at the end of the information block; its address in the guest, 0 if it's full. */
static u32 add_text(u8 *block, u64 base, u64 *used, const char *text)
{
    u64 size = strlen(text) + 1, at = *used;

    if (size > INFO_BLOCK_SIZE - at)
        return 0;
    memcpy(block + at, text, size);
    *used = at + size;
    return (u32)(base + at);
}

/* The kernel's command line begins with its own name, as GRUB and QEMU have it: kernels skip a
 * word. 0 if there is no room. */
static u32 add_command_line(const struct machine *m, u8 *block, u64 base, u64 *used)
{
    u32 at = add_text(block, base, used, m->boot.kernel.name);

    if (!at || !*m->boot.append)
        return at;
    block[*used - 1] = ' ';
    return add_text(block, base, used, m->boot.append) ? at : 0;
}

static int load_modules(struct machine *m, struct load *l, u8 *block, u64 base, u64 *used,
                        struct ersatz_error *err)
{
    u64 at = l->high_end > HIGH_BASE ? l->high_end : HIGH_BASE;

    for (unsigned i = 0; i < m->boot.modules; i++) {
        const struct blob *b = &m->boot.module[i];
        u8 *entry = block + INFO_MODS + MODULE_ENTRY * i;
        at = align_up(at, 4096);
        int error = boot_place(m, b->name, at, b->data, b->size, err);
        if (error)
            return error;
        st32(entry, (u32)at);
        st32(entry + 4, (u32)(at + b->size));
        u32 text = add_text(block, base, used, m->boot.module_args[i]);
        if (!text)
            return err_set(err, ERSATZ_E_SIZE, "the modules' command lines are too long");
        st32(entry + 8, text);
        at += b->size;
    }
    return 0;
}

static u32 fill_memory_map(const struct machine *m, u8 *p)
{
    struct e820_entry map[E820_MAX];
    unsigned n = e820_map(m, map);

    for (unsigned i = 0; i < n; i++, p += MMAP_ENTRY) {
        st32(p, MMAP_ENTRY - 4); /* the size doesn't count itself */
        st64(p + 4, map[i].base);
        st64(p + 12, map[i].size);
        st32(p + 20, map[i].type);
    }
    return n * MMAP_ENTRY;
}

static int fill_info(struct machine *m, struct load *l, u8 *block, u64 base,
                     struct ersatz_error *err)
{
    u8 *info = block + INFO_MBI;
    u64 used = INFO_TEXT;

    int error = load_modules(m, l, block, base, &used, err);
    if (error)
        return error;
    u32 name = add_text(block, base, &used, "Ersatz");
    u32 append = add_command_line(m, block, base, &used);
    if (!name || !append)
        return err_set(err, ERSATZ_E_SIZE, "the kernel's command line is too long");
    st32(info + MBI_FLAGS,
         MBI_HAS_MEM | MBI_HAS_CMDLINE | MBI_HAS_MODS | MBI_HAS_MMAP | MBI_HAS_LOADER_NAME);
    st32(info + MBI_MEM_LOWER, 639);
    st32(info + MBI_MEM_UPPER, (u32)((m->low_ram - HIGH_BASE) >> 10));
    st32(info + MBI_CMDLINE, append);
    st32(info + MBI_MODS_COUNT, m->boot.modules);
    st32(info + MBI_MODS_ADDR, (u32)(base + INFO_MODS));
    st32(info + MBI_MMAP_LENGTH, fill_memory_map(m, block + INFO_MMAP));
    st32(info + MBI_MMAP_ADDR, (u32)(base + INFO_MMAP));
    st32(info + MBI_LOADER_NAME, name);
    return 0;
}

static int load_kernel(struct machine *m, struct load *l, struct ersatz_error *err)
{
    u32 flags;

    l->header = find_header(l->kernel);
    if (!l->header)
        return err_set(err, ERSATZ_E_FORMAT, "%s: no multiboot header", l->kernel->name);
    l->header_offset = (u64)(l->header - l->kernel->data);
    flags = ld32(l->header + MBH_FLAGS);
    if (flags & 0xFFFF & ~(u32)MB_REQUIRED_KNOWN)
        return err_set(err, ERSATZ_E_UNSUPPORTED, "%s: needs multiboot features %xh",
                       l->kernel->name, flags & 0xFFFF & ~(u32)MB_REQUIRED_KNOWN);
    if (flags & MB_VIDEO)
        LOG(&m->log, BOOT, "%s wants a video mode: it gets text", l->kernel->name);
    return flags & MB_KLUDGE ? load_kludge(m, l, err) : load_elf(m, l, err);
}

int multiboot_start(struct machine *m, struct ersatz_error *err)
{
    struct load l = {.kernel = &m->boot.kernel};
    u8 block[INFO_BLOCK_SIZE] = {0};
    struct cpu *c = m->cpus[0];

    int error = load_kernel(m, &l, err);
    if (error)
        return error;
    u64 base = align_up(l.low_end > 0x1000 ? l.low_end : 0x1000, 4096);
    if (base + INFO_BLOCK_SIZE > EBDA_BASE)
        return err_set(err, ERSATZ_E_SIZE,
                       "%s leaves no room below 640 KiB for the boot "
                       "information",
                       l.kernel->name);
    error = fill_info(m, &l, block, base, err);
    if (!error)
        error = boot_place(m, "boot information", base, block, sizeof block, err);
    struct flat_mode mode = {.gdt = base + INFO_GDT};
    if (!error)
        error = boot_enter(m, &mode, l.entry, err);
    if (error)
        return error;
    c->gpr[RAX] = LOADER_MAGIC;
    c->gpr[RBX] = base + INFO_MBI;
    LOG(&m->log, BOOT, "multiboot: enters at %llxh, information at %llxh",
        (unsigned long long)c->rip, (unsigned long long)(base + INFO_MBI));
    return 0;
}
