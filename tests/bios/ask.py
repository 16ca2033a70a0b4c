# SPDX-License-Identifier: MIT
"""Asks a BIOS by programs of ours (ask.h) and compares with what is written down, or turns the
checks that a program makes itself into TAP (tap()).

An expected answer that differs from SeaBIOS's on QEMU has that one behind "# there:".
"""
import difflib
import os
import re
import subprocess
import sys
import tempfile

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


def run(machine, out, *options, memory=16, seconds=100):
    """Runs a program until it ends the machine; what went wrong."""
    command = [*machine, "-m", str(memory), "-monitor", "none", "-debugcon", f"file:{out}",
               *options]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds).stderr
    except subprocess.TimeoutExpired:
        return f"it did not end within {seconds} s"


def answers(machine, out, *options):
    """What the program printed until it ended the machine, and what went wrong."""
    errors = run(machine, out, *options)
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


def checked(machine, name, *options):
    """All lines that the floppy of a program made the machine print, and what went wrong."""
    with tempfile.TemporaryDirectory() as where:
        out = os.path.join(where, "out")
        errors = run(machine, out, "-boot", "order=a", "-serial", "none",
                     *drive(program(name), **{"if": "floppy"}, snapshot="on"), *options, memory=32)
        if not os.path.exists(out):
            return [], errors
        with open(out, encoding="latin-1") as f:
            return f.read().split("\n"), errors


def tap(name, options=(), reboot=False):
    """TAP for tests/bios/NAME.img. With --qemu [OPTION...] on QEMU, whose BIOS is SeaBIOS."""
    if not os.path.exists(program(name)):
        print(f"1..0 # SKIP there is no compiler of x86 code for {name}.img")
        return
    machine = ERSATZ
    if sys.argv[1:2] == ["--qemu"]:
        machine = [*QEMU, *sys.argv[2:]]
    if reboot:
        machine = [word for word in machine if word != "-no-reboot"]
    lines, errors = checked(machine, name, *options)
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
