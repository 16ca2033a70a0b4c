/* SPDX-License-Identifier: MIT */
/*
 * SMBIOS: the board's structures and their entry point come through fw_cfg; what is ours is type
 * 0, who the BIOS is, and the addresses (DMTF DSP0134, 5.2 and 7.1).
 */
#include "e820.h"
#include "fwcfg.h"
#include "post.h"

struct bios_information {
    u8 type, length;
    u16 handle;
    u8 vendor, version;
    u16 start_segment;
    u8 release_date, rom_size; /* in 64 KiB, less one */
    u64 characteristics;
    u8 extension[2];
    u8 major, minor, ec_major, ec_minor;
    char strings[sizeof "Ersatz\0" BIOS_VERSION "\00011/21/2026\0"];
} PACKED;

static const struct bios_information type0 = {
    .length = offsetof(struct bios_information, strings),
    .vendor = 1,
    .version = 2,
    .start_segment = ESEG,
    .release_date = 3,
    .rom_size = 1,
    .characteristics = 1 << 7 | 1 << 9 | 1 << 15 | 1 << 16, /* PCI, PnP, boot from CD, chosen */
    .extension = {1, 0x14},                                 /* ACPI; a virtual machine */
    .ec_major = 0xFF,
    .ec_minor = 0xFF,
    .strings = "Ersatz\0" BIOS_VERSION "\00011/21/2026\0",
};

static u8 sum(const u8 *p, u8 n)
{
    u8 s = 0;

    while (n--)
        s += *p++;
    return s;
}

/* "_SM_": checksum at 04h, of the part from 10h at 15h. */
static void fix_anchor(u8 *a, u32 table, u16 added)
{
    if (*(u16 *)(a + 0x08) < added)
        *(u16 *)(a + 0x08) = added; /* the largest structure */
    *(u16 *)(a + 0x16) += added;
    *(u32 *)(a + 0x18) = table;
    *(u16 *)(a + 0x1C) += added ? 1 : 0;
    a[0x15] = 0;
    a[0x15] = -sum(a + 0x10, 15);
    a[0x04] = 0;
    a[0x04] = -sum(a, a[0x05]);
}

/* "_SM3_": 64-bit address, a size that is only a limit. */
static void fix_anchor_3(u8 *a, u32 table, u16 added)
{
    *(u32 *)(a + 0x0C) += added;
    *(u32 *)(a + 0x10) = table;
    *(u32 *)(a + 0x14) = 0;
    a[0x05] = 0;
    a[0x05] = -sum(a, a[0x06]);
}

/* Does the list begin with a type 0 of the user's? It is the first then. */
static bool has_type0(const struct fw_file *tables)
{
    u8 type = 0xFF;

    fw_cfg_read(tables, &type, 1);
    return type == 0;
}

void smbios_init(void)
{
    struct fw_file anchor, tables;
    u8 a[32] = {0};

    if (!fw_cfg_find("etc/smbios/smbios-anchor", &anchor) || anchor.size > sizeof a ||
        !fw_cfg_find("etc/smbios/smbios-tables", &tables))
        return;
    u16 added = has_type0(&tables) ? 0 : sizeof type0;
    u32 table = high_alloc(tables.size + added, 16);
    u16 at = fseg_alloc(sizeof a, 16);
    fw_cfg_read(&anchor, a, sizeof a);
    if (!table || !at)
        return;
    phys_write(table, &type0, added);
    fw_cfg_load(tables.key, table + added, tables.size);
    if (!memcmp(a, "_SM3_", 5))
        fix_anchor_3(a, table, added);
    else
        fix_anchor(a, table, added);
    far_write(FSEG, at, a, sizeof a);
}
