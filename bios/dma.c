/* SPDX-License-Identifier: MIT */
/* The two 8237As: cleared; the second one's channel 4 hands through what the first one asks. */
#include "post.h"

enum { CLEAR_1 = 0x0D, CLEAR_2 = 0xDA, MASK_2 = 0xD4, MODE_2 = 0xD6, MODE_CASCADE = 0xC0 };

void dma_init(void)
{
    outb(CLEAR_1, 0);
    outb(CLEAR_2, 0);
    outb(MODE_2, MODE_CASCADE);
    outb(MASK_2, 0); /* channel 4 on; all others stay masked */
}
