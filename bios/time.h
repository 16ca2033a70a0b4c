/* SPDX-License-Identifier: MIT */
/* The periodic interrupt's other half. */
#ifndef BIOS_TIME_H
#define BIOS_TIME_H

/* wait.c: one period of the real-time clock is over. */
void wait_tick(void);

#endif
