# SPDX-License-Identifier: MIT
"""The boot ladder: guests, how each is started, and what it must show. ladder.py climbs it.

A rung is started once for each of its firmwares: `ours` is the BIOS that is built in, `direct`
enters a kernel without any; the others are files below fw/. FILE names are relative to the
folder of images that images.sh fills.
"""
from collections import namedtuple

# Steps. Patterns are regular expressions; text may come on the serial port or on the screen.
Text = namedtuple("Text", "pattern")
Type = namedtuple("Type", "text")  # keys of the PC's keyboard, \n for Enter
Press = namedtuple("Press", "keys")  # as sendkey has them
Send = namedtuple("Send", "text")  # to the serial port
Picture = namedtuple("Picture", "hashes")  # the screen's picture is one of these
Moves = namedtuple("Moves", "pattern keys")  # what the screen shows lies elsewhere after keys
Ends = namedtuple("Ends", "status")  # the program ends by itself

FIRMWARE = {
    "ours": None,
    "direct": None,
    "seabios": "fw/seabios-256k.bin",
    "ovmf": "fw/OVMF.fd",
    "uboot": "fw/u-boot-qemu-x86.rom",
    "uboot64": "fw/u-boot-qemu-x86_64.rom",
}

# `short` ones are quick enough for every `make check`; `seconds` is a limit of the host's time.
Rung = namedtuple("Rung", "number name options firmware steps seconds short")
Rung.__new__.__defaults__ = (120, False)

BIOSES = ("ours", "seabios")
READY = Text(r"ERSATZ-GUEST-READY|ready after [\d.]+ s")
SHELL = [READY, Send("echo A$((40+2))B\n"), Text("A42B")]


def floppy(name):
    return f"-drive file={{{'floppy/' + name}}},format=raw,if=floppy,snapshot=on -boot a"


def disk(name):
    return f"-drive file={{{'disk/' + name}}},format=raw,if=ide,snapshot=on"


def linux(kernel, initramfs="amd64", more="console=ttyS0"):
    return (f"-kernel {{kernels/vmlinuz-{kernel}}} "
            f"-initrd {{initramfs/busybox-{initramfs}.cpio.gz}} -append '{more}'")


def rung(number, name, options, firmware, *steps, **more):
    return Rung(str(number), name, options, firmware, steps, **more)


LADDER = [
    rung(1, "FAT floppy's boot sector", "-m 16 " + floppy("fat-message.img"), BIOSES,
         Text("This is not a bootable disk"), seconds=30, short=True),
    rung(2, "Debian's MBR, empty disk", "-m 16 " + disk("mbr-only.img"), BIOSES,
         Text("Missing operating system"), seconds=30, short=True),
    rung(3, "GRUB Legacy floppy", "-m 16 " + floppy("grub-legacy.img"), BIOSES,
         Text("grub>"), Type("help\n"), Text("blocklist"), seconds=60, short=True),
    rung(4, "SYSLINUX menu, floppy", "-m 64 " + floppy("syslinux-menu.img"), BIOSES,
         Text("ERSATZ SYSLINUX MENU"), seconds=60, short=True),
    rung(5, "SYSLINUX graphical menu", "-m 64 " + floppy("syslinux-vesamenu.img"), BIOSES,
         Picture(("6eac6f5015424276", "6596af6b67c9576d")),  # in our VGA BIOS's font; in QEMU's
         seconds=60, short=True),
    rung(6, "HDT", "-m 64 " + floppy("syslinux-hdt.img"), BIOSES,
         Text("hdt>"), Type("show cpu\n"), Text(r"CPU \(1 logical"), seconds=60),
    rung(7, "Memtest86+ 32-bit, floppy", "-m 64 " + floppy("memtest86+ia32.img"), BIOSES,
         Text(r"Memtest86\+"), Text(r"Test #?\s*\d"), seconds=60, short=True),
    rung("8", "Memtest86+ 32-bit, disk", "-m 64 " + disk("memtest-ia32.img"), BIOSES,
         Text(r"Memtest86\+"), Text(r"Test #?\s*\d"), seconds=60),
    rung("8-direct", "Memtest86+ 64-bit by -kernel", "-m 64 -kernel {boot/memtest86+x64.bin}",
         ("direct",), Text(r"Memtest86\+"), Text(r"Test #?\s*\d"), seconds=60),
    rung("8-pass", "Memtest86+, one full pass", "-m 16 " + disk("memtest-ia32.img"), ("ours",),
         Text(r"Pass:? +1 "), seconds=7200),
    rung(9, "invaders", "-m 32 " + disk("invaders.img"), BIOSES,
         Text(r"-\*-"), Moves(r"/ \\", "left 300"), Moves(r"/ \\", "right 500"), seconds=60),
    rung(10, "GRUB 2 rescue floppy", "-m 32 " + floppy("grub-rescue.img"), BIOSES,
         Text("GNU GRUB|grub>"), Press("c"), Text("grub>"), seconds=180),
    rung(11, "GRUB 2 rescue CD", "-m 64 -cdrom {cd/grub-rescue.iso} -boot d", BIOSES,
         Text("GNU GRUB"), Text("Change the colors"), seconds=180),
    rung(12, "iPXE CD", "-m 64 -cdrom {cd/ipxe.iso} -boot d", BIOSES,
         Text("Open Source Network Boot Firmware"), seconds=120),
    rung("12-disk", "iPXE disk", "-m 64 " + disk("ipxe.img"), BIOSES,
         Text("Open Source Network Boot Firmware"), seconds=120),
    rung(13, "GNU Mach", "-m 128 " + disk("gnumach.img"), BIOSES,
         Text("GNU Mach"), Text("No bootstrap code loaded"), seconds=120),
    rung(14, "Linux 686", "-m 128 " + linux("686", "i386"), ("direct",), *SHELL, seconds=180),
    rung(15, "Linux 686-pae", "-m 128 " + linux("686-pae", "i386"), ("direct",), *SHELL,
         seconds=180),
    rung("15-smp", "Linux 686-pae, two CPUs", "-m 128 -smp 2 " + linux("686-pae", "i386"),
         ("direct",), *SHELL, seconds=240),
    rung(16, "Linux amd64", "-m 256 " + linux("amd64"), ("direct",), *SHELL, seconds=180),
    rung("16-i386", "Linux amd64, i386 programs", "-m 256 " + linux("amd64", "i386"),
         ("direct",), *SHELL, seconds=180),
    rung("16-smp", "Linux amd64, two CPUs", "-m 256 -smp 2 " + linux("amd64"), ("direct",), *SHELL,
         seconds=240),
    rung("16-cloud", "Linux cloud-amd64", "-m 256 " + linux("cloud-amd64"), ("direct",), *SHELL,
         seconds=180),
    rung("16-rt", "Linux rt-amd64", "-m 256 " + linux("rt-amd64"), ("direct",), *SHELL,
         seconds=180),
    rung("17-686", "Linux 686 from disk", "-m 128 " + disk("linux-686.img"), BIOSES, *SHELL,
         seconds=300),
    rung("17-686-pae", "Linux 686-pae from disk", "-m 128 " + disk("linux-686-pae.img"), BIOSES,
         *SHELL, seconds=300),
    rung("17-amd64", "Linux amd64 from disk", "-m 256 " + disk("linux-amd64.img"), BIOSES, *SHELL,
         seconds=300),
    rung("18-686", "a bench run, Linux 686",
         "-m 128 " + linux("686", "i386", "console=ttyS0 ersatz.bench ersatz.off"), ("direct",),
         Text("ERSATZ-BENCH-DONE"), Ends(0), seconds=300),
    rung("18-amd64", "a bench run, Linux amd64",
         "-m 256 " + linux("amd64", "amd64", "console=ttyS0 ersatz.bench ersatz.off"),
         ("direct",), Text("ERSATZ-BENCH-DONE"), Ends(0), seconds=300),
    rung(19, "U-Boot", "-m 128", ("uboot", "uboot64"), Text("U-Boot 20"), Press("ret"), Text("=>"),
         seconds=60),
    rung(20, "OVMF shell", "-m 256", ("ovmf",), Text("UEFI Interactive Shell"), seconds=120),
    rung(21, "OVMF, systemd-boot, Linux", "-m 512 " + disk("efi-amd64.img"), ("ovmf",), *SHELL,
         seconds=400),
    rung("22-i386", "Debian installer, i386", "-m 768 " + disk("di-i386.img"), BIOSES,
         Text("Select a language|Debian installer main menu"), seconds=600),
    rung("22-amd64", "Debian installer, amd64", "-m 1024 " + disk("di-amd64.img"), BIOSES,
         Text("Select a language|Debian installer main menu"), seconds=600),
    rung(23, "Xen with a PV dom0", "-m 768 " + disk("xen-dom0.img"), BIOSES,
         Text("Xen version"), Text("Linux version"), READY, seconds=600),
    rung(24, "Debian 12 i386", "-m 512 " + disk("debian-i386.img"), BIOSES, Text("login:"),
         Send("root\n"), Text("assword:"), Send("root\n"), Text(r"[#] ?$"),
         Send("systemctl is-system-running --wait\n"), Text(r"\nrunning"), seconds=1200),
    rung(25, "Debian 12 amd64", "-m 768 " + disk("debian-amd64.img"), BIOSES, Text("login:"),
         Send("root\n"), Text("assword:"), Send("root\n"), Text(r"[#] ?$"),
         Send("systemctl is-system-running --wait\n"), Text(r"\nrunning"), seconds=1200),
]
