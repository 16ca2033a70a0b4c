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
floppya: 1_44=$tmp/floppy, status=inserted
boot: floppy
cpu: model=corei7_skylake_x, ips=100000000
display_library: nogui
port_e9_hack: enabled=1
log: $tmp/log
panic: action=fatal
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
EOF
    timeout 60 bochs -q -f "$tmp/bochsrc" 2>/dev/null </dev/null
}

for image in "$build"/tests/sys/*.bin; do
    for emulator in qemu bochs; do
        echo "== $(basename "$image") on $emulator"
        on_$emulator "$image" >"$tmp/out"
        grep -aE '^(# (vector|[0-9a-f]+, not)|not ok|Bail out|1\.\.)' "$tmp/out"
        echo "$(grep -ac '^ok' "$tmp/out") ok, $(grep -ac '^not ok' "$tmp/out") not ok"
    done
done
