#!/bin/bash
# SPDX-License-Identifier: MIT
#
# images.sh DIR [GROUP|IMAGE]...: makes the boot ladder's images in DIR/ladder from Debian's
# packages, which fetch.sh gets into DIR; does only what isn't there yet. Groups: short (what
# `make check` climbs, the default), all, and debian: whole installations, made by debootstrap as
# root. An image is what rungs.py calls it: disk/invaders.img.
#
# Nothing is mounted and no loop device is used: file systems are made in files by mtools. Needs
# mtools, dosfstools, syslinux and grub-common, and for debian e2fsprogs and debootstrap.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)

die() { echo "images: $*" >&2; exit 1; }
[ $# -ge 1 ] || die "usage: images.sh DIR [short|all|IMAGE]..."
mkdir -p "$1/ladder"
top=$(cd "$1" && pwd)
dir=$top/ladder
shift
work=$(mktemp -d "$top/.images.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
new=$work/new.img # an image grows here and goes to its place when it is whole
mkdir -p "$dir"/{floppy,disk,cd,fw,boot,kernels,initramfs}

short="floppy/fat-message.img floppy/grub-legacy.img floppy/syslinux-menu.img
    floppy/syslinux-vesamenu.img floppy/memtest86+ia32.img disk/mbr-only.img
    fw/seabios-256k.bin"
all="$short floppy/syslinux-hdt.img floppy/grub-rescue.img cd/grub-rescue.iso cd/ipxe.iso
    disk/memtest-ia32.img disk/invaders.img disk/ipxe.img disk/gnumach.img
    disk/linux-686.img disk/linux-686-pae.img disk/linux-amd64.img disk/efi-amd64.img
    disk/di-i386.img disk/di-amd64.img disk/xen-dom0.img boot/memtest86+x64.bin
    fw/OVMF.fd fw/u-boot-qemu-x86.rom fw/u-boot-qemu-x86_64.rom
    kernels/vmlinuz-686 kernels/vmlinuz-686-pae kernels/vmlinuz-amd64 kernels/vmlinuz-cloud-amd64
    kernels/vmlinuz-rt-amd64 initramfs/busybox-i386.cpio.gz initramfs/busybox-amd64.cpio.gz"

debian="disk/debian-i386.img disk/debian-amd64.img"

# file PACKAGE ARCH NAME: the one file of that name, or path ending, in a package
file() {
    "$here/fetch.sh" "$top" "package:$2:$1" >&2
    local found
    found=$(find "$top/packages/$1" -path "*/$3" -type f | sort | head -1)
    [ -n "$found" ] || die "no $3 in the package $1"
    echo "$found"
}

fetched() { # fetched WHAT FILE: makes it with fetch.sh, tells where it is
    "$here/fetch.sh" "$top" "$1" >&2
    echo "$top/$2"
}

kernel() { fetched "$1" "vmlinuz-$1"; }
initramfs() { fetched "initrd-$1" "initrd-$1.gz"; }

# ---- floppies --------------------------------------------------------------------------------

fat_floppy() { # fat_floppy KILOBYTES: an empty one in $new
    mkfs.fat -C -i 45525a31 -n ERSATZ "$new" "$1" >/dev/null
}

syslinux_floppy() { # syslinux_floppy CONFIGURATION MODULE...
    local m config=$1
    shift
    fat_floppy 2880
    for m; do
        mcopy -i "$new" "$(file syslinux-common amd64 "modules/bios/$m.c32")" ::
    done
    printf 'serial 0 115200\n%s\n' "$config" | mcopy -i "$new" - ::syslinux.cfg
    syslinux --install "$new"
}

menu='menu title ERSATZ SYSLINUX MENU
timeout 0
label hdt
 com32 hdt.c32
label meminfo
 com32 meminfo.c32
label pci
 com32 pcitest.c32
label off
 com32 poweroff.c32'

# ---- disks that GRUB starts from ---------------------------------------------------------------

# A little-endian number of so many bytes.
le() { # le BYTES NUMBER
    local i n=$2
    for ((i = 0; i < $1; i++, n >>= 8)); do
        printf "\\x$(printf %02x $((n & 255)))"
    done
}

# One active partition from 1 MiB to the end, of a type.
partition() { # partition TYPE MEGABYTES
    { le 1 0x80; le 3 0; le 1 "$1"; le 3 0; le 4 2048; le 4 $(($2 * 2048 - 2048)); } |
        dd of="$new" bs=1 seek=446 conv=notrunc status=none
    le 2 0xaa55 | dd of="$new" bs=1 seek=510 conv=notrunc status=none
}

# An empty disk with a FAT partition.
fat_disk() { # fat_disk TYPE MEGABYTES
    truncate -s "$2M" "$new"
    mkfs.fat -F 16 --offset=2048 -i 45525a32 "$new" $((($2 - 1) * 1024)) >/dev/null
    partition "$1" "$2"
}

put() { mcopy -i "$new@@1M" "$1" "::$2"; }

grub_modules="biosdisk part_msdos fat ext2 normal linux linux16 multiboot multiboot2 gzio serial
    terminal terminfo echo boot"

# GRUB in the gap before the partition, where its own installer puts it: boot.img is the MBR's
# code, and reads what follows it.
grub_code() { # grub_code PREFIX
    local modules
    modules=$(dirname "$(file grub-pc-bin amd64 i386-pc/boot.img)")
    # shellcheck disable=SC2086
    grub-mkimage -d "$modules" -O i386-pc -p "$1" -o "$work/core.img" $grub_modules
    [ "$(stat -c %s "$work/core.img")" -lt $((2047 * 512)) ] || die "GRUB does not fit"
    dd if="$modules/boot.img" of="$new" bs=1 count=440 conv=notrunc status=none
    dd if="$work/core.img" of="$new" bs=512 seek=1 conv=notrunc status=none
}

grub_disk() { # grub_disk MEGABYTES CONFIGURATION FILE=NAME...
    local pair
    fat_disk 0x0e "$1"
    mmd -i "$new@@1M" ::grub
    printf 'serial --unit=0 --speed=115200\nset timeout=0\nmenuentry it {\n%s\n}\n' "$2" |
        mcopy -i "$new@@1M" - ::grub/grub.cfg
    shift 2
    for pair; do
        put "${pair%=*}" "${pair##*=}"
    done
    grub_code '(hd0,msdos1)/grub'
}

linux_disk() { # linux_disk FLAVOUR ARCH
    grub_disk 64 'linux /vmlinuz console=ttyS0
initrd /initrd.gz' "$(kernel "$1")=vmlinuz" "$(initramfs "$2")=initrd.gz"
}

installer_disk() { # installer_disk ARCH
    local p=debian-installer-12-netboot-$1
    grub_disk 112 'linux /vmlinuz console=ttyS0 priority=low
initrd /initrd.gz' "$(file "$p" amd64 "text/debian-installer/$1/linux")=vmlinuz" \
        "$(file "$p" amd64 "text/debian-installer/$1/initrd.gz")=initrd.gz"
}

efi_disk() {
    fat_disk 0xef 64
    mmd -i "$new@@1M" ::EFI ::EFI/BOOT ::loader ::loader/entries
    put "$(file systemd-boot-efi amd64 systemd-bootx64.efi)" EFI/BOOT/BOOTX64.EFI
    put "$(kernel amd64)" vmlinuz
    put "$(initramfs amd64)" initrd.gz
    printf 'timeout 0\n' | mcopy -i "$new@@1M" - ::loader/loader.conf
    printf 'title Linux\nlinux /vmlinuz\ninitrd /initrd.gz\noptions console=ttyS0\n' |
        mcopy -i "$new@@1M" - ::loader/entries/linux.conf
}

debian_disk() { # debian_disk ARCH FLAVOUR: as an installer leaves it, systemd and all
    local root=$work/root mirror size=1536
    [ "$(id -u)" = 0 ] || die "disk/debian-$1.img: debootstrap wants root"
    # the machine's own mirror, else debootstrap's default
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | head -1) || true
    echo "images: debootstrap for $1; this takes minutes"
    debootstrap --arch="$1" --variant=minbase \
        --include="linux-image-$2,systemd-sysv,udev,dbus,login" bookworm "$root" \
        ${mirror:+"$mirror"} >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    echo root:root | chroot "$root" chpasswd
    echo ersatz >"$root/etc/hostname"
    echo '/dev/sda1 / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
    mkdir -p "$root/boot/grub"
    cat >"$root/boot/grub/grub.cfg" <<'CFG'
serial --unit=0 --speed=115200
set timeout=0
menuentry Debian {
linux /vmlinuz root=/dev/sda1 ro console=tty0 console=ttyS0
initrd /initrd.img
}
CFG
    truncate -s "${size}M" "$new"
    mke2fs -q -t ext4 -d "$root" -E offset=1048576 "$new" "$((size - 1))M"
    partition 0x83 "$size"
    grub_code '(hd0,msdos1)/boot/grub'
    rm -rf --one-file-system "$root"
}

# ---- each image --------------------------------------------------------------------------------

make_image() {
    case $1 in
    floppy/fat-message.img) fat_floppy 1440 ;; # mkfs.fat's boot sector has the message
    floppy/grub-legacy.img)
        cat "$(file grub-legacy amd64 stage1)" "$(file grub-legacy amd64 stage2)" >"$new"
        truncate -s 1440K "$new"
        ;;
    floppy/syslinux-menu.img)
        syslinux_floppy "ui menu.c32
$menu" menu libutil libcom32 libmenu
        ;;
    floppy/syslinux-vesamenu.img)
        syslinux_floppy "ui vesamenu.c32
$menu" vesamenu libutil libcom32 libmenu
        ;;
    floppy/syslinux-hdt.img)
        syslinux_floppy 'default hdt
label hdt
 com32 hdt.c32
 append nomenu' hdt libutil libcom32 libmenu libgpl
        ;;
    floppy/memtest86+ia32.img)
        cp "$(file memtest86+ amd64 'memtest86+ia32.bin')" "$new"
        truncate -s 1440K "$new"
        ;;
    floppy/grub-rescue.img) cp "$(file grub-rescue-pc amd64 grub-rescue-floppy.img)" "$new" ;;
    cd/grub-rescue.iso) cp "$(file grub-rescue-pc amd64 grub-rescue-cdrom.iso)" "$new" ;;
    cd/ipxe.iso) cp "$(file ipxe amd64 ipxe.iso)" "$new" ;;
    disk/mbr-only.img)
        truncate -s 8M "$new"
        dd if="$(file syslinux-common amd64 mbr/mbr.bin)" of="$new" conv=notrunc status=none
        le 2 0xaa55 | dd of="$new" bs=1 seek=510 conv=notrunc status=none
        ;;
    disk/memtest-ia32.img)
        grub_disk 32 'linux /memtest.bin' "$(file memtest86+ amd64 'memtest86+ia32.bin')=memtest.bin"
        ;;
    disk/invaders.img)
        grub_disk 32 'multiboot /invaders' "$(file grub-invaders amd64 invaders.exec)=invaders"
        ;;
    disk/ipxe.img) grub_disk 32 'linux16 /ipxe.krn' "$(file ipxe amd64 ipxe.lkrn)=ipxe.krn" ;;
    disk/gnumach.img)
        grub_disk 32 'multiboot /gnumach.gz' \
            "$(file gnumach-image-1.8-486 i386 'gnumach-1.8-486.gz')=gnumach.gz"
        ;;
    disk/linux-686.img) linux_disk 686 i386 ;;
    disk/linux-686-pae.img) linux_disk 686-pae i386 ;;
    disk/linux-amd64.img) linux_disk amd64 amd64 ;;
    disk/di-i386.img) installer_disk i386 ;;
    disk/di-amd64.img) installer_disk amd64 ;;
    disk/efi-amd64.img) efi_disk ;;
    disk/debian-i386.img) debian_disk i386 686 ;;
    disk/debian-amd64.img) debian_disk amd64 amd64 ;;
    disk/xen-dom0.img)
        grub_disk 96 'multiboot2 /xen.gz dom0_mem=384M console=com1 com1=115200 sync_console
module2 /vmlinuz console=hvc0
module2 /initrd.gz' "$(file xen-hypervisor-4.17-amd64 amd64 'xen-4.17-amd64.gz')=xen.gz" \
            "$(kernel amd64)=vmlinuz" "$(initramfs amd64)=initrd.gz"
        ;;
    boot/memtest86+x64.bin) cp "$(file memtest86+ amd64 'memtest86+x64.bin')" "$new" ;;
    fw/seabios-256k.bin) cp "$(file seabios amd64 bios-256k.bin)" "$new" ;;
    fw/OVMF.fd) cp "$(file ovmf amd64 ovmf/OVMF.fd)" "$new" ;;
    fw/u-boot-qemu-x86.rom) cp "$(file u-boot-qemu amd64 qemu-x86/u-boot.rom)" "$new" ;;
    fw/u-boot-qemu-x86_64.rom) cp "$(file u-boot-qemu amd64 qemu-x86_64/u-boot.rom)" "$new" ;;
    kernels/vmlinuz-*) cp "$(kernel "${1#kernels/vmlinuz-}")" "$new" ;;
    initramfs/busybox-*.cpio.gz)
        local arch=${1#initramfs/busybox-}
        cp "$(initramfs "${arch%.cpio.gz}")" "$new"
        ;;
    *) die "no such image: $1" ;;
    esac
}

wanted=()
# shellcheck disable=SC2206 # lists of words
for what in "${@:-short}"; do
    case $what in
    short) wanted+=($short) ;;
    all) wanted+=($all) ;;
    debian) wanted+=($debian) ;;
    *) wanted+=("$what") ;;
    esac
done
for image in "${wanted[@]}"; do
    [ ! -s "$dir/$image" ] || continue
    rm -f "$new"
    make_image "$image"
    mv "$new" "$dir/$image"
    echo "images: $image"
done
