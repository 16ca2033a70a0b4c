/* SPDX-License-Identifier: MIT */
/* Bytes to and from the 8042, polled. */
#include "i8042.h"

enum { INPUT_TIMEOUT_MS = 100, ACK_TIMEOUT_MS = 200, POLL_US = 20 };

/* Waits for (status & mask) == want. */
static bool wait_status(u8 mask, u8 want, u32 timeout_ms)
{
    for (u32 left = timeout_ms * (1000 / POLL_US); left; left--) {
        if ((inb(I8042_STATUS) & mask) == want)
            return true;
        delay_us(POLL_US);
    }
    return false;
}

bool i8042_command(u8 command)
{
    if (!wait_status(I8042_INPUT_FULL, 0, INPUT_TIMEOUT_MS))
        return false;
    outb(I8042_STATUS, command);
    return true;
}

bool i8042_write(u8 byte)
{
    if (!wait_status(I8042_INPUT_FULL, 0, INPUT_TIMEOUT_MS))
        return false;
    outb(I8042_DATA, byte);
    return true;
}

bool i8042_read(bool aux, u8 *byte, u32 timeout_ms)
{
    u8 status;

    for (unsigned strays = 0; strays < 32; strays++) {
        if (!wait_status(I8042_OUTPUT_FULL, I8042_OUTPUT_FULL, timeout_ms))
            return false;
        status = inb(I8042_STATUS);
        *byte = inb(I8042_DATA);
        if (!(status & I8042_AUX) == !aux)
            return true;
    }
    return false;
}

bool i8042_send(bool aux, u8 byte)
{
    u8 answer;

    for (unsigned tries = 0; tries < 3; tries++) {
        if ((aux && !i8042_command(I8042_TO_AUX)) || !i8042_write(byte) ||
            !i8042_read(aux, &answer, ACK_TIMEOUT_MS))
            return false;
        if (answer == PS2_ACK)
            return true;
    }
    return false;
}

u8 i8042_set_command_byte(u8 clear, u8 set)
{
    u8 old = 0;

    if (i8042_command(I8042_READ_COMMAND_BYTE) && i8042_read(false, &old, INPUT_TIMEOUT_MS) &&
        i8042_command(I8042_WRITE_COMMAND_BYTE))
        i8042_write((old & ~clear) | set);
    return old;
}
