#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tour, from its first page to power-off, over the serial port. Prints TAP.

usage: tour.py [--qemu]     on QEMU, the tour as a disk: what another implementation makes of it
"""
import os
import re
import select
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("builddir", ".")
SOURCE = os.environ.get("srcdir", ".")
RUNNER = os.environ.get("TEST_RUNNER", "").split()
IMAGE = os.path.join(SOURCE, "bios/prebuilt/tour.bin")
MORE = r"\[Enter\] goes on, \[Esc\] leads to the prompt"
PROMPT = r"tour> $"
PAGES = ["A tour of the machine", "1  What the BIOS found", "2  Real mode", "3  Protected mode",
         "4  Paging", "5  Long mode", "6  Seventeen instructions"]
# What ring 0 and ring 3 see.
INSTRUCTIONS = {
    "SGDT": (r"base 0000[0-9A-F]{4}h, limit 005Fh", None),
    "SIDT": (r"base 0000[0-9A-F]{4}h, limit 018Fh", None),
    "SLDT": (r"selector 0040h", None),
    "SMSW": (r"CR0 0011h", None),
    "PUSHF": (r"EFLAGS 00000002h", None),
    "POPF": (r"IF 0, after POPF with the other one 1", r"IF 0, after POPF with the other one 0"),
    "LAR": (r"ZF 1, rights 00C09300h", r"ZF 0, rights 00000000h"),
    "LSL": (r"ZF 1, limit FFFFFFFFh", r"ZF 0, limit 00000000h"),
    "VERR": (r"ZF 1", r"ZF 0"),
    "VERW": (r"ZF 1", r"ZF 0"),
    "POP": (r"ES 0010h", r"#GP\(0010h\)"),
    "PUSH": (r"CS 0008h", r"CS 001Bh"),
    "CALL": (r"arrived with CS 0008h", None),
    "JMP": (r"arrived with CS 0008h", r"#GP\(0008h\)"),
    "INT": (r"arrived with CS 0008h", r"#GP\(018Ah\)"),
    "RET": (r"arrived with CS 0008h", r"#GP\(0008h\)"),
    "STR": (r"selector 0038h", None),
    "MOV": (r"SS 0010h", r"SS 0023h"),
}
UMIP = ("SGDT", "SIDT", "SLDT", "SMSW", "STR")
PLAY = [
    ("help", r"peek ADDRESS \[COUNT\]"),
    ("mode", r"protected mode, ring 0, paging off\n"),
    ("cpu", r"CPU     \w+, .*\n +family \d+"),
    ("mem", r"000000100000 - [0-9A-F]{12}  RAM\n"),
    ("pci", r"00:00\.0 8086:1237 host bridge"),
    ("acpi", r"RSDP at [0-9A-F]{5}h, RSDT at [0-9A-F]{8}h:.* FACP.* APIC.*; 1 CPU\n"),
    ("disks", r"Disks   floppy 00h: 80 cylinders, 2 heads, 18 sectors\n"),
    ("vbe", r"VBE 3\.0, .* 16384 KiB, \d+ modes up to \d+x\d+"),
    ("peek 7dfe 2", r"00007DFE  55 AA  U\.\n"),
    ("poke 50010 41", r"00050010  41  A\n"),
    ("peek 50010 1", r"00050010  41  A\n"),
    ("poke 50010 141", r"usage: poke ADDRESS BYTE\n"),
    ("in 3cc", r"\n67\n"),
    ("out 70 0f", r""),
    ("sensitive", r"SGDT SIDT SLDT .* STR MOV\n"),
    ("sensitive smsw", r"ring 3: CR0 0011h.*\n.*: as here\n"),
    ("sensitive nop", r"usage: sensitive \[NAME\]\n"),
    ("frobnicate", r"No such command: frobnicate\."),
]


class Failure(Exception):
    pass


class Machine:
    def __init__(self, command):
        self.seen, self.at = "", 0
        self.p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)

    def until(self, pattern, seconds=60):
        """Waits for the pattern; returns what came before it."""
        end = time.time() + seconds
        while True:
            m = re.compile(pattern, re.M).search(self.seen, self.at)
            if m:
                before, self.at = self.seen[self.at:m.start()], m.end()
                return before
            if time.time() > end:
                raise Failure(f"no {pattern!r} within {seconds} s behind {self.seen[-300:]!r}")
            if select.select([self.p.stdout], [], [], 1)[0]:
                piece = os.read(self.p.stdout.fileno(), 65536)
                if not piece:
                    raise Failure(f"ended before {pattern!r} behind {self.seen[-300:]!r}")
                text = piece.decode("latin-1").replace("\r", "")
                # a colour's sequence may come in two pieces
                self.seen = re.sub(r"\x1b\[[\d;]*m", "", self.seen + text)

    def type(self, text):
        self.p.stdin.write(text.encode())
        self.p.stdin.flush()

    def stop(self):
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()


def command(*options):
    return [*RUNNER, os.path.join(BUILD, "ersatz"), "-m", "32", "-display", "none", "-serial",
            "stdio", "-monitor", "none", *options]


def qemu():
    return ["qemu-system-x86_64", "-cpu", "max", "-m", "32", "-display", "none", "-serial", "stdio",
            "-monitor", "none", "-drive", f"file={IMAGE},format=raw,if=ide,snapshot=on"]


def from_disk(where, kind, size):
    name = os.path.join(where, kind)
    with open(IMAGE, "rb") as image, open(name, "wb") as disk:
        disk.write(image.read().ljust(size, b"\0"))
    return Machine(command("-drive", f"file={name},if={kind},snapshot=on"))


def no_tour_with_a_disk():
    with tempfile.NamedTemporaryFile(suffix=".img") as f:
        f.truncate(1 << 20)
        m = Machine([*RUNNER, os.path.join(BUILD, "ersatz"), "-display", "none", "-serial", "none",
                     "-monitor", "none", "-debugcon", "stdio", "-drive",
                     f"file={f.name},if=ide,snapshot=on"])
        m.until("No bootable device")
        m.stop()
    result("a disk that cannot be booted is said to be one")


count = 0


def result(name, error=None):
    global count
    count += 1
    print(f"{'not ok' if error else 'ok'} {count} - {name}")
    if error:
        print("# " + str(error).replace("\n", "\n# "))
    sys.stdout.flush()


def walk(m):
    """All pages; their text."""
    text = ""
    while True:
        text += m.until(f"{MORE}|{PROMPT}")
        if not m.seen[:m.at].endswith(MORE[-10:].replace("\\", "")):
            return text
        m.type("\r")


def check_pages(text):
    for page in PAGES:
        result(f"page: {page}", None if page in text else "it did not come")
    for heading in PAGES[2:6]:
        part = text.split(heading)[-1].split("\n " + str(int(heading[0]) + 1))[0]
        bad = re.findall(r"^.*(?:NOT as here|\bNO$).*$", part, re.M)
        good = re.findall(r": \S+ as here$|\? yes$", part, re.M)
        none = "nothing was verified there" if not good else None
        result(f"what is shown there is right: {heading}", "\n".join(bad) or none)


def check_width(text):
    wide = [line for line in text.split("\n") if len(line) > 80]
    result("no line is wider than the screen", "\n".join(wide))


def check_instructions(text):
    for name, (zero, three) in INSTRUCTIONS.items():
        m = re.search(rf"^{name} +\w.*\n  ring 0: (.*)\n  ring 3: (.*)\n  a real CPU: (.*)$", text,
                      re.M)
        if not m:
            result(f"{name} is shown", "it was not")
            continue
        ring3, _, umip = m[2].partition("; with CR4.UMIP: ")
        wrong = []
        if not re.fullmatch(zero, m[1]):
            wrong.append(f"ring 0: {m[1]}")
        if (three and not re.fullmatch(three, ring3)) or (not three and ring3 != m[1]):
            wrong.append(f"ring 3: {ring3}")
        if not m[3].endswith(": as here"):
            wrong.append(m[3])
        if umip != ("#GP(0000h)" if name in UMIP else ""):
            wrong.append(f"with UMIP: {umip}")
        result(f"{name} in ring 0 and ring 3", "\n".join(wrong))


def check_prompt(m):
    for line, pattern in PLAY:
        m.type(line + "\r")
        said = m.until(PROMPT).partition(line)[2]
        result(f"prompt: {line}", None if re.search(pattern, said) else said)


def main():
    m = Machine(qemu() if "--qemu" in sys.argv else command())
    try:
        text = walk(m)
        check_pages(text)
        check_instructions(text)
        check_width(text)
        check_prompt(m)
        m.type("reboot\r")
        m.until(PAGES[0])
        m.until(MORE)
        m.type("\x1b")
        m.until(PROMPT)
        result("reboot starts it anew, Esc leads to the prompt")
        m.type("poweroff\r")
        status = m.p.wait(60)
        result("poweroff", None if status == 0 else f"exit status {status}")
        m.stop()
        if "--qemu" not in sys.argv:
            no_tour_with_a_disk()
            for kind, size in (("floppy", 1440 << 10), ("ide", 1 << 20)):
                with tempfile.TemporaryDirectory() as where:
                    m = from_disk(where, kind, size)
                    m.until(PAGES[0])
                    m.stop()
                result(f"the image starts from a disk, too: {kind}")
    except (Failure, subprocess.TimeoutExpired) as e:
        result("the tour goes on", e)
    finally:
        m.stop()
    print(f"1..{count}")


main()
