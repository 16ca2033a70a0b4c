# SPDX-License-Identifier: MIT
# One Check program per module; the path mirrors src/, the source is the name with .c.
unit_tests =
EXTRA_DIST += %D%/unit.h
if HAVE_CHECK
unit_tests += \
    %D%/base/log \
    %D%/base/nearest
endif

include tests/unit/api/local.mk
include tests/unit/block/local.mk
include tests/unit/board/local.mk
include tests/unit/decode/local.mk
include tests/unit/cpu/local.mk
include tests/unit/devices/local.mk
include tests/unit/jit/local.mk
include tests/unit/mmu/local.mk

check_PROGRAMS += $(unit_tests)
if CAN_RUN
TESTS += $(unit_tests)
endif
