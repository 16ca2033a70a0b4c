#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What POST leaves behind (tables.c), on Ersatz. Prints TAP; tables.py --qemu asks SeaBIOS."""
import ask

ask.tap("tables", ["-smp", "3"])
