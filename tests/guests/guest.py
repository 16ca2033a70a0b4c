# SPDX-License-Identifier: MIT
"""Boots guests and talks to them; what the tests beside this file share. Prints TAP."""
import hashlib
import os
import re
import select
import subprocess
import sys
import time

BUILD = os.environ.get("builddir", ".")
GUESTS = os.environ.get("GUESTS") or os.path.join(BUILD, "guests")
RUNNER = os.environ.get("TEST_RUNNER", "").split()
# The engine that the tests beside this file ask for: TEST_ACCEL=jit or interp.
ACCEL = ["-accel", os.environ["TEST_ACCEL"]] if os.environ.get("TEST_ACCEL") else []
PROMPT = "ersatz# "
# What a kernel must not say about the machine it runs on.
COMPLAINTS = re.compile(r"BUG:|Oops|Call Trace|WARNING: CPU|ACPI (BIOS )?(Error|Warning)|"
                        r"[Ff]irmware [Bb]ug|FW Bug|unexpected|IO-APIC \+ timer|spurious|"
                        r"not responding|soft lockup|Unknown NMI|general protection")


class Failure(Exception):
    pass


def kernel(name):
    return os.path.join(GUESTS, "vmlinuz-" + name)


def initrd(name):
    return os.path.join(GUESTS, f"initrd-{'amd64' if 'amd64' in name else 'i386'}.gz")


def missing(*names):
    """Why the guests cannot be started, or None."""
    for path in [p for name in names for p in (kernel(name), initrd(name))]:
        if not os.path.exists(path):
            return f"no {os.path.basename(path)}; ./dev test fetches it"
    return None


def command(name, *options, build=BUILD, runner=RUNNER, append="", ramdisk=None):
    return [*runner, os.path.join(build, "ersatz"), "-m", "256", "-kernel", kernel(name), "-initrd",
            ramdisk or initrd(name), "-append", f"console=ttyS0 panic=-1 {append}".strip(),
            "-no-reboot", *ACCEL, *options]


class Guest:
    """A guest whose serial port is at hand."""

    def __init__(self, name, *options, append="", ramdisk=None):
        self.began = time.time()
        self.seen = ""  # all of it
        self.at = 0  # what was looked at
        self.errors = ""
        argv = command(name, "-serial", "stdio", *options, append=append, ramdisk=ramdisk)
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)

    def until(self, pattern, seconds=300):
        """Waits for the regular expression behind what was seen last; returns the match."""
        end = time.time() + seconds
        while True:
            m = re.compile(pattern).search(self.seen, self.at)
            if m:
                self.at = m.end()
                return m
            if time.time() > end:
                raise Failure(f"no {pattern!r} within {seconds} s")
            if select.select([self.p.stdout], [], [], 1)[0]:
                piece = os.read(self.p.stdout.fileno(), 65536)
                if not piece:
                    raise Failure(f"ended with status {self.p.wait()} before {pattern!r}")
                self.seen += piece.decode(errors="replace").replace("\r", "")

    def shell(self):
        self.until(r"ready after [\d.]+ s")
        self.until(PROMPT)
        self.run("dmesg -n 1")  # what the kernel says later would mix with answers

    def run(self, line, seconds=300):
        """Types a command; returns what it printed. The shell echoes and breaks what is typed
        as it likes, so marks that only the output has go round it."""
        self.p.stdin.write(b'echo "<"begin; ' + line.encode() + b'; echo "<"end\n')
        self.p.stdin.flush()
        self.until("<begin\n", seconds)
        start = self.at
        m = self.until("<end\n", seconds)
        self.until(PROMPT, seconds)
        return self.seen[start : m.start()].strip()

    def power_off(self, seconds=120):
        """ACPI's way; the exit status."""
        self.p.stdin.write(b"poweroff -f\n")
        self.p.stdin.flush()
        out, _ = self.p.communicate(timeout=seconds)
        self.seen += out.decode(errors="replace").replace("\r", "")
        return self.p.returncode

    def kill(self):
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()

    def complaints(self):
        return [line for line in self.seen.split("\n") if COMPLAINTS.search(line)]


def expect(got, want, what):
    if got != want:
        raise Failure(f"{what}: got {got!r}, want {want!r}")


# ---- what is done in a guest ----


def arithmetic(g):
    expect(g.run("echo A$((40+2))B"), "A42B", "echo")


def processors(n):
    def check(g):
        expect(g.run("grep -c ^processor /proc/cpuinfo"), str(n), "processors")
        expect(g.run("nproc"), str(n), "nproc")
    check.__name__ = f"processors_{n}"
    return check


def mount_proc(g):
    expect(g.run("mkdir -p /p && mount -t proc proc /p && ls -d /p/1 && umount /p"), "/p/1",
           "mount")


def cpuinfo(g):
    text = g.run("cat /proc/cpuinfo")
    for field in ("vendor_id", "model name", "flags", "bogomips"):
        if not re.search(rf"^{field}\s*: \S", text, re.M):
            raise Failure(f"no {field} in /proc/cpuinfo: {text!r}")


def gzip_and_back(g):
    g.run("i=0; while [ $i -lt 20 ]; do cat /proc/cpuinfo /bin/busybox; i=$((i+1)); done"
          " | head -c 3000000 >/tmp/a")
    expect(g.run("gzip -9 </tmp/a | gunzip | cmp - /tmp/a && echo same"), "same", "gzip")


def sha256(g):
    want = hashlib.sha256(bytes(10 << 20)).hexdigest()
    expect(g.run("head -c 10485760 /dev/zero | sha256sum").split()[:1], [want], "sha256sum")


def hundred_processes(g):
    expect(g.run("i=0; n=0; while [ $i -lt 100 ]; do n=$((n+$(/bin/busybox echo 1)));"
                 " i=$((i+1)); done; echo $n"), "100", "fork")


def date_is_sane(g):
    off = int(g.run("date +%s")) - time.time()
    if abs(off) > 600:
        raise Failure(f"the guest's date is {off:.0f} s off")


def no_complaints(g):
    g.run("dmesg")
    if g.complaints():
        raise Failure("the kernel complains: " + " | ".join(g.complaints()[:5]))


def power_off(g):
    expect(g.power_off(), 0, "exit status after power-off")


SHORT = [arithmetic, processors(1), no_complaints, power_off]
SESSION = [arithmetic, processors(1), mount_proc, cpuinfo, gzip_and_back, sha256,
           hundred_processes, date_is_sane, no_complaints, power_off]
SMP = [arithmetic, processors(2), hundred_processes, no_complaints, power_off]


def result(n, error, name):
    print(f"{'not ok' if error else 'ok'} {n} - {name}")
    if error:
        print("# " + str(error).replace("\n", "\n# "))
    sys.stdout.flush()


def boot(name, steps, *options):
    """One boot, then the steps; each is a result."""
    reason = missing(name)
    if reason:
        print(f"1..0 # SKIP {reason}")
        return
    print(f"1..{len(steps) + 1}")
    g = Guest(name, *options)
    error = None
    try:
        g.shell()
    except Failure as e:
        error = e
    result(1, error, f"{name} boots to a shell")
    print(f"# after {time.time() - g.began:.1f} s")
    for n, step in enumerate(steps, 2):
        if not error or step is no_complaints:
            try:
                step(g)
            except (Failure, subprocess.TimeoutExpired, OSError, ValueError) as e:
                error = e
        result(n, error, f"{name}: {step.__name__}")
    g.kill()
    if error:
        print("# " + "\n# ".join(g.seen.split("\n")[-40:]))
    print(f"# {time.time() - g.began:.1f} s in all")
