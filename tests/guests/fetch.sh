#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fetch.sh DIR WHAT...: gets Debian's own files into DIR; does only what isn't there yet.
#
#   686 686-pae amd64 cloud-amd64 rt-amd64    DIR/vmlinuz-WHAT, the kernel of linux-image-WHAT
#   initrd-i386 initrd-amd64         DIR/WHAT.gz, a busybox that boots to a shell
#   initrd-disk                      DIR/WHAT.gz, the same for 686, with what its disks need
#   sysroot-arm64                    DIR/WHAT/, libraries to cross-build and test with
#   package:ARCH:NAME                DIR/packages/NAME/, a package unpacked
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

busybox_root() { # busybox_root ARCH: a root file system in $root
    root=$work/root
    package "$1" busybox-static
    mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,etc,root,usr/bin,usr/sbin}
    cp "$out"/bin/busybox "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    install -m 755 "$here/init" "$root/init"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    rm -r "$out"
}

pack() { # pack FILE: $root as an initramfs
    find "$root" -exec touch -h -d @1700000000 {} +
    (cd "$root" && find . | sort | cpio --quiet -o -H newc --reproducible -R 0:0) |
        gzip -9n >"$dir/.new"
    mv "$dir/.new" "$1"
    rm -r "$root"
}

initrd() { # initrd ARCH
    [ "$dir/initrd-$1.gz" -nt "$here/init" ] && return
    busybox_root "$1"
    pack "$dir/initrd-$1.gz"
}

# The kernel's modules in the order in which they are to be loaded, and ext4's own tools.
disk_modules="scsi_common scsi_mod libata ata_piix ata_generic crct10dif_common crct10dif_generic
    crc-t10dif crc64 crc64_rocksoft_generic crc64-rocksoft t10-pi sd_mod cdrom sr_mod
    crc16 mbcache jbd2 crc32c_generic ext4"
initrd_disk() {
    [ "$dir/initrd-disk.gz" -nt "$here/init" ] && return
    local name path n=0
    busybox_root i386
    update i386
    name=$(apt i386 apt-cache depends linux-image-686 | awk '$1 == "Depends:" {print $2; exit}')
    package i386 "$name"
    cp "$out"/boot/vmlinuz-* "$dir/.new"
    mv "$dir/.new" "$dir/vmlinuz-686"
    mkdir -p "$root/modules"
    for name in $disk_modules; do
        path=$(find "$out/lib/modules" -name "$name.ko" | head -1)
        [ -z "$path" ] || cp "$path" "$root/modules/$(printf %02d $n)-$name.ko"
        n=$((n + 1))
    done
    rm -r "$out"
    for name in e2fsprogs libext2fs2 libcom-err2 libblkid1 libuuid1 libss2 libc6; do
        package i386 "$name"
        [ ! -d "$out/lib" ] || cp -a "$out"/lib "$root/"
        [ ! -d "$out/usr/lib" ] || cp -a "$out"/usr/lib/. "$root/lib/"
        [ ! -d "$out/sbin" ] || cp -a "$out"/sbin/{mke2fs,e2fsck} "$root/sbin/"
        [ ! -e "$out/etc/mke2fs.conf" ] || cp "$out/etc/mke2fs.conf" "$root/etc/"
        rm -r "$out"
    done
    rm -rf "$root"/lib/*/{gconv,audit}
    pack "$dir/initrd-disk.gz"
}

sysroot() { # sysroot ARCH PACKAGE...
    local to=$dir/sysroot-$1 arch=$1 name
    shift
    [ "$(cat "$to/complete" 2>/dev/null)" = "$*" ] && return
    mkdir -p "$to"
    for name; do
        package "$arch" "$name"
        cp -a "$out/." "$to/"
        rm -r "$out"
    done
    # some libraries lie in /lib, and links point there: all into one folder
    local libs=$to/usr/lib/aarch64-linux-gnu link
    [ ! -d "$to/lib" ] || cp -a "$to/lib/aarch64-linux-gnu/." "$libs/"
    find "$libs" -maxdepth 1 -lname '/lib/*' | while read -r link; do
        ln -sf "$(basename "$(readlink "$link")")" "$link"
    done
    echo "$*" >"$to/complete"
}

for what; do
    case $what in
    686 | 686-pae) kernel i386 "$what" ;;
    amd64 | cloud-amd64 | rt-amd64) kernel amd64 "$what" ;;
    initrd-i386 | initrd-amd64) initrd "${what#initrd-}" ;;
    initrd-disk) initrd_disk ;;
    sysroot-arm64)
        sysroot arm64 check libsubunit-dev libsubunit0 libcapstone-dev libcapstone4 \
            libffi-dev libffi8 libmpfr-dev libmpfr6 libgmp-dev libgmp10 \
            libzydis-dev libzydis4.0 libzycore-dev libzycore1.4 \
            libpng-dev libpng16-16 zlib1g-dev zlib1g \
            libncurses-dev libncursesw6 libtinfo6
        ;;
    package:*:*)
        IFS=: read -r _ arch name <<<"$what"
        [ -d "$dir/packages/$name" ] && continue
        package "$arch" "$name"
        mkdir -p "$dir/packages"
        mv "$out" "$dir/packages/$name"
        ;;
    *) die "no such thing: $what" ;;
    esac
done
