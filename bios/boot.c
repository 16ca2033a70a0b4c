/* SPDX-License-Identifier: MIT */
/*
 * INT 19h and INT 18h: the first and the next of what can be booted. BIOS Boot Specification
 * 1.01, chapter 6: a boot sector that can't go on, and one that is none, lead to INT 18h.
 */
#include "boot.h"

#include "bda.h"
#include "disk.h"
#include "eltorito.h"
#include "fwcfg.h"
#include "optionrom.h"

enum { BOOT_SECTOR = 0x7C00, SIGNATURE_AT = BOOT_SECTOR + 510, SIGNATURE = 0xAA55 };
enum { NO_FLOPPY_CHECK = 1 << 0 }; /* CMOS 38h: a floppy needs no signature */
enum { READ_TRIES = 3 };

static struct {
    struct boot_list list;
    unsigned next;
} boot;

static bool read_boot_sector(u8 drive)
{
    for (unsigned n = 0; n < READ_TRIES; n++) {
        struct regs r = {.eax = 0x0201, .ebx = BOOT_SECTOR, .ecx = 1, .edx = drive};

        int_call(0x13, &r);
        if (!(r.flags & FLAG_CF))
            return true;
        if (r.ah == DISK_TIMEOUT) /* no disk */
            return false;
        r = (struct regs){.edx = drive};
        int_call(0x13, &r);
    }
    return false;
}

/* A boot sector is code: not all of it is one and the same word. */
static bool is_blank(void)
{
    for (u16 at = 0; at < 32; at += 2)
        if (peek16(0, BOOT_SECTOR + at) != peek16(0, BOOT_SECTOR))
            return false;
    return true;
}

/* Each of these returns only if there is nothing to boot: why. */

static const char *boot_disk(u8 drive, bool signature)
{
    if (!read_boot_sector(drive))
        return "cannot be read";
    if ((signature && peek16(0, SIGNATURE_AT) != SIGNATURE) || is_blank())
        return "not bootable";
    bios_printf("\n");
    boot_jump(0, BOOT_SECTOR, drive);
}

static const char *boot_cd(u8 drive)
{
    struct eltorito_start start;
    const char *why;

    if (!eltorito_load(drive, &start, &why))
        return why;
    bios_printf("\n");
    eltorito_jump(&start);
}

static const char *boot_rom(u8 n)
{
    bios_printf("\n");
    boot_jump(boot_roms[n].seg, boot_roms[n].bev, 0);
}

static const char *try(const struct boot_entry *e)
{
    switch (e->kind) {
    case BOOT_FLOPPY: return boot_disk(e->number, !(cmos_read(CMOS_BOOT_FLAGS) & NO_FLOPPY_CHECK));
    case BOOT_HARD_DISK:
        if (e->disk) { /* what is booted is 80h */
            hard_disk_make_first(e->disk);
            return boot_disk(FIRST_HARD_DISK, true);
        }
        return boot_disk(e->number, true);
    case BOOT_CD: return boot_cd(e->number);
    default: return boot_rom(e->number);
    }
}

/* Ersatz's tour of the machine, where the board offers it: all of it, from the place of a boot
 * sector on, with FFh for a drive. */
static void boot_tour(void)
{
    enum { ROOM = 0x30000, NO_DRIVE = 0xFF };
    struct fw_file tour;

    if (!fw_cfg_find("etc/ersatz/tour", &tour) || tour.size > ROOM)
        return;
    fw_cfg_load(tour.key, BOOT_SECTOR, tour.size);
    bios_printf("Nothing to boot: here is a tour of the machine.\n");
    boot_jump(0, BOOT_SECTOR, NO_DRIVE);
}

static void boot_next(void) __attribute__((noreturn));
static void boot_next(void)
{
    struct regs wait = {0};

    sti();
    eltorito_stop();
    while (boot.next < boot.list.count) {
        const struct boot_entry *e = &boot.list.entry[boot.next++];

        bios_printf("Booting from ");
        boot_print_name(e);
        bios_printf(": %s\n", try(e));
    }
    boot_tour();
    bios_printf("No bootable device. Press a key to start again.\n");
    int_call(0x16, &wait);
    restart();
}

void int18(struct regs *r)
{
    boot_next();
}

void int19(struct regs *r)
{
    eltorito_stop();
    boot_order(&boot.list);
    boot_menu(&boot.list);
    boot.next = 0;
    boot_next();
}
