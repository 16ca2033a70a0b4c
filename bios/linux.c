/* SPDX-License-Identifier: MIT */
/*
 * A kernel that the board hands over through fw_cfg (-kernel): a Linux bzImage in its parts,
 * each with the address that it wants. The setup code is entered in real mode (Linux,
 * Documentation/arch/x86/boot, "Running the Kernel").
 */
#include "linux.h"

#include "e820.h"
#include "fwcfg.h"

enum { RAMDISK_IMAGE = 0x218, RAMDISK_SIZE = 0x21C };

/* entry.S: real mode, all segments `seg`, the stack below `sp`, at seg + 20h:0000. */
void enter_linux(u16 seg, u16 sp) __attribute__((noreturn));

/* Above what POST keeps nothing may lie: the board does not know of its tables. */
static u32 place_initrd(u32 setup, u32 size)
{
    u32 at = fw_cfg_read32(FW_INITRD_ADDR);
    u32 end = usable_ram_end();

    if (at > end || size > end - at)
        at = (end - size) & ~4095u;
    phys_write32(setup + RAMDISK_IMAGE, at);
    phys_write32(setup + RAMDISK_SIZE, size);
    return at;
}

void linux_boot(void)
{
    u32 kernel = fw_cfg_read32(FW_KERNEL_SIZE), setup_size = fw_cfg_read32(FW_SETUP_SIZE);
    u32 setup = fw_cfg_read32(FW_SETUP_ADDR), cmdline = fw_cfg_read32(FW_CMDLINE_ADDR);
    u32 initrd = fw_cfg_read32(FW_INITRD_SIZE);

    if (!kernel || !setup_size)
        return;
    bios_printf("Starting the kernel\n");
    fw_cfg_load(FW_SETUP_DATA, setup, setup_size);
    fw_cfg_load(FW_CMDLINE_DATA, cmdline, fw_cfg_read32(FW_CMDLINE_SIZE));
    if (initrd)
        fw_cfg_load(FW_INITRD_DATA, place_initrd(setup, initrd), initrd);
    fw_cfg_load(FW_KERNEL_DATA, fw_cfg_read32(FW_KERNEL_ADDR), kernel);
    u32 stack = cmdline > setup && cmdline - setup < 0x10000 ? cmdline - setup : 0x10000;
    enter_linux((u16)(setup >> 4), (u16)(stack - 16));
}
