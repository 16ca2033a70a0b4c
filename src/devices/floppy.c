/* SPDX-License-Identifier: MIT */
#include "devices/floppy.h"

static const struct floppy_format formats[] = {
    /* clang-format off */
    { 8, 40, 1, FLOPPY_250K, FLOPPY_DRIVE_360K},  /* 160K */
    { 9, 40, 1, FLOPPY_250K, FLOPPY_DRIVE_360K},  /* 180K */
    { 8, 40, 2, FLOPPY_250K, FLOPPY_DRIVE_360K},  /* 320K */
    { 9, 40, 2, FLOPPY_250K, FLOPPY_DRIVE_360K},  /* 360K */
    { 9, 80, 2, FLOPPY_250K, FLOPPY_DRIVE_1440K}, /* 720K */
    {10, 80, 2, FLOPPY_250K, FLOPPY_DRIVE_1440K}, /* 800K */
    {15, 80, 2, FLOPPY_500K, FLOPPY_DRIVE_1200K}, /* 1.2M */
    {18, 80, 2, FLOPPY_500K, FLOPPY_DRIVE_1440K}, /* 1.44M */
    {20, 80, 2, FLOPPY_500K, FLOPPY_DRIVE_1440K}, /* 1.6M */
    {21, 80, 2, FLOPPY_500K, FLOPPY_DRIVE_1440K}, /* 1.68M, "DMF" */
    {21, 82, 2, FLOPPY_500K, FLOPPY_DRIVE_1440K}, /* 1.72M */
    {36, 80, 2, FLOPPY_1M,   FLOPPY_DRIVE_2880K}, /* 2.88M */
    /* clang-format on */
};

const struct floppy_format *floppy_format(u64 size)
{
    const struct floppy_format *f = formats, *last = formats + ARRAY_LEN(formats) - 1;

    while (f < last && (u64)f->sectors * f->cylinders * f->heads * FLOPPY_SECTOR < size)
        f++;
    return size ? f : NULL;
}

enum floppy_drive_type floppy_drive_for(u64 size)
{
    const struct floppy_format *f = floppy_format(size);

    return f ? f->drive : FLOPPY_DRIVE_1440K;
}
