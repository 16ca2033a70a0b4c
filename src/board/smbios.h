/* SPDX-License-Identifier: MIT */
/* SMBIOS 2.8 tables: what the machine is called, and what it consists of. */
#ifndef ERSATZ_BOARD_SMBIOS_H
#define ERSATZ_BOARD_SMBIOS_H

#include "base/types.h"

enum smbios_text {
#define SMBIOS_TEXT(type, name, property, at, otherwise) SMBIOS_##name,
#include "board/smbios.def"
#undef SMBIOS_TEXT
    SMBIOS_TEXTS
};

/* What a user gave by -smbios. Texts NULL: the default. */
struct smbios_config {
    const char *text[SMBIOS_TEXTS];
    bool has_type[4]; /* 0..3 */
    u8 uuid[16];      /* as it lies in memory */
    u8 release[2];    /* the BIOS's, major and minor */
    bool uefi;
};

struct smbios_board {
    const struct smbios_config *config;
    bool with_bios; /* type 0 too: the firmware is ours. Others describe themselves. */
    unsigned cpus;
    u32 cpuid_eax, cpuid_edx; /* leaf 1 */
    const char *cpu_vendor, *cpu_name;
    u64 low_ram, high_ram; /* bytes below and above 4 GiB */
};

#define SMBIOS_MAX 0x4000u
#define SMBIOS_ANCHOR_SIZE 31
#define SMBIOS_ANCHOR_NAME "etc/smbios/smbios-anchor"
#define SMBIOS_TABLES_NAME "etc/smbios/smbios-tables"

struct smbios_tables {
    u8 bytes[SMBIOS_MAX];
    u32 size;
    u8 anchor[SMBIOS_ANCHOR_SIZE]; /* linked by smbios_link(), or by the firmware */
};

/* False if they don't fit. */
bool smbios_build(struct smbios_tables *t, const struct smbios_board *b);
/* The anchor for tables that lie at `base`. */
void smbios_link(struct smbios_tables *t, u32 base);

#endif
