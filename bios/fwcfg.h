/* SPDX-License-Identifier: MIT */
/*
 * The firmware configuration device: items by key, and a directory of named files (QEMU,
 * docs/specs/fw_cfg). Without the device every look-up finds nothing.
 */
#ifndef BIOS_FWCFG_H
#define BIOS_FWCFG_H

#include "bios.h"

/* Keys of items that have no name. */
enum {
    FW_SIGNATURE = 0x00,
    FW_ID = 0x01,
    FW_RAM_SIZE = 0x03,
    FW_KERNEL_SIZE = 0x08,
    FW_INITRD_SIZE = 0x0B,
    FW_KERNEL_ADDR = 0x07,
    FW_INITRD_ADDR = 0x0A,
    FW_BOOT_MENU = 0x0E,
    FW_KERNEL_ENTRY = 0x10,
    FW_KERNEL_DATA = 0x11,
    FW_INITRD_DATA = 0x12,
    FW_CMDLINE_ADDR = 0x13,
    FW_CMDLINE_SIZE = 0x14,
    FW_CMDLINE_DATA = 0x15,
    FW_SETUP_ADDR = 0x16,
    FW_SETUP_SIZE = 0x17,
    FW_SETUP_DATA = 0x18,
    FW_DIRECTORY = 0x19
};

#define FW_NAME_SIZE 56

struct fw_file {
    u16 key;
    u32 size;
    char name[FW_NAME_SIZE];
};

/* POST: looks for the device. */
void fw_cfg_init(void);
bool fw_cfg_present(void);

/* The file of that name; false: there is none. */
bool fw_cfg_find(const char *name, struct fw_file *file);
/* The n-th file of the directory; false: there are no more. */
bool fw_cfg_file(u32 n, struct fw_file *file);

/* Reads at most n bytes from the start of a file; returns how many. */
u32 fw_cfg_read(const struct fw_file *file, void *dst, u32 n);
/* A file that is one little-endian number of at most 8 bytes (its low half), or `otherwise`. */
u32 fw_cfg_number(const char *name, u32 otherwise);

/* Piecewise: select an item, then read or skip its next bytes. */
void fw_cfg_select(u16 key);
void fw_cfg_bytes(void *dst, u32 n);
void fw_cfg_skip(u32 n);
u32 fw_cfg_read32(u16 key);
/* An item's first n bytes to physical memory. */
void fw_cfg_load(u16 key, u32 addr, u32 n);
/* Writes n bytes at an offset of a file; false: only a device with DMA can. */
bool fw_cfg_write(u16 key, u32 offset, const void *src, u32 n);

#endif
