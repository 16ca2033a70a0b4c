#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The monitor, and what it does to the machine. Prints TAP."""
import socket
import tempfile
import time
import zlib

from program import Monitor, Terminal, case, connect, contains, expect, main, read_from, run


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


main()
