/* SPDX-License-Identifier: MIT */
/*
 * Expansion ROMs: of PCI functions (PCI 2.1, 6.3), and files of fw_cfg. Each is copied to the
 * next free 2 KiB boundary from C0000h, and its initialisation called at offset 3. The display's
 * comes first. A ROM may make itself smaller while it initialises.
 *
 *     00h 55h AAh   02h size in 512 bytes   03h entry   18h PCI data   1Ah $PnP header
 */
#include "optionrom.h"

#include "fwcfg.h"
#include "pci.h"
#include "post.h"

#define ROM_FIRST 0xC000
#define ROM_END 0xE000
#define CLASS_VGA 0x0300
#define NO_FUNCTION 0

struct boot_rom boot_roms[BOOT_ROMS];
u8 boot_rom_count;
static u16 next_seg = ROM_FIRST;

static bool sums_to_zero(u16 seg, u32 size)
{
    u8 sum = 0;

    for (u32 i = 0; i < size; i++)
        sum += peek8((u16)(seg + (i >> 4)), i & 15);
    return !sum;
}

static u32 rom_size(u16 seg)
{
    return peek16(seg, 0) == 0xAA55 ? peek8(seg, 2) * 512u : 0;
}

/* The chain of $PnP headers of a ROM: what boots goes into the table. */
static void note_boot(u16 seg, u16 bdf)
{
    for (u16 at = peek16(seg, 0x1A); at && peek32(seg, at) == 0x506E5024;
         at = peek16(seg, at + 6u)) {
        struct boot_rom b = {.seg = seg,
                             .bdf = bdf,
                             .bev = peek16(seg, at + 0x1Au),
                             .bcv = peek16(seg, at + 0x16u),
                             .product = peek16(seg, at + 0x10u)};
        if ((b.bev || b.bcv) && boot_rom_count < BOOT_ROMS)
            boot_roms[boot_rom_count++] = b;
        if (at == peek16(seg, at + 6u))
            break;
    }
}

/* Initialises the ROM that lies at next_seg. */
static void run_rom(u16 bdf)
{
    u16 seg = next_seg;
    struct regs r = {.ax = bdf, .bx = 0xFFFF, .dx = 0xFFFF, .es = FSEG};

    if (!sums_to_zero(seg, rom_size(seg))) {
        log_printf("the ROM for %04x has a bad checksum\n", bdf);
        return;
    }
    r.di = (u16)(u32)pnp_structure;
    far_call(seg, 3, &r);
    u32 size = rom_size(seg); /* it may have shrunk */
    log_printf("ROM at %04x:0000: %u bytes, for PCI %04x\n", seg, size, bdf);
    if (!size)
        return;
    note_boot(seg, bdf);
    next_seg += (u16)((size + 2047) / 2048 * (2048 / 16));
}

static u32 room(void)
{
    return (u32)(ROM_END - next_seg) << 4;
}

/* ---- PCI ---- */

/* The image for a PC among those of a ROM at physical `at`; its size, 0: there is none. */
static u32 find_image(u32 *at, u32 ids)
{
    enum { CODE_PC = 0, LAST = 0x80 };

    for (u8 i = 0; i < 8; i++) {
        u32 head = phys_read32(*at);
        if ((head & 0xFFFF) != 0xAA55)
            break;
        u32 data = *at + (phys_read32(*at + 0x18) & 0xFFFF);
        if (phys_read32(data) != 0x52494350) /* "PCIR" */
            break;
        u32 kind = phys_read32(data + 0x14); /* code type, indicator */
        if ((kind & 0xFF) == CODE_PC && phys_read32(data + 4) == ids)
            return (head >> 16 & 0xFF) * 512;
        if (kind >> 8 & LAST)
            break;
        *at += (phys_read32(data + 0x10) & 0xFFFF) * 512;
    }
    return 0;
}

static void pci_rom(u16 bdf)
{
    u32 bar = pci_read32(bdf, PCI_ROM) & 0xFFFFF800;
    u32 at = bar;

    if (!bar || (pci_read8(bdf, PCI_HEADER) & 0x7F))
        return;
    pci_write32(bdf, PCI_ROM, bar | 1);
    u32 size = find_image(&at, pci_read32(bdf, PCI_VENDOR));
    bool fits = size && size <= room();
    if (fits)
        phys_copy(next_seg << 4, at, size);
    pci_write32(bdf, PCI_ROM, bar);
    if (fits)
        run_rom(bdf);
    else if (size)
        log_printf("no room for the ROM of PCI %04x: %u bytes\n", bdf, size);
}

/* ---- fw_cfg: vgaroms/NAME, genroms/NAME ---- */

static void fw_cfg_roms(const char *folder)
{
    struct fw_file file;

    for (u32 n = 0; fw_cfg_file(n, &file); n++) {
        if (memcmp(file.name, folder, strlen(folder)) || file.size > room())
            continue;
        fw_cfg_load(file.key, next_seg << 4, file.size);
        run_rom(NO_FUNCTION);
    }
}

/* ---- POST ---- */

static bool is_vga(u16 bdf)
{
    return pci_read16(bdf, PCI_CLASS + 2) == CLASS_VGA;
}

void video_rom_init(void)
{
    struct regs text_mode = {.eax = 0x0003};
    i32 bdf = -1;

    while ((bdf = pci_next(bdf)) >= 0 && next_seg == ROM_FIRST)
        if (is_vga((u16)bdf))
            pci_rom((u16)bdf);
    if (next_seg == ROM_FIRST)
        fw_cfg_roms("vgaroms/");
    int_call(0x10, &text_mode);
}

void option_rom_init(void)
{
    for (i32 bdf = -1; (bdf = pci_next(bdf)) >= 0;)
        if (!is_vga((u16)bdf))
            pci_rom((u16)bdf);
    fw_cfg_roms("genroms/");
}

/* Disks of ROMs without a bootstrap of their own come behind ours. */
void option_rom_connect(void)
{
    for (u8 i = 0; i < boot_rom_count; i++) {
        struct regs r = {.es = FSEG, .di = (u16)(u32)pnp_structure, .bx = 0xFFFF, .dx = 0xFFFF};
        if (boot_roms[i].bcv && !boot_roms[i].bev)
            far_call(boot_roms[i].seg, boot_roms[i].bcv, &r);
    }
}
