/* SPDX-License-Identifier: MIT */
/* A kernel that fw_cfg has. */
#ifndef BIOS_LINUX_H
#define BIOS_LINUX_H

/* Starts it; comes back if there is none. */
void linux_boot(void);

#endif
