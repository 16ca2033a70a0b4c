# SPDX-License-Identifier: MIT
"""The program with a machine that is no PC (fake.c), as the tests here run it."""
import os
import pty
import select
import socket
import subprocess
import sys
import tempfile
import termios
import time
import traceback

ERSATZ = os.path.join(os.environ.get("builddir", "."), "tests/cli/fake")
CASES = []
LEFT = []  # monitors whose machine may still run


def case(f):
    CASES.append(f)
    return f


def run(*args, stdin=b"", timeout=20):
    r = subprocess.run([ERSATZ, *args], input=stdin, capture_output=True, timeout=timeout)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def expect(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what} got {got!r}, want {want!r}")


def contains(text, want):
    if want not in text:
        raise AssertionError(f"no {want!r} in {text!r}")


class Terminal:
    """The program on a pseudo terminal of its own."""

    def __init__(self, *args):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.p = subprocess.Popen([ERSATZ, *args], stdin=self.slave, stdout=self.slave,
                                  stderr=subprocess.PIPE, start_new_session=True)
        self.seen = ""

    def until(self, want, seconds=10):
        end = time.time() + seconds
        while want not in self.seen:
            if time.time() > end:
                raise AssertionError(f"no {want!r} in {self.seen!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 4096).decode()

    def type(self, keys):
        os.write(self.master, keys.encode())

    def wait_raw(self):
        for _ in range(200):
            if not termios.tcgetattr(self.slave)[3] & termios.ICANON:
                return
            time.sleep(0.02)
        raise AssertionError("the terminal is not raw")

    def done(self):
        """The exit status; the terminal must be as it was."""
        status = self.p.wait(10)
        expect(termios.tcgetattr(self.slave), self.before, "terminal:")
        self.p.stderr.close()
        os.close(self.master)
        os.close(self.slave)
        return status


def read_from(s, want):
    got = b""
    while want not in got:
        piece = s.recv(4096)
        if not piece:
            break
        got += piece
    contains(got.decode(), want.decode())


def connect(make, where):
    for _ in range(200):
        s = make()
        try:
            s.connect(where)
            s.settimeout(20)
            return s
        except OSError:
            s.close()
            time.sleep(0.02)
    raise AssertionError(f"no connection to {where}")


class Monitor:
    """The program with its monitor behind a Unix socket in a folder of its own."""

    def __init__(self, *args, script="echo"):
        LEFT.append(self)
        self.folder = tempfile.TemporaryDirectory()
        path = self.folder.name + "/m"
        self.p = subprocess.Popen([ERSATZ, "-monitor", f"unix:{path},server,nowait", "-serial",
                                   f"file:{self.folder.name}/out", *args, "-append", script],
                                  stderr=subprocess.DEVNULL)
        self.s = connect(lambda: socket.socket(socket.AF_UNIX), path)
        self.s.settimeout(20)
        self.answer()

    def answer(self):
        text = b""
        while not text.endswith(b"(ersatz) "):
            piece = self.s.recv(4096)
            if not piece:
                raise AssertionError(f"the monitor ended after {text!r}")
            text += piece
        return text[:-9].decode()

    def do(self, line):
        self.s.sendall(line.encode() + b"\n")
        return self.answer()

    def guest_said(self):
        return open(self.folder.name + "/out").read()

    def kill(self):
        self.p.kill()
        self.p.wait()

    def quit(self):
        self.s.sendall(b"quit\n")
        expect(self.p.wait(10), 0)
        self.s.close()
        self.folder.cleanup()


def main(cases=CASES):
    print(f"1..{len(cases)}")
    for n, f in enumerate(cases, 1):
        try:
            f()
            print(f"ok {n} - {f.__name__}")
        except Exception as e:
            where = traceback.extract_tb(e.__traceback__)[1]
            print(f"not ok {n} - {f.__name__}\n# line {where.lineno}: {type(e).__name__}: {e}")
        while LEFT:
            LEFT.pop().kill()
        sys.stdout.flush()
