/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables (ACPI 2.0 and later read the XSDT, older ones the RSDT), as a BIOS leaves them in
 * the memory below 1 MiB.
 */
#ifndef ERSATZ_BOARD_ACPI_H
#define ERSATZ_BOARD_ACPI_H

#include "base/types.h"

struct machine;

#define ACPI_RSDP_AT 0xE0000u
#define ACPI_TABLES_MAX 0x8000u

/* Where the board puts the PIIX4's registers, and its interrupt. */
#define PM_BASE 0x600u
#define SMB_BASE 0x700u
#define SCI_IRQ 9

struct acpi_tables {
    u8 bytes[ACPI_TABLES_MAX]; /* as they lie from ACPI_RSDP_AT on */
    u32 size;
};

/* False if they don't fit. */
bool acpi_build(struct acpi_tables *t, unsigned cpus, bool hpet);

#endif
