/* SPDX-License-Identifier: MIT */
/* The floppy controller, 8272A to 82078, with the 8237's channel 2. Interrupts must be on. */
#ifndef BIOS_FDC_H
#define BIOS_FDC_H

#include "bios.h"

enum { FDC_RESULTS = 7, FDC_MAX_COMMAND = 9 };

/* Commands; Intel 82078 data sheet, 5.2. */
enum {
    FDC_SPECIFY = 0x03,
    FDC_RECALIBRATE = 0x07,
    FDC_SENSE_INTERRUPT = 0x08,
    FDC_SEEK = 0x0F,
    FDC_PERPENDICULAR = 0x12,
    FDC_READ_ID = 0x4A,
    FDC_FORMAT = 0x4D,
    FDC_WRITE = 0xC5,
    FDC_VERIFY = 0xF6,
    FDC_READ = 0xE6
};

/* A command with its parameters; what it moves by DMA. */
struct fdc_command {
    u8 bytes[FDC_MAX_COMMAND];
    u8 length;
    u8 mode;    /* FDC_DMA_*, 0: none */
    u32 buffer; /* segment * 16 + offset; must not cross 64 KiB */
    u32 size;
};
enum { FDC_DMA_TO_MEMORY = 0x46, FDC_DMA_FROM_MEMORY = 0x4A };

/* Resets the controller and tells it the step rate; false: it does not answer. */
bool fdc_reset(void);
/* Selects a drive and starts its motor; true if it was running. */
bool fdc_select(u8 drive);
/* From now on the motor may stop. */
void fdc_idle(void);
void fdc_set_rate(u8 rate);
bool fdc_disk_changed(void);

/* A command without results. */
bool fdc_send(const struct fdc_command *c);
/* Runs a command with results to the end, into the BDA. False: no answer in time. */
bool fdc_run(const struct fdc_command *c);
u8 fdc_result(u8 n);
/* How many bytes the last DMA has not moved. */
u16 fdc_dma_left(void);
/* Both end when the head is there; false: it did not get there. */
bool fdc_recalibrate(u8 drive);
bool fdc_seek(u8 drive, u8 head, u8 cylinder);

/* A byte of the diskette parameter table, to which INT 1Eh points. */
enum {
    DPT_SPECIFY = 0, /* 2 bytes */
    DPT_MOTOR_OFF = 2,
    DPT_SIZE_CODE = 3,
    DPT_SECTORS = 4,
    DPT_GAP = 5,
    DPT_LENGTH = 6,
    DPT_FORMAT_GAP = 7,
    DPT_FILL = 8,
    DPT_SETTLE_MS = 9,
    DPT_MOTOR_START = 10 /* 1/8 s */
};
u8 dpt_byte(u8 n);

#endif
