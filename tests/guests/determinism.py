#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same boot twice, to power-off: the same instructions, the same time, the same RAM."""
import subprocess

import guest

OPTIONS = ("-serial", "null", "-clock", "virtual", "-rtc", "clock=vm", "-stats")


def boot(name):
    r = subprocess.run(guest.command(name, *OPTIONS, append="ersatz.run=off"),
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    return r.returncode, r.stderr


def main():
    names = ("686", "cloud-amd64")
    reason = guest.missing(*names)
    if reason:
        print(f"1..0 # SKIP {reason}")
        return
    print(f"1..{2 * len(names)}")
    for n, name in enumerate(names):
        first, second = boot(name), boot(name)
        off = first[0] == 0 and "instructions " in first[1] and "ram " in first[1]
        guest.result(2 * n + 1, None if off else f"{first}", f"{name} runs to power-off")
        same = first == second
        guest.result(2 * n + 2, None if same else f"{first}\n{second}", f"{name} runs the same twice")
        print("# " + first[1].strip().replace("\n", ", "))


main()
