#!/bin/bash
# SPDX-License-Identifier: MIT
#
# usage: compare.sh BUILD        (for developers; needs qemu-system-x86 and bochs)
#
# Runs the system tests' images on QEMU and on Bochs, and prints what differs from the manuals
# there. Where they do is listed, with the reasons, in doc/quirks.md.
set -u
build=${1:?usage: compare.sh BUILD}
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

on_qemu() {
    timeout 60 qemu-system-x86_64 -accel tcg -cpu max -m 32 -kernel "$1" -display none \
        -debugcon stdio -device isa-debug-exit,iobase=0xf4,iosize=1 -no-reboot 2>/dev/null
}

on_bochs() {
    ${CC:-gcc} -m32 -nostdlib -static -fno-pic -no-pie -Wl,--build-id=none -Wl,-Ttext=0x7c00 \
        -Wl,--oformat=binary -DIMAGE="\"$1\"" -o "$tmp/floppy" "$here/floppy.S" || return
    truncate -s 1474560 "$tmp/floppy"
    cat >"$tmp/bochsrc" <<EOF
megs: 32
cpu: model=corei7_skylake_x, ips=50000000
clock: sync=none
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
display_library: term
floppya: 1_44=$tmp/floppy, status=inserted
boot: floppy
com1: enabled=1, mode=file, dev=$tmp/serial
log: $tmp/log
speaker: enabled=0
sound: driver=dummy
EOF
    echo continue >"$tmp/rc"
    : >"$tmp/serial"
    # it draws on a terminal, and doesn't end by itself
    script -qfc "timeout -s KILL 40 bochs -q -f $tmp/bochsrc -rc $tmp/rc" /dev/null </dev/null >/dev/null 2>&1 &
    for _ in $(seq 300); do
        grep -qaE '^(1\.\.|Bail out)' "$tmp/serial" && break
        sleep 0.2
    done
    kill -KILL $!
    wait $! 2>/dev/null
    cat "$tmp/serial"
}

for image in "$build"/tests/sys/*.bin; do
    for emulator in ${EMULATORS:-qemu bochs}; do
        echo "== $(basename "$image") on $emulator"
        on_$emulator "$image" >"$tmp/out"
        grep -aE '^(# (vector|[0-9a-f]+, not)|not ok|Bail out|1\.\.)' "$tmp/out"
        echo "$(grep -ac '^ok' "$tmp/out") ok, $(grep -ac '^not ok' "$tmp/out") not ok"
    done
done
