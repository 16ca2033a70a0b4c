#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
import guest

guest.boot("amd64", guest.SMP, "-smp", "2", "-clock", "virtual")
