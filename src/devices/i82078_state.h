/* SPDX-License-Identifier: MIT */
/* The 82078's state, shared by its parts: registers, commands, execution. */
#ifndef ERSATZ_DEVICES_I82078_STATE_H
#define ERSATZ_DEVICES_I82078_STATE_H

#include "devices/floppy.h"
#include "devices/i82078.h"

#define ST0_SEEK_END 0x20
#define ST0_EQUIPMENT_CHECK 0x10
#define ST0_NORMAL 0x00
#define ST0_ABNORMAL 0x40
#define ST0_INVALID 0x80
#define ST0_POLLING 0xc0 /* a drive's state changed: after reset */
#define ST1_END_OF_CYLINDER 0x80
#define ST1_DATA_ERROR 0x20
#define ST1_OVERRUN 0x10
#define ST1_NO_DATA 0x04
#define ST1_NOT_WRITABLE 0x02
#define ST1_MISSING_MARK 0x01
#define ST2_CONTROL_MARK 0x40
#define ST2_DATA_ERROR 0x20
#define ST2_WRONG_CYLINDER 0x10
#define ST2_SCAN_EQUAL 0x08
#define ST2_SCAN_NOT_SATISFIED 0x04

#define CONFIG_EIS 0x40   /* implied seeks */
#define CONFIG_EFIFO 0x20 /* FIFO off */
#define SPECIFY_ND 0x01   /* second byte: programmed transfers */

#define STEP_NS 100000ull    /* a step to the next cylinder */
#define SETTLE_NS 1000000ull /* what a seek takes besides */
#define SECTOR_NS 250000ull  /* a sector passes the head */

enum fdc_phase { PHASE_COMMAND, PHASE_EXECUTION, PHASE_RESULT };

enum fdc_transfer {
    TRANSFER_READ,
    TRANSFER_READ_TRACK,
    TRANSFER_READ_ID,
    TRANSFER_VERIFY,
    TRANSFER_WRITE,
    TRANSFER_FORMAT,
    TRANSFER_SCAN_EQUAL,
    TRANSFER_SCAN_LOW,
    TRANSFER_SCAN_HIGH,
};

/* Where an execution phase is: its timer comes for STAGE_FIND and STAGE_STORE. */
enum fdc_stage {
    STAGE_FIND,  /* the next sector comes round */
    STAGE_HOST,  /* programmed transfer: the host reads or writes the buffer */
    STAGE_STORE, /* the host's data is there: to be written or compared */
};

struct i82078;

struct floppy_unit {
    struct i82078 *chip;
    struct drive *drive; /* NULL: nothing on this select */
    struct timer step;
    u8 number;
    u8 track; /* where the head is; the chip's PCN is the same */
    u8 target, seeking;
    u8 st0, pending; /* of a seek that ended and wasn't sensed yet */
    u8 changed;      /* DSKCHG's latch: a step with a medium clears it */
};

/* A data command's parameters and how far it has come. */
struct fdc_run {
    u8 kind, stage, unit, head;
    u8 c, h, r, n, eot, dtl;
    u8 multi_track, skip, deleted;
    u8 done; /* sectors, for READ TRACK, VERIFY and FORMAT TRACK */
    u8 tc, st1, st2;
    u8 pio;
    u16 at, len; /* in the buffer, programmed transfers */
};

struct i82078 {
    struct device dev;
    struct dma_channel dma;
    struct timer exec;
    struct timer service; /* programmed transfers: asks again for the next byte */
    struct floppy_unit unit[I82078_UNITS];
    u8 dor, tdr, rate, irq;
    u8 phase;
    u8 fifo[20];    /* command or result bytes */
    u8 count;       /* bytes in it */
    u8 taken;       /* of results */
    u8 reset_sense; /* interrupts that SENSE INTERRUPT STATUS still has to tell after a reset */
    u8 specify[2], config, pretrack, lock, perpendicular, option, power_down;
    u8 drive_spec[2], last_eot;
    struct fdc_run run;
    u8 buffer[FLOPPY_SECTOR];
};

/* i82078.c */
void fdc_raise(struct i82078 *c);
void fdc_lower(struct i82078 *c);
/* To the result phase with the first `count` bytes of c->fifo; 0: no results, the next command
 * may come. */
void fdc_result(struct i82078 *c, unsigned count);
/* The medium under a drive's heads if it turns and its data rate is the chosen one, or NULL. */
const struct floppy_format *fdc_medium(const struct i82078 *c, const struct floppy_unit *u);

/* i82078_command.c */
/* A byte at the FIFO in the command phase. */
void fdc_command_byte(struct i82078 *c, u8 byte);
void fdc_seek_ends(void *unit);
void fdc_defaults(struct i82078 *c);

/* i82078_transfer.c */
/* Begins the execution phase of c->run. */
void fdc_start(struct i82078 *c);
void fdc_execute(void *chip);
/* The FIFO in the execution phase. */
u8 fdc_data_read(struct i82078 *c);
void fdc_data_write(struct i82078 *c, u8 byte);
bool fdc_to_host(const struct i82078 *c);

#endif
