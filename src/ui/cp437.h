/* SPDX-License-Identifier: MIT */
/* Code page 437, the character set of a PC's screen. */
#ifndef ERSATZ_UI_CP437_H
#define ERSATZ_UI_CP437_H

#include <stddef.h>
#include <stdint.h>

/* Unicode of a character. */
uint16_t cp437_unicode(uint8_t c);

/* Writes the character as UTF-8, up to 3 bytes, without a terminator; returns how many. */
size_t cp437_utf8(uint8_t c, char *to);

#endif
