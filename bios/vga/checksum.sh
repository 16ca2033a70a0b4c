#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: checksum.sh IMAGE OFFSET    sets the byte at OFFSET so that all bytes add up to zero
set -e
sum=$(od -An -v -tu1 "$1" | awk '{ for (i = 1; i <= NF; i++) s += $i } END { print s % 256 }')
printf "$(printf '\\%03o' $(((256 - sum) % 256)))" |
    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
