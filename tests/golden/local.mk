# SPDX-License-Identifier: MIT
# Guest bytes -> IR, and -> x86-64 code. `make golden-update` rewrites what is expected: read the
# difference.
EXTRA_DIST += %D%/ir.txt %D%/x86_64.txt
golden_tests = %D%/ir.tap

%C%_ir_tap_SOURCES = %D%/golden.c %D%/golden.h %D%/ir.c
%C%_ir_tap_CPPFLAGS = $(check_cppflags)
%C%_ir_tap_LDADD = libersatz-core.la

if X86_64_HOST
if HAVE_CAPSTONE
golden_tests += %D%/x86_64.tap
%C%_x86_64_tap_SOURCES = %D%/golden.c %D%/golden.h %D%/x86_64.c
%C%_x86_64_tap_CPPFLAGS = $(check_cppflags) $(CAPSTONE_CFLAGS)
%C%_x86_64_tap_LDADD = libersatz-core.la $(CAPSTONE_LIBS)
endif
endif

check_PROGRAMS += $(golden_tests)
if CAN_RUN
TESTS += $(golden_tests)
endif

.PHONY: golden-update
golden-update: $(golden_tests)
	for t in $(golden_tests); do \
	  srcdir='$(abs_top_srcdir)' $(TEST_RUNNER) $$t --update || exit 1; done
