/* SPDX-License-Identifier: MIT */
#include "base/nearest.h"

#include <ctype.h>
#include <ersatz/ersatz.h>
#include <string.h>

#include "base/types.h"

#define MAX_WORD 64

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Three rows of the usual table: row[i % 3][j] is the distance of a's first i letters from b's
 * first j; a swap looks two rows back. */
unsigned nearest_distance(const char *a, const char *b)
{
    unsigned row[3][MAX_WORD + 1];
    size_t la = strnlen(a, MAX_WORD), lb = strnlen(b, MAX_WORD);

    for (size_t j = 0; j <= lb; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = min3(now[j], before[j - 2] + 1, now[j]);
        }
    }
    return row[la % 3][lb];
}

const char *nearest_name(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    unsigned least = ~0u;

    for (size_t i = 0; i < n; i++) {
        size_t longer = strlen(word) > strlen(names[i]) ? strlen(word) : strlen(names[i]);
        unsigned limit = longer / 3 > 2 ? (unsigned)longer / 3 : 2;
        unsigned d = nearest_distance(word, names[i]);
        if (d < least && d <= limit && d < longer) {
            least = d;
            best = names[i];
        }
    }
    return best;
}
