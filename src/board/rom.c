/* SPDX-License-Identifier: MIT */
/* Images as they are, taken in by the assembler. ROM_... are the files' names. */
#include "board/rom.h"

#define IMAGE(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".balign 16\n"                                                                         \
            ".hidden " #name "_start\n"                                                            \
            ".hidden " #name "_end\n"                                                              \
            ".globl " #name "_start\n"                                                             \
            ".globl " #name "_end\n" #name "_start:\n"                                             \
            ".incbin \"" file "\"\n" #name "_end:\n"                                               \
            ".previous\n");                                                                        \
    extern const u8 name##_start[], name##_end[]

IMAGE(ersatz_bios, ROM_BIOS);
IMAGE(ersatz_vgabios, ROM_VGABIOS);
IMAGE(ersatz_tour, ROM_TOUR);

const u8 *rom_bios(u32 *size)
{
    *size = (u32)(ersatz_bios_end - ersatz_bios_start);
    return ersatz_bios_start;
}

const u8 *rom_vgabios(u32 *size)
{
    *size = (u32)(ersatz_vgabios_end - ersatz_vgabios_start);
    return ersatz_vgabios_start;
}

const u8 *rom_tour(u32 *size)
{
    *size = (u32)(ersatz_tour_end - ersatz_tour_start);
    return ersatz_tour_start;
}
