/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables are linked: pointers become addresses, then checksums are right. Here, or by a
 * firmware that follows a script, as QEMU's boards give one in "etc/table-loader":
 *
 *     0 command   4.. its operands: names of 56 bytes, numbers of 32 bits, little-endian
 *     1 allocate: name, alignment, zone (1: high, 2: below 1 MiB)
 *     2 add pointer: name of the file it is in, name of the target, offset, size
 *     3 add checksum: name, offset of the sum, start, length
 */
#include <string.h>

#include "base/bits.h"
#include "board/acpi.h"

enum { ALLOCATE = 1, ADD_POINTER, ADD_CHECKSUM };
enum { ZONE_HIGH = 1, ZONE_LOW = 2 };
#define NAME_SIZE 56

static u8 sum(const u8 *p, u32 n)
{
    u8 s = 0;

    while (n--)
        s = (u8)(s + *p++);
    return s;
}

void acpi_link(struct acpi_tables *t, u32 base)
{
    for (unsigned i = 0; i < t->notes; i++) {
        const struct acpi_note *n = &t->note[i];
        u8 *file = n->file == ACPI_FILE_RSDP ? t->rsdp : t->bytes;
        u8 *at = file + n->at;
        if (n->length)
            *at = (u8)(*at - sum(file + n->start, n->length));
        else
            st_size(at, ld_size(at, n->size) + base, n->size);
    }
}

static u8 *put_name(u8 *p, u8 file)
{
    strcpy((char *)p, file == ACPI_FILE_RSDP ? ACPI_RSDP_NAME : ACPI_TABLES_NAME);
    return p + NAME_SIZE;
}

static u8 *put_allocate(u8 *p, u8 file, u32 align, u8 zone)
{
    u8 *q = put_name(p + 4, file);

    st32(p, ALLOCATE);
    st32(q, align);
    q[4] = zone;
    return p + ACPI_LOADER_COMMAND;
}

static u8 *put_note(u8 *p, const struct acpi_note *n)
{
    u8 *q = put_name(p + 4, n->file);

    if (n->length) {
        st32(p, ADD_CHECKSUM);
        st32(q, n->at);
        st32(q + 4, n->start);
        st32(q + 8, n->length);
    } else {
        st32(p, ADD_POINTER);
        q = put_name(q, ACPI_FILE_TABLES);
        st32(q, n->at);
        q[4] = n->size;
    }
    return p + ACPI_LOADER_COMMAND;
}

u32 acpi_loader(const struct acpi_tables *t, u8 script[ACPI_LOADER_MAX])
{
    u8 *p = script;

    memset(script, 0, ACPI_LOADER_MAX);
    p = put_allocate(p, ACPI_FILE_TABLES, 64, ZONE_HIGH);
    p = put_allocate(p, ACPI_FILE_RSDP, 16, ZONE_LOW);
    for (unsigned i = 0; i < t->notes; i++)
        p = put_note(p, &t->note[i]);
    return (u32)(p - script);
}
