#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fetch.sh DIR WHAT...: gets Debian's own files into DIR; does only what isn't there yet.
#
#   686 686-pae amd64 cloud-amd64    DIR/vmlinuz-WHAT, the kernel of linux-image-WHAT
#   initrd-i386 initrd-amd64         DIR/WHAT.gz, a busybox that boots to a shell
#   sysroot-arm64                    DIR/WHAT/, libraries to cross-build and test with
#
# Packages are downloaded and unpacked, never installed. Another architecture's index lives in
# an apt state of our own under DIR/apt: the machine's dpkg and apt stay as they are.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)

die() { echo "fetch: $*" >&2; exit 1; }
[ $# -ge 2 ] || die "usage: fetch.sh DIR WHAT..."
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
work=$(mktemp -d "$dir/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

# apt ARCH COMMAND...: runs apt-get or apt-cache as if this machine were of ARCH
apt() {
    local state=$dir/apt/$1 arch=$1
    shift
    if [ ! -d "$state/lists/partial" ]; then
        mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
        : >"$state/status"
        cat >"$state/apt.conf" <<CONF
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State::Lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state/cache";
CONF
    fi
    APT_CONFIG=$state/apt.conf "$@"
}

# An index that a mirror is just replacing does not load; the others do, and may suffice.
update() {
    [ -e "$dir/apt/$1/updated" ] && return
    echo "fetch: reading the package index for $1"
    apt "$1" apt-get -qq update >"$work/update.log" 2>&1 || true
    touch "$dir/apt/$1/updated"
}

# package ARCH NAME: downloads it, unpacks it, leaves the place in $out
package() {
    update "$1"
    out=$work/$2
    mkdir -p "$out/deb"
    echo "fetch: $2 ($1)"
    (cd "$out/deb" && apt "$1" apt-get -qq download "$2") >"$work/get.log" 2>&1 || {
        rm -f "$dir/apt/$1/updated" # the index may be stale: once more with a new one
        update "$1"
        (cd "$out/deb" && apt "$1" apt-get -qq download "$2") || die "cannot get $2 for $1"
    }
    dpkg-deb -x "$out"/deb/*.deb "$out"
    rm -r "$out/deb"
}

kernel() { # kernel ARCH FLAVOUR
    [ -s "$dir/vmlinuz-$2" ] && return
    update "$1"
    local name
    name=$(apt "$1" apt-cache depends "linux-image-$2" | awk '$1 == "Depends:" {print $2; exit}')
    [ -n "$name" ] || die "apt knows no linux-image-$2"
    package "$1" "$name"
    cp "$out"/boot/vmlinuz-* "$dir/.new"
    mv "$dir/.new" "$dir/vmlinuz-$2"
    rm -r "$out"
}

initrd() { # initrd ARCH
    local root=$work/root
    [ "$dir/initrd-$1.gz" -nt "$here/init" ] && return
    package "$1" busybox-static
    mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,etc,root,usr/bin,usr/sbin}
    cp "$out"/bin/busybox "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    install -m 755 "$here/init" "$root/init"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    find "$root" -exec touch -h -d @1700000000 {} +
    (cd "$root" && find . | sort | cpio --quiet -o -H newc --reproducible -R 0:0) |
        gzip -9n >"$dir/.new"
    mv "$dir/.new" "$dir/initrd-$1.gz"
    rm -r "$root" "$out"
}

sysroot() { # sysroot ARCH PACKAGE...
    local to=$dir/sysroot-$1 arch=$1 name
    [ -e "$to/complete" ] && return
    shift
    mkdir -p "$to"
    for name; do
        package "$arch" "$name"
        cp -a "$out/." "$to/"
        rm -r "$out"
    done
    touch "$to/complete"
}

for what; do
    case $what in
    686 | 686-pae) kernel i386 "$what" ;;
    amd64 | cloud-amd64) kernel amd64 "$what" ;;
    initrd-i386 | initrd-amd64) initrd "${what#initrd-}" ;;
    sysroot-arm64)
        sysroot arm64 check libsubunit-dev libsubunit0 libcapstone-dev libcapstone4 \
            libffi-dev libffi8 libmpfr-dev libmpfr6 libgmp-dev libgmp10 \
            libzydis-dev libzydis4.0 libzycore-dev libzycore1.4
        ;;
    *) die "no such thing: $what" ;;
    esac
done
