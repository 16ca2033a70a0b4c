#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images against qemu-img and qemu-io, and between processes. Prints TAP."""
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

BUILD = os.environ.get("builddir", ".")
RUNNER = os.environ.get("TEST_RUNNER", "").split()
BLOCKIO = [*RUNNER, os.path.join(BUILD, "tests/block/blockio")]
ERSATZ = [*RUNNER, os.path.join(BUILD, "ersatz")]
MIB = 1 << 20
CASES = []


class Skip(Exception):
    pass


def case(f):
    CASES.append(f)
    return f


def need(tool):
    if not shutil.which(tool):
        raise Skip(f"{tool} is not installed")


def expect(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what} got {got!r}, want {want!r}")


class Image:
    """An image that another process has open."""

    def __init__(self, path, *how):
        self.p = subprocess.Popen([*BLOCKIO, path, *how], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.said = self.p.stdout.readline().strip()

    def do(self, command):
        self.p.stdin.write(command + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().strip()

    def close(self):
        self.p.stdin.close()
        self.p.stdout.close()
        return self.p.wait(timeout=20)


def qemu(*args):
    r = subprocess.run(args, capture_output=True, text=True, timeout=60)
    if r.returncode:
        raise AssertionError(f"{' '.join(args)}: {r.stdout}{r.stderr}")
    return r.stdout


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


@case
def formats_are_named_and_refused():
    need("qemu-img")
    names = {"qcow2": "qcow2", "qcow": None, "vmdk": "vmdk", "vdi": "vdi", "vhdx": "vhdx",
             "vpc": "vhd", "qed": "qed", "parallels": "parallels"}
    for qemu_name, name in names.items():
        path = f"image.{qemu_name}"
        if name is None or subprocess.run(["qemu-img", "create", "-q", "-f", qemu_name, path, "8M"],
                                          capture_output=True).returncode:
            continue
        image = Image(path)
        expect(image.close(), 1, qemu_name)
        if f"({name})" not in image.said or "qemu-img convert -O raw" not in image.said:
            raise AssertionError(image.said)
        r = subprocess.run([*ERSATZ, "-drive", f"file={path}", "-display", "none"],
                           capture_output=True, text=True, timeout=20)
        expect(r.returncode, 2, qemu_name)
        expect(r.stderr.count("\n"), 1, r.stderr)
        raw = Image(path, "raw")
        expect(raw.said, "ok")
        raw.close()
    expect(os.path.exists("image.qcow2"), True)


@case
def fixed_vhd_is_known_by_its_end():
    need("qemu-img")
    qemu("qemu-img", "create", "-q", "-f", "vpc", "-o", "subformat=fixed,force_size=on",
         "fixed.vhd", "8M")
    image = Image("fixed.vhd")
    expect(image.close(), 1)
    if "(vhd)" not in image.said:
        raise AssertionError(image.said)


@case
def the_same_writes_give_the_same_image():
    """as qemu-io: at random places and sizes, whole sectors"""
    need("qemu-io")
    rng = random.Random(1)
    for path in ("ours.img", "theirs.img"):
        qemu("qemu-img", "create", "-q", "-f", "raw", path, "64M")
    ours, commands = Image("ours.img"), []
    expect(ours.do("size"), str(64 * MIB))
    for k in range(200):
        at = rng.randrange(64 * MIB // 512) * 512
        n = min(rng.randrange(1, 2000) * 512, 64 * MIB - at)
        expect(ours.do(f"write {at} {n} {k}"), "ok")
        commands += ["-c", f"write -q -P {k} {at} {n}"]
    expect(ours.do("flush"), "ok")
    expect(ours.close(), 0)
    qemu("qemu-io", "-f", "raw", *commands, "theirs.img")
    qemu("qemu-img", "compare", "-q", "-f", "raw", "-F", "raw", "ours.img", "theirs.img")
    # what qemu-io writes, we read
    qemu("qemu-io", "-f", "raw", "-c", "write -q -P 77 1M 3M", "ours.img")
    image = Image("ours.img", "readonly")
    expect(image.do(f"read {MIB} {3 * MIB} 77"), "ok")
    expect(image.do(f"read {MIB - 1} {3 * MIB} 77") == "ok", False)
    image.close()


@case
def snapshots_leave_the_image_alone():
    rng = random.Random(2)
    with open("below.img", "wb") as f:
        f.write(rng.randbytes(3 * MIB + 1536))
    before, inode = digest("below.img"), os.stat("below.img")
    image = Image("below.img", "snapshot", "raw")
    for k in range(100):
        at = rng.randrange((3 * MIB) // 512) * 512
        expect(image.do(f"write {at} 1536 {k}"), "ok")
        expect(image.do(f"read {at} 1536 {k}"), "ok")
    expect(image.do("flush"), "ok")
    two = Image("below.img", "snapshot", "raw")  # and another one beside it
    expect(two.said, "ok")
    two.close()
    image.close()
    expect(digest("below.img"), before)
    expect(os.stat("below.img").st_mtime_ns, inode.st_mtime_ns)


@case
def one_writer_or_many_readers():
    with open("locked.img", "wb") as f:
        f.truncate(MIB)
    writer = Image("locked.img")
    expect(writer.said, "ok")
    for how in ([], ["readonly"], ["snapshot"]):
        second = Image("locked.img", *how)
        expect(second.close(), 1)
        if "in use by process" not in second.said and not RUNNER:
            raise AssertionError(second.said)
    if not RUNNER and f"process {writer.p.pid} (blockio)" not in second.said:
        raise AssertionError(second.said)
    writer.p.send_signal(signal.SIGKILL)  # the lock goes with the process
    writer.p.wait()
    readers = [Image("locked.img", "readonly"), Image("locked.img", "snapshot")]
    expect([r.said for r in readers], ["ok", "ok"])
    second = Image("locked.img")
    expect(second.close(), 1)
    for r in readers:
        r.close()
    last = Image("locked.img")
    expect(last.said, "ok")
    last.close()


@case
def the_program_holds_its_image():
    with open("held.img", "wb") as f:
        f.truncate(MIB)
    p = subprocess.Popen([*ERSATZ, "-drive", "file=held.img,format=raw", "-display", "none",
                          "-S", "-monitor", "stdio"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    p.stdin.write("info block\n")
    p.stdin.flush()
    while "ide0-hd0" not in p.stdout.readline():
        pass
    other = Image("held.img")
    expect(other.close(), 1)
    p.stdin.write("quit\n")
    p.stdin.flush()
    p.communicate(timeout=20)
    expect(p.returncode, 0)
    other = Image("held.img")
    expect(other.said, "ok")
    other.close()


FULL = """
set -e
mount -t tmpfs -o size=1m none {dir}
cd {dir}
truncate -s 8M sparse.img
head -c 700000 /dev/zero >filler
exec "$@" sparse.img raw
"""


@case
def a_full_file_system():
    """a sparse image meets ENOSPC; when there is room again, the same write succeeds"""
    os.mkdir("tiny")
    script = FULL.format(dir=os.path.abspath("tiny"))
    probe = subprocess.run(["unshare", "-rm", "sh", "-c", "mount -t tmpfs none tiny"],
                           capture_output=True, text=True)
    if probe.returncode:
        raise Skip(f"no file systems of our own here: {probe.stderr.strip()}")
    p = subprocess.Popen(["unshare", "-rm", "sh", "-c", script, "sh", *BLOCKIO],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    image = Image.__new__(Image)
    image.p = p
    expect(p.stdout.readline().strip(), "ok")
    answers = [image.do(f"write {k * 65536} 65536 {k}") for k in range(1, 10)]
    expect("No space left on device" in answers, True, answers)
    stuck = answers.index("No space left on device") + 1
    os.truncate(f"/proc/{p.pid}/cwd/filler", 0)
    expect(image.do(f"write {stuck * 65536} 65536 {stuck}"), "ok")
    for k in range(1, stuck + 1):
        expect(image.do(f"read {k * 65536} 65536 {k}"), "ok")
    expect(image.do("flush"), "ok")
    expect(image.close(), 0)


def main():
    where = tempfile.mkdtemp(prefix="ersatz-block-")
    os.chdir(where)
    print(f"1..{len(CASES)}")
    failed = 0
    for n, f in enumerate(CASES, 1):
        name = f.__name__.replace("_", " ")
        try:
            f()
            print(f"ok {n} - {name}", flush=True)
        except Skip as skip:
            print(f"ok {n} - {name} # SKIP {skip}", flush=True)
        except Exception:
            failed = 1
            print(f"not ok {n} - {name}", flush=True)
            for line in traceback.format_exc().split("\n"):
                print(f"# {line}")
    shutil.rmtree(where, ignore_errors=True)
    return failed


sys.exit(main())
