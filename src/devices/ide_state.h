/* SPDX-License-Identifier: MIT */
/*
 * The IDE function's state, for its own files:
 *
 *     ide.c        the PCI function, the regions, what becomes of the timers
 *     ide_bus.c    a channel: task files, data port, INTRQ, resets
 *     ide_dma.c    bus master registers and PRD tables
 *     ide_ata.c    the commands of disks; ide_identify.c who they are
 *     atapi.c      packets on the wire; atapi_command.c, atapi_info.c what they mean
 *
 * One command at a time runs on a channel, and the unit that runs it stays selected: writes of
 * the registers are ignored while it has BSY or DRQ set (ATA/ATAPI-6, 6.2), so everything about
 * the command in hand is the channel's.
 *
 * A command is a chain of steps. A step runs when the channel's timer fires: BSY is set until
 * then, so a guest sees a drive that takes its time, always the same. In a step the host's work
 * is done, and either the next step is armed, or DRQ asks for a block of data, whose last word
 * arms the next step, or the command is over.
 */
#ifndef ERSATZ_DEVICES_IDE_STATE_H
#define ERSATZ_DEVICES_IDE_STATE_H

#include "devices/ide.h"

#define SECTOR 512u
#define CD_BLOCK 2048u
#define IDE_BUFFER 0x8000u
#define PACKET_SIZE 12u

/* Status */
#define ST_ERR 0x01
#define ST_DRQ 0x08
#define ST_DSC 0x10
#define ST_DRDY 0x40
#define ST_BSY 0x80
/* Error */
#define ER_ABRT 0x04
#define ER_IDNF 0x10
#define ER_UNC 0x40
/* Device */
#define DEV_UNIT1 0x10
#define DEV_LBA 0x40
#define DEV_FIXED 0xa0
/* Device control */
#define DC_NIEN 0x02
#define DC_SRST 0x04
#define DC_HOB 0x80

/* Time: a command's overhead, one that doesn't go on where the last one ended, a sector, and
 * how long until a write that the host refused is tried again. */
#define COMMAND_NS 5000u
#define SEEK_NS 50000u
#define SECTOR_NS 2500u
#define RETRY_NS 1000000u
#define RESET_NS 100000u

#define IDE_MULTIPLE 16 /* sectors in a block, at most */
#define IDE_DEVICE_RESET 0x08
#define IDE_DIAGNOSTIC 0x90
#define POWER_ACTIVE 0xff
#define POWER_STANDBY 0x00
#define POWER_IDLE 0x80

/* Bus master status and command (Programming Interface for Bus Master IDE Controller, 1994) */
#define BM_ACTIVE 0x01
#define BM_ERROR 0x02
#define BM_INTERRUPT 0x04
#define BM_CAPABLE 0x60 /* software's notes: which units do DMA */
#define BM_START 0x01
#define BM_TO_MEMORY 0x08

enum ide_step {
    STEP_NONE,  /* the command is over: DRDY, without INTRQ */
    STEP_END,   /* over, with INTRQ */
    STEP_RESET, /* after SRST */
    STEP_DIAGNOSED,
    STEP_READ,  /* PIO: from the medium to the buffer */
    STEP_WRITE, /* PIO: from the buffer to the medium */
    STEP_VERIFY,
    STEP_FLUSH,
    STEP_DMA_READ,
    STEP_DMA_WRITE,
    STEP_PACKET,   /* the packet is there: carry it out */
    STEP_ATAPI_IN, /* the next block of its data */
    STEP_ATAPI_DMA,
    STEP_ATAPI_OUT, /* its parameters are there */
    STEP_ATAPI_END,
    STEP_COUNT
};

/* A register of the task file, and what was in it before: the high-order byte of LBA48. */
struct ide_register {
    u8 now, before;
};

struct ide_unit {
    struct drive *drive; /* NULL: nobody is there */
    u8 status, error;
    struct ide_register feature, count, lba[3];
    u8 intrq;    /* wants an interrupt */
    u8 multiple; /* sectors in a block, 0: SET MULTIPLE has not been */
    u16 cylinders;
    u8 heads, sectors; /* the translation in force */
    u8 write_cache, look_ahead, smart;
    u8 power;         /* what CHECK POWER MODE tells */
    u8 transfer_mode; /* SET FEATURES 03h */
    u64 next_lba;     /* where the last command ended */
    /* CD-ROM */
    u8 sense_key, asc, ascq;
    u8 tray_open;
    u8 locked;    /* as the drive has it */
    u8 attention; /* the medium may have changed, and nobody has been told */
    u8 event;     /* of GET EVENT STATUS NOTIFICATION */
};

struct bus_master {
    u8 command, status;
    u32 table;      /* PRD table's address */
    u32 next;       /* address of the PRD after the one in hand */
    u32 base, left; /* of the one in hand */
    u8 last;        /* it is the last one */
};

struct ide_channel {
    struct ide *ide;
    struct timer timer;
    struct ide_unit unit[2];
    u8 device, control;
    u8 intrq;     /* level of the pin */
    u8 step;      /* what the timer, or the last word of a block, leads to */
    u8 data_out;  /* DRQ: the host is to write */
    u8 dma_waits; /* for the bus master to be started */
    u8 ext;       /* the command in hand has 48-bit addresses */
    u8 block;     /* PIO: sectors in a block */
    u32 at, end;  /* DRQ: of the buffer */
    u64 lba;
    u32 left;   /* sectors, or CD blocks, still to come */
    u32 filled; /* DMA write: bytes in the buffer that the drive has not taken yet */
    /* CD-ROM */
    u8 packet[PACKET_SIZE];
    u8 packet_dma;
    u8 mode_select10;        /* of the two commands, whose parameters come */
    u16 limit;               /* byte count limit */
    u32 stage_at, stage_end; /* what of the buffer is still to be handed over */
    struct bus_master bm;
    u8 buffer[IDE_BUFFER];
};

struct ide {
    struct device dev;
    struct pci_device pci;
    struct ide_channel channel[2];
};

/* ide_bus.c */
static inline struct ide_unit *ide_selected(const struct ide_channel *c)
{
    return (struct ide_unit *)&c->unit[c->device & DEV_UNIT1 ? 1 : 0];
}

static inline bool ide_is_cdrom(const struct ide_unit *u)
{
    return u->drive && u->drive->kind == DRIVE_CDROM;
}

void ide_bus_reset(struct ide_channel *c);
u64 ide_bus_read(struct ide_channel *c, unsigned reg, unsigned size);
void ide_bus_write(struct ide_channel *c, unsigned reg, u64 value, unsigned size);
u8 ide_alternate_status(const struct ide_channel *c);
void ide_step(struct ide_channel *c);
void ide_begin_reset(struct ide_channel *c, enum ide_step step);
void ide_control_write(struct ide_channel *c, u8 value);
void ide_update_intrq(struct ide_channel *c);
void ide_signature(struct ide_unit *u);
/* BSY, and `step` after a time. */
void ide_work(struct ide_channel *c, enum ide_step step, u64 ns);
/* DRQ for `bytes` of the buffer from `from` on; `step` follows the last of them. */
void ide_data_in(struct ide_channel *c, u32 from, u32 bytes, enum ide_step step);
void ide_data_out(struct ide_channel *c, u32 bytes, enum ide_step step);
void ide_interrupt(struct ide_channel *c);
/* The command is over. */
void ide_done(struct ide_channel *c);
void ide_fail(struct ide_channel *c, u8 error);
void ide_end_reset(struct ide_channel *c);
void ide_end_diagnostic(struct ide_channel *c);

/* ide_dma.c */
u8 ide_dma_read_register(const struct ide_channel *c, unsigned reg);
void ide_dma_write_register(struct ide_channel *c, unsigned reg, u8 value);
void ide_dma_kick(struct ide_channel *c);
/* The bus master is started: else `dma_waits`, and its start brings the step again. */
bool ide_dma_ready(struct ide_channel *c);
/* Moves bytes between the buffer and memory by PRDs; fewer than `bytes` if these end first. */
u32 ide_dma_move(struct ide_channel *c, u32 from, u32 bytes, bool to_memory);
/* The drive has got all it wanted, or gives up. */
void ide_dma_end(struct ide_channel *c);
/* The PRDs have ended before the drive's data. */
void ide_dma_short(struct ide_channel *c);

/* ide_ata.c */
void ide_power_on(struct ide_unit *u);
void ide_command(struct ide_channel *c, u8 opcode);
void ide_set_lba(struct ide_channel *c, u64 lba);
u64 ide_seek_time(struct ide_unit *u, u64 lba);
void ide_step_read(struct ide_channel *c);
void ide_step_write(struct ide_channel *c);
void ide_step_verify(struct ide_channel *c);
void ide_step_flush(struct ide_channel *c);
void ide_step_dma_read(struct ide_channel *c);
void ide_step_dma_write(struct ide_channel *c);

/* ide_identify.c: 512 bytes each. */
void ide_identify_disk(const struct ide_unit *u, unsigned place, u8 *buf);
void ide_identify_packet(const struct ide_unit *u, unsigned place, u8 *buf);
void ide_smart_data(u8 *buf, bool thresholds);
/* The number, 0..3, of the unit that is selected. */
unsigned ide_place(const struct ide_channel *c);

/* atapi.c */
void atapi_packet(struct ide_channel *c);
void atapi_step_packet(struct ide_channel *c);
void atapi_step_in(struct ide_channel *c);
void atapi_step_dma(struct ide_channel *c);
void atapi_step_out(struct ide_channel *c);
void atapi_step_end(struct ide_channel *c);
/* How a packet's command goes on: without data; with CHECK CONDITION; with `len` bytes of the
 * buffer, at most `room`; with blocks of the medium; with parameters from the host. */
void atapi_good(struct ide_channel *c);
void atapi_check(struct ide_channel *c, u8 key, u8 asc, u8 ascq);
void atapi_reply(struct ide_channel *c, u32 len, u32 room);
void atapi_read(struct ide_channel *c, u64 lba, u32 blocks);
void atapi_receive(struct ide_channel *c, u32 len);

/* atapi_command.c */
void atapi_execute(struct ide_channel *c);
/* The host's parameters are in the buffer. */
void atapi_parameters(struct ide_channel *c);
/* For struct drive: the medium has changed, or the user wants it out. */
void atapi_changed(void *opaque);
u32 atapi_blocks(const struct ide_unit *u);
bool atapi_ready(const struct ide_unit *u);

/* atapi_info.c: what is told of drive and medium. */
void atapi_inquiry(struct ide_channel *c, struct ide_unit *u);
void atapi_mode_sense(struct ide_channel *c, struct ide_unit *u);
void atapi_configuration(struct ide_channel *c, struct ide_unit *u);
void atapi_toc(struct ide_channel *c, struct ide_unit *u);
void atapi_disc_information(struct ide_channel *c, struct ide_unit *u);
void atapi_track_information(struct ide_channel *c, struct ide_unit *u);
void atapi_subchannel(struct ide_channel *c, struct ide_unit *u);
void atapi_mechanism(struct ide_channel *c, struct ide_unit *u);
void atapi_dvd_structure(struct ide_channel *c, struct ide_unit *u);
/* Mode pages that the host may send: is there one of that number? */
bool atapi_has_page(u8 page);

/* Packets and replies are big-endian. */
static inline u32 be16(const u8 *p)
{
    return (u32)p[0] << 8 | p[1];
}

static inline u32 be32(const u8 *p)
{
    return be16(p) << 16 | be16(p + 2);
}

static inline void put_be16(u8 *p, u32 v)
{
    p[0] = (u8)(v >> 8);
    p[1] = (u8)v;
}

static inline void put_be32(u8 *p, u32 v)
{
    put_be16(p, v >> 16);
    put_be16(p + 2, v);
}

/* Sense keys and additional sense codes (MMC-3, annex) */
#define SENSE_NOT_READY 2
#define SENSE_MEDIUM_ERROR 3
#define SENSE_ILLEGAL 5
#define SENSE_ATTENTION 6
#define ASC_READ_ERROR 0x11
#define ASC_PARAMETER_LENGTH 0x1a
#define ASC_OPCODE 0x20
#define ASC_RANGE 0x21
#define ASC_FIELD 0x24
#define ASC_PARAMETER 0x26
#define ASC_CHANGED 0x28
#define ASC_INCOMPATIBLE 0x30
#define ASC_NOT_SAVED 0x39
#define ASC_NO_MEDIUM 0x3a
#define ASC_LOCKED 0x53

/* Media events */
enum { EVENT_NONE, EVENT_EJECT, EVENT_NEW, EVENT_REMOVED };

#endif
