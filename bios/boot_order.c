/* SPDX-License-Identifier: MIT */
/*
 * What can be booted, in which order. fw_cfg's file "bootorder" (QEMU's -boot and bootindex=)
 * has a line a device, an Open Firmware path. What it does not name comes behind, by kind as the
 * CMOS orders them:
 *
 *     3Dh   7..4 second  3..0 first          38h   7..4 third
 *     1 floppy  2 hard disk  3 CD  4 network  0 none
 */
#include "bda.h"
#include "boot.h"
#include "disk.h"
#include "floppy.h"
#include "fwcfg.h"
#include "optionrom.h"

enum { ORDER_SIZE = 1024, UNNAMED = 0x100 };

/* ---- "bootorder" -------------------------------------------------------------------------- */

static bool starts_with(const char *s, const char *word)
{
    while (*word)
        if (*s++ != *word++)
            return false;
    return true;
}

/* Is the word in the line, and does what follows end a part of a path? */
static bool line_has(const char *line, const char *word)
{
    size_t length = strlen(word);

    for (; *line && *line != '\n'; line++)
        if (starts_with(line, word)) {
            char next = line[length];
            return next == 0 || next == '\n' || next == '/' || next == ' ';
        }
    return false;
}

static char *put_text(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = 0;
    return to;
}

static char *put_hex(char *to, u8 v)
{
    if (v >= 16)
        to = put_hex(to, v >> 4);
    *to++ = "0123456789abcdef"[v & 15];
    *to = 0;
    return to;
}

/* What the device's path ends with. */
static void path_of(const struct boot_entry *e, char *to)
{
    switch (e->kind) {
    case BOOT_FLOPPY: put_hex(put_text(to, "/floppy@"), e->number); break;
    case BOOT_HARD_DISK:
    case BOOT_CD:
        if (!e->disk)
            break; /* a ROM's */
        to = put_hex(put_text(to, "/drive@"), e->disk->channel);
        put_hex(put_text(to, "/disk@"), e->disk->slave);
        break;
    default:
        to = put_hex(put_text(to, "/ethernet@"), boot_roms[e->number].bdf >> 3 & 0x1f);
        if (boot_roms[e->number].bdf & 7)
            put_hex(put_text(to, ","), boot_roms[e->number].bdf & 7);
    }
}

/* The number of the line that names the device, or UNNAMED. */
static u16 line_of(const char *order, const struct boot_entry *e)
{
    char path[32] = "\n"; /* no line has this */
    u16 n = 0;

    path_of(e, path);
    for (; *order; order++) {
        if (line_has(order, path))
            return n;
        while (*order && *order != '\n')
            order++;
        n++;
        if (!*order)
            break;
    }
    return UNNAMED;
}

/* ---- The CMOS ----------------------------------------------------------------------------- */

static u16 rank_of_kind(enum boot_kind kind)
{
    static const u8 usual[BOOT_KINDS] = {
        [BOOT_FLOPPY] = 0, [BOOT_HARD_DISK] = 1, [BOOT_CD] = 2, [BOOT_NETWORK] = 3};
    u8 order = cmos_read(CMOS_BOOT_ORDER);
    u8 third = cmos_read(CMOS_BOOT_FLAGS) >> 4;

    if (kind == (order & 15))
        return UNNAMED;
    if (kind == order >> 4)
        return UNNAMED + 1;
    if (kind == third)
        return UNNAMED + 2;
    return UNNAMED + 3 + usual[kind];
}

/* ---- The list ----------------------------------------------------------------------------- */

static void add(struct boot_list *list, const char *order, enum boot_kind kind, u8 number)
{
    struct boot_entry e = {.kind = kind, .number = number};
    unsigned at = list->count;

    if (at == MAX_BOOT_ENTRIES)
        return;
    if (kind == BOOT_HARD_DISK || kind == BOOT_CD)
        e.disk = kind == BOOT_CD ? cd_drive(number) : hard_disk(number);
    e.rank = line_of(order, &e);
    if (e.rank == UNNAMED)
        e.rank = rank_of_kind(kind);
    for (; at && list->entry[at - 1].rank > e.rank; at--)
        list->entry[at] = list->entry[at - 1];
    list->entry[at] = e;
    list->count++;
}

void boot_order(struct boot_list *list)
{
    static char order[ORDER_SIZE];
    struct fw_file file;

    order[0] = 0;
    if (fw_cfg_find("bootorder", &file))
        order[fw_cfg_read(&file, order, sizeof order - 1)] = 0;
    list->count = 0;
    for (u8 n = 0; n < floppy_count(); n++)
        add(list, order, BOOT_FLOPPY, n);
    for (u8 n = 0; n < bda8(BDA_DISK_COUNT); n++) /* those of ROMs, too */
        add(list, order, BOOT_HARD_DISK, FIRST_HARD_DISK + n);
    for (u8 n = 0; n < cd_count(); n++)
        add(list, order, BOOT_CD, FIRST_CD + n);
    for (u8 n = 0; n < boot_rom_count; n++)
        if (boot_roms[n].bev)
            add(list, order, BOOT_NETWORK, n);
}

static void print_far(u16 seg, u16 off)
{
    char c;

    for (u16 n = 0; n < 60 && (c = (char)peek8(seg, off + n)) != 0; n++)
        bios_printf("%c", c);
}

void boot_print_name(const struct boot_entry *e)
{
    switch (e->kind) {
    case BOOT_FLOPPY:
        bios_printf("floppy drive %c: (%s)", 'A' + e->number, floppy_name(e->number));
        break;
    case BOOT_HARD_DISK:
        if (e->disk)
            bios_printf("hard disk %s (%u MiB)", e->disk->model, (u32)(e->disk->sectors >> 11));
        else
            bios_printf("hard disk %x of an option ROM", e->number);
        break;
    case BOOT_CD: bios_printf("CD-ROM %s", e->disk->model); break;
    default:
        bios_printf("network ");
        if (boot_roms[e->number].product)
            print_far(boot_roms[e->number].seg, boot_roms[e->number].product);
    }
}
