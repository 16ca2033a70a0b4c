/* SPDX-License-Identifier: MIT */
/*
 * The video parameter table, and the pointers by which programs find it (IBM PS/2 and PC BIOS
 * technical reference; Ralf Brown's memory list, 0040:00A8).
 */
#include "vga.h"

#define SEQ(clocking, mask, memory)                                                                \
    {                                                                                              \
        clocking, mask, 0, memory                                                                  \
    }
#define PARAMS_NONE {0},
#define PARAMS(columns, rows, height, page, seq, misc, crtc, attr, grc)                            \
    {columns, rows - 1, height, page, SEQ seq, misc, crtc, attr, grc},
ROM struct params video_params[] = {
#include "params.def"
};
#undef PARAMS
#undef PARAMS_NONE

/* Which combinations of screens there are: pairs of codes as AH=1Ah gives them. */
ROM u8 display_codes[4 + 2 * 12] = {
    12, 1, 8, 0, /* entries, version, highest code */
    0,  0, 0, 1, 0, 2, 2, 1, 0, 4, 4, 1, 0, 5, 2, 5, 0, 6, 1, 6, 5, 6, 0, 8,
};
