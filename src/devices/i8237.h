/* SPDX-License-Identifier: MIT */
/* The two 8237 DMA controllers with their page registers. */
#ifndef ERSATZ_DEVICES_I8237_H
#define ERSATZ_DEVICES_I8237_H

#include "devices/device.h"

extern const struct device_class i8237_class;

/* Regions. The board puts them at 00h, C0h and 80h. */
enum { I8237_FIRST, I8237_SECOND, I8237_PAGES };

#endif
