# SPDX-License-Identifier: MIT
"""A PC that a test drives: its serial port, screen, keyboard and monitor. Ersatz, or QEMU for
comparison: the same words do the same thing."""
import hashlib
import os
import re
import select
import socket
import subprocess
import tempfile
import time

from guest import ACCEL

BUILD = os.environ.get("builddir", ".")
CP437 = bytes(range(256)).decode("cp437").translate({0: " "})
SHIFTED = dict(zip('!@#$%^&*()_+{}|:"~<>?', "1234567890-=[]\\;'`,./"))
NAMES = {" ": "spc", "\n": "ret", "-": "minus", "=": "equal", "[": "bracket_left",
         "]": "bracket_right", "\\": "backslash", ";": "semicolon", "'": "apostrophe",
         "`": "grave_accent", ",": "comma", ".": "dot", "/": "slash", "\x1b": "esc"}
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z@]|[()][0-9A-Za-z]|[=>78cDEHM])|\x0e|\x0f|\r")


class Ended(Exception):
    pass


def key_of(c):
    """sendkey's word for a character of the US layout."""
    plain = SHIFTED.get(c) or c.lower()
    name = NAMES.get(plain, plain)
    return "shift-" + name if plain != c else name


class PC:
    program = os.path.join(BUILD, "ersatz")
    prompt = b"(ersatz) "
    more = ACCEL

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="ersatz-pc-")
        path = self.folder.name + "/monitor"
        self.errors = open(self.folder.name + "/errors", "wb+")
        self.began = time.time()
        self.p = subprocess.Popen(
            [self.program, "-display", "none", "-serial", "stdio", "-monitor",
             f"unix:{path},server,nowait", *self.more, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.serial = ""
        self.monitor = self.connect(path)
        self.reply()

    def connect(self, path):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(60)
        while True:
            try:
                s.connect(path)
                return s
            except OSError:
                if self.p.poll() is not None or time.time() > self.began + 30:
                    self.kill()
                    raise Ended(f"it does not start: {self.said()}")
                time.sleep(0.02)

    def said(self):
        """What it said on standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()

    def reply(self):
        text = b""
        while not text.endswith(self.prompt):
            self.take_serial(0)  # so that it never waits for us
            if not select.select([self.monitor], [], [], 0.5)[0]:
                continue
            piece = self.monitor.recv(65536)
            if not piece:
                raise Ended(f"the monitor is gone, status {self.p.wait()}: {self.said()}")
            text += piece
        return text[:-len(self.prompt)].decode(errors="replace")

    def do(self, line):
        """One command; its answer."""
        try:
            self.monitor.sendall(line.encode() + b"\n")
        except OSError:
            raise Ended(f"the monitor is gone, status {self.p.wait()}: {self.said()}")
        return self.reply()

    def take_serial(self, seconds):
        """Reads what came within so many seconds; false at the end of it all."""
        if not select.select([self.p.stdout], [], [], seconds)[0]:
            return True
        piece = os.read(self.p.stdout.fileno(), 65536)
        self.serial += ESCAPES.sub("", piece.decode(errors="replace"))
        return bool(piece)

    def send(self, text):
        self.p.stdin.write(text.encode())
        self.p.stdin.flush()

    def press(self, keys):
        return self.do("sendkey " + keys)

    def type(self, text):
        for c in text:
            self.press(key_of(c))

    def screen(self):
        """The text on the screen."""
        return self.do("info screen")

    def picture(self):
        """(hash, the picture as PPM)"""
        path = self.folder.name + "/picture.ppm"
        self.do("screendump " + path)
        data = open(path, "rb").read()
        return hashlib.sha256(data).hexdigest()[:16], data

    def cpu_seconds(self):
        """Of the host's CPUs, spent by the program itself so far."""
        try:
            field = open(f"/proc/{self.p.pid}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        return (int(field[11]) + int(field[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()
        self.p.stdin.close()
        self.p.stdout.close()
        self.errors.close()
        self.folder.cleanup()


class Qemu(PC):
    """The same under QEMU's TCG."""
    program = "qemu-system-x86_64"
    prompt = b"(qemu) "
    more = ("-accel", "tcg")

    def screen(self):
        path = self.folder.name + "/text"
        self.do(f"pmemsave 0xb8000 4000 \"{path}\"")
        cells = open(path, "rb").read()
        return "\n".join("".join(CP437[c] for c in cells[row:row + 160:2]).rstrip()
                         for row in range(0, 4000, 160))
