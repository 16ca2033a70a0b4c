/* SPDX-License-Identifier: MIT */
/*
 * The floppy controller: commands, their results, its interrupt, its DMA. Intel 82078 data
 * sheet, chapters 2 (registers) and 5 (commands); 8237A data sheet; IBM PC AT technical
 * reference for the data area.
 *
 *     digital output 3F2h   7..4 motors  3 DMA and interrupt on  2 not reset  1,0 drive
 *     main status    3F4h   7 ready for a byte  6 it is to be read  4 command in progress
 *     40:3E   7 the interrupt came   3..0 drive was recalibrated
 *     40:3F   7 writing   5,4 selected drive   3..0 motors
 */
#include "fdc.h"

#include "bda.h"
#include "pic.h"

enum { DIGITAL_OUTPUT = 0x3F2, MAIN_STATUS = 0x3F4, DATA = 0x3F5, RATE = 0x3F7, INPUT = 0x3F7 };
enum { DOR_RUN = 1 << 2, DOR_DMA = 1 << 3, DOR_MOTOR_0 = 1 << 4 };
enum { MSR_BUSY = 1 << 4, MSR_READ = 1 << 6, MSR_READY = 1 << 7, MSR_NOBODY = 0xFF };
enum { INPUT_CHANGED = 1 << 7 };
enum { ST0_FAILED = 0xC0, ST0_SEEK_END = 1 << 5 };
enum { INTERRUPT_CAME = 1 << 7, FLOPPY_IRQ = 6 };
enum { DMA_ADDRESS = 0x04, DMA_COUNT = 0x05, DMA_MASK = 0x0A, DMA_MODE = 0x0B, DMA_CLEAR = 0x0C };
enum { DMA_PAGE = 0x81, DMA_CHANNEL = 2, DMA_MASK_ON = 1 << 2 };
enum { DPT_VECTOR = 0x1E, MOTOR_NEVER_OFF = 0xFF };
enum { TIMEOUT_TICKS = 37, TIMEOUT_WAKES = 8000, BYTE_POLLS = 2000 };

u8 dpt_byte(u8 n)
{
    return peek8(peek16(0, DPT_VECTOR * 4 + 2), peek16(0, DPT_VECTOR * 4) + n);
}

/* ---- The interrupt ------------------------------------------------------------------------ */

void int0e(struct regs *r)
{
    struct regs ready = {.eax = 0x9101};

    bda_set8(BDA_FLOPPY_RECALIBRATE, bda8(BDA_FLOPPY_RECALIBRATE) | INTERRUPT_CAME);
    pic_eoi(FLOPPY_IRQ);
    int_call(0x15, &ready);
}

static void expect_interrupt(void)
{
    bda_set8(BDA_FLOPPY_RECALIBRATE, bda8(BDA_FLOPPY_RECALIBRATE) & ~INTERRUPT_CAME);
}

/* Sleeps until it comes; for two seconds by the tick, or, where a program took the tick away,
 * until enough else has woken it. */
static bool wait_interrupt(void)
{
    u32 start = ticks();
    bool came;

    for (unsigned wakes = 0; wakes < TIMEOUT_WAKES; wakes++) {
        cli();
        came = bda8(BDA_FLOPPY_RECALIBRATE) & INTERRUPT_CAME;
        if (came || ticks() - start > TIMEOUT_TICKS) {
            sti();
            expect_interrupt();
            return came;
        }
        if (pic_masked(0)) {
            sti();
            delay_us(250);
        } else {
            wait_irq();
        }
    }
    return false;
}

/* ---- Bytes -------------------------------------------------------------------------------- */

static bool wait_main_status(u8 mask, u8 want)
{
    for (unsigned polls = 0; polls < BYTE_POLLS; polls++) {
        if ((inb(MAIN_STATUS) & mask) == want)
            return true;
        delay_us(10);
    }
    return false;
}

static bool send(const u8 *bytes, u8 n)
{
    for (; n; n--, bytes++) {
        if (!wait_main_status(MSR_READY | MSR_READ, MSR_READY))
            return false;
        outb(DATA, *bytes);
    }
    return true;
}

/* Until the controller has no more. */
static bool read_results(void)
{
    for (u8 n = 0; n < FDC_RESULTS; n++) {
        if (!wait_main_status(MSR_READY, MSR_READY))
            return false;
        if (!(inb(MAIN_STATUS) & MSR_READ))
            return n > 0;
        bda_set8(BDA_FLOPPY_RESULT + n, inb(DATA));
    }
    return true;
}

u8 fdc_result(u8 n)
{
    return bda8(BDA_FLOPPY_RESULT + n);
}

/* ---- Reset, select ------------------------------------------------------------------------ */

static bool sense_interrupt(void)
{
    const u8 command = FDC_SENSE_INTERRUPT;

    return send(&command, 1) && read_results();
}

bool fdc_reset(void)
{
    const u8 specify[] = {FDC_SPECIFY, dpt_byte(DPT_SPECIFY), dpt_byte(DPT_SPECIFY + 1)};
    u8 output = bda8(BDA_FLOPPY_MOTOR) << 4 | (bda8(BDA_FLOPPY_MOTOR) >> 4 & 3);

    if (inb(MAIN_STATUS) == MSR_NOBODY)
        return false;
    pic_unmask(FLOPPY_IRQ);
    bda_set8(BDA_FLOPPY_RECALIBRATE, 0);
    outb(DIGITAL_OUTPUT, output | DOR_DMA);
    delay_us(20);
    outb(DIGITAL_OUTPUT, output | DOR_DMA | DOR_RUN);
    if (!wait_interrupt())
        return false;
    for (int drive = 0; drive < 4; drive++) /* each of them has become "ready" */
        if (!sense_interrupt())
            return false;
    return send(specify, sizeof specify);
}

bool fdc_select(u8 drive)
{
    u8 motor = bda8(BDA_FLOPPY_MOTOR), bit = 1 << drive;
    bool ran = motor & bit;

    bda_set8(BDA_FLOPPY_MOTOR_TIMEOUT, MOTOR_NEVER_OFF);
    bda_set8(BDA_FLOPPY_MOTOR, (motor & 0x0f) | bit | drive << 4);
    outb(DIGITAL_OUTPUT, ((motor & 0x0f) | bit) * DOR_MOTOR_0 | DOR_DMA | DOR_RUN | drive);
    return ran;
}

void fdc_idle(void)
{
    bda_set8(BDA_FLOPPY_MOTOR_TIMEOUT, dpt_byte(DPT_MOTOR_OFF));
}

void fdc_set_rate(u8 rate)
{
    outb(RATE, rate);
}

bool fdc_disk_changed(void)
{
    return inb(INPUT) & INPUT_CHANGED;
}

/* ---- Commands ----------------------------------------------------------------------------- */

static void set_dma(const struct fdc_command *c)
{
    u16 count = c->size - 1;

    outb(DMA_MASK, DMA_MASK_ON | DMA_CHANNEL);
    outb(DMA_CLEAR, 0);
    outb(DMA_MODE, c->mode);
    outb(DMA_ADDRESS, (u8)c->buffer);
    outb(DMA_ADDRESS, (u8)(c->buffer >> 8));
    outb(DMA_PAGE, (u8)(c->buffer >> 16));
    outb(DMA_COUNT, (u8)count);
    outb(DMA_COUNT, count >> 8);
    outb(DMA_MASK, DMA_CHANNEL);
}

/* The count has run to FFFFh when all is moved. */
u16 fdc_dma_left(void)
{
    u16 count;

    outb(DMA_CLEAR, 0);
    count = inb(DMA_COUNT);
    count |= inb(DMA_COUNT) << 8;
    return count + 1;
}

bool fdc_send(const struct fdc_command *c)
{
    return send(c->bytes, c->length);
}

bool fdc_run(const struct fdc_command *c)
{
    if (c->mode)
        set_dma(c);
    expect_interrupt();
    return send(c->bytes, c->length) && wait_interrupt() && read_results();
}

static bool move_head(const u8 *command, u8 length)
{
    expect_interrupt();
    return send(command, length) && wait_interrupt() && sense_interrupt() &&
           (fdc_result(0) & (ST0_FAILED | ST0_SEEK_END)) == ST0_SEEK_END;
}

/* The command takes at most 77 steps (79 on later chips), so a second may be needed. */
bool fdc_recalibrate(u8 drive)
{
    const u8 command[] = {FDC_RECALIBRATE, drive};

    return move_head(command, sizeof command) || move_head(command, sizeof command);
}

bool fdc_seek(u8 drive, u8 head, u8 cylinder)
{
    const u8 command[] = {FDC_SEEK, head << 2 | drive, cylinder};

    return move_head(command, sizeof command);
}
