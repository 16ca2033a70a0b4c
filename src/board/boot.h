/* SPDX-License-Identifier: MIT */
/*
 * Direct boot: a kernel that the host loads and enters without a BIOS. A loader reads a file
 * as hostile input: every field of a header may lie, and gives an error with a reason then.
 *
 * boot_open() reads and checks the files once; boot_start() writes them to guest memory and
 * sets CPU 0's registers, at power-on and again at each reset.
 */
#ifndef ERSATZ_BOARD_BOOT_H
#define ERSATZ_BOARD_BOOT_H

#include "base/types.h"

struct ersatz_error;
struct machine;

/* A file, or a part of one, in host memory. */
struct blob {
    const char *name; /* for messages; not owned */
    u8 *data;
    u64 size;
};

/* Reads a whole file: data is to be freed. The name is the caller's. */
int blob_read(struct blob *b, const char *path, struct ersatz_error *err);

#define BOOT_MAX_MODULES 32

enum boot_kind { BOOT_NONE, BOOT_LINUX, BOOT_MULTIBOOT };

struct boot {
    enum boot_kind kind;
    struct blob kernel;
    struct blob module[BOOT_MAX_MODULES]; /* Linux: one initrd at most */
    char *module_args[BOOT_MAX_MODULES];
    unsigned modules;
    char *append;
    char *names; /* what blob names point into */
};

/* Reads the files of -kernel, -initrd and -append ("" or NULL: none). */
int boot_open(struct boot *b, const char *kernel, const char *initrd, const char *append,
              struct ersatz_error *err);
void boot_close(struct boot *b);
int boot_start(struct machine *m, struct ersatz_error *err);

/* Is it one of theirs? A look at the magic only. */
bool linux_probe(const struct blob *kernel);
bool multiboot_probe(const struct blob *kernel);
int linux_start(struct machine *m, struct ersatz_error *err);
/* What a firmware needs to start it by the 16-bit boot protocol. */
struct linux_parts {
    u8 *setup; /* with its header filled in; to be freed */
    const u8 *kernel;
    u32 setup_at, setup_size, kernel_at, kernel_size, cmdline_at, initrd_at, initrd_size;
};
int linux_parts(const struct machine *m, struct linux_parts *p, struct ersatz_error *err);
int multiboot_start(struct machine *m, struct ersatz_error *err);

/* ---- for the loaders: boot.c, e820.c ---- */

struct e820_entry {
    u64 base, size;
    u32 type;
};
enum { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3 };
#define E820_MAX 16
#define EBDA_BASE 0x9FC00u /* RAM below 640 KiB ends here */

/* The memory map that a BIOS would tell. Returns the number of entries. */
unsigned e820_map(const struct machine *m, struct e820_entry map[E820_MAX]);

/* Copies to RAM that the map calls usable (640 KiB, or from 1 MiB to the end of low RAM); an
 * error names `what` otherwise. */
int boot_place(struct machine *m, const char *what, u64 addr, const void *data, u64 size,
               struct ersatz_error *err);
/* The same check alone. */
bool boot_fits(const struct machine *m, u64 addr, u64 size);

/* Brings CPU 0 into flat protected or 64-bit mode, interrupts off, at rip. CS is 10h, the data
 * segments are 18h. */
struct flat_mode {
    u64 gdt; /* where its four entries are written */
    bool long_mode;
    u64 page_table; /* long mode: where the six pages of the identity map go */
};
int boot_enter(struct machine *m, const struct flat_mode *mode, u64 rip, struct ersatz_error *err);

#endif
