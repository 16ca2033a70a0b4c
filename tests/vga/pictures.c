/* SPDX-License-Identifier: MIT */
/*
 * Runs an image on Ersatz and compares each picture that it shows with a list of what they were:
 * size and hash. What the hashes stand for was compared with QEMU's pictures (compare.py) and
 * looked at.
 *
 * The image (IMAGE) is rom.c's as a ROM, or modes.S's as a floppy, which needs the BIOS; SETTING
 * and FORMAT make a machine's setting of its name; DEFS is the list.
 *
 * usage: pictures [IMAGE [DIRECTORY]]     writes the pictures as DIRECTORY/NN.ppm, too
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ersatz/ersatz.h>

#define LAST 0xff
#define STEPS 2000000000ull /* instructions to a picture, at most */

struct expected {
    unsigned number, width, height;
    uint64_t hash;
    const char *what;
};

static const struct expected expected[] = {
#define PICTURE(number, width, height, hash, what) {number, width, height, hash, what},
#include DEFS
#undef PICTURE
};
#define COUNT (sizeof expected / sizeof expected[0])

struct run {
    struct ersatz_machine *m;
    int number; /* of the picture that stands; -1: none yet */
};

static void die(const char *what, const struct ersatz_error *error)
{
    printf("Bail out! %s: %s\n", what, error->text);
    exit(1);
}

static void on_byte(void *opaque, enum ersatz_channel channel, const uint8_t *bytes, size_t len)
{
    struct run *r = opaque;

    (void)channel;
    if (len)
        r->number = bytes[len - 1];
    ersatz_stop(r->m);
}

/* FNV-1a over the pixels. */
static uint64_t hash_of(const struct ersatz_surface *s)
{
    uint64_t h = 0xcbf29ce484222325;

    for (size_t n = 0; n < s->stride * s->height; n++)
        h = (h ^ s->pixels[n]) * 0x100000001b3;
    return h;
}

static void write_ppm(const struct ersatz_surface *s, const char *directory, int number)
{
    char name[4096];

    snprintf(name, sizeof name, "%s/%02d.ppm", directory, number);
    FILE *f = fopen(name, "wb");
    if (!f)
        return;
    fprintf(f, "P6\n%u %u\n255\n", s->width, s->height);
    for (size_t n = 0; n < s->stride * s->height; n++) {
        uint32_t p = s->pixels[n];
        const uint8_t rgb[3] = {(uint8_t)(p >> 16), (uint8_t)(p >> 8), (uint8_t)p};
        fwrite(rgb, 3, 1, f);
    }
    fclose(f);
}

static bool look(struct run *r, unsigned i, const char *directory)
{
    const struct expected *e = i < COUNT ? &expected[i] : NULL;
    struct ersatz_surface s = {0};
    struct ersatz_error error;

    if (ersatz_screen_size(r->m, &s.width, &s.height, &error))
        die("size", &error);
    s.stride = s.width;
    s.pixels = calloc((size_t)s.width * s.height, sizeof *s.pixels);
    if (!s.pixels || ersatz_screen(r->m, &s, true, &error))
        die("screen", &error);
    uint64_t hash = hash_of(&s);
    bool ok = e && e->number == (unsigned)r->number && e->width == s.width &&
              e->height == s.height && e->hash == hash;
    printf("%sok %u - %s\n", ok ? "" : "not ", i + 1, e ? e->what : "more than are known");
    if (!ok)
        printf("# PICTURE(%d, %u, %u, 0x%016" PRIx64 ", \"%s\")\n", r->number, s.width, s.height,
               hash, e ? e->what : "");
    if (directory)
        write_ppm(&s, directory, r->number);
    free(s.pixels);
    return ok;
}

static struct ersatz_machine *start(const char *image, struct run *r)
{
    struct ersatz_error error;
    struct ersatz_machine *m = ersatz_create(&error);
    char setting[4096 + 64];

    snprintf(setting, sizeof setting, FORMAT, image);
    r->m = m;
    r->number = -1;
    if (!m || ersatz_set(m, "memory", "16M", &error) || ersatz_set(m, SETTING, setting, &error) ||
        ersatz_set(m, "rtc.clock", "vm", &error) ||
        ersatz_connect(m, ERSATZ_SERIAL0, on_byte, r, &error) || ersatz_power_on(m, &error))
        die("start", &error);
    return m;
}

/* Named, or built here, or by the native build that a cross build is told of. */
static const char *image_path(int argc, char **argv, char *path, size_t size)
{
    static const char *const where[] = {"builddir", "NATIVE"};

    if (argc > 1)
        return argv[1];
    for (unsigned i = 0; i < 2; i++) {
        const char *dir = getenv(where[i]);
        snprintf(path, size, "%s/tests/vga/%s", dir ? dir : ".", IMAGE);
        if (!access(path, R_OK))
            break;
    }
    return path;
}

int main(int argc, char **argv)
{
    static const uint8_t go_on = 0;
    char path[4096];
    const char *image = image_path(argc, argv, path, sizeof path);
    struct run r;
    struct ersatz_machine *m;
    struct ersatz_error error;
    struct ersatz_exit why;
    unsigned shown = 0, bad = 0;

    if (access(image, R_OK)) {
        printf("1..0 # SKIP no compiler here makes x86 code: no %s\n", image);
        return EXIT_SUCCESS;
    }
    m = start(image, &r);
    printf("1..%zu\n", COUNT);
    for (;;) {
        r.number = -1;
        if (ersatz_run(m, STEPS, &why, &error))
            die("run", &error);
        if (why.why != ERSATZ_STOP_REQUESTED || r.number < 0) {
            printf("Bail out! no picture after %u: %s\n", shown, why.text);
            return EXIT_FAILURE;
        }
        if (r.number == LAST)
            break;
        bad += !look(&r, shown++, argc > 2 ? argv[2] : NULL);
        ersatz_serial_input(m, ERSATZ_SERIAL0, &go_on, 1);
    }
    ersatz_destroy(m);
    return bad || shown != COUNT ? EXIT_FAILURE : EXIT_SUCCESS;
}
