/* SPDX-License-Identifier: MIT */
/* Memory whose pages the host may have back while its addresses stay ours. */
#ifndef ERSATZ_BASE_PAGES_H
#define ERSATZ_BASE_PAGES_H

#include <sys/mman.h>

#include "base/bits.h"

/* The host may have the pages that lie wholly in these bytes: private memory, which reads as zeros
 * afterwards. */
static inline void pages_give_back(void *p, size_t bytes)
{
    u8 *first = (u8 *)p + (-(uintptr_t)p & 4095);
    u8 *end = (u8 *)p + bytes;

    if (end - first >= 4096)
        madvise(first, align_down((size_t)(end - first), 4096), MADV_DONTNEED);
}

#endif
