/* SPDX-License-Identifier: MIT */
/* VESA BIOS Extension 3.0 over the display interface of Bochs (dispi.h). */
#ifndef VBE_H
#define VBE_H

#include "dispi.h"
#include "vga.h"

/* AX on return: AL = 4Fh for a function that is there, AH = 0 for success. */
enum { VBE_OK = 0x004F, VBE_FAILED = 0x014F, VBE_NOT_IN_THIS_MODE = 0x034F };

struct vbe_mode {
    u16 number, width, height;
    u8 bits;
};

/* Ends with number 0. */
extern const __seg_gs struct vbe_mode vbe_modes[];
ROM_POINTER struct vbe_mode *vbe_find(u16 number);
/* Whether video memory holds it. */
bool vbe_fits(ROM_POINTER struct vbe_mode *m);
u32 vbe_pitch(u16 width, u8 bits);
/* The mode that the chip is in, or NULL in standard modes. */
ROM_POINTER struct vbe_mode *vbe_current(void);
/* Where the linear frame buffer is: BAR 0 of the card. */
u32 vbe_frame_buffer(void);

u16 vbe_info(struct regs *r);
u16 vbe_mode_info(struct regs *r);
u16 vbe_ddc(struct regs *r);

#endif
