#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""All ways to start anew (reboot.c), on Ersatz. Prints TAP; reboot.py --qemu asks SeaBIOS."""
import ask

ask.tap("reboot", reboot=True)
