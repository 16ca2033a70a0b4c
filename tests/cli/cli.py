#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line and machine files. Prints TAP."""
import os
import re
import shutil
import tempfile

from program import case, contains, expect, main, run


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
                           ("", 0), ("reset", 0), ("triple", 6), ("halt", 8), ("fail", 4),
                           ("panic", 12)):
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
                                ("kernle x\n", "my.vm:1: unknown option kernle; did you mean"),
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


main()
