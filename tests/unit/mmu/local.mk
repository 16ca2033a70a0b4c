# SPDX-License-Identifier: MIT
if HAVE_CHECK
unit_tests += %D%/mmu %D%/space
endif

%C%_mmu_SOURCES = %D%/mmu.c %D%/world.h
%C%_mmu_CPPFLAGS = $(check_cppflags)
%C%_mmu_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_mmu_LDADD = $(check_libs)

%C%_space_SOURCES = %D%/space.c %D%/world.h
%C%_space_CPPFLAGS = $(check_cppflags)
%C%_space_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_space_LDADD = $(check_libs)
