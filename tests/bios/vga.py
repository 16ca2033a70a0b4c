#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""INT 10h, asked by vga.S on a floppy; the answers are those of vga.txt. Prints TAP.

vga.txt came from QEMU's own VGA BIOS. Where ours answers differently on purpose, its answer is
the line, and QEMU's follows "# there:".

usage: vga.py [--qemu ROM]     asks QEMU with that VGA BIOS, or with its own for ROM "-", and
                               prints the answers
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("builddir", ".")
RUNNER = os.environ.get("TEST_RUNNER", "").split()
IMAGE = os.path.join(BUILD, "tests/bios/vga.img")


def ask(command):
    with tempfile.TemporaryDirectory() as where:
        out = os.path.join(where, "out")
        try:
            errors = subprocess.run(command(out), stdin=subprocess.DEVNULL, capture_output=True,
                                    text=True, timeout=60).stderr
        except subprocess.TimeoutExpired:
            errors = "it did not end within 60 s"
        if not os.path.exists(out):
            return [], errors
        text = open(out, encoding="latin-1").read().split("\n")
    # the BIOS speaks first, on the same port
    first = [n for n, line in enumerate(text) if line.startswith("text: ")]
    return text[first[0] if first else 0:], errors


def ersatz(out):
    return [*RUNNER, os.path.join(BUILD, "ersatz"), "-m", "16", "-drive",
            f"file={IMAGE},if=floppy,snapshot=on", "-boot", "order=a", "-clock", "virtual",
            "-display", "none", "-serial", "none", "-monitor", "none", "-debugcon", f"file:{out}",
            "-device", "isa-debug-exit", "-no-reboot"]


def qemu(rom):
    card = ["-device", "VGA" + ("" if rom == "-" else f",romfile={rom}"), "-vga", "none"]
    drive = f"file={IMAGE},format=raw,if=floppy,snapshot=on"
    return lambda out: ["qemu-system-i386", "-drive", drive, "-boot", "a", *card,
                        "-display", "none",
                        "-debugcon", f"file:{out}", "-device", "isa-debug-exit", "-no-reboot"]


def groups(lines):
    """The lines after each heading, which begins with a letter beyond f or holds a colon."""
    found = []
    for line in lines:
        if line and not set(line) <= set("0123456789abcdef >"):
            found.append((line, []))
        elif line and found:
            found[-1][1].append(line)
    return found


def main():
    if sys.argv[1:2] == ["--qemu"]:
        print("\n".join(ask(qemu(sys.argv[2]))[0]), end="")
        return
    if not os.path.exists(IMAGE):
        print("1..0 # SKIP there is no compiler of x86 code for vga.img")
        return
    with open(os.path.join(HERE, "vga.txt"), encoding="ascii") as f:
        want = groups(line.split("#")[0].rstrip() for line in f)
    print(f"1..{len(want)}")
    lines, errors = ask(ersatz)
    got = dict(groups(lines))
    for n, (name, answers) in enumerate(want, 1):
        mine = got.get(name)
        print(f"{'ok' if mine == answers else 'not ok'} {n} - {name}")
        if mine is None:
            print("# nothing came of it. " + errors.strip().replace("\n", "\n# "))
            continue
        for a, b in zip(mine + [""] * len(answers), answers):
            if a != b:
                print(f"# got  {a}\n# want {b}")


main()
