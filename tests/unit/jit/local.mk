# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/stubhost.h
if HAVE_CHECK
unit_tests += \
    %D%/engine \
    %D%/region \
    %D%/ir \
    %D%/jitdump \
    %D%/noexec \
    %D%/profile \
    %D%/units \
    %D%/verify
endif

%C%_engine_SOURCES = %D%/engine.c %D%/pair.h
%C%_engine_CPPFLAGS = $(check_cppflags)
%C%_engine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_engine_LDADD = $(check_libs)

%C%_region_SOURCES = %D%/region.c %D%/pair.h
%C%_region_CPPFLAGS = $(check_cppflags)
%C%_region_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_region_LDADD = $(check_libs)

%C%_ir_SOURCES = %D%/ir.c
%C%_ir_CPPFLAGS = $(check_cppflags)
%C%_ir_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_ir_LDADD = $(check_libs)

# IR against the interpreter, on the portable backend.
check_PROGRAMS += %D%/eval.tap %D%/eval_effects.tap
if CAN_RUN
TESTS += %D%/eval.tap %D%/eval_effects.tap %D%/eval_native.sh
%D%/eval_native.log: %D%/eval.tap
if !CROSS # emulated hosts refuse the flat tables anyway
TESTS += %D%/eval_soft_tlb.sh %D%/eval_native_soft_tlb.sh
%D%/eval_soft_tlb.log: %D%/eval.tap
%D%/eval_native_soft_tlb.log: %D%/eval.tap
endif
endif
EXTRA_DIST += %D%/eval_native.sh %D%/eval_soft_tlb.sh %D%/eval_native_soft_tlb.sh

%C%_eval_tap_SOURCES = \
    %D%/eval.c \
    %D%/eval.h \
    %D%/eval_run.c \
    tests/isa/emu.c \
    tests/isa/gen.c \
    tests/isa/state.h
%C%_eval_tap_CPPFLAGS = $(check_cppflags) -I$(srcdir)/tests/isa -I$(srcdir)/%D%
%C%_eval_tap_LDADD = libersatz-core.la -lm

%C%_eval_effects_tap_SOURCES = \
    %D%/eval.h \
    %D%/eval_effects.c \
    %D%/eval_run.c \
    tests/isa/emu.c \
    tests/isa/gen.c \
    tests/isa/state.h
%C%_eval_effects_tap_CPPFLAGS = $(check_cppflags) -I$(srcdir)/tests/isa -I$(srcdir)/%D%
%C%_eval_effects_tap_LDADD = libersatz-core.la -lm

%C%_noexec_SOURCES = %D%/noexec.c
%C%_noexec_CPPFLAGS = $(check_cppflags)
%C%_noexec_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_noexec_LDADD = $(check_libs)

%C%_jitdump_SOURCES = %D%/jitdump.c
%C%_jitdump_CPPFLAGS = $(check_cppflags)
%C%_jitdump_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_jitdump_LDADD = $(check_libs)

%C%_profile_SOURCES = %D%/profile.c
%C%_profile_CPPFLAGS = $(check_cppflags)
%C%_profile_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_profile_LDADD = $(check_libs)

%C%_verify_SOURCES = %D%/verify.c
%C%_verify_CPPFLAGS = $(check_cppflags)
%C%_verify_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_verify_LDADD = $(check_libs)

%C%_units_SOURCES = %D%/units.c
%C%_units_CPPFLAGS = $(check_cppflags)
%C%_units_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_units_LDADD = $(check_libs)

if X86_64_HOST
if HAVE_CAPSTONE
if HAVE_CHECK
unit_tests += %D%/emit_x86_64
endif
endif
endif
%C%_emit_x86_64_SOURCES = %D%/emit_x86_64.c
%C%_emit_x86_64_CPPFLAGS = $(check_cppflags) $(CAPSTONE_CFLAGS)
%C%_emit_x86_64_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_emit_x86_64_LDADD = $(check_libs) $(CAPSTONE_LIBS)
