#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line against a machine that is no PC (fake.c). Prints TAP."""
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import traceback
import zlib

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


@case
def help_lists_every_option():
    status, out, _ = run("-help")
    expect(status, 0)
    for name in ("-M NAME", "-nographic", "-serial BACKEND", "-no-reboot", "unix:", "   6  A CPU"):
        contains(out, name)
    expect([line for line in out.split("\n") if len(line) > 80], [], "long lines:")
    expect(run("--help"), run("-h"))


@case
def version():
    status, out, _ = run("-version")
    expect(status, 0)
    if not re.fullmatch(r"Ersatz \d+\.\d+\.\d+\n", out):
        raise AssertionError(out)


@case
def misspelt_words_name_their_neighbour():
    for args, near in (
        (["-nographics"], "-nographic"),
        (["-kernl", "x"], "-kernel"),
        (["-no-rebot"], "-no-reboot"),
        (["-rtc", "bsae=utc"], "base"),
        (["-display", "nnoe"], "none"),
        (["-monitor", "stdoi"], "stdio"),
        (["-display", "cruses"], "curses"),
        (["-chardev", "sokcet,id=a,path=b"], "socket"),
        (["-chardev", "socket,id=a,ptah=b"], "path"),
        (["-chardev", "null,id=mon0", "-serial", "chardev:mon1"], "mon0"),
        (["-serial", "sdtio"], "stdio"),
        (["-serial", "tpc:x:1"], "tcp:"),
        (["-serial", "mon:stdoi"], "mon:stdio"),
    ):
        status, out, err = run(*args)
        expect((status, out), (2, ""), f"{args}:")
        contains(err, f"did you mean {near}?")


@case
def hopeless_words_name_none():
    status, _, err = run("-zzzzzzzz")
    expect(status, 2)
    contains(err, "unknown option -zzzzzzzz; -help lists")


@case
def usage_errors():
    for args, text in (
        (["-m"], "-m needs an argument"),
        (["absent.vm"], "absent.vm: cannot be read: No such file"),
        (["-stop-after", "0"], "positive"),
        (["-stop-after", "12x"], "positive"),
        (["-rtc", "utc"], "expected base="),
        (["-serial", "null"] * 5, "there are only 4 of them"),
        (["-serial", "stdio", "-debugcon", "stdio"], "only one connection"),
        (["-serial", "unix:a,nowat"], "unknown option of a socket"),
        (["-serial", "tcp:nowhere"], "expected [HOST]:PORT"),
        (["-serial", "file:/nonexistent/x"], "cannot be written: No such file"),
        (["-D", "/nonexistent/x"], "cannot be written: No such file"),
        (["-kernel", "absent"], "absent: no such file"),
    ):
        status, _, err = run(*args)
        expect(status, 2, f"{args}:")
        contains(err, text)


@case
def lists():
    for option in ("-M", "-cpu", "-device", "-d"):
        status, out, _ = run(option, "help")
        expect(status, 0)
        contains(out, "  beta             one of two")


@case
def settings_reach_the_machine():
    status, out, _ = run("-serial", "stdio", "-append", "settings", "-m", "size=64M", "-smp",
                         "cpus=2", "-rtc", "base=utc,clock=vm", "-no-reboot", "-clock", "virtual",
                         "--soft-fpu", "-device", "isa-debug-exit,iobase=0xf4,iosize=4")
    expect(status, 0)
    expect(out.split("\n")[:-1], [
        "clock=host", "append=settings", "memory=64M", "smp=2", "rtc.base=utc", "rtc.clock=vm",
        "no-reboot=on", "clock=virtual", "soft-fpu=on",
        "device=isa-debug-exit,iobase=0xf4,iosize=4"])


@case
def exit_statuses():
    for script, status in (("exit 0", 1), ("exit 5", 11), ("exit 0x7f", 255), ("exit 0x80", 1),
                           ("", 0), ("reset", 0), ("triple", 6), ("halt", 8), ("fail", 4), ("panic", 12)):
        expect(run("-append", script)[0], status, f"{script}:")
    expect(run("-append", "spin", "-stop-after", "1000")[0], 10)
    contains(run("-append", "triple")[2], "triple fault at 0008:1234")
    contains(run("-append", "halt")[2], "halted for ever at 0008:5678")
    contains(run("-append", "fail")[2], "the host is gone")


@case
def stats():
    _, _, err = run("-append", "spin", "-stop-after", "1000", "-stats")
    contains(err, "instructions 1000\ntime 10000 ns\nram 0000000000001234\n")


@case
def log_goes_where_it_should():
    with tempfile.TemporaryDirectory() as d:
        _, _, err = run("-D", d + "/log", "-d", "boot")
        expect(err, "ersatz: a word to the user\n")
        expect(open(d + "/log").read(), "boot: a line of the log\n")
    expect(run()[2], "ersatz: a word to the user\nboot: a line of the log\n")


@case
def nothing_is_lost_in_a_flood():
    n = 300000
    want = ("0123456789abcdef" * (n // 16 + 1))[:n]
    expect(run("-serial", "stdio", "-append", f"flood {n}")[1] == want, True, "by pipe:")
    with tempfile.TemporaryDirectory() as d:
        run("-serial", f"file:{d}/out", "-append", f"flood {n}")
        expect(open(d + "/out").read() == want, True, "by file:")


@case
def input_is_fed_as_fast_as_it_is_taken():
    text = b"abcdefgh" * 500
    status, out, _ = run("-serial", "stdio", "-append", "echo", stdin=text + b"q")
    expect(status, 0)
    expect(bytes(int(h, 16) for h in re.findall("<(..)>", out)), text + b"q")


@case
def null_and_none_swallow():
    expect(run("-serial", "null", "-append", "flood 100000")[:2], (0, ""))
    expect(run("-serial", "none", "-append", "flood 100000")[:2], (0, ""))


@case
def ctrl_a_leaves_and_helps():
    t = Terminal("-nographic", "-append", "echo")
    t.wait_raw()
    t.type("a\x03\r")
    t.until("<61><03><0d>")
    t.type("\x01h")
    t.until("C-a x    leave")
    t.type("\x01\x01")
    t.until("<01>")
    t.type("\x01x")
    expect(t.done(), 0)


@case
def monitor():
    t = Terminal("-nographic", "-append", "echo", "-name", "Fred")
    t.wait_raw()
    t.type("\x01c")
    t.until("(ersatz) ")
    t.type("info  stattus\r")
    t.until("did you mean info status?")
    t.type("infoo\x7f name\r")
    t.until("Fred")
    t.type("stop\rinfo status\r")
    t.until("VM status: paused")
    t.type("info registers\r")
    t.until("rbx=0000000000000103")
    t.type("c\rinfo status\r")
    t.until("VM status: running")
    t.type("system_reset\r")
    t.until("[reset]")
    t.type("\x01cz")
    t.until("<7a>")
    t.type("\x01cquit\r")
    expect(t.done(), 0)


@case
def starts_stopped():
    t = Terminal("-nographic", "-S", "-append", "exit 3")
    t.wait_raw()
    t.type("\x01cinfo status\r")
    t.until("VM status: paused")
    t.type("c\r")
    expect(t.done(), 7)


@case
def no_shutdown_stays():
    t = Terminal("-nographic", "-no-shutdown", "-append", "echo")
    t.wait_raw()
    t.type("q")
    t.until("<71>")
    t.type("\x01c")
    for _ in range(100): # the guest has said its last word, but may not be off yet
        t.type("info status\r")
        t.until("instructions")
        if "VM status: paused" in t.seen:
            break
        t.seen = ""
    t.until("VM status: paused")
    t.type("q\r")
    expect(t.done(), 0)


@case
def terminal_is_restored_by_signals():
    for sig in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGSEGV, signal.SIGABRT):
        t = Terminal("-nographic", "-append", "spin")
        t.wait_raw()
        t.p.send_signal(sig)
        status = t.done()
        # a sanitizer has its own answer to a fault
        if status != -sig and not (sig in (signal.SIGSEGV, signal.SIGABRT) and status > 0):
            raise AssertionError(f"{sig}: {status}")


@case
def ctrl_c_interrupts_without_the_monitor():
    t = Terminal("-serial", "stdio", "-append", "spin")
    t.wait_raw()
    # the terminal is not the process's own, so Ctrl-C arrives as any byte would: by kill here
    flags = termios.tcgetattr(t.slave)[3]
    expect(bool(flags & termios.ISIG), True, "ISIG:")
    t.p.send_signal(signal.SIGINT)
    expect(t.done(), -signal.SIGINT)


@case
def slow_reader_does_not_hang_the_end():
    t = Terminal("-nographic", "-append", "flood 1000000")
    t.wait_raw()
    time.sleep(0.3)
    t.p.send_signal(signal.SIGTERM)
    while select.select([t.master], [], [], 1)[0]:
        t.seen = os.read(t.master, 65536).decode()
    expect(t.done(), -signal.SIGTERM)


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


@case
def unix_server_serves_one_client_after_the_other():
    with tempfile.TemporaryDirectory() as d:
        path = d + "/s"
        p = subprocess.Popen([ERSATZ, "-serial", f"unix:{path},server,nowait", "-append", "echo"],
                             stderr=subprocess.DEVNULL)
        for text in (b"one", b"two"):
            with connect(lambda: socket.socket(socket.AF_UNIX), path) as s:
                s.sendall(text)
                read_from(s, b"".join(b"<%02x>" % c for c in text))
        with connect(lambda: socket.socket(socket.AF_UNIX), path) as s:
            s.sendall(b"q")
            expect(p.wait(10), 0)


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


@case
def monitor_on_a_socket():
    m = Monitor("-name", "Fred")
    expect(m.do("info name"), "Fred\n")
    expect(m.do(""), "")
    expect(m.do("  info   name  "), "Fred\n")
    contains(m.do("info nmae"), "did you mean info name?")
    contains(m.do("systm_reset"), "did you mean system_reset?")
    contains(m.do("stop now"), "stop takes no argument")
    contains(m.do("info"), "info registers")
    contains(m.do("help"), "sendkey KEY[-KEY]... [MS]")
    m.do("stop")
    contains(m.do("info registers"), "rax=0000000000000100")
    contains(m.do("info status"), "VM status: paused")
    m.do("cont")
    contains(m.do("info cpus"), "CPU#0: ")
    contains(m.do("info status"), "VM status: running")
    m.quit()


@case
def several_monitors():
    with tempfile.TemporaryDirectory() as d:
        m = Monitor("-chardev", f"socket,id=second,path={d}/s,server=on,wait=off", "-monitor",
                    "chardev:second")
        with connect(lambda: socket.socket(socket.AF_UNIX), d + "/s") as s:
            read_from(s, b"(ersatz) ")
            s.sendall(b"stop\r\n")
            read_from(s, b"(ersatz) ")
            contains(m.do("info status"), "paused")
            s.sendall(b"info version\r\ninfo name\r\n")
            read_from(s, b"(no name)")
        m.quit()


@case
def monitor_reports():
    m = Monitor()
    expect(m.do("info pci"), "report of pci -\n")
    expect(m.do("info device  uart1 "), "report of device uart1\n")
    contains(m.do("info block"), "ide1-cd0: [not inserted]")
    expect(m.do('change ide1-cd0 "a b.iso"'), "medium ide1-cd0 a b.iso -\n")
    expect(m.do("eject ide1-cd0"), "medium ide1-cd0 - -\n")
    expect(m.do("eject -f ide1-cd0"), "medium ide1-cd0 - force=on\n")
    contains(m.do("change ide1-cd0"), "change takes a drive and a file")
    contains(m.do("eject"), "eject takes a drive")
    m.quit()


@case
def screen():
    m = Monitor()
    expect(m.do("info screen"), "A>dir\n╔═╗\n")
    path = m.folder.name
    expect(m.do(f"screendump {path}/s.ppm"), "")
    pixels = b"".join((0x102030 * i).to_bytes(3, "big") for i in range(6))
    expect(open(path + "/s.ppm", "rb").read(), b"P6\n3 2\n255\n" + pixels)
    expect(m.do(f"screendump {path}/s.png"), "")
    png = open(path + "/s.png", "rb").read()
    expect(png[:8], b"\x89PNG\r\n\x1a\n")
    expect(png[16:24], bytes([0, 0, 0, 3, 0, 0, 0, 2]), "size:")
    expect(png_rows(png), [b"\0" + pixels[:9], b"\0" + pixels[9:]])
    contains(m.do("screendump /nonexistent/x"), "No such file")
    m.quit()


def png_rows(png):
    """Rows with their filter bytes, undone where libpng chose one."""
    at, data = 8, b""
    while at < len(png):
        n = int.from_bytes(png[at:at + 4], "big")
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + n]
        at += n + 12
    raw, rows, before = zlib.decompress(data), [], bytes(9)
    for row in (bytearray(raw[:10]), bytearray(raw[10:])):
        for i in range(9):
            left = row[i - 2] if i >= 3 else 0
            row[1 + i] = row[1 + i] + {0: 0, 1: left, 2: before[i]}[row[0]] & 255
        row[0] = 0
        rows.append(bytes(row))
        before = row[1:]
    return rows


@case
def sendkey():
    m = Monitor()
    m.do("stop")
    contains(m.do("sendkey"), "kp_0")
    contains(m.do("sendkey rte"), "no key rte; did you mean ret?")
    contains(m.do("sendkey a x"), "not a number of milliseconds")
    contains(m.do("sendkey a-b-c-d-e-f-g-h-i"), "more than 8 keys")
    m.do("sendkey ctrl-alt-delete")
    m.do("sendkey 0x1c")
    m.do("sendkey up 1") # the machine's time goes slowly
    m.do("sendkey f12")
    m.do("cont")
    text = "{+1d}{+38}{+e053}{-e053}{-38}{-1d}{+1c}{-1c}{+e048}{+58}{-58}"
    for _ in range(100):
        if m.guest_said() == text + "{-e048}":
            break
        time.sleep(0.1)
    expect(m.guest_said(), text + "{-e048}")
    m.quit()


@case
def mouse():
    m = Monitor()
    m.do("stop")
    m.do("mouse_move 3 -4")
    m.do("mouse_button 5")
    m.do("mouse_move 0 0 -1")
    contains(m.do("mouse_move 1"), "not a number")
    contains(m.do("mouse_button left"), "not a number")
    m.do("cont")
    for _ in range(100):
        if len(m.guest_said()) >= 31:
            break
        time.sleep(0.1)
    expect(m.guest_said(), "{3 -4 0 0}{0 0 0 5}{0 0 -1 5}")
    m.quit()


@case
def disk_errors_pause():
    begin = time.time()
    status, _, err = run("-append", "disk 1")
    expect(status, 0)
    contains(err, "ide0-hd0: a.img: no space; that is every 5 s")
    if not 4 < time.time() - begin < 15:
        raise AssertionError(f"went on after {time.time() - begin:.1f} s")
    m = Monitor(script="disk 2")
    for _ in range(2):
        while "paused" not in m.do("info status"):
            time.sleep(0.02)
        m.s.sendall(b"cont\n")
        time.sleep(0.2)
    expect(m.p.wait(4), 0)


@case
def chardevs():
    with tempfile.TemporaryDirectory() as d:
        status, _, _ = run("-chardev", f"file,id=log,path={d}/out", "-serial", "chardev:log",
                           "-append", "exit 2")
        expect((status, os.path.exists(d + "/out")), (5, True))
    for args, text in (
        (["-chardev", "socket,id=a"], "needs path="),
        (["-chardev", "file,id=a"], "needs path="),
        (["-chardev", "null"], "needs id="),
        (["-chardev", "null,id=a", "-chardev", "pty,id=a"], "twice"),
        (["-chardev", "null,id=a", "-serial", "chardev:a", "-monitor", "chardev:a"],
         "serves one connection only"),
        (["-loadvm", "x"], "no snapshots yet"),
    ):
        status, _, err = run(*args)
        expect(status, 2, f"{args}:")
        contains(err, text)
    t = Terminal("-chardev", "stdio,id=both,mux=on", "-serial", "chardev:both", "-monitor",
                 "chardev:both", "-append", "echo")
    t.wait_raw()
    t.type("x")
    t.until("<78>")
    t.type("\x01c")
    t.until("(ersatz) ")
    t.type("quit\r")
    expect(t.done(), 0)


@case
def machine_file():
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/my.vm", "w") as f:
            f.write("# a comment\n\n  m\t64M  \nserial stdio\nappend settings\nkernel vmlinuz\n"
                    "initrd initrd,/boot/more with words\nhda a,b.img\n"
                    "drive file=sub/c.img,if=ide,index=1,id=file=x\nno-reboot\ncdrom /x.iso\n"
                    "debugcon file:dbg\n")
        status, out, _ = run(d + "/my.vm", "-m", "32M")
        expect(status, 0)
        expect(out.split("\n")[:-1], [
            "clock=host", "memory=64M", "append=settings", f"kernel={d}/vmlinuz",
            f"initrd={d}/initrd,/boot/more with words",
            f"drive=if=ide,index=0,media=disk,file={d}/a,,b.img",
            f"drive=file={d}/sub/c.img,if=ide,index=1,id=file=x", "no-reboot=on",
            "drive=if=ide,index=2,media=cdrom,file=/x.iso", "memory=32M"])
        expect(os.path.exists(d + "/dbg"), True)
        for text, complaint in (("m\n", "my.vm:1: -m needs an argument"),
                                ("\nno-reboot on\n", "my.vm:2: no-reboot takes no argument"),
                                ("kernle x\n", "my.vm:1: unknown option kernle; did you mean kernel"),
                                ("m 1\0M\n", "my.vm:1: no text")):
            with open(d + "/my.vm", "w") as f:
                f.write(text)
            status, _, err = run(d + "/my.vm")
            expect(status, 2)
            contains(err, complaint)


@case
def writeconfig():
    with tempfile.TemporaryDirectory() as d:
        args = ("-m", "64M", "-serial", "stdio", "-append", "settings", "-kernel", d + "/sub/k",
                "-no-reboot", "-hda", "/usr/a,b", "-drive", f"file={d}/x,,y,if=floppy")
        os.mkdir(d + "/sub")
        first = run(*args, "-writeconfig", d + "/my.vm")
        expect(first[0], 0)
        text = open(d + "/my.vm").read()
        contains(text, "\nkernel sub/k\n")
        contains(text, "\nno-reboot\n")
        contains(text, "\nhda /usr/a,b\n")
        contains(text, "\ndrive file=x,,y,if=floppy\n")
        expect(run(d + "/my.vm"), first)
        expect("\n".join(run("-m", "1G", "-writeconfig", "-")[1].split("\n")[-2:]), "m 1G\n")


@case
def a_created_machine_is_a_folder():
    with tempfile.TemporaryDirectory() as d:
        open(d + "/x.iso", "w").close()
        file = d + "/box/my.vm"
        status, out, _ = run("create", file, "--disk", "3G", "--cdrom", d + "/x.iso", "-m", "64M",
                             "-serial", "stdio", "-append", "settings")
        expect(status, 0)
        contains(out, f"ersatz {file}")
        expect(sorted(os.listdir(d + "/box")), ["my.img", "my.vm"])
        disk = os.stat(d + "/box/my.img")
        expect(disk.st_size, 3 << 30)
        expect(disk.st_blocks < 100, True, "sparse:")
        first = run(file)
        contains(first[1], f"drive=if=ide,index=0,media=disk,file={d}/box/my.img\n")
        contains(first[1], f"drive=if=ide,index=2,media=cdrom,file={d}/x.iso\n")
        contains(first[1], "memory=64M\n")

        # nothing that is there is touched
        before = open(file).read()
        for args, text in (((file,), "my.vm: is there already"),
                           ((d + "/box/my.xy", "--disk", "1M"), "my.img: cannot be made: File ex"),
                           ((d + "/a/b/c.vm",), "a/b: cannot be made"),
                           ((d + "/n.vm", "--disk", "8X"), "a size such as 8G"),
                           ((d + "/n.vm", "--disk", "99999999T"), "a size such as 8G"),
                           ((d + "/n.vm", "-hdaa", "x"), "did you mean -hda"),
                           ((), "create needs the name")):
            status, _, err = run("create", *args)
            expect(status, 2, f"{args}:")
            contains(err, text)
        expect(open(file).read(), before)
        expect(os.stat(d + "/box/my.img").st_size, 3 << 30)
        expect(sorted(os.listdir(d)), ["box", "x.iso"])

        # a copy of the folder is another machine, with its own disk
        shutil.copytree(d + "/box", d + "/copy")
        contains(run(d + "/copy/my.vm")[1],
                 f"drive=if=ide,index=0,media=disk,file={d}/copy/my.img\n")


@case
def tcp_server_waits_for_its_client():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    p = subprocess.Popen([ERSATZ, "-serial", f"tcp:127.0.0.1:{port},server", "-append",
                          "settings"], stderr=subprocess.PIPE)
    contains(p.stderr.readline().decode(), "serial0 waits for a connection")
    with connect(socket.socket, ("127.0.0.1", port)) as s:
        read_from(s, b"append=settings")
    expect(p.wait(10), 0)
    p.stderr.close()


@case
def tcp_client():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        server.settimeout(20)
        p = subprocess.Popen([ERSATZ, "-serial", f"tcp:127.0.0.1:{port}", "-append", "echo"])
        s = server.accept()[0]
        s.sendall(b"hq")
        read_from(s, b"<68><71>")
        s.close()
        expect(p.wait(10), 0)
    status, _, err = run("-serial", f"tcp:127.0.0.1:{port}")
    expect(status, 2)
    contains(err, "refused")


@case
def pty_back_end():
    p = subprocess.Popen([ERSATZ, "-serial", "pty", "-append", "echo"], stderr=subprocess.PIPE)
    path = re.search(r"redirected to (\S+) \(label serial0\)", p.stderr.readline().decode())[1]
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    os.write(fd, b"k")
    got = b""
    while b"<6b>" not in got:
        got += os.read(fd, 100)
    os.write(fd, b"q")
    expect(p.wait(10), 0)
    os.close(fd)
    p.stderr.close()


@case
def debugcon_to_a_file_leaves_stdio_free():
    with tempfile.TemporaryDirectory() as d:
        status, out, _ = run("-serial", "stdio", "-debugcon", f"file:{d}/dbg", "-append",
                             "settings")
        expect(status, 0)
        contains(out, "append=settings")
        expect(os.path.exists(d + "/dbg"), True)


def main():
    print(f"1..{len(CASES)}")
    for n, f in enumerate(CASES, 1):
        try:
            f()
            print(f"ok {n} - {f.__name__}")
        except Exception as e:
            where = traceback.extract_tb(e.__traceback__)[1]
            print(f"not ok {n} - {f.__name__}\n# line {where.lineno}: {type(e).__name__}: {e}")
        while LEFT:
            LEFT.pop().kill()
        sys.stdout.flush()


main()
