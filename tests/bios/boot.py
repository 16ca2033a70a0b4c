#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""INT 19h and INT 18h: what is booted in which order, by -boot, bootindex's file and the menu.
Every image is boot.c with a tag of its own; a tag that ends in + goes on to the next by INT 18h.

usage: boot.py [--qemu [BIOS]]    on QEMU, with SeaBIOS or another BIOS
"""
import os
import subprocess
import sys
import tempfile
import time

import ask
from disk import boot_cd

TAG_AT = 0x1B0
MENU_BOOT = "order=acd,menu=on,splash-time=8000"
ALL = "fda=a+ hda=c+ hdb=d+ cd=cd+"

# name, drives, options, what is booted one after the other, what the BIOS says
TESTS = [
    ("a floppy", "fda=a hda=c", "order=a", ["a dl=00 disks=01"], ""),
    ("a disk", "fda=a hda=c", "order=c", ["c dl=80 disks=01"], ""),
    ("a CD", "hda=c cd=cd", "order=d", ["cd dl=e0 disks=01"], ""),
    ("all, one after the other", ALL, "order=acd",
     ["a+ dl=00 disks=02", "c+ dl=80 disks=02", "d+ dl=80 disks=02", "cd+ dl=e0 disks=02"],
     "No bootable device"),
    ("what the order leaves out comes last", ALL, "order=d",
     ["cd+ dl=e0 disks=02", "a+ dl=00 disks=02", "c+ dl=80 disks=02", "d+ dl=80 disks=02"],
     "No bootable device"),
    ("a disk without a signature is passed over", "hda=- hdb=d", "order=c",
     ["d dl=80 disks=02"], "not bootable"),
    ("an empty drive is passed over", "cd= hda=c", "order=dc", ["c dl=80 disks=01"], "no disc"),
    ("once", "fda=a! hda=c", "order=c,once=a", ["a! dl=00 disks=01", "c dl=80 disks=01"], ""),
    ("nothing", "hda=-", "order=c", [], "No bootable device"),
]
# fw_cfg's file names the second disk; what it does not name comes behind
NAMED = ("bootorder", "fda=a+ hda=c+ hdb=d+",
         ["d+ dl=80 disks=02", "a+ dl=00 disks=02", "c+ dl=80 disks=02"])
BOOTORDER = "name=bootorder,string=/pci@i0cf8/ide@1,,1/drive@0/disk@1"
# the list is numbered in the order of booting
MENU = [("the menu: the third", ALL, ["esc", "3"], "d+ dl=80 disks=02"),
        ("the menu: as usual", ALL, ["esc", "esc"], "a+ dl=00 disks=02"),
        ("the menu: not asked for", ALL, [], "a+ dl=00 disks=02")]


def image(tag):
    with open(ask.program("boot"), "rb") as f:
        data = bytearray(f.read())
    if tag == "-":
        data[510:512] = b"\0\0"
    data[TAG_AT:TAG_AT + len(tag) + 1] = tag.encode() + b"\0"
    return bytes(data)


def drives(where, words):
    options = []
    for word in words.split():
        name, tag = word.split("=")
        path = os.path.join(where, name)
        if name == "cd" and tag:
            boot_cd(path, image(tag), 0, len(image(tag)) // 512)
        elif tag:
            with open(path, "wb") as f:
                f.write(image(tag).ljust(1440 * 1024, b"\0"))
        if name == "cd":
            options += ["-cdrom", path if tag else ""]
        else:
            options += ask.drive(path, **{"if": "floppy" if name == "fda" else "ide"},
                                 index=int(name == "hdb"))
    return options


class Run:
    """A machine with a monitor, until so many lines and this text have come or it has ended."""

    def __init__(self, machine, where, words, boot):
        self.out = os.path.join(where, "out")
        self.bios = os.path.join(where, "bios")  # where QEMU has two debug ports
        self.p = subprocess.Popen(
            [*(word.replace("{bios}", self.bios) for word in machine), "-m", "16", "-boot", boot,
             "-monitor", "stdio", "-debugcon", f"file:{self.out}", *drives(where, words)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)

    def said(self):
        text = ""
        for path in (self.bios, self.out):
            if os.path.exists(path):
                with open(path, encoding="latin-1") as f:
                    text += f.read()
        return text

    def until(self, text, lines, seconds=60):
        end = time.time() + seconds
        while time.time() < end and self.p.poll() is None and not (
                text in self.said() and len(ask.lines_of(self.out)) >= lines):
            time.sleep(0.05)
        return ask.lines_of(self.out)

    def press(self, key):
        self.p.stdin.write(f"sendkey {key} 50\n")
        self.p.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.kill()
        self.p.wait()


def real_time(machine):
    """The user's time to press a key is not virtual."""
    return ["host" if word == "virtual" else word for word in machine]


def without_no_reboot(machine):
    return [word for word in machine if word != "-no-reboot"]


def main():
    if not os.path.exists(ask.program("boot")):
        print("1..0 # SKIP there is no compiler of x86 code for boot.img")
        return
    machine = ask.ERSATZ
    if sys.argv[1:2] == ["--qemu"]:
        machine = [*ask.QEMU, *(["-bios", sys.argv[2]] if sys.argv[2:] else []),
                   "-chardev", "file,id=bios,path={bios}", "-device",
                   "isa-debugcon,iobase=0x402,chardev=bios"]
    tap = ask.Tap(len(TESTS) + 1 + len(MENU))
    for name, words, boot, want, text in TESTS:
        with tempfile.TemporaryDirectory() as where, \
                Run(without_no_reboot(machine), where, words, boot) as run:
            got = run.until(text, len(want))
            tap.result(name, got == want and text in run.said(),
                       f"got {got}\nwant {want}, {text!r}\n{run.said()[-400:]}")
    name, words, want = NAMED
    with tempfile.TemporaryDirectory() as where, \
            Run([*machine, "-fw_cfg", BOOTORDER], where, words, "order=acd") as run:
        got = run.until("No bootable", len(want))
        tap.result(name, got == want, f"got {got}\nwant {want}\n{run.said()[-400:]}")
    for name, words, keys, want in MENU:
        with tempfile.TemporaryDirectory() as where, \
                Run(real_time(machine), where, words, MENU_BOOT) as run:
            run.until("for the boot menu", 0)
            for key, shown in zip(keys, ("Boot from:", "> ")):
                run.press(key)
                run.until(shown, 0)
            got = run.until("> ", 1)[:1]
            tap.result(name, got == [want], f"got {got}\nwant {want}\n{run.said()[-400:]}")


if __name__ == "__main__":
    main()
