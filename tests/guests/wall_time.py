#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Virtual time beside the host's, under -clock host. SECONDS says for how long (300).

The guest's clock keeps the host's pace within 0.1 %, `sleep 1` takes a second, and an idle guest
takes less than 3 % of a host core and gives back the memory that the boot took, but for 120 MiB
beside its RAM. All of it depends on how busy the host is, so `make check-time`
runs this, not `make check`.
"""
import os
import re
import time

import guest

SECONDS = float(os.environ.get("SECONDS_OF_WALL_TIME", "300"))
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(g):
    with open(f"/proc/{g.p.pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def uptime(g):
    """The guest's clock, and the host's at that moment."""
    before = time.time()
    text = g.run("cat /proc/uptime")
    return float(text.split()[0]), (before + time.time()) / 2


def mib_beside_ram(g):
    """Resident, but for the largest mapping, which is RAM; what is mapped twice counts once."""
    with open(f"/proc/{g.p.pid}/smaps", encoding="ascii") as f:
        kib = [int(line.split()[1]) for line in f if line.startswith("Pss:")]
    return (sum(kib) - max(kib)) / 1024


def sleep_takes_a_second(g):
    took = []
    for _ in range(5):
        m = re.search(r"real\s+(\d+)m ([\d.]+)s", g.run("time sleep 1"))
        took.append(60 * int(m[1]) + float(m[2]))
    began = time.time()
    g.run("sleep 1; sleep 1; sleep 1")
    host = (time.time() - began) / 3
    print(f"# sleep 1: {min(took):.2f} to {max(took):.2f} s for the guest, {host:.2f} s outside")
    if max(took) > 1.05 or min(took) < 1 or host > 1.1:
        raise guest.Failure("sleep 1 does not take a second")


def pace_and_idle(g):
    guest_start, host_start = uptime(g)
    cpu = cpu_seconds(g)
    booted = mib_beside_ram(g)
    time.sleep(SECONDS)
    idle = mib_beside_ram(g)
    cpu = cpu_seconds(g) - cpu
    guest_end, host_end = uptime(g)
    off = (guest_end - guest_start) / (host_end - host_start) - 1
    share = cpu / SECONDS
    print(f"# over {SECONDS:.0f} s the guest's clock is off by {100 * off:+.4f} %,"
          f" the idle guest takes {100 * share:.2f} % of a host core")
    print(f"# memory beside RAM: {booted:.0f} MiB after the boot, {idle:.0f} after being idle")
    if abs(off) > 0.001:
        raise guest.Failure(f"the clock is {100 * off:+.4f} % off")
    if share > 0.03:
        raise guest.Failure(f"{100 * share:.2f} % of a host core")
    if idle > 120 or idle >= booted:
        raise guest.Failure(f"{idle:.0f} MiB beside RAM")


guest.boot("686", [sleep_takes_a_second, pace_and_idle], "-clock", "host")
