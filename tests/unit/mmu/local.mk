# SPDX-License-Identifier: MIT
if HAVE_CHECK
unit_tests += %D%/mmu
endif

%C%_mmu_SOURCES = %D%/mmu.c
%C%_mmu_CPPFLAGS = $(check_cppflags)
%C%_mmu_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_mmu_LDADD = $(check_libs)
