# SPDX-License-Identifier: MIT
"""Runs a test floppy (guest.S, guest.h) and turns what it says into TAP."""
import os
import re
import subprocess
import sys
import tempfile

BUILD = os.environ.get("builddir", ".")
RUNNER = os.environ.get("TEST_RUNNER", "").split()


def ersatz(image, out, *options):
    return [*RUNNER, os.path.join(BUILD, "ersatz"), "-m", "32", "-drive",
            f"file={image},if=floppy,snapshot=on", "-boot", "order=a", "-clock", "virtual",
            "-display", "none", "-serial", "none", "-monitor", "none", "-debugcon", f"file:{out}",
            "-device", "isa-debug-exit", *options]


def qemu(image, out, *options):
    return ["qemu-system-i386", "-m", "32", "-drive",
            f"file={image},format=raw,if=floppy,snapshot=on", "-boot", "a", "-display", "none",
            "-debugcon", f"file:{out}", "-device", "isa-debug-exit", *options]


def ask(command, image, *options, seconds=100):
    """What the program said, and what the emulator did."""
    with tempfile.TemporaryDirectory() as where:
        out = os.path.join(where, "out")
        try:
            errors = subprocess.run(command(image, out, *options), stdin=subprocess.DEVNULL,
                                    capture_output=True, text=True, timeout=seconds).stderr
        except subprocess.TimeoutExpired:
            errors = f"it did not end within {seconds} s"
        if not os.path.exists(out):
            return [], errors
        with open(out, encoding="latin-1") as f:
            return f.read().split("\n"), errors


def tap(name, options=(), reboot=False):
    """TAP for tests/bios/NAME.img. With --qemu [OPTION...] on QEMU, whose BIOS is SeaBIOS."""
    image = os.path.join(BUILD, f"tests/bios/{name}.img")
    if not os.path.exists(image):
        print(f"1..0 # SKIP there is no compiler of x86 code for {name}.img")
        return
    options = [*options] if reboot else [*options, "-no-reboot"]
    if sys.argv[1:2] == ["--qemu"]:
        lines, errors = ask(qemu, image, *sys.argv[2:], *options)
    else:
        lines, errors = ask(ersatz, image, *options)
    results = [line for line in lines if re.match(r"(not )?ok - ", line)]
    ends = [int(line[5:], 16) for line in lines if re.match(r"done [0-9a-f]{8}$", line)]
    for n, line in enumerate(results, 1):
        print(line.replace("ok -", f"ok {n} -", 1).replace("#", "no. "))
    whole = ends == [len(results)]
    print(f"{'ok' if whole else 'not ok'} {len(results) + 1} - {name}: it came to its end")
    if not whole:
        print("# it said last: " + " | ".join(lines[-8:]))
        print("# " + errors.strip().replace("\n", "\n# "))
    print(f"1..{len(results) + 1}")
