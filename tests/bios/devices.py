#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""INT 15h C2h, INT 14h and INT 17h, asked by devices.c; and what came out of the printer.

SeaBIOS has no function 05h of INT 14h, so nothing comes back there.

usage: devices.py [--oracle]   asks Ersatz and QEMU's SeaBIOS, prints devices.txt
"""
import os
import sys
import tempfile

import ask

PRINTED = b"Printed by INT 17h.\n"


def session(machine):
    with tempfile.TemporaryDirectory() as where:
        paper = os.path.join(where, "paper")
        lines, errors = ask.answers(
            machine, os.path.join(where, "out"), "-boot", "order=a", "-serial", "null",
            "-parallel", f"file:{paper}",
            *ask.drive(ask.program("devices"), **{"if": "floppy"}, snapshot="on"))
        printed = b""
        if os.path.exists(paper):
            with open(paper, "rb") as f:
                printed = f.read()
        return {"devices": lines}, errors, printed


def main():
    if not os.path.exists(ask.program("devices")):
        print("1..0 # SKIP there is no compiler of x86 code for devices.img")
        return
    if sys.argv[1:2] == ["--oracle"]:
        ask.write_down(session(ask.ERSATZ)[0], session(ask.QEMU)[0])
        return
    tap = ask.Tap(2)
    got, errors, printed = session(ask.ERSATZ)
    tap.compare("devices", got["devices"], ask.expected("devices.txt")["devices"], errors)
    tap.result("the printer printed", printed == PRINTED, repr(printed))


main()
