#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The BIOS's services (services.c) on Ersatz. Prints TAP; services.py --qemu asks SeaBIOS."""
import guest

guest.tap("services", ["-smp", "2"])
