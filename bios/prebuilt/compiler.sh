#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: compiler.sh CC...     tells compiler and linker, by whom the images beside this are made
set -e
echo "$("$@" -dumpmachine) $("$@" -dumpfullversion)"
"$("$@" -print-prog-name=ld)" --version | head -n 1
