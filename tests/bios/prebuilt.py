#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The images that are kept prebuilt, for hosts without an x86 compiler, are those that the sources
make. Prints TAP.

Another compiler makes another image, so they are compared where the compiler is the one that
bios/prebuilt/compiler.txt names; `make prebuilt` renews both.
"""
import os
import re
import subprocess
import sys

SOURCE = os.environ.get("srcdir", ".")
BUILD = os.environ.get("builddir", ".")
KEPT = os.path.join(SOURCE, "bios/prebuilt")
IMAGES = {"bios.bin": "bios/bios.bin", "vgabios.bin": "bios/vga/vgabios.bin",
          "tour.bin": "bios/tour/tour.bin"}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def other_compiler():
    """Why the images here need not be the same, or None."""
    m = re.search(r"^BIOS_CC = (.*)$", read(os.path.join(BUILD, "Makefile")).decode(), re.M)
    if not m or m[1] == "no":
        return "no compiler makes 16-bit x86 code here"
    script = os.path.join(KEPT, "compiler.sh")
    mine = subprocess.run(["sh", script, *m[1].split()], capture_output=True, text=True,
                          check=True).stdout
    kept = read(os.path.join(KEPT, "compiler.txt")).decode()
    return None if mine == kept else f"kept ones are by {kept.strip()!r}, here is {mine.strip()!r}"


def same_as_built(name, path):
    kept, built = read(os.path.join(KEPT, name)), read(os.path.join(BUILD, path))
    if kept == built:
        return None
    first = next((n for n, (a, b) in enumerate(zip(kept, built)) if a != b), None)
    return f"{len(kept)} and {len(built)} bytes, first other one at {first}"


def glyphs():
    """glyphs.S is what font.py makes of fixed.hex."""
    vga = os.path.join(SOURCE, "bios/vga")
    made = subprocess.run([sys.executable, os.path.join(vga, "font.py"),
                           os.path.join(vga, "fixed.hex")], capture_output=True)
    return None if made.stdout == read(os.path.join(vga, "glyphs.S")) else "it is not"


def option_rom():
    """The VGA BIOS is an option ROM: mark, size, checksum, PCI data."""
    rom = read(os.path.join(KEPT, "vgabios.bin"))
    pci = int.from_bytes(rom[0x18:0x1A], "little")
    wrong = []
    if rom[:2] != b"\x55\xaa":
        wrong.append("no 55h AAh")
    if rom[2] * 512 != len(rom):
        wrong.append(f"{rom[2]} blocks for {len(rom)} bytes")
    if sum(rom) % 256:
        wrong.append("its bytes do not add up to 0")
    if rom[pci:pci + 8] != b"PCIR\x34\x12\x11\x11":
        wrong.append("no PCI data for 1234:1111")
    return "; ".join(wrong)


def main():
    reason = other_compiler()
    print(f"1..{len(IMAGES) + 2}")
    for n, (name, path) in enumerate(IMAGES.items(), 1):
        if reason:
            print(f"ok {n} - {name} # SKIP {reason}")
            continue
        wrong = same_as_built(name, path)
        print(f"{'not ok' if wrong else 'ok'} {n} - {name} is what the sources make")
        if wrong:
            print(f"# {wrong}")
    for n, check in enumerate((glyphs, option_rom), len(IMAGES) + 1):
        wrong = check()
        print(f"{'not ok' if wrong else 'ok'} {n} - {check.__doc__}")
        if wrong:
            print(f"# {wrong}")


main()
