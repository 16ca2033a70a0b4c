/* SPDX-License-Identifier: MIT */
/*
 * fw_cfg: what a virtual board tells its firmware, item by item. The items are the board's; the
 * device keeps pointers.
 */
#ifndef ERSATZ_DEVICES_FW_CFG_H
#define ERSATZ_DEVICES_FW_CFG_H

#include "devices/device.h"

extern const struct device_class fw_cfg_class;

/* Regions: the selector and data ports 510h and 511h, the DMA address at 514h. */
enum { FW_CFG_IO, FW_CFG_DMA };

/* Keys. Those of FW_CFG_LOCAL belong to x86. */
enum fw_cfg_key {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_NUMA = 0x0d,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,
    FW_CFG_WRITE_CHANNEL = 0x4000, /* of no effect */
    FW_CFG_LOCAL = 0x8000,
    FW_CFG_IRQ0_OVERRIDE = 0x8002,
};

#define FW_CFG_NAME_MAX 55 /* characters of a file's name */
#define FW_CFG_MAX_FILES 64

/* An item, or a file, which takes the next free key. The data must outlive the device. False if
 * there is no room, or the key or the name is taken. */
bool fw_cfg_add(struct device *d, u16 key, const void *data, u32 size);
bool fw_cfg_add_file(struct device *d, const char *name, const void *data, u32 size);
/* The bytes of a file; NULL if there is none of that name. */
const void *fw_cfg_find(const struct device *d, const char *name, u32 *size);
/* Called before an item can be read: last minute for the board to fill its bytes in. */
void fw_cfg_connect(struct device *d, void (*selected)(void *opaque, u16 key), void *opaque);
/* The key of a file; 0 if there is none. */
u16 fw_cfg_key_of(const struct device *d, const char *name);

#endif
