/* SPDX-License-Identifier: MIT */
#include "ui/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#ifdef HAVE_PNG
#include <png.h>
#endif

static int fail(struct ersatz_error *error, enum ersatz_err code, const char *path,
                const char *text)
{
    error->code = code;
    snprintf(error->text, sizeof error->text, "%s: %s", path, text);
    return -(int)code;
}

/* Rows of red, green, blue without gaps; NULL: no memory. */
static uint8_t *rgb(const struct ersatz_surface *s)
{
    uint8_t *bytes = malloc((size_t)s->width * s->height * 3), *to = bytes;

    for (unsigned y = 0; bytes && y < s->height; y++) {
        for (unsigned x = 0; x < s->width; x++) {
            uint32_t pixel = s->pixels[y * s->stride + x];
            *to++ = (uint8_t)(pixel >> 16);
            *to++ = (uint8_t)(pixel >> 8);
            *to++ = (uint8_t)pixel;
        }
    }
    return bytes;
}

static bool write_ppm(FILE *f, const struct ersatz_surface *s, const uint8_t *bytes)
{
    size_t size = (size_t)s->width * s->height * 3;

    return fprintf(f, "P6\n%u %u\n255\n", s->width, s->height) > 0 &&
           fwrite(bytes, 1, size, f) == size;
}

static bool write_png(FILE *f, const struct ersatz_surface *s, const uint8_t *bytes)
{
#ifdef HAVE_PNG
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = s->width,
                       .height = s->height,
                       .format = PNG_FORMAT_RGB};
    return png_image_write_to_stdio(&image, f, 0, bytes, 0, NULL) != 0;
#else
    errno = ENOSYS;
    return false;
#endif
}

int picture_save(const char *path, const struct ersatz_surface *s, struct ersatz_error *error)
{
    size_t n = strlen(path);
    bool ppm = n > 4 && strcmp(path + n - 4, ".ppm") == 0;
    uint8_t *bytes = rgb(s);
    int result = 0;

    if (!bytes)
        return fail(error, ERSATZ_E_NOMEM, path, "no memory for the picture");
    errno = 0;
    FILE *f = fopen(path, "wbe");
    bool good = f && (ppm ? write_ppm(f, s, bytes) : write_png(f, s, bytes));
    int why = errno;
    if (f && fclose(f) != 0 && good) {
        good = false;
        why = errno;
    }
    if (!good)
        result = fail(error, ERSATZ_E_OPEN, path, why ? strerror(why) : "cannot be written");
    free(bytes);
    return result;
}
