#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: dsdt.sh OUT      compiles dsdt.asl into a C header of bytes. Needs iasl.
set -e
dir=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
iasl -p "$tmp/dsdt" "$dir/dsdt.asl" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }
{
    echo "/* SPDX-License-Identifier: MIT */"
    echo "/* Made by dsdt.sh from dsdt.asl. The first 36 bytes are the table's header. */"
    od -An -v -tx1 -w16 "$tmp/dsdt.aml" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1, /g; s/^/    /; s/ *$//'
} >"$1"
