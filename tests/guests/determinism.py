#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same boot twice, to power-off, on each engine: the same instructions, the same time, the same
RAM."""
import subprocess

import guest

OPTIONS = ("-serial", "null", "-clock", "virtual", "-rtc", "clock=vm", "-stats")
ENGINES = ("interp", "jit", "jit")


def boot(name, engine):
    """The exit status, and the machine's end in numbers."""
    r = subprocess.run(guest.command(name, *OPTIONS, "-accel", engine, append="ersatz.run=off"),
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    words = ("instructions ", "time ", "ram ")
    return r.returncode, [line for line in r.stderr.split("\n") if line.startswith(words)], r.stderr


def main():
    names = ("686", "cloud-amd64")
    reason = guest.missing(*names)
    if reason:
        print(f"1..0 # SKIP {reason}")
        return
    print(f"1..{len(ENGINES) * len(names)}")
    n = 0
    for name in names:
        first = None
        for engine in ENGINES:
            n += 1
            status, end, said = boot(name, engine)
            first = first or end
            good = status == 0 and len(end) == 3 and end == first
            guest.result(n, None if good else f"status {status}, {end}, not {first}\n{said}",
                         f"{name} runs to power-off on {engine}, the same way")
        print("# " + ", ".join(first))


main()
