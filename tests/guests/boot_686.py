#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
import guest

guest.boot("686", guest.SESSION, "-clock", "host")
