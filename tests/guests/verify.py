#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots of Debian's kernels to power-off under -verify: every run of a translation is repeated by
the interpreter, and must come to the same. KERNELS names others than the two smallest ones."""
import os
import subprocess
import time

import guest

# Little memory, for all of it is compared now and then.
OPTIONS = ("-m", "128", "-serial", "stdio", "-clock", "virtual", "-rtc", "clock=vm", "-verify",
           "-stats")


def boot(name):
    """What went wrong, or None; what was run."""
    r = subprocess.run(guest.command(name, *OPTIONS, append="ersatz.run=off"),
                       stdin=subprocess.DEVNULL, capture_output=True, text=True)
    end = [line for line in r.stderr.split("\n") if line.startswith(("instructions ", "transl"))]
    good = r.returncode == 0 and len(end) == 2 and "ready after" in r.stdout
    return None if good else f"status {r.returncode}\n{r.stdout[-2000:]}\n{r.stderr}", end


def main():
    names = os.environ.get("KERNELS", "686 cloud-amd64").split()
    reason = guest.missing(*names)
    if reason:
        print(f"1..0 # SKIP {reason}")
        return
    print(f"1..{len(names)}")
    for n, name in enumerate(names, 1):
        begin = time.time()
        wrong, end = boot(name)
        guest.result(n, wrong, f"{name} runs to power-off, both engines in lockstep")
        print("# " + ", ".join([*end, f"{time.time() - begin:.0f} s"]))


main()
