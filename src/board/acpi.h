/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables (ACPI 2.0 and later read the XSDT, older ones the RSDT). They are built once, with
 * offsets where addresses belong and notes about those and about checksums. A direct boot puts
 * them into the memory below 1 MiB; a firmware gets them as files and a script that tells it how
 * to link them.
 */
#ifndef ERSATZ_BOARD_ACPI_H
#define ERSATZ_BOARD_ACPI_H

#include "base/types.h"

/* A direct boot's places. */
#define ACPI_RSDP_AT 0xE0000u
#define ACPI_TABLES_AT 0xE0040u

#define ACPI_RSDP_SIZE 36
#define ACPI_TABLES_MAX 0x8000u
#define ACPI_MAX_NOTES 32

/* Where a direct boot's board puts the PIIX4's registers, and its interrupt. */
#define PM_BASE 0x600u
#define SMB_BASE 0x700u
#define SCI_IRQ 9

enum acpi_file { ACPI_FILE_TABLES, ACPI_FILE_RSDP };
#define ACPI_TABLES_NAME "etc/acpi/tables"
#define ACPI_RSDP_NAME "etc/acpi/rsdp"
#define ACPI_LOADER_NAME "etc/table-loader"

/* `size` bytes hold an offset into the tables; or, if `length` isn't 0, the byte there makes the
 * sum of `length` bytes from `start` on zero. */
struct acpi_note {
    u8 file; /* enum acpi_file */
    u8 size;
    u32 at;
    u32 start, length;
};

struct acpi_tables {
    u8 bytes[ACPI_TABLES_MAX];
    u32 size;
    u8 rsdp[ACPI_RSDP_SIZE];
    struct acpi_note note[ACPI_MAX_NOTES]; /* in the order in which they are to be done */
    unsigned notes;
};

/* What the tables tell. */
struct acpi_board {
    unsigned cpus;
    bool hpet;
    u16 pm_base, smb_base; /* where the PIIX4's registers are now; 0: nowhere */
    u32 low_ram;           /* the PCI bus's memory begins here */
    bool s3;               /* suspend to RAM works */
};

/* False if they don't fit. */
bool acpi_build(struct acpi_tables *t, const struct acpi_board *b);
/* Links them for tables that lie at `base`. */
void acpi_link(struct acpi_tables *t, u32 base);

/* The loader script: commands of 128 bytes. */
#define ACPI_LOADER_COMMAND 128
#define ACPI_LOADER_MAX (ACPI_LOADER_COMMAND * (2 + ACPI_MAX_NOTES))
u32 acpi_loader(const struct acpi_tables *t, u8 script[ACPI_LOADER_MAX]);

#endif
