/* SPDX-License-Identifier: MIT */
/* What the library tells about itself without a machine. */
#include <config.h>
#include <ersatz/ersatz.h>

#include "base/nearest.h"

const char *ersatz_version(void)
{
    return PACKAGE_VERSION;
}

const char *ersatz_nearest(const char *word, const char *const *names, size_t n)
{
    return nearest_name(word, names, n);
}
