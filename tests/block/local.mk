# SPDX-License-Identifier: MIT
# Images beside qemu-img and qemu-io, locks between processes.
check_PROGRAMS += %D%/blockio
EXTRA_DIST += %D%/images.py
if CAN_RUN
TESTS += %D%/images.py
endif
