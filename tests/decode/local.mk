# SPDX-License-Identifier: MIT
# The decoder against two others over random strings: DECODE_STRINGS, DECODE_SEED.
if HAVE_CAPSTONE
if HAVE_ZYDIS
check_PROGRAMS += %D%/bulk.tap
if CAN_RUN
TESTS += %D%/bulk.tap
endif
endif
endif

%C%_bulk_tap_SOURCES = \
    %D%/bulk.c \
    %D%/capstone.c \
    %D%/capstone.def \
    %D%/outside.def \
    %D%/sample.c \
    %D%/sample.h \
    %D%/text.c \
    %D%/zydis.c
%C%_bulk_tap_CPPFLAGS = $(check_cppflags)
%C%_bulk_tap_LDADD = libersatz-core.la $(CAPSTONE_LIBS) $(ZYDIS_LIBS)

# All 10^7 strings: also tells errata that nothing meets any more.
.PHONY: check-decode
check-decode: %D%/bulk.tap
	DECODE_STRINGS=10000000 $(TEST_RUNNER) %D%/bulk.tap | tee /dev/stderr | \
	    awk '/^not ok/ { bad = 1 } END { exit bad }'
