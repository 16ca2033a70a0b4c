#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line against a machine that is no PC (fake.c). Prints TAP."""
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import traceback

ERSATZ = os.path.join(os.environ.get("builddir", "."), "tests/cli/fake")
CASES = []


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
                           ("", 0), ("reset", 0), ("triple", 6), ("halt", 8), ("fail", 4)):
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
        p = subprocess.Popen([ERSATZ, "-serial", f"tcp:localhost:{port}", "-append", "echo"],
                             stderr=subprocess.DEVNULL)
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
        sys.stdout.flush()


main()
