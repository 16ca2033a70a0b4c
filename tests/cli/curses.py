#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""-display curses on a terminal emulator, with the machine of fake.c behind it. Prints TAP."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

try:
    import pyte
except ImportError:  # where the distribution's Python is not the first one
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("1..0 # SKIP pyte, a terminal emulator, is not installed")
    sys.exit(0)

from program import ERSATZ, main


class Terminal:
    def __init__(self, *args, script="echo", locale="C.UTF-8"):
        self.folder = tempfile.TemporaryDirectory()
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.screen = pyte.Screen(80, 25)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.p = subprocess.Popen(
            [ERSATZ, *args, "-serial", f"file:{self.folder.name}/out", "-append", script],
            stdin=self.slave, stdout=self.slave, stderr=subprocess.PIPE, start_new_session=True,
            env=dict(os.environ, TERM="linux", LC_ALL=locale))

    def until(self, look, what):
        end = time.time() + 10
        while not look():
            if time.time() > end:
                self.p.kill()
                raise AssertionError(f"no {what}; there is {self.text()!r}, {self.guest_said()!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                piece = os.read(self.master, 65536)
                self.raw += piece
                self.stream.feed(piece)

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def shows(self, text):
        self.until(lambda: text in self.text(), repr(text))

    def guest_said(self):
        try:
            return open(self.folder.name + "/out").read()
        except FileNotFoundError:
            return ""

    def type(self, keys, said):
        """Types; what the guest heard of it."""
        at = len(self.guest_said())
        os.write(self.master, keys.encode())
        self.until(lambda: self.guest_said()[at:] == said, f"{said!r} for {keys!r}")

    def done(self, status):
        got = self.p.wait(10)
        self.p.stderr.close()
        while select.select([self.master], [], [], 0.1)[0]:
            self.raw += os.read(self.master, 65536)
        after = termios.tcgetattr(self.slave)
        os.close(self.master)
        os.close(self.slave)
        self.folder.cleanup()
        if got != status or after != self.before:
            raise AssertionError(f"status {got}, terminal {after == self.before}")


def shows_the_screen():
    t = Terminal("-display", "curses")
    t.shows("A>dir\n╔═╗")
    cell = t.screen.buffer[0][0]
    if cell.fg not in ("white", "default") or cell.bg not in ("black", "default"):
        raise AssertionError(f"colours {cell.fg} on {cell.bg}")
    cell = t.screen.buffer[1][0]
    if (cell.fg, cell.bg, cell.bold) != ("red", "blue", True):
        raise AssertionError(f"colours {cell.fg} on {cell.bg}, bold {cell.bold}")
    os.write(t.master, b"\x01x")
    t.done(0)


def is_the_default_on_a_terminal():
    t = Terminal()
    t.shows("A>dir")
    os.write(t.master, b"\x01x")
    t.done(0)


def without_unicode():
    t = Terminal(locale="C")
    t.shows("A>dir\n+-+")
    os.write(t.master, b"\x01x")
    t.done(0)


def keys():
    t = Terminal()
    t.shows("A>dir")
    t.type("a", "{+1e}{-1e}")
    t.type("A", "{+2a}{+1e}{-1e}{-2a}")
    t.type("\r", "{+1c}{-1c}")
    t.type("\x03", "{+1d}{+2e}{-2e}{-1d}")
    t.type("\x1b[A", "{+e048}{-e048}")
    t.type("\x1b[[A", "{+3b}{-3b}")
    t.type("\x1b[24~", "{+58}{-58}")
    t.type("\x1bx", "{+38}{+2d}{-2d}{-38}")
    t.type("\x1b", "{+1}{-1}")
    t.type("\x7f", "{+e}{-e}")
    t.type("\x01\x01", "{+1d}{+1e}{-1e}{-1d}")
    t.type("\t?", "{+f}{-f}{+2a}{+35}{-35}{-2a}")
    os.write(t.master, b"\x01x")
    t.done(0)


def monitor():
    t = Terminal("-name", "Fred")
    t.shows("A>dir")
    os.write(t.master, b"\x01c")
    t.shows("(ersatz)")
    os.write(t.master, b"info namx\x7fe\r")
    t.shows("Fred")
    os.write(t.master, b"\x01c")
    t.shows("A>dir\n╔═╗")
    os.write(t.master, b"\x01cquit\r")
    t.done(0)


def signals_give_the_terminal_back():
    for sig in (signal.SIGTERM, signal.SIGSEGV):
        t = Terminal()
        t.shows("A>dir")
        t.p.send_signal(sig)
        status = t.p.wait(10)
        if status == 0:
            raise AssertionError(f"signal {sig}: status 0")
        t.done(status)
        if b"\x1b[?25h" not in t.raw and b"\x1b[?1c" not in t.raw and b"\x1b[?0c" not in t.raw:
            raise AssertionError(f"signal {sig}: the cursor is not shown again: {t.raw[-80:]!r}")


def the_end_gives_the_terminal_back():
    Terminal(script="").done(0)


def leaves_with_its_terminal():
    t = Terminal()
    t.shows("A>dir")
    os.close(t.slave)
    os.close(t.master)
    status = t.p.wait(10)
    t.p.stderr.close()
    t.folder.cleanup()
    if status != 0:
        raise AssertionError(f"status {status}")


def needs_a_terminal():
    r = subprocess.run([ERSATZ, "-display", "curses"], stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, timeout=20)
    if r.returncode != 2 or "needs a terminal" not in r.stderr:
        raise AssertionError(f"{r.returncode} {r.stderr!r}")
    r = subprocess.run([ERSATZ, "-display", "curses", "-monitor", "stdio"],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    if r.returncode != 2 or "used by another option" not in r.stderr:
        raise AssertionError(f"{r.returncode} {r.stderr!r}")


CASES = [shows_the_screen, is_the_default_on_a_terminal, without_unicode, keys, monitor,
         signals_give_the_terminal_back, the_end_gives_the_terminal_back,
         leaves_with_its_terminal, needs_a_terminal]


main(CASES)
