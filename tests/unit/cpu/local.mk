# SPDX-License-Identifier: MIT
EXTRA_DIST += tests/unit/testcpu.h
if HAVE_CHECK
unit_tests += \
    %D%/events \
    %D%/exec \
    %D%/hostile \
    %D%/model
endif

%C%_exec_SOURCES = %D%/exec.c
%C%_exec_CPPFLAGS = $(check_cppflags)
%C%_exec_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_exec_LDADD = $(check_libs)

%C%_events_SOURCES = %D%/events.c
%C%_events_CPPFLAGS = $(check_cppflags)
%C%_events_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_events_LDADD = $(check_libs)

%C%_hostile_SOURCES = %D%/hostile.c
%C%_hostile_CPPFLAGS = $(check_cppflags)
%C%_hostile_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_hostile_LDADD = $(check_libs)

%C%_model_SOURCES = %D%/model.c
%C%_model_CPPFLAGS = $(check_cppflags)
%C%_model_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_model_LDADD = $(check_libs)
if HAVE_CHECK
unit_tests += \
    %D%/crypto \
    %D%/fpu_live \
    %D%/x87 \
    %D%/xsave
endif

EXTRA_DIST += %D%/rig.h

%C%_crypto_SOURCES = %D%/crypto.c
%C%_crypto_CPPFLAGS = $(check_cppflags)
%C%_crypto_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_crypto_LDADD = $(check_libs)

%C%_fpu_live_SOURCES = %D%/fpu_live.c
%C%_fpu_live_CPPFLAGS = $(check_cppflags)
%C%_fpu_live_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_fpu_live_LDADD = $(check_libs)

%C%_x87_SOURCES = %D%/x87.c
%C%_x87_CPPFLAGS = $(check_cppflags)
%C%_x87_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_x87_LDADD = $(check_libs)

%C%_xsave_SOURCES = %D%/xsave.c
%C%_xsave_CPPFLAGS = $(check_cppflags)
%C%_xsave_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_xsave_LDADD = $(check_libs)
