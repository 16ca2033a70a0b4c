#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures Ersatz's JIT and interpreter against the host itself, QEMU's TCG and Bochs.

The same small programs (work.c) run as a Linux process and on bare metal, 32-bit and 64-bit.
Engines take turns within a repeat; the table shows the median of the repeats as nanoseconds of
CPU time per iteration, and the ratio to the host. Needs gcc; qemu-system-x86 and bochs
(with bochs-term) where they shall take part.
"""
import argparse
import os
import pty
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MAGIC = b"BENCHSCL"
CFLAGS = ["-O2", "-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector", "-nostdlib",
          "-static", "-fno-asynchronous-unwind-tables", "-mno-sse", "-mno-mmx",
          "-fno-tree-loop-distribute-patterns", "-fcf-protection=none", "-Wl,--build-id=none"]


def source(name):
    return os.path.join(HERE, name)


def run(*argv):
    subprocess.run(argv, check=True)


class Images:
    """What runs, for one width and scale."""

    def __init__(self, directory, bits):
        self.bits = bits
        self.base = os.path.join(directory, f"bench{bits}")
        width = [f"-m{bits}", *CFLAGS] + ([f"-DBITS{bits}", "-mcmodel=small"] if bits == 64 else
                                          ["-march=i686"])
        run("gcc", *width, source("work.c"), source("linux.c"), "-o", self.base + ".native")
        run("gcc", *width, "-T", source("bare.ld"), "-Wl,-z,max-page-size=4096", source("start.S"),
            source("work.c"), source("bare.c"), "-o", self.base + ".elf")
        run("objcopy", "-O", "binary", self.base + ".elf", self.base + ".bin")
        size = os.path.getsize(self.base + ".bin")
        run("gcc", "-m32", "-c", f"-DSECTORS={(size + 511) // 512}", source("floppy.S"), "-o",
            self.base + ".o")
        run("ld", "-m", "elf_i386", "-Ttext=0x7c00", "-e", "_boot", "--oformat=binary",
            self.base + ".o", "-o", self.base + ".boot")

    def scaled(self, kind, scale):
        """A copy of the native program, the kernel or the floppy with its scale set."""
        data = open(self.base + (".native" if kind == "native" else ".bin"), "rb").read()
        at = data.index(MAGIC) + len(MAGIC)
        data = data[:at] + scale.to_bytes(4, "little") + data[at + 4:]
        if kind == "floppy":
            data = (open(self.base + ".boot", "rb").read() + data).ljust(1474560, b"\0")
        path = f"{self.base}.{kind}.{scale}"
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, 0o755)
        return path


class Engine:
    def __init__(self, name, kind, scale, argv):
        self.name, self.kind, self.scale, self.argv = name, kind, scale, argv

    def measure(self, images, scale, timeout):
        """{workload: (ns per iteration, iterations, checksum)}"""
        path = images.scaled(self.kind, max(1, round(1024 * scale * self.scale)))
        with tempfile.TemporaryDirectory() as tmp:
            fifo = os.path.join(tmp, "out")
            os.mkfifo(fifo)
            argv = self.argv(path, fifo, tmp)
            if self.kind == "native":
                p = subprocess.Popen(argv, stdout=subprocess.PIPE)
                fd = p.stdout.fileno()
            else:
                master, slave = pty.openpty()  # Bochs will draw on a terminal
                p = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave,
                                     env={**os.environ, "TERM": "vt100"})
                os.close(slave)
                threading.Thread(target=drain, args=(master,), daemon=True).start()
                fd = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
                os.set_blocking(fd, True)
            timer = threading.Timer(timeout, p.kill)
            timer.start()
            try:
                return read_results(fd, p)
            finally:
                timer.cancel()
                p.kill()
                p.wait()
                if p.stdout:
                    p.stdout.close()
                else:
                    os.close(fd)


def drain(fd):
    try:
        while os.read(fd, 4096):
            pass
    except OSError:
        pass
    os.close(fd)


def read_line(fd, process):
    """A line, or None at the end. Before the first writer opens a FIFO, reading it gives
    nothing, as after the last: so the process must be gone too."""
    line = b""
    while True:
        c = os.read(fd, 1)
        if c == b"\n":
            return line.decode(errors="replace")
        line += c
        if not c:
            if process.poll() is not None:
                return None
            time.sleep(0.001)


def cpu_seconds(process):
    """What the process has used so far, user and system: a busy machine hurts that less than the
    time on the wall. Linux makes a clock's number of the process's so."""
    return time.clock_gettime(~process.pid << 3 | 2)


def read_results(fd, process):
    found, name, begun = {}, None, 0.0
    while (line := read_line(fd, process)) is not None:
        words, now = line.split(), cpu_seconds(process)
        if words[:1] == ["BEGIN"]:
            name, begun = words[1], now
        elif words[:1] == ["END"]:
            n = int(words[1])
            found[name] = ((now - begun) * 1e9 / n, n, int(words[2]))
        elif words[:1] == ["DONE"]:
            break
    return found


def bochs(path, fifo, tmp):
    with open(tmp + "/bochsrc", "w") as f:
        f.write(f"megs: 64\ncpu: ips=50000000\nclock: sync=none\n"
                "romimage: file=/usr/share/bochs/BIOS-bochs-latest\n"
                "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n"
                f"display_library: term\nfloppya: 1_44={path}, status=inserted\nboot: floppy\n"
                f"com1: enabled=1, mode=file, dev={fifo}\nlog: /dev/null\n"
                "speaker: enabled=0\nsound: driver=dummy\n")
    with open(tmp + "/rc", "w") as f:  # Debian's Bochs begins in its debugger
        f.write("continue\n")
    return ["bochs", "-q", "-f", tmp + "/bochsrc", "-rc", tmp + "/rc"]


def engines(args):
    """Those that are there, and why the others are not."""
    found = [Engine("native", "native", 1.0, lambda path, fifo, tmp: [path])]
    if args.ersatz:
        for accel, scale in ("jit", 1.0), ("interp", 0.3):
            found.append(Engine(accel, "kernel", scale, lambda path, fifo, tmp, accel=accel: [
                args.ersatz, "-accel", accel, "-m", "64", "-kernel", path, "-display", "none",
                "-serial", "file:" + fifo]))
    if shutil.which("qemu-system-x86_64"):
        found.append(Engine("qemu", "kernel", 0.3, lambda path, fifo, tmp: [
            "qemu-system-x86_64", "-accel", "tcg", "-m", "64", "-kernel", path, "-display", "none",
            "-nic", "none", "-serial", "file:" + fifo]))
    if shutil.which("bochs"):
        found.append(Engine("bochs", "floppy", 0.03, bochs))
    names = [e.name for e in found]
    for name in ("jit", "interp", "qemu", "bochs"):
        if name not in names:
            print(f"without {name}: it is not there")
    wanted = args.engines.split(",") if args.engines else names
    return [e for e in found if e.name in wanted]


def geomean(values):
    return statistics.geometric_mean(values) if values else float("nan")


def table(bits, engs, runs):
    """Prints the table of one width; False if a checksum differs or a result is missing."""
    good = True
    median = {}
    for e in engs:
        for w in runs[0][engs[0].name]:
            times = [r[e.name][w][0] for r in runs if w in r[e.name]]
            if times and min(times) > 0: # else it was over before its first line was read
                median[e.name, w] = statistics.median(times)
            else:
                good = False
    rows = list(runs[0][engs[0].name])
    print(f"\n{bits}-bit, ns per iteration (times the host's)")
    print(f"{'':10}" + "".join(f"{e.name:>20}" for e in engs))
    for w in rows:
        cells = ""
        for e in engs:
            if (e.name, w) not in median:
                cells += f"{'FAILED':>20}"
                continue
            ratio = median[e.name, w] / median.get((engs[0].name, w), float("nan"))
            cells += f"{median[e.name, w]:>12.1f} {f'({ratio:.1f})':>7}"
        print(f"{w:10}{cells}")
    for e in engs[1:]:
        ratios = [median[e.name, w] / median[engs[0].name, w]
                  for w in rows if (e.name, w) in median]
        print(f"{e.name}: {geomean(ratios):.1f} times {engs[0].name} in geometric mean")
    for ours, theirs in ("jit", "qemu"), ("interp", "bochs"):
        both = [w for w in rows if (ours, w) in median and (theirs, w) in median]
        if both:
            faster = geomean([median[theirs, w] / median[ours, w] for w in both])
            print(f"{ours} is {faster:.2f} times as fast as {theirs}")
    return good


def check_sums(images, engs, timeout):
    """At one small scale all engines must compute the same."""
    want, good = None, True
    for e in engs:
        one = Engine(e.name, e.kind, 1.0, e.argv)
        sums = {w: r[1:] for w, r in one.measure(images, 0.004, timeout).items()}
        want = want or sums
        if sums != want:
            print(f"WRONG: {e.name} computes {sums}, {engs[0].name} {want}")
            good = False
    return good


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--ersatz", help="the program to measure")
    ap.add_argument("--engines", help="of native, jit, interp, qemu, bochs; those that are there")
    ap.add_argument("--repeats", type=int, default=3)
    ap.add_argument("--scale", type=float, default=1.0, help="longer or shorter runs")
    ap.add_argument("--bits", default="32,64")
    ap.add_argument("--timeout", type=float, default=300, help="seconds for one engine's run")
    args = ap.parse_args()
    engs = engines(args)
    good = True
    with tempfile.TemporaryDirectory() as tmp:
        for bits in (int(b) for b in args.bits.split(",")):
            images = Images(tmp, bits)
            good = check_sums(images, engs, args.timeout) and good
            runs = [{e.name: e.measure(images, args.scale, args.timeout) for e in engs}
                    for _ in range(args.repeats)]
            good = table(bits, engs, runs) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
