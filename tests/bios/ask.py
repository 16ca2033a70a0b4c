# SPDX-License-Identifier: MIT
"""Asks a BIOS by programs of ours (ask.h) and compares with what is written down. Prints TAP.

An expected answer that differs from SeaBIOS's on QEMU has that one behind "# there:".
"""
import difflib
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("builddir", ".")
RUNNER = os.environ.get("TEST_RUNNER", "").split()
# drives, ports and memory are said alike; this is the rest
ERSATZ = [*RUNNER, os.path.join(BUILD, "ersatz"), "-clock", "virtual", "-display", "none",
          "-device", "isa-debug-exit", "-no-reboot"]
QEMU = ["qemu-system-i386", "-net", "none", "-display", "none", "-device", "isa-debug-exit",
        "-no-reboot"]


def program(name):
    return os.path.join(BUILD, "tests/bios", name + ".img")


def drive(path, **properties):
    more = "".join(f",{key}={value}" for key, value in properties.items())
    return ["-drive", f"file={path},format=raw{more}"]


def answers(machine, out, *options, seconds=100):
    """What the program printed until it ended the machine, and what went wrong."""
    command = [*machine, "-m", "16", "-monitor", "none", "-debugcon", f"file:{out}", *options]
    try:
        errors = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=seconds).stderr
    except subprocess.TimeoutExpired:
        errors = f"it did not end within {seconds} s"
    return lines_of(out), errors


def lines_of(out):
    """The program's whole lines; the BIOS speaks on the same port."""
    if not os.path.exists(out):
        return []
    with open(out, encoding="latin-1") as f:
        return [line[2:-1] for line in f if line.startswith("> ") and line.endswith("\n")]


def expected(name):
    """Sections, each headed by "== NAME", of a file beside the test."""
    found = {}
    with open(os.path.join(HERE, name), encoding="ascii") as f:
        for line in f:
            line = line.split("#")[0].rstrip()
            if line.startswith("== "):
                section = found.setdefault(line[3:], [])
            elif line:
                section.append(line)
    return found


class Tap:
    def __init__(self, count):
        print(f"1..{count}", flush=True)
        self.n = 0

    def result(self, name, good, why=""):
        self.n += 1
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}")
        if not good and why:
            print("# " + why.strip().replace("\n", "\n# "))
        print(end="", flush=True)

    def compare(self, name, got, want, errors=""):
        wrong = [f"got  {a}\nwant {b}" for a, b in
                 zip(got + [""] * len(want), want + [""] * len(got)) if a != b]
        self.result(name, not wrong, "\n".join(wrong[:8]) + "\n" + errors)


def write_down(sections, other):
    """Prints an expected file: our answers, and the other BIOS's where they differ."""
    for name, ours in sections.items():
        print(f"== {name}")
        theirs = other[name]
        if not theirs:
            print("\n".join(["    # there: the program is not booted", *ours]))
            continue
        same = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
        for what, a, a_end, b, b_end in same.get_opcodes():
            for n in range(max(a_end - a, b_end - b)):
                if a + n < a_end:
                    print(ours[a + n])
                if what != "equal":
                    print("    # there: " + (theirs[b + n] if b + n < b_end else "nothing"))
