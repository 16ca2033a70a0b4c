#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
import guest

guest.boot("cloud-amd64", guest.SHORT, "-clock", "virtual")
