#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The beginning of a boot on another host's build: as on this machine, bit for bit."""
import os
import subprocess

import guest

INSTRUCTIONS = 200_000_000
OPTIONS = ("-serial", "null", "-clock", "virtual", "-rtc", "clock=vm", "-stats", "-stop-after",
           str(INSTRUCTIONS))


def start(build, runner):
    return subprocess.Popen(guest.command("686", *OPTIONS, build=build, runner=runner),
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def result(text):
    """What is the same on every host and by each engine."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith(("instructions ", "time ", "ram ")))


def main():
    native = os.environ.get("NATIVE", "")
    reason = guest.missing("686")
    if not os.path.exists(os.path.join(native, "ersatz")):
        reason = "NATIVE names no build for this machine; ./dev test does"
    if reason:
        print(f"1..0 # SKIP {reason}")
        return
    print("1..2")
    runs = [start(native, []), start(guest.BUILD, guest.RUNNER)]
    here, there = [result(p.communicate(timeout=1200)[1]) for p in runs]
    ran = runs[0].returncode == 10 and f"instructions {INSTRUCTIONS}\n" in here
    guest.result(1, None if ran else here, f"{INSTRUCTIONS} instructions on this machine")
    guest.result(2, None if here == there else f"{here}\n{there}", "the same on the other host")


main()
