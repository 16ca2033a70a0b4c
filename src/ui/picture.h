/* SPDX-License-Identifier: MIT */
/* Pictures in files. */
#ifndef ERSATZ_UI_PICTURE_H
#define ERSATZ_UI_PICTURE_H

#include <ersatz/ersatz.h>

/* Writes a surface as PNG, or as PPM (binary, 8 bits) if the file's name ends in .ppm. */
int picture_save(const char *path, const struct ersatz_surface *s, struct ersatz_error *error);

#endif
