#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Climbs the boot ladder (rungs.py) and prints TAP, with the time that each rung took.

usage: ladder.py [--short] [--qemu] [--firmware NAME] [--pictures DIR] [RUNG...]

A RUNG is a number, with or without its variant (17 is all of 17-...), or a range 3-7. --qemu runs
each under QEMU too and prints its time beside ours. Images are looked for in $GUESTS_LADDER, else
in $GUESTS/ladder; images.sh makes them. --pictures keeps what was on the screen in the end.
"""
import argparse
import os
import re
import shlex
import shutil
import sys
import time

from pc import PC, Ended, Qemu
from rungs import FIRMWARE, LADDER, Ends, Moves, Picture, Press, Send, Text, Type

IMAGES = os.environ.get("GUESTS_LADDER") or os.path.join(
    os.environ.get("GUESTS") or os.path.join(os.environ.get("builddir", "."), "guests"), "ladder")


class Failure(Exception):
    pass


def files_of(rung, firmware):
    names = re.findall(r"\{([^}]+)\}", rung.options)
    return names + ([FIRMWARE[firmware]] if FIRMWARE[firmware] else [])


def options_of(rung, firmware):
    options = shlex.split(re.sub(r"\{([^}]+)\}", lambda m: os.path.join(IMAGES, m[1]),
                                 rung.options))
    if FIRMWARE[firmware]:
        options += ["-bios", os.path.join(IMAGES, FIRMWARE[firmware])]
    return options


class Climb:
    """One guest on its way through the steps."""

    def __init__(self, pc, seconds):
        self.pc = pc
        self.end = time.time() + seconds
        self.at = 0  # how much of the serial text was looked at

    def poll(self, what, look, every=0.25):
        """Until look() is true."""
        while not look():
            if time.time() > self.end:
                raise Failure(f"no {what} in time")
            if not self.pc.take_serial(every):
                raise Failure(f"it ended with status {self.pc.p.wait()} before {what}: "
                              f"{self.pc.said()}")

    def text(self, pattern):
        def look():
            self.pc.take_serial(0)
            m = re.compile(pattern, re.M).search(self.pc.serial, self.at)
            if m:
                self.at = m.end()
            return m or re.search(pattern, self.pc.screen(), re.M)
        self.poll(repr(pattern), look)

    def picture(self, hashes):
        def look():
            return self.pc.picture()[0] in hashes
        self.poll(f"picture {' or '.join(hashes)}", look, 1)

    def moves(self, pattern, keys):
        def place():
            return [(n, m.start()) for n, line in enumerate(self.pc.screen().split("\n"))
                    for m in re.finditer(pattern, line)]
        self.poll(repr(pattern), place)
        before = place()
        self.pc.press(keys)
        self.poll(f"move of {pattern!r} from {before}", lambda: place() not in ([], before))

    def ends(self, status):
        while self.pc.take_serial(1):
            if time.time() > self.end:
                raise Failure("it does not end")
        got = self.pc.p.wait(10)
        if got != status:
            raise Failure(f"it ended with status {got}: {self.pc.said()}")

    def step(self, s):
        if isinstance(s, Text):
            self.text(s.pattern)
        elif isinstance(s, Type):
            self.pc.type(s.text)
        elif isinstance(s, Press):
            self.pc.press(s.keys)
        elif isinstance(s, Send):
            self.pc.send(s.text)
        elif isinstance(s, Picture):
            self.picture(s.hashes)
        elif isinstance(s, Moves):
            self.moves(s.pattern, s.keys)
        elif isinstance(s, Ends):
            self.ends(s.status)


def last_seen(pc):
    lines = pc.serial.strip().split("\n")[-8:]
    try:
        screen = [line for line in pc.screen().split("\n") if line.strip()]
        lines += ["---- screen " + pc.picture()[0]] + screen[-25:]
        lines += pc.do("info cpus").strip().split("\n")
    except (Ended, OSError, ValueError):
        pass
    return lines


def climb(kind, rung, firmware, pictures):
    """(error or None, CPU seconds, host seconds, last words)"""
    options = options_of(rung, "ours" if kind is Qemu and firmware == "seabios" else firmware)
    try:
        pc = kind(*options)
    except (Ended, OSError) as e:
        return e, 0, 0, []
    error, words = None, []
    way = Climb(pc, rung.seconds)
    cpu = 0.0
    try:
        for s in rung.steps:
            cpu = pc.cpu_seconds()
            way.step(s)
        cpu = pc.cpu_seconds() or cpu  # nothing is known of a process that has ended
    except (Failure, Ended, OSError) as e:
        cpu = pc.cpu_seconds() or cpu
        error, words = e, last_seen(pc)
    took = time.time() - pc.began
    try:
        if pictures and pc.p.poll() is None:
            pc.picture()
            name = f"{rung.number}-{firmware}-{kind.__name__}.ppm"
            shutil.copy(pc.folder.name + "/picture.ppm", os.path.join(pictures, name))
    except (Ended, OSError):
        pass
    pc.kill()
    return error, cpu, took, words


def wanted(rung, words):
    """Is it among the rungs that were asked for?"""
    if rung.seconds > 3600:  # only by its full name
        return rung.number in words
    number = int(re.match(r"\d+", rung.number)[0])
    for word in words:
        m = re.fullmatch(r"(\d\d?)-(\d\d?)", word)
        if word in (rung.number, str(number)) or (m and int(m[1]) <= number <= int(m[2])):
            return True
    return not words


def one(n, rung, firmware, args):
    name = f"{n} - rung {rung.number} {rung.name}, {firmware}"
    absent = [f for f in files_of(rung, firmware) if not os.path.exists(os.path.join(IMAGES, f))]
    if absent:
        print(f"ok {name} # SKIP no {absent[0]}; tests/guests/images.sh makes it")
        return True
    error, cpu, took, words = climb(PC, rung, firmware, args.pictures)
    print(f"{'not ok' if error else 'ok'} {name}")
    if error:
        print("# " + "\n# ".join([str(error), *words]))
    beside = ""
    if args.qemu and not error:
        error2, cpu2, took2, _ = climb(Qemu, rung, firmware, args.pictures)
        how = f"fails: {error2}; after " if error2 else ""
        beside = f"; QEMU {how}{cpu2:.2f} s of CPU, {took2:.1f} s"
    print(f"# {cpu:.2f} s of CPU, {took:.1f} s{beside}")
    return not error


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--qemu", action="store_true")
    parser.add_argument("--firmware")
    parser.add_argument("--pictures")
    parser.add_argument("rungs", nargs="*")
    args = parser.parse_args(argv)
    if args.pictures:
        os.makedirs(args.pictures, exist_ok=True)
    runs = [(r, f) for r in LADDER if wanted(r, args.rungs) and (r.short or not args.short)
            for f in r.firmware if args.firmware in (None, f)]
    print(f"1..{len(runs)}")
    good = True
    for n, (rung, firmware) in enumerate(runs, 1):
        good &= one(n, rung, firmware, args)
        sys.stdout.flush()
    return 0 if good and runs else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
