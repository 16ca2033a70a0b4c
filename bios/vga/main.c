/* SPDX-License-Identifier: MIT */
/* INT 10h's dispatcher, the start of the card, and the memory functions that all share. */
#include "vga.h"

extern const char int10_entry[], save_pointers[];

static void set_mode(struct regs *r)
{
    u8 mode = r->al;
    mode_set(mode);
    /* what IBM's VGA BIOS leaves in AL: Phoenix, "System BIOS", INT 10h AH=00h */
    mode &= 0x7F;
    r->al = mode == 6 ? 0x3F : mode > 7 ? 0x20 : 0x30;
}

void int10(struct regs *r) __attribute__((used));
void int10(struct regs *r)
{
    switch (r->ah) {
    case 0x00: set_mode(r); break;
#define SERVICE(number, handler)                                                                   \
    case number:                                                                                   \
        handler(r);                                                                                \
        break;
#include "services.def"
#undef SERVICE
    default: break;
    }
}

enum { EQUIPMENT_VIDEO = 3 << 4, VIDEO_CONTROL = 0x60, SWITCHES = 0xF9, DCC_VGA_COLOUR = 11 };

static void bda_start(void)
{
    bda_set16(BDA_EQUIPMENT, (bda16(BDA_EQUIPMENT) & ~EQUIPMENT_VIDEO) | EQUIPMENT_80X25);
    bda_set8(BDA_VIDEO_CONTROL, VIDEO_CONTROL);
    bda_set8(BDA_VIDEO_SWITCHES, SWITCHES);
    bda_set8(BDA_VIDEO_FLAGS, VIDEO_400_LINES | VIDEO_VGA);
    bda_set8(BDA_VIDEO_DCC, DCC_VGA_COLOUR);
    bda_set32(BDA_VIDEO_SAVE, (u32)code_segment() << 16 | ROM_OFFSET(save_pointers));
}

void vga_post(struct regs *r) __attribute__((used));
void vga_post(struct regs *r)
{
    outb(PORT_ENABLE, 1);
    outb(PORT_MISC, 0x67);
    outb(PORT_DAC_MASK, 0xFF);
    bda_start();
    vector_set(0x10, code_segment(), ROM_OFFSET(int10_entry));
    vector_set(0x42, code_segment(), ROM_OFFSET(int10_entry));
    vector_set(0x6D, code_segment(), ROM_OFFSET(int10_entry));
    mode_set(3);
}
