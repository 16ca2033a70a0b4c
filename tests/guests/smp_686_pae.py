#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
import guest

guest.boot("686-pae", guest.SMP, "-smp", "2", "-clock", "virtual")
