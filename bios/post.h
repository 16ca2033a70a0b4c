/* SPDX-License-Identifier: MIT */
/* POST's steps (post.def), and what they use of each other. */
#ifndef BIOS_POST_H
#define BIOS_POST_H

#include "bios.h"

#define STEP(function) void function(void);
#include "post.def"
#undef STEP

void post(void);
void post_resume(u32 pam);

void set_vector(u8 number, u16 seg, u16 off);

#endif
