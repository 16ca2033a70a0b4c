#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""INT 13h, asked by disk.c: booted from a floppy beside three disks (one of them beyond 28 bits
of sector numbers), a second floppy and a CD; from floppies of other sizes; from a CD without
emulation; and from CDs whose boot images play a floppy and a hard disk. What it wrote is looked up
in the images.

usage: disk.py [--oracle [BIOS]]   asks BIOS (default: Ersatz) and QEMU's SeaBIOS, prints disk.txt

In disk.txt, our answers differ from SeaBIOS's in these ways: no cylinder is kept back for
diagnostics; a geometry that does not fit is LBA-assisted; a failed call says that no sector was
moved, and a call that reaches beyond the end moves none; hard disks are not lockable; floppy
drives have a change line, which is clear after the first access; the device path of function 48h
is there.
"""
import os
import struct
import sys
import tempfile

import ask

CD_IMAGE_SECTOR = 20
# disk.c writes 40, 41 and 50; on floppies cylinder 2, head 1, sector 3
LOOKED_AT = {name: [39, 40, 41, 42, 50, 51] for name in ("small", "big", "huge")}
LOOKED_AT |= {"a": [91, 92, 93], "b": [46, 47, 48]}
SIZES = (360, 1200, 2880)  # KiB of more floppies; what is in 1.44 MB drives is tried by a and b
SMALL, BIG, HUGE = 20808, 2097152, (1 << 28) + 100000


def stamped(path, sectors, numbers=None, size=512):
    """A disk whose sectors hold their numbers, those in `numbers` or all."""
    with open(path, "wb") as f:
        f.truncate(sectors * size)
        for n in range(sectors) if numbers is None else numbers:
            f.seek(n * size)
            f.write(struct.pack("<I", n & 0xFFFFFFFF))
    return path


def sector(path, n):
    with open(path, "rb") as f:
        f.seek(n * 512)
        return f.read(512)


def boot_cd(path, image, media, count):
    """A CD with a boot catalog and nothing else."""
    def put(f, sector, data):
        f.seek(sector * 2048)
        f.write(data)

    entry = bytearray(64)
    entry[0], entry[30], entry[31] = 1, 0x55, 0xAA
    struct.pack_into("<H", entry, 28, -(0x0001 + 0xAA55) & 0xFFFF)
    struct.pack_into("<BBHBBHI", entry, 32, 0x88, media, 0, 0, 0, count, CD_IMAGE_SECTOR)
    with open(path, "wb") as f:
        put(f, 16, b"\1CD001\1\0")
        put(f, 17, b"\0CD001\1EL TORITO SPECIFICATION".ljust(0x47, b"\0") + struct.pack("<I", 18))
        put(f, 18, bytes(entry))
        put(f, 19, b"\xffCD001\1")
        put(f, CD_IMAGE_SECTOR, image)
        f.truncate((CD_IMAGE_SECTOR + 4000) * 2048)
    return path


def floppy_image(kib=1440):
    with open(ask.program("disk"), "rb") as f:
        return f.read().ljust(kib * 1024, b"\0")


def program_sectors(image):
    return len(image.rstrip(b"\0")) // 512 + 1


def expected():
    """disk.txt, with what depends on the program's own code: {sector2}, {sector9}, {count}."""
    image = floppy_image()
    own = {f"sector{n}": f"{struct.unpack_from('<I', image, n * 512)[0]:08x}" for n in (2, 9)}
    own["count"] = f"{program_sectors(image):04x}"
    return {name: [line.format(**own) for line in lines]
            for name, lines in ask.expected("disk.txt").items()}


def disk_image():
    """10 cylinders, 4 heads, 20 sectors; the partition table says so."""
    image = bytearray(floppy_image()[:10 * 4 * 20 * 512])
    struct.pack_into("<8B", image, 446, 0x80, 0, 2, 0, 6, 3, 20, 9)
    return bytes(image)


class World:
    """The images, in a folder."""

    def __init__(self, where):
        self.where = where
        for name, kib in (("a", 1440), *((f"{kib}K", kib) for kib in SIZES)):
            with open(self.path(name + ".img"), "wb") as f:
                f.write(floppy_image(kib))
        stamped(self.path("b.img"), 1440)
        stamped(self.path("small.img"), SMALL)
        stamped(self.path("big.img"), BIG, [*range(4000), BIG - 2, BIG - 1])
        stamped(self.path("huge.img"), HUGE, [*range(4000), HUGE - 2, HUGE - 1])
        stamped(self.path("cd.iso"), 300, size=2048)
        image = floppy_image()
        boot_cd(self.path("plain.iso"), image, 0, program_sectors(image))
        boot_cd(self.path("floppy.iso"), image, 2, 1)
        boot_cd(self.path("disk.iso"), disk_image(), 4, 1)

    def path(self, name):
        return os.path.join(self.where, name)

    def boots(self):
        """Name and options of each."""
        p = self.path
        yield "floppy", ["-boot", "order=a", *ask.drive(p("a.img"), **{"if": "floppy"}),
                         *ask.drive(p("b.img"), **{"if": "floppy"}, index=1),
                         *ask.drive(p("small.img"), **{"if": "ide"}, index=0),
                         *ask.drive(p("big.img"), **{"if": "ide"}, index=1),
                         *ask.drive(p("cd.iso"), **{"if": "ide"}, index=2, media="cdrom"),
                         *ask.drive(p("huge.img"), **{"if": "ide"}, index=3)]
        for kib in SIZES:
            floppy = ask.drive(p(f"{kib}K.img"), **{"if": "floppy"})
            yield (f"{kib}K", ["-boot", "order=a", *floppy])
        for name in ("plain", "floppy", "disk"):
            yield (f"{name}.iso", ["-boot", "order=d", "-cdrom", p(f"{name}.iso")])


def ask_all(machine, *options):
    """The answers by section, all errors, and what LOOKED_AT's sectors hold afterwards."""
    with tempfile.TemporaryDirectory() as where:
        world = World(where)
        sections, errors = {}, ""
        for name, drives in world.boots():
            sections[name], error = ask.answers(machine, os.path.join(where, name + ".out"),
                                                *options, *drives)
            errors += error
        written = {name: [sector(world.path(name + ".img"), n) for n in numbers]
                   for name, numbers in LOOKED_AT.items()}
    return sections, errors, written


def check_written(tap, written):
    data = bytes((n ^ n >> 8) & 0xFF for n in range(1024))
    inverted = bytes(~n & 0xFF for n in range(512))

    def number(n):
        return struct.pack("<I", n) + bytes(508)

    on_disk = [number(39), data[:512], data[512:], number(42), data[:512], number(51)]
    want = {"small": on_disk, "big": on_disk, "huge": on_disk,
            "a": [bytes(512), inverted, bytes(512)], "b": [number(46), inverted, number(48)]}
    for name, sectors in want.items():
        wrong = [n for n, a, b in zip(LOOKED_AT[name], written[name], sectors) if a != b]
        tap.result(f"{name}.img: what was written is there, its neighbours as they were",
                   not wrong, f"sectors {wrong}")


def main():
    if not os.path.exists(ask.program("disk")):
        print("1..0 # SKIP there is no compiler of x86 code for disk.img")
        return
    if sys.argv[1:2] == ["--oracle"]:
        ours = ask_all(ask.ERSATZ)[0]
        ask.write_down(ours, ask_all(ask.QEMU)[0])
        return
    want = expected()
    tap = ask.Tap(len(want) + len(LOOKED_AT))
    got, errors, written = ask_all(ask.ERSATZ)
    for name, lines in want.items():
        tap.compare(f"boot from {name}", got[name], lines, errors)
    check_written(tap, written)


if __name__ == "__main__":
    main()
