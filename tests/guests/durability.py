#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a guest was told is on its disk is on its disk, however the machine ends.

A session as an installer has it: partition, mkfs, copy, fsck, power off; the host's tools look at
the image. Then runs that write files and flush them, each killed with SIGKILL at a random moment:
after each, the journal is replayed, and every file of which the guest said that it was flushed
must be there, whole, and the file system sound. RUNS says how many (3), SEED which moments.
"""
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import guest

RAMDISK = os.path.join(guest.GUESTS, "initrd-disk.gz")
RUNS = int(os.environ.get("RUNS", "3"))
SEED = os.environ.get("SEED", "1")
SIZE = 64 << 20


def boot(image):
    g = guest.Guest("686", "-drive", f"file={image},format=raw,if=ide", ramdisk=RAMDISK)
    g.shell()
    return g


def tool(*args, ok=(0,)):
    r = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if r.returncode not in ok:
        raise guest.Failure(f"{' '.join(args)}: status {r.returncode}: {r.stdout}{r.stderr}")
    return r.stdout


def partition(image):
    """A copy of the file system, with its journal replayed, and sound."""
    copy = image + ".part"  # fdisk's first partition begins at sector 63
    tool("dd", f"if={image}", f"of={copy}", "bs=32256", "skip=1", "conv=sparse", "status=none")
    tool("e2fsck", "-p", copy, ok=(0, 1))
    tool("e2fsck", "-fn", copy)
    return copy


def content(fs, path):
    """A file of a file system, read by the host."""
    with tempfile.NamedTemporaryFile() as f:
        tool("debugfs", "-R", f"dump {path} {f.name}", fs)
        return f.read()


def install(image):
    """As an installer does it; what is on the disk afterwards is what was in the guest."""
    g = boot(image)
    try:
        g.run("printf 'n\\np\\n1\\n\\n\\nw\\n' | fdisk /dev/sda")
        guest.expect(g.run("/sbin/mke2fs -q -t ext4 /dev/sda1 && echo made"), "made", "mkfs")
        g.run("mkdir /disk && mount -t ext4 /dev/sda1 /disk")
        g.run("cp -a /bin /sbin /lib /modules /disk && sync")
        guest.expect(g.run("for d in bin/busybox sbin/e2fsck modules/*ext4.ko; do"
                           " cmp /$d /disk/$d || echo differs; done; echo compared"),
                     "compared", "cmp")
        g.run("umount /disk")
        guest.expect(g.run("/sbin/e2fsck -fn /dev/sda1 >/tmp/log 2>&1; echo $?"), "0", "fsck")
        want = g.run("cd /bin; sha256sum busybox").split()[0]
        guest.expect(g.power_off(), 0, "exit status")
    finally:
        g.kill()
    got = hashlib.sha256(content(partition(image), "/bin/busybox")).hexdigest()
    guest.expect(got, want, "busybox")


# In the guest: file N holds N, 3,000 times; the name is said when it has been flushed.
WRITER = ("cd /disk/runs/%d; n=0; while :; do n=$((n+1)); yes $n | head -n 3000 >.$n;"
          " sync .$n; mv .$n $n; sync; echo FLUSHED $n; done")


def torn(image, run, moment):
    """One run, killed; returns how many files had been flushed."""
    g = boot(image)
    try:
        g.run("mkdir -p /disk && mount -t ext4 /dev/sda1 /disk")
        g.run("mkdir -p /disk/runs/%d && sync" % run)
        g.p.stdin.write((WRITER % run).encode() + b"\n")
        g.p.stdin.flush()
        g.until(r"FLUSHED 1\n")
        end = time.time() + moment
        while time.time() < end:
            try:
                g.until(r"FLUSHED \d+\n", end - time.time())
            except guest.Failure:
                break
    finally:
        g.kill()
    rest = g.p.stdout.read() or b""
    seen = g.seen + rest.decode(errors="replace").replace("\r", "")
    done = [int(n) for n in re.findall(r"^FLUSHED (\d+)$", seen, re.M)]
    fs = partition(image)
    for n in done:
        want = f"{n}\n".encode() * 3000
        if content(fs, f"/runs/{run}/{n}") != want:
            raise guest.Failure(f"run {run}: file {n} was flushed and is not there as written")
    return len(done)


def attempt(n, name, step, *args):
    error = None
    try:
        found = step(*args)
        if found is not None:
            print(f"# {found} files flushed before the kill")
    except (guest.Failure, subprocess.TimeoutExpired, OSError) as e:
        error = e
    guest.result(n, error, name)
    return error is None


def main():
    if not os.path.exists(RAMDISK) or not os.path.exists(guest.kernel("686")):
        print("1..0 # SKIP no initrd-disk.gz or kernel; ./dev test fetches them")
        return
    print(f"1..{1 + RUNS}")
    moments = random.Random(SEED)
    with tempfile.TemporaryDirectory(dir=guest.BUILD) as where:
        image = os.path.join(where, "disk.img")
        with open(image, "wb") as f:
            f.truncate(SIZE)
        if not attempt(1, "partition, mkfs, copy, fsck; the host finds the same", install, image):
            sys.exit(1)
        for run in range(1, RUNS + 1):
            moment = moments.uniform(0, 4)
            attempt(1 + run, f"run {run}, killed {moment:.2f} s after the first flush",
                    torn, image, run, moment)


main()
