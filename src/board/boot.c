/* SPDX-License-Identifier: MIT */
/* What all direct boots share: files, the memory map, the CPU's first mode. */
#include "board/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/error.h"
#include "board/machine.h"

#define FILE_MAX (4ull << 30)

int blob_read(struct blob *b, const char *path, struct ersatz_error *err)
{
    struct stat st;
    int error = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st)) {
        error = err_set(err, ERSATZ_E_OPEN, "%s: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        error = err_set(err, ERSATZ_E_OPEN, "%s: not a regular file", path);
        goto out;
    }
    if (st.st_size == 0 || (u64)st.st_size > FILE_MAX) {
        error = err_set(err, ERSATZ_E_SIZE, "%s: %s", path, st.st_size ? "too large" : "empty");
        goto out;
    }
    u8 *data = malloc((size_t)st.st_size);
    if (!data) {
        error = err_set(err, ERSATZ_E_NOMEM, "%s: no memory to read it", path);
        goto out;
    }
    for (u64 at = 0; at < (u64)st.st_size;) {
        ssize_t n = read(fd, data + at, (size_t)st.st_size - at);
        if (n <= 0) {
            error = err_set(err, ERSATZ_E_OPEN, "%s: %s", path,
                            n ? strerror(errno) : "shorter than it said");
            free(data);
            goto out;
        }
        at += (u64)n;
    }
    b->data = data;
    b->size = (u64)st.st_size;
out:
    if (fd >= 0)
        close(fd);
    return error;
}

/* Opens one module, "FILE ARGS". Its command line, as multiboot has it, is both. */
static int open_module(struct boot *b, char *text, struct ersatz_error *err)
{
    unsigned n = b->modules;

    if (n == BOOT_MAX_MODULES)
        return err_set(err, ERSATZ_E_VALUE, "more than %u modules", BOOT_MAX_MODULES);
    b->module_args[n] = text;
    size_t len = strcspn(text, " ");
    char *path = strndup(text, len);
    if (!path)
        return err_set(err, ERSATZ_E_NOMEM, "no memory for a module's name");
    int error = blob_read(&b->module[n], path, err);
    free(path);
    b->module[n].name = text;
    b->modules += !error;
    return error;
}

static int open_modules(struct boot *b, char *list, struct ersatz_error *err)
{
    int error = 0;

    while (list && *list && !error) {
        char *comma = strchr(list, ',');
        if (comma)
            *comma = 0;
        error = open_module(b, list, err);
        list = comma ? comma + 1 : NULL;
    }
    return error;
}

/* All strings of the boot live in one block: kernel, append, initrd. */
static int keep_strings(struct boot *b, const char *kernel, const char *initrd, const char *append,
                        struct ersatz_error *err)
{
    size_t k = strlen(kernel) + 1, i = strlen(initrd) + 1, a = strlen(append) + 1;

    b->names = malloc(k + i + a);
    if (!b->names)
        return err_set(err, ERSATZ_E_NOMEM, "no memory for the kernel's command line");
    memcpy(b->names, kernel, k);
    memcpy(b->names + k, initrd, i);
    memcpy(b->names + k + i, append, a);
    b->kernel.name = b->names;
    b->append = b->names + k + i;
    return 0;
}

int boot_open(struct boot *b, const char *kernel, const char *initrd, const char *append,
              struct ersatz_error *err)
{
    *b = (struct boot){0};
    kernel = kernel ? kernel : "";
    initrd = initrd ? initrd : "";
    append = append ? append : "";
    if (!*kernel && (*initrd || *append))
        return err_set(err, ERSATZ_E_CONFLICT, "an initrd or a command line needs a kernel");
    if (!*kernel)
        return 0;
    int error = keep_strings(b, kernel, initrd, append, err);
    if (!error)
        error = blob_read(&b->kernel, kernel, err);
    if (error)
        goto fail;
    char *modules = b->names + strlen(kernel) + 1;
    if (linux_probe(&b->kernel)) {
        b->kind = BOOT_LINUX;
        if (*modules) {
            b->module[0].name = modules;
            error = blob_read(&b->module[0], modules, err);
            b->modules = !error;
        }
    } else if (multiboot_probe(&b->kernel)) {
        b->kind = BOOT_MULTIBOOT;
        error = open_modules(b, modules, err);
    } else {
        error = err_set(err, ERSATZ_E_FORMAT,
                        "%s: neither a Linux kernel (bzImage) nor a multiboot image", kernel);
    }
    if (!error)
        return 0;
fail:
    boot_close(b);
    return error;
}

void boot_close(struct boot *b)
{
    free(b->kernel.data);
    for (unsigned i = 0; i < BOOT_MAX_MODULES; i++)
        free(b->module[i].data);
    free(b->names);
    *b = (struct boot){0};
}

int boot_start(struct machine *m, struct ersatz_error *err)
{
    switch (m->boot.kind) {
    case BOOT_LINUX: return linux_start(m, err);
    case BOOT_MULTIBOOT: return multiboot_start(m, err);
    case BOOT_NONE: break;
    }
    return err_set(err, ERSATZ_E_CONFLICT,
                   "nothing to start: a kernel (-kernel) or a BIOS (-bios) must be given");
}

/* ---- memory ---- */

#define BIOS_TABLES_BASE 0xE0000u
#define FLASH_BASE 0xFFFC0000u

unsigned e820_map(const struct machine *m, struct e820_entry map[E820_MAX])
{
    unsigned n = 0;

    map[n++] = (struct e820_entry){0, EBDA_BASE, E820_RAM};
    map[n++] = (struct e820_entry){EBDA_BASE, VIDEO_BASE - EBDA_BASE, E820_RESERVED};
    map[n++] = (struct e820_entry){BIOS_TABLES_BASE, HIGH_BASE - BIOS_TABLES_BASE, E820_RESERVED};
    map[n++] = (struct e820_entry){HIGH_BASE, m->low_ram - HIGH_BASE, E820_RAM};
    map[n++] = (struct e820_entry){FLASH_BASE, HIGH_RAM_BASE - FLASH_BASE, E820_RESERVED};
    if (m->ram.size > m->low_ram)
        map[n++] = (struct e820_entry){HIGH_RAM_BASE, m->ram.size - m->low_ram, E820_RAM};
    return n;
}

bool boot_fits(const struct machine *m, u64 addr, u64 size)
{
    if (addr < VIDEO_BASE)
        return size <= VIDEO_BASE - addr;
    return addr >= HIGH_BASE && addr <= m->low_ram && size <= m->low_ram - addr;
}

int boot_place(struct machine *m, const char *what, u64 addr, const void *data, u64 size,
               struct ersatz_error *err)
{
    if (!boot_fits(m, addr, size))
        return err_set(err, ERSATZ_E_SIZE,
                       "%s: %s: %llu bytes at %llxh do not fit into %llu MiB of memory",
                       m->boot.kernel.name, what, (unsigned long long)size,
                       (unsigned long long)addr, (unsigned long long)(m->ram.size >> 20));
    memmap_dma_write(&m->mem, addr, data, size);
    LOG(&m->log, BOOT, "%s: %llu bytes at %llxh", what, (unsigned long long)size,
        (unsigned long long)addr);
    return 0;
}

/* ---- the CPU's first mode ---- */

enum { GDT_CODE = 2, GDT_DATA = 3, GDT_ENTRIES }; /* where Linux's protocol wants them */

/* A descriptor of 4 GiB from 0 (SDM vol. 3, 3.4.5); attr as in struct seg. */
static u64 flat_descriptor(u32 attr)
{
    return 0x000F00000000FFFFull | (u64)(attr & 0xFF) << 40 | (u64)(attr >> 12 & 15) << 52;
}

static struct seg flat_segment(unsigned index, u32 attr)
{
    return (struct seg){.sel = (u16)(8 * index), .attr = attr, .limit = UINT32_MAX};
}

/* Identity map of the first 4 GiB by 2 MiB pages: PML4, PDPT, four page directories. */
static int identity_map(struct machine *m, u64 at, struct ersatz_error *err)
{
    enum { PRESENT_WRITABLE = 3, LARGE = 1 << 7, TABLES = 6 };
    u8 *t = calloc(TABLES, 4096);

    if (!t)
        return err_set(err, ERSATZ_E_NOMEM, "no memory for page tables");
    st64(t, (at + 4096) | PRESENT_WRITABLE);
    for (unsigned i = 0; i < 4; i++)
        st64(t + 4096 + 8 * i, (at + 4096 * (2 + i)) | PRESENT_WRITABLE);
    for (u64 i = 0; i < 2048; i++)
        st64(t + 8192 + 8 * i, i << 21 | LARGE | PRESENT_WRITABLE);
    int error = boot_place(m, "page tables", at, t, TABLES * 4096, err);
    free(t);
    return error;
}

int boot_enter(struct machine *m, const struct flat_mode *mode, u64 rip, struct ersatz_error *err)
{
    struct cpu *c = m->cpus[0];
    u32 data = SEG_G | SEG_DB | SEG_P | SEG_S | SEG_RW | SEG_ACCESSED;
    u32 code = SEG_G | SEG_P | SEG_S | SEG_CODE | SEG_RW | SEG_ACCESSED |
               (mode->long_mode ? SEG_L : SEG_DB);
    u8 gdt[8 * GDT_ENTRIES] = {0};

    st64(gdt + 8 * GDT_CODE, flat_descriptor(code));
    st64(gdt + 8 * GDT_DATA, flat_descriptor(data));
    int error = boot_place(m, "GDT", mode->gdt, gdt, sizeof gdt, err);
    if (!error && mode->long_mode)
        error = identity_map(m, mode->page_table, err);
    if (error)
        return error;
    c->gdtr = (struct dtable){.base = mode->gdt, .limit = sizeof gdt - 1};
    c->idtr = (struct dtable){0};
    c->cr0 = CR0_PE | CR0_ET | CR0_NE;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        c->seg[i] = i == CS ? flat_segment(GDT_CODE, code) : flat_segment(GDT_DATA, data);
    if (mode->long_mode) {
        c->cr0 |= CR0_PG;
        c->cr4 = CR4_PAE;
        c->efer = EFER_LME | EFER_LMA;
        c->cr3 = mode->page_table;
    }
    mmu_set_paging(&c->mmu, c->cr0, c->cr4, c->efer);
    if (mode->long_mode)
        mmu_load_cr3(&c->mmu, c->cr3, false);
    for (unsigned i = 0; i < SEG_COUNT; i++)
        seg_update(c, &c->seg[i]);
    cpu_update_mode(c);
    c->rip = rip;
    return 0;
}
