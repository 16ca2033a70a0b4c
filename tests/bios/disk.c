/* SPDX-License-Identifier: MIT */
/* Asks INT 13h about every drive that disk.py may have attached. Each sector of those disks but
 * the boot disk's holds its own number in its first double word. */
#include "ask.h"

enum { BUFFER = 0x4000 }; /* the program begins at 7C00h */

struct packet {
    u8 size, zero;
    u16 count, off, seg;
    u32 low, high;
};

static u32 at(u16 off)
{
    return peek16(0, BUFFER + off) | (u32)peek16(0, BUFFER + off + 2) << 16;
}

static void clear(void)
{
    for (u16 n = 0; n < 64; n++)
        *(volatile u8 *)(BUFFER + n) = 0xee;
}

static void result(const struct regs *r)
{
    field("cf", r->flags & CF, 1);
    field("ah", r->ax >> 8, 2);
}

/* A function of a drive, with the registers that it answers in. */
static void ask(const char *name, u8 function, u8 drive, const char *fields)
{
    struct regs r = {.ax = function << 8, .bx = 0x55aa, .dx = drive, .cx = 0xcccc, .si = 0xcccc};

    call_int(0x13, &r);
    begin(name);
    field("dl", drive, 2);
    result(&r);
    for (; *fields; fields++)
        switch (*fields) {
        case 'b': field("bx", r.bx, 4); break;
        case 'c': field("cx", r.cx, 4); break;
        case 'd': field("dx", r.dx, 4); break;
        }
    end();
}

/* 02h and its kin by cylinder, head, sector. */
static void chs(const char *name, u8 function, u8 drive, u8 count, u16 cx, u8 head)
{
    struct regs r = {.ax = function << 8 | count, .bx = BUFFER, .cx = cx, .dx = head << 8 | drive};

    if (function == 2)
        clear();
    call_int(0x13, &r);
    begin(name);
    field("dl", drive, 2);
    field("chs", cx, 4);
    field("h", head, 2);
    field("n", count, 2);
    result(&r);
    field("al", r.ax & 0xff, 2);
    if (function == 2) {
        field("first", at(0), 8);
        if (count && !(r.flags & CF))
            field("last", at((count - 1) * 512), 8);
    }
    end();
}

/* 42h and its kin. */
static void lba(const char *name, u8 function, u8 drive, u16 count, u32 low, u32 high)
{
    struct packet p = {.size = 16, .count = count, .off = BUFFER, .low = low, .high = high};
    struct regs r = {.ax = function << 8, .dx = drive, .si = (u16)(u32)&p};

    if (function == 0x42)
        clear();
    call_int(0x13, &r);
    begin(name);
    field("dl", drive, 2);
    field("sector", high, 4);
    field("", low, 8);
    result(&r);
    field("count", p.count, 4);
    if (function == 0x42)
        field("first", at(0), 8);
    end();
}

static void drive_parameters(u8 drive, u16 room)
{
    struct regs r = {.ax = 0x4800, .dx = drive, .si = BUFFER};

    for (u16 n = 0; n < 0x60; n++)
        *(volatile u8 *)(BUFFER + n) = 0;
    *(volatile u16 *)BUFFER = room;
    call_int(0x13, &r);
    begin("parameters");
    field("dl", drive, 2);
    field("room", room, 2);
    result(&r);
    field("size", at(0) & 0xffff, 4);
    field("c", at(4), 8);
    field("h", at(8), 8);
    field("s", at(12), 8);
    field("total", at(20), 8);
    field("", at(16), 8);
    field("bytes", at(24) & 0xffff, 4);
    field("key", at(30) & 0xffff, 4);
    end();
}

static void hard_disk(u8 drive, u32 sectors)
{
    ask("geometry", 0x08, drive, "cd");
    ask("type", 0x15, drive, "cd");
    ask("extensions", 0x41, drive, "bc");
    ask("ready", 0x10, drive, "");
    ask("recalibrate", 0x11, drive, "");
    drive_parameters(drive, 0x1a);
    drive_parameters(drive, 0x1e);
    drive_parameters(drive, 0x42);
    drive_parameters(drive, 0x10);
    chs("read", 2, drive, 1, 0x0001, 0);
    chs("read", 2, drive, 1, 0x0002, 0);
    chs("read over the head", 2, drive, 20, 0x0038, 0);
    chs("read", 2, drive, 1, 0x0501, 3);
    chs("no sector 0", 2, drive, 1, 0x0000, 0);
    chs("no such cylinder", 2, drive, 1, 0xffc1, 0);
    chs("no sectors", 2, drive, 0, 0x0001, 0);
    chs("verify", 4, drive, 3, 0x0001, 0);
    chs("seek", 0x0c, drive, 0, 0x0301, 1);
    lba("read", 0x42, drive, 1, 0, 0);
    lba("read", 0x42, drive, 7, 1000, 0);
    lba("read", 0x42, drive, 1, sectors - 1, 0);
    lba("behind the end", 0x42, drive, 1, sectors, 0);
    lba("over the end", 0x42, drive, 2, sectors - 1, 0);
    lba("far behind", 0x42, drive, 1, 0, 1);
    lba("verify", 0x44, drive, 100, 5, 0);
    lba("seek", 0x47, drive, 1, 5, 0);
    ask("lock", 0x45, drive, "");
    ask("eject", 0x46, drive, "");
    ask("changed", 0x49, drive, "");
}

/* Writes sector 40 (02h's numbering: cylinder 0, head 0, sector 41) and 50; disk.py looks. */
static void write_disk(u8 drive)
{
    for (u16 n = 0; n < 1024; n++)
        *(volatile u8 *)(BUFFER + n) = (u8)(n ^ n >> 8);
    chs("write", 3, drive, 2, 0x0029, 0);
    lba("write", 0x43, drive, 1, 50, 0);
    lba("read back", 0x42, drive, 1, 40, 0);
    lba("read back", 0x42, drive, 1, 50, 0);
}

static void floppy(u8 drive)
{
    ask("geometry", 0x08, drive, "bcd");
    ask("type", 0x15, drive, "");
    ask("change line", 0x16, drive, "");
    chs("read", 2, drive, 1, 0x0001, 1);
    chs("read", 2, drive, 9, 0x2701, 0);
    chs("no such sector", 2, drive, 1, 0x0040 - 1, 0);
    chs("verify", 4, drive, 2, 0x0101, 1);
    chs("no head 2", 2, drive, 1, 0x0001, 2);
    for (u16 n = 0; n < 512; n++)
        *(volatile u8 *)(BUFFER + n) = (u8)~n;
    chs("write", 3, drive, 1, 0x0203, 1);
    chs("read back", 2, drive, 1, 0x0203, 1);
    ask("extensions", 0x41, drive, "");
}

static void dma_boundary(u8 drive)
{
    struct regs r = {.ax = 0x0202, .bx = 0xff00, .es = 0x1000, .cx = 0x0001, .dx = drive};

    call_int(0x13, &r);
    begin("over 64 KiB");
    result(&r);
    end();
}

static void cd(u8 drive)
{
    ask("extensions", 0x41, drive, "bc");
    drive_parameters(drive, 0x1e);
    lba("read", 0x42, drive, 1, 16, 0);
    lba("read", 0x42, drive, 4, 100, 0);
    lba("behind the end", 0x42, drive, 1, 0x100000, 0);
    lba("write", 0x43, drive, 1, 20, 0);
    ask("lock", 0x45, drive, "");
    ask("eject", 0x46, drive, "");
}

static void boot_image(void)
{
    struct regs r = {.ax = 0x4b01, .si = BUFFER};

    clear();
    call_int(0x13, &r);
    begin("boot image");
    result(&r);
    if (!(r.flags & CF)) {
        field("size", at(0) & 0xff, 2);
        field("media", at(0) >> 8 & 0xf, 1);
        field("drive", at(0) >> 16 & 0xff, 2);
        field("image", at(4), 8);
        field("segment", at(12) & 0xffff, 4);
        field("count", at(14) & 0xffff, 4);
    }
    end();
}

/* A CD's image of a hard disk: no extensions, and no writing. */
static void played_disk(u8 drive)
{
    ask("geometry", 0x08, drive, "cd");
    ask("type", 0x15, drive, "cd");
    ask("extensions", 0x41, drive, "");
    chs("read", 2, drive, 1, 0x0003, 0);
    chs("read", 2, drive, 12, 0x0103, 1);
    chs("no such cylinder", 2, drive, 1, 0x0a01, 0);
    chs("verify", 4, drive, 3, 0x0001, 0);
    chs("write", 3, drive, 1, 0x0001, 0);
}

static u32 disk_size(u8 drive)
{
    struct regs r = {.ax = 0x4800, .dx = drive, .si = BUFFER};

    *(volatile u16 *)BUFFER = 0x1a;
    call_int(0x13, &r);
    return r.flags & CF ? 0 : at(16);
}

static void tables(void)
{
    begin("data area");
    field("equipment", peek16(0x40, 0x10) & 0xc1, 4);
    field("disks", peek8(0x40, 0x75), 2);
    end();
    for (u8 n = 0; n < 2 && disk_size(0x80 + n); n++) {
        u16 vector = (n ? 0x46 : 0x41) * 4, off = peek16(0, vector), seg = peek16(0, vector + 2);

        begin("parameter table");
        field("cylinders", peek16(seg, off), 4);
        field("heads", peek8(seg, off + 2), 2);
        field("sectors", peek8(seg, off + 14), 2);
        end();
    }
}

void main(void)
{
    u8 disks = peek8(0x40, 0x75);

    tables();
    boot_image();
    for (u8 n = 0; n < disks; n++)
        if (disk_size(0x80 + n)) {
            hard_disk(0x80 + n, disk_size(0x80 + n));
            write_disk(0x80 + n);
        } else {
            played_disk(0x80 + n);
        }
    ask("no such disk", 0x08, 0x80 + disks, "");
    floppy(0);
    floppy(1);
    dma_boundary(0);
    cd(0xe0);
    begin("done");
    end();
}
