/* SPDX-License-Identifier: MIT */
/*
 * The Linux/x86 boot protocol to 2.15 (Documentation/arch/x86/boot.rst): a bzImage's real-mode
 * part is only read for its header; the kernel is entered at its 32-bit or, when it has one
 * and the CPU has long mode, its 64-bit entry, with the "zero page" in (R)SI.
 *
 *     006000  GDT              001000000 or     kernel at its preferred address
 *     007000  zero page        000100000
 *     008000  page tables      below initrd_addr_max and the end of low RAM: initrd
 *     020000  command line
 */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "board/acpi.h"
#include "board/machine.h"

#define GDT_AT 0x6000
#define ZERO_PAGE_AT 0x7000
#define PAGE_TABLES_AT 0x8000
#define COMMAND_LINE_AT 0x20000
#define COMMAND_LINE_MAX 0x10000
#define ENTRY64 0x200 /* from the load address */

/* The setup header: the same offsets in the file and in the zero page. */
enum {
    HDR_START = 0x1F1,
    HDR_SETUP_SECTS = 0x1F1,
    HDR_SYSSIZE = 0x1F4,
    HDR_VID_MODE = 0x1FA,
    HDR_BOOT_FLAG = 0x1FE,
    HDR_JUMP_LENGTH = 0x201,
    HDR_MAGIC = 0x202,
    HDR_VERSION = 0x206,
    HDR_TYPE_OF_LOADER = 0x210,
    HDR_LOADFLAGS = 0x211,
    HDR_CODE32_START = 0x214,
    HDR_RAMDISK_IMAGE = 0x218,
    HDR_RAMDISK_SIZE = 0x21C,
    HDR_CMD_LINE_PTR = 0x228,
    HDR_INITRD_ADDR_MAX = 0x22C,
    HDR_KERNEL_ALIGNMENT = 0x230,
    HDR_RELOCATABLE = 0x234,
    HDR_XLOADFLAGS = 0x236,
    HDR_CMDLINE_SIZE = 0x238,
    HDR_SETUP_DATA = 0x250,
    HDR_PREF_ADDRESS = 0x258,
    HDR_INIT_SIZE = 0x260,
    HDR_END = 0x290, /* of all that may be copied */
};
#define MAGIC_HDRS 0x53726448u
enum { LOADED_HIGH = 1 << 0, XLF_KERNEL_64 = 1 << 0 };

/* The rest of struct boot_params that is filled in. */
enum {
    ZP_ORIG_VIDEO_PAGE = 0x04,
    ZP_ORIG_VIDEO_MODE = 0x06,
    ZP_ORIG_VIDEO_COLS = 0x07,
    ZP_ORIG_VIDEO_LINES = 0x0E,
    ZP_ORIG_VIDEO_ISVGA = 0x0F,
    ZP_ORIG_VIDEO_POINTS = 0x10,
    ZP_ACPI_RSDP_ADDR = 0x70,
    ZP_ALT_MEM_K = 0x1E0,
    ZP_E820_ENTRIES = 0x1E8,
    ZP_E820_TABLE = 0x2D0,
};

/* What the header says, checked. */
struct linux_header {
    const u8 *raw;
    unsigned version;
    u64 payload, payload_size; /* in the file */
    u64 load;                  /* where it goes */
    u64 need;                  /* bytes that must be free from `load` on */
    u64 initrd_max;            /* highest address of an initrd's last byte */
    u32 cmdline_max;
    bool entry64;
};

bool linux_probe(const struct blob *k)
{
    return k->size >= HDR_END && ld16(k->data + HDR_BOOT_FLAG) == 0xAA55 &&
           ld32(k->data + HDR_MAGIC) == MAGIC_HDRS;
}

/* Where the kernel will live, and how much it takes while it unpacks itself. */
static int place_kernel(const struct machine *m, struct linux_header *h, struct ersatz_error *err)
{
    const char *name = m->boot.kernel.name;
    u64 align = 1, init_size = 0;

    h->load = HIGH_BASE;
    if (h->version >= 0x205 && h->raw[HDR_RELOCATABLE]) {
        align = ld32(h->raw + HDR_KERNEL_ALIGNMENT);
        if (align == 0 || (align & (align - 1)) || align > BIT(30))
            return err_set(err, ERSATZ_E_FORMAT, "%s: kernel_alignment is %llxh", name,
                           (unsigned long long)align);
        h->load = align_up(HIGH_BASE, align);
    }
    if (h->version >= 0x20A) {
        u64 preferred = ld64(h->raw + HDR_PREF_ADDRESS);
        init_size = ld32(h->raw + HDR_INIT_SIZE);
        if (preferred >= HIGH_BASE && preferred < m->low_ram)
            h->load = align_up(preferred, align);
        else if (preferred >= m->low_ram)
            return err_set(err, ERSATZ_E_SIZE,
                           "%s wants to be at %llu MiB: there are %llu MiB of memory below 4 GiB",
                           name, (unsigned long long)(preferred >> 20),
                           (unsigned long long)(m->low_ram >> 20));
    }
    h->need = init_size > h->payload_size ? init_size : h->payload_size;
    if (!boot_fits(m, h->load, h->need))
        return err_set(err, ERSATZ_E_SIZE, "%s needs %llu MiB of memory, there are %llu MiB", name,
                       (unsigned long long)((h->load + h->need + (1 << 20) - 1) >> 20),
                       (unsigned long long)(m->ram.size >> 20));
    return 0;
}

static int read_header(const struct machine *m, struct linux_header *h, struct ersatz_error *err)
{
    const struct blob *k = &m->boot.kernel;
    const u8 *raw = k->data;
    u64 sectors = raw[HDR_SETUP_SECTS] ? raw[HDR_SETUP_SECTS] : 4;
    u64 syssize = ld32(raw + HDR_SYSSIZE);

    *h = (struct linux_header){.raw = raw, .version = ld16(raw + HDR_VERSION)};
    if (h->version < 0x202 || !(raw[HDR_LOADFLAGS] & LOADED_HIGH))
        return err_set(err, ERSATZ_E_FORMAT,
                       "%s: a zImage or a kernel before boot protocol 2.02 (it says %x.%02x)",
                       k->name, h->version >> 8, h->version & 0xFF);
    h->payload = (sectors + 1) * 512;
    if (h->payload >= k->size)
        return err_set(err, ERSATZ_E_SIZE,
                       "%s: torn: its setup code alone is %llu bytes, it has "
                       "%llu",
                       k->name, (unsigned long long)h->payload, (unsigned long long)k->size);
    h->payload_size = k->size - h->payload;
    if (h->version < 0x204)
        syssize &= 0xFFFF; /* a 16-bit field then */
    else if (syssize * 16 > align_up(h->payload_size, 16))
        return err_set(err, ERSATZ_E_SIZE, "%s: torn: its kernel is %llu bytes, it has %llu",
                       k->name, (unsigned long long)(syssize * 16),
                       (unsigned long long)h->payload_size);
    h->initrd_max = h->version >= 0x203 ? ld32(raw + HDR_INITRD_ADDR_MAX) : 0x37FFFFFF;
    h->cmdline_max = h->version >= 0x206 ? ld32(raw + HDR_CMDLINE_SIZE) : 255;
    h->entry64 = h->version >= 0x20C && (ld16(raw + HDR_XLOADFLAGS) & XLF_KERNEL_64) &&
                 cpu_has(m->cpus[0], CPU_LM) && h->payload_size > ENTRY64;
    return place_kernel(m, h, err);
}

static int place_command_line(struct machine *m, const struct linux_header *h, u8 *zero_page,
                              struct ersatz_error *err)
{
    u64 len = strlen(m->boot.append);
    u32 max = h->cmdline_max < COMMAND_LINE_MAX ? h->cmdline_max : COMMAND_LINE_MAX - 1;

    if (len > max)
        return err_set(err, ERSATZ_E_VALUE,
                       "the command line has %llu characters, this kernel takes %u",
                       (unsigned long long)len, max);
    st32(zero_page + HDR_CMD_LINE_PTR, COMMAND_LINE_AT);
    return boot_place(m, "command line", COMMAND_LINE_AT, m->boot.append, len + 1, err);
}

/* As high as the kernel allows, whole pages, and clear of the kernel. */
static int place_initrd(struct machine *m, const struct linux_header *h, u8 *zero_page,
                        struct ersatz_error *err)
{
    const struct blob *initrd = &m->boot.module[0];
    u64 top = h->initrd_max + 1 < m->low_ram ? h->initrd_max + 1 : m->low_ram;
    u64 floor = h->load + h->need;

    if (!m->boot.modules)
        return 0;
    if (initrd->size > top || align_down(top - initrd->size, 4096) < floor)
        return err_set(err, ERSATZ_E_SIZE,
                       "%s: %llu KiB do not fit between the kernel's end at %llu MiB and %llu MiB",
                       initrd->name, (unsigned long long)(initrd->size >> 10),
                       (unsigned long long)(floor >> 20), (unsigned long long)(top >> 20));
    u64 at = align_down(top - initrd->size, 4096);
    st32(zero_page + HDR_RAMDISK_IMAGE, (u32)at);
    st32(zero_page + HDR_RAMDISK_SIZE, (u32)initrd->size);
    return boot_place(m, "initrd", at, initrd->data, initrd->size, err);
}

static void fill_e820(const struct machine *m, u8 *zero_page)
{
    struct e820_entry map[E820_MAX];
    unsigned n = e820_map(m, map);

    for (unsigned i = 0; i < n; i++) {
        u8 *e = zero_page + ZP_E820_TABLE + 20 * i;
        st64(e, map[i].base);
        st64(e + 8, map[i].size);
        st32(e + 16, map[i].type);
    }
    zero_page[ZP_E820_ENTRIES] = (u8)n;
    st32(zero_page + ZP_ALT_MEM_K, (u32)((m->low_ram - HIGH_BASE) >> 10));
}

static void fill_zero_page(const struct machine *m, const struct linux_header *h, u8 *zero_page)
{
    unsigned end = HDR_MAGIC + h->raw[HDR_JUMP_LENGTH];

    memcpy(zero_page + HDR_START, h->raw + HDR_START, (end < HDR_END ? end : HDR_END) - HDR_START);
    zero_page[HDR_TYPE_OF_LOADER] = 0xFF;   /* one without a number */
    st16(zero_page + HDR_VID_MODE, 0xFFFF); /* "normal" */
    st32(zero_page + HDR_CODE32_START, (u32)h->load);
    st32(zero_page + HDR_RAMDISK_IMAGE, 0);
    st32(zero_page + HDR_RAMDISK_SIZE, 0);
    st64(zero_page + HDR_SETUP_DATA, 0);
    st64(zero_page + ZP_ACPI_RSDP_ADDR, ACPI_RSDP_AT);
    /* 80 by 25 VGA text, as a BIOS leaves it */
    zero_page[ZP_ORIG_VIDEO_MODE] = 3;
    zero_page[ZP_ORIG_VIDEO_COLS] = 80;
    zero_page[ZP_ORIG_VIDEO_LINES] = 25;
    zero_page[ZP_ORIG_VIDEO_ISVGA] = 1;
    st16(zero_page + ZP_ORIG_VIDEO_POINTS, 16);
    fill_e820(m, zero_page);
}

/* ---- through a firmware ---- */

#define SETUP_AT 0x10000
#define TOP_RESERVED 0x28000 /* a firmware's tables lie at the end of low RAM */
enum { HDR_HEAP_END_PTR = 0x224, CAN_USE_HEAP = 1 << 7, LOADER_QEMU = 0xB0 };

static void patch_setup(struct linux_parts *p)
{
    u8 *s = p->setup;

    s[HDR_TYPE_OF_LOADER] = LOADER_QEMU;
    s[HDR_LOADFLAGS] |= CAN_USE_HEAP;
    st16(s + HDR_HEAP_END_PTR, COMMAND_LINE_AT - SETUP_AT - 0x200);
    st32(s + HDR_CMD_LINE_PTR, p->cmdline_at);
    st32(s + HDR_RAMDISK_IMAGE, p->initrd_at);
    st32(s + HDR_RAMDISK_SIZE, p->initrd_size);
}

static int part_initrd(const struct machine *m, const struct linux_header *h, struct linux_parts *p,
                       struct ersatz_error *err)
{
    const struct blob *initrd = &m->boot.module[0];
    u64 top = m->low_ram - TOP_RESERVED;

    if (!m->boot.modules)
        return 0;
    if (top > h->initrd_max)
        top = h->initrd_max;
    if (initrd->size > top || align_down(top - initrd->size, 4096) < h->load + h->need)
        return err_set(err, ERSATZ_E_SIZE, "%s: %llu KiB do not fit behind the kernel",
                       initrd->name, (unsigned long long)(initrd->size >> 10));
    p->initrd_at = (u32)align_down(top - initrd->size, 4096);
    p->initrd_size = (u32)initrd->size;
    return 0;
}

int linux_parts(const struct machine *m, struct linux_parts *p, struct ersatz_error *err)
{
    struct linux_header h;
    int error = read_header(m, &h, err);

    if (error)
        return error;
    if (strlen(m->boot.append) > h.cmdline_max)
        return err_set(err, ERSATZ_E_VALUE, "this kernel's command line has %u characters at most",
                       h.cmdline_max);
    *p = (struct linux_parts){.setup_at = SETUP_AT,
                              .setup_size = (u32)h.payload,
                              .kernel_at = HIGH_BASE,
                              .kernel = h.raw + h.payload,
                              .kernel_size = (u32)h.payload_size,
                              .cmdline_at = COMMAND_LINE_AT};
    error = part_initrd(m, &h, p, err);
    if (error)
        return error;
    p->setup = malloc(p->setup_size);
    if (!p->setup)
        return err_set(err, ERSATZ_E_NOMEM, "no memory for the kernel's setup code");
    memcpy(p->setup, h.raw, p->setup_size);
    patch_setup(p);
    return 0;
}

/* ---- without one ---- */

int linux_start(struct machine *m, struct ersatz_error *err)
{
    struct linux_header h;
    u8 zero_page[4096] = {0};
    struct cpu *c = m->cpus[0];

    int error = read_header(m, &h, err);
    if (error)
        return error;
    fill_zero_page(m, &h, zero_page);
    error = place_command_line(m, &h, zero_page, err);
    if (!error)
        error = place_initrd(m, &h, zero_page, err);
    if (!error)
        error = boot_place(m, "kernel", h.load, h.raw + h.payload, h.payload_size, err);
    if (!error)
        error = boot_place(m, "zero page", ZERO_PAGE_AT, zero_page, sizeof zero_page, err);
    struct flat_mode mode = {.gdt = GDT_AT, .long_mode = h.entry64, .page_table = PAGE_TABLES_AT};
    if (!error)
        error = boot_enter(m, &mode, h.load + (h.entry64 ? ENTRY64 : 0), err);
    if (error)
        return error;
    c->gpr[RSI] = ZERO_PAGE_AT;
    LOG(&m->log, BOOT, "Linux, protocol %x.%02x: enters at %llxh, %s", h.version >> 8,
        h.version & 0xFF, (unsigned long long)c->rip, h.entry64 ? "64-bit" : "32-bit");
    return 0;
}
