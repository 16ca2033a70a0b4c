/* SPDX-License-Identifier: MIT */
/*
 * One machine: the wires, the chips on them, the CPUs, and what is booted. Everything hangs off
 * this struct; two of them share nothing. pc.c wires it, api/ runs it.
 */
#ifndef ERSATZ_BOARD_MACHINE_H
#define ERSATZ_BOARD_MACHINE_H

#include <ersatz/ersatz.h>

#include "base/log.h"
#include "board/boot.h"
#include "board/clock.h"
#include "board/drive.h"
#include "board/input.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "board/ram.h"
#include "board/smbios.h"
#include "cpu/cpu.h"
#include "devices/apic_bus.h"
#include "devices/device.h"

#define MACHINE_MAX_CPUS 32
#define MACHINE_MAX_CHIPS 32
#define ISA_IRQS 16
#define SERIAL_PORTS 4
#define IDE_PLACES 4 /* drives: two channels of two */
#define FLOPPY_PLACES 2
#define PFLASH_PLACES 2
#define MACHINE_MAX_DRIVES (IDE_PLACES + FLOPPY_PLACES + PFLASH_PLACES)

enum a20_source { A20_KBC, A20_PORT92, A20_SOURCES };

/* Memory (in the order of their addresses). */
#define VIDEO_BASE 0xA0000u
#define VIDEO_SIZE 0x20000u
#define ROM_LOW_MAX 0x20000u /* of a ROM's end shows below 1 MiB */
#define ROM_STEP 0x10000u
#define ROM_MAX 0x1000000u
#define PAM_BASE 0xC0000u /* option ROMs, BIOS; RAM behind them */
#define HIGH_BASE 0x100000u
#define LOW_RAM_MAX 0xC0000000u /* what is more lies above 4 GiB */
#define HIGH_RAM_BASE (1ull << 32)

/* -boot: letters of devices, a b floppy, c disk, d CD, n network. */
struct boot_order {
    char order[8], once[8]; /* `once` counts until the first reset; empty: none */
    bool menu;
    bool menu_wait_set;
    u16 menu_wait; /* ms that the firmware waits for the menu's key */
};

/* A drive to be built in. */
struct drive_config {
    enum drive_kind kind;
    unsigned index;
    const char *id;
    struct medium *medium; /* the machine's from machine_init() on, whatever becomes of it */
};

/* A file that the user hands to the firmware. */
struct fw_file {
    char *name;
    struct blob blob;
};
#define MACHINE_MAX_FW_FILES 16

/* What the board is built from. Strings are not kept. */
struct machine_config {
    u64 ram_size;
    unsigned cpus;
    const struct cpu_model *model;
    struct feature_set features;
    bool soft_fpu;
    bool no_vga;
    bool bios_is_ours;
    struct blob bios; /* the ROM that the machine starts from; without data: a direct boot */
    struct boot_order boot;
    struct smbios_config smbios;
    struct fw_file fw_file[MACHINE_MAX_FW_FILES]; /* -fw_cfg; data outlives the machine */
    unsigned fw_files;
    bool serial[SERIAL_PORTS]; /* which ports exist */
    bool parallel;
    bool pvpanic;
    u16 pvpanic_base;
    bool debug_exit;
    u16 debug_exit_base, debug_exit_size;
    const struct drive_config *drives; /* not kept */
    unsigned drive_count;
    /* Bytes that the guest sends; called on the machine's thread. */
    void (*output)(void *opaque, enum ersatz_channel channel, u8 byte);
    /* A line for the user. */
    void (*say)(void *opaque, const char *line);
    void *opaque;
};

struct serial_wire {
    struct machine *machine;
    enum ersatz_channel channel;
};

/* Why the machine should leave the run loop; latched by chips, read between slices. */
struct machine_stop {
    bool wanted;
    enum ersatz_stop why;
    u32 value;
    unsigned cpu;
};

/* A drive whose host file could not be written. */
struct disk_failure {
    const struct drive *drive;
    int error; /* errno */
};

struct machine {
    struct machine_config config;
    struct log log;
    struct memmap mem;
    struct portmap io;
    struct clock clock;
    struct input input;
    struct ram ram, video, rom;
    struct device *pflash[PFLASH_PLACES];
    u8 *bios; /* the firmware, in the ROM or in flash 0: NULL for a direct boot */
    u64 bios_size;
    u64 low_ram; /* bytes of RAM below 4 GiB: RAM ends there */

    struct engine *engine;
    struct cpu *cpus[MACHINE_MAX_CPUS];
    struct device *lapic[MACHINE_MAX_CPUS];
    unsigned cpu_count;
    unsigned running; /* the CPU whose slice it is */
    bool yields;      /* it said PAUSE: the next one's turn */

    struct device *chips[MACHINE_MAX_CHIPS]; /* all of them but the local APICs */
    unsigned chip_count;
    struct device *host_bridge, *isa_bridge, *pm; /* PCI 0:0.0, 0:1.0, 0:1.3 */
    struct device *pic, *pit, *rtc, *ioapic, *hpet, *kbc, *port92, *dma, *fdc, *vga,
        *uart[SERIAL_PORTS];
    struct apic_bus apic;
    struct serial_wire wire[ERSATZ_CHANNELS];
    u32 isa_level[ISA_IRQS]; /* bit n: source n holds the line */
    struct irq ferr;
    bool nmi_masked; /* port 70h */
    bool a20[A20_SOURCES];
    bool smram_open, smram_enabled;             /* as the host bridge has it */
    bool in_smm[MACHINE_MAX_CPUS], smram_shows; /* which CPUs are; what A0000h shows now */
    u64 apic_page; /* where the local APICs' registers are mapped, 0: nowhere */

    struct drive drive[MACHINE_MAX_DRIVES]; /* by kind and index: machine_drive() */
    unsigned drive_count;
    struct disk_failure disk_failure; /* of ERSATZ_STOP_DISK */

    struct device *fw_cfg;
    struct fw_tables *fw;
    struct boot boot;
    bool reset_wanted, was_reset;
    bool can_suspend; /* to RAM: tables say so */
    bool suspended, wake_wanted;
    bool triple_fault;
    unsigned triple_fault_cpu;
    struct machine_stop stop;
};

/* Builds a machine into *m. On error everything is taken down again. */
int machine_init(struct machine *m, const struct machine_config *config, struct ersatz_error *err);
void machine_destroy(struct machine *m);
/* Reset of all chips and CPUs; memory survives. With a direct boot, the kernel anew. Between
 * slices only. */
int machine_reset(struct machine *m, struct ersatz_error *err);
/* Does it start from a ROM, as a PC does? Otherwise a kernel is entered directly. */
static inline bool machine_has_bios(const struct machine *m)
{
    return m->bios != NULL;
}
/* From now on it is this CPU's slice. */
void machine_turn(struct machine *m, unsigned cpu);
/* A CPU enters or leaves SMM. */
void machine_smm(struct machine *m, unsigned cpu, bool in_smm);
/* Suspended to RAM, no CPU runs until the power button asks for this: all but memory and the host
 * bridge is reset, and the firmware finds in CMOS that it is to resume. Between slices only. */
void machine_wake(struct machine *m);
/* Ends the run at the next boundary of instructions. */
void machine_stop(struct machine *m, enum ersatz_stop why, u32 value);
/* Asks for a reset at the next boundary of instructions. */
void machine_want_reset(struct machine *m);
u64 machine_ram_hash(const struct machine *m);
void machine_say(struct machine *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Irq line n of the ISA bus, for one of up to 32 sources that share it. */
struct irq machine_isa_irq(struct machine *m, unsigned irq, unsigned source);

/* Has this file the size of a ROM? */
int machine_check_bios(const struct blob *b, struct ersatz_error *err);

/* pc.c: memory and chips. */
int pc_init(struct machine *m, struct ersatz_error *err);
void pc_destroy(struct machine *m);

/* pc_drives.c */
/* The drive at a place, or NULL. DRIVE_DISK and DRIVE_CDROM are one: what is on IDE there. */
struct drive *machine_drive(struct machine *m, enum drive_kind kind, unsigned index);
/* Gives the machine the drives of its configuration; once, before any chip is made. */
int machine_take_drives(struct machine *m, struct ersatz_error *err);
void machine_drop_drives(struct machine *m);

/* processors.c: the CPUs, their local APICs and the way of interrupts between them. */
int processors_init(struct machine *m, struct ersatz_error *err);
void processors_destroy(struct machine *m);
void processors_reset(struct machine *m);
void processors_nmi(struct machine *m);
/* The INIT# pins of all CPUs; the SMI# pin of CPU 0, as firmwares for QEMU's board expect. */
void processors_init_signal(struct machine *m);
void processors_smi(struct machine *m);

/* cmos.c: what a BIOS finds in CMOS. */
void cmos_fill(struct machine *m);
void cmos_boot_order(struct machine *m, const char *order);

/* fw_tables.c: what a firmware is told by fw_cfg. Once the kernel is in m->boot. */
int fw_tables_init(struct machine *m, struct ersatz_error *err);
void fw_tables_free(struct machine *m);
/* The tables as a direct boot needs them, linked and in memory. */
int fw_tables_place(struct machine *m, struct ersatz_error *err);

/* firmware.c: what a BIOS has done by the time it starts a kernel. */
int firmware_leave(struct machine *m, struct ersatz_error *err);

#endif
