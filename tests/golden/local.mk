# SPDX-License-Identifier: MIT
# Guest bytes -> IR. `make golden-update` rewrites what is expected: read the difference.
EXTRA_DIST += %D%/ir.txt
check_PROGRAMS += %D%/golden.tap
if CAN_RUN
TESTS += %D%/golden.tap
endif

%C%_golden_tap_SOURCES = %D%/golden.c
%C%_golden_tap_CPPFLAGS = $(check_cppflags)
%C%_golden_tap_LDADD = libersatz-core.la

.PHONY: golden-update
golden-update: %D%/golden.tap
	srcdir='$(abs_top_srcdir)' $(TEST_RUNNER) %D%/golden.tap --update
