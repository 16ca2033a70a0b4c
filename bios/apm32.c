/* SPDX-License-Identifier: MIT */
/* APM for 32-bit callers: the same functions under other names. */
#define apm_connected apm_connected_32
#define power_off power_off_32

#include "apm.c"
