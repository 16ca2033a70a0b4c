#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What serial ports and monitors are connected to: files, terminals, sockets. Prints TAP."""
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import termios
import time

from program import ERSATZ, Terminal, case, connect, contains, expect, main, read_from, run


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


main()
