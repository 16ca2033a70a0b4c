/* SPDX-License-Identifier: MIT */
/* The known word that a misspelt one was probably meant to be. */
#ifndef ERSATZ_BASE_NEAREST_H
#define ERSATZ_BASE_NEAREST_H

#include <stddef.h>

/*
 * Edits that turn one word into the other: a letter more, a letter less, another letter, two
 * neighbours swapped. Case does not count. Words are cut at 64 letters.
 */
unsigned nearest_distance(const char *a, const char *b);

/* Nearest of `n` names, the first among equals; NULL when even that takes more than a third of
 * the longer word to be edited, and at least two letters may differ. */
const char *nearest_name(const char *word, const char *const *names, size_t n);

#endif
