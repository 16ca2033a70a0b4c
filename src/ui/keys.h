/* SPDX-License-Identifier: MIT */
/* The names and characters of keys: keys.def. */
#ifndef ERSATZ_UI_KEYS_H
#define ERSATZ_UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Those that other keys are held with. */
#define KEY_CTRL 0x1D
#define KEY_SHIFT 0x2A
#define KEY_ALT 0x38

/* The scan code of a name of `len` characters, 0 if there is none. */
uint16_t key_find(const char *name, size_t len);

/* The name nearest to a misspelt one, or NULL. */
const char *key_nearest(const char *name);

/* The scan code that gives a character, and whether Shift is held with it; 0: no key does. */
uint16_t key_of_char(int c, bool *shift);

#endif
