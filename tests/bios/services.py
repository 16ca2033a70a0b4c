#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The BIOS's services (services.c) on Ersatz. Prints TAP; services.py --qemu asks SeaBIOS."""
import ask

ask.tap("services", ["-smp", "2"])
