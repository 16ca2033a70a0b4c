#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pictures of an image on QEMU, beside those that `pictures IMAGE DIRECTORY` wrote.

usage: compare.py rom.bin|modes.img DIRECTORY [QEMU]

A floppy is started by the BIOS and VGA BIOS of the build directory that this runs in.

Writes DIRECTORY/qemu-NN.ppm and says of each picture how many pixels differ. Colours are
compared by their six high bits: the two low ones of a 6-bit DAC are everybody's own choice.
"""
import os
import socket
import subprocess
import sys
import tempfile
import time

# Where QEMU 7.2 draws something else than an IBM VGA does.
KNOWN = {
    1: "line graphics go on into the ninth dot from B0h on, not from C0h on",
    2: "the same",
    12: "no DAC mask",
    14: "the lower half of a split screen begins within a double scan line",
    21: "five bits of a colour are not widened to eight",
    30: "as 1",
}
KNOWN_MODES = {
    0: "characters of nine dots have eight in modes of 40 columns",
    1: "the same",
    2: KNOWN[1],
    3: KNOWN[1],
    7: KNOWN[1],
}


def read_ppm(path):
    with open(path, "rb") as f:
        data = f.read()
    fields = data.split(None, 4)
    assert fields[0] == b"P6", path
    width, height = int(fields[1]), int(fields[2])
    return width, height, data[-3 * width * height:]


class Qemu:
    def __init__(self, image, qemu):
        self.dir = tempfile.mkdtemp()
        monitor = os.path.join(self.dir, "monitor")
        self.process = subprocess.Popen(
            [qemu, "-M", "pc,accel=tcg", "-m", "16", "-nodefaults", "-display", "none", "-serial",
             "stdio", "-monitor", f"unix:{monitor},server,nowait"] + self.options(image),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        while not os.path.exists(monitor):
            time.sleep(0.05)
        self.monitor = socket.socket(socket.AF_UNIX)
        self.monitor.connect(monitor)
        self.prompt()

    @staticmethod
    def options(image):
        if not image.endswith(".img"):
            return ["-vga", "std", "-bios", image]
        return ["-bios", "bios/bios.bin", "-vga", "none", "-device",
                "VGA,romfile=bios/vga/vgabios.bin", "-drive",
                f"if=floppy,format=raw,snapshot=on,file={image}"]

    def prompt(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            text += self.monitor.recv(4096)

    def picture(self):
        return self.process.stdout.read(1)[0]

    def dump(self, path):
        self.monitor.sendall(f"screendump {path}\n".encode())
        self.prompt()

    def go_on(self):
        self.process.stdin.write(b"x")
        self.process.stdin.flush()

    def end(self):
        self.process.kill()
        self.process.wait()


def compare(ours, theirs):
    w, h, a = read_ppm(ours)
    w2, h2, b = read_ppm(theirs)
    if (w, h) != (w2, h2):
        return f"{w}x{h}, QEMU {w2}x{h2}"
    bad = [n for n in range(w * h)
           if any((a[3 * n + i] ^ b[3 * n + i]) & 0xFC for i in range(3))]
    if not bad:
        return None
    x, y = bad[0] % w, bad[0] // w
    return (f"{len(bad)} of {w * h} pixels, first at {x},{y}: {a[3 * bad[0]:][:3].hex()}, "
            f"QEMU {b[3 * bad[0]:][:3].hex()}")


def main():
    image, where = sys.argv[1:3]
    known_here = KNOWN_MODES if image.endswith(".img") else KNOWN
    qemu = Qemu(image, sys.argv[3] if len(sys.argv) > 3 else "qemu-system-i386")
    bad = 0
    while True:
        number = qemu.picture()
        if number == 0xFF:
            break
        theirs = os.path.join(where, f"qemu-{number:02}.ppm")
        qemu.dump(os.path.abspath(theirs))
        found = compare(os.path.join(where, f"{number:02}.ppm"), theirs)
        known = known_here.get(number)
        bad += bool(found) and not known
        print(f"{number:2}", found or "equal", f"({known})" if found and known else "")
        qemu.go_on()
    qemu.end()
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
