# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/block.h \
    %D%/build.h \
    %D%/cpu.h \
    %D%/flags.h \
    %D%/mem.c \
    %D%/mem.h \
    %D%/op.h

# x87, MMX, SSE
libersatz_core_la_SOURCES += \
    %D%/aes.c \
    %D%/fpu_live.c \
    %D%/fxsave.c \
    %D%/fxsave.h \
    %D%/sha.c \
    %D%/simd.h \
    %D%/sse4.c \
    %D%/sse42.c \
    %D%/sse_convert.c \
    %D%/sse_fp.c \
    %D%/sse_fp.h \
    %D%/sse_int.c \
    %D%/sse_move.c \
    %D%/sse_shuffle.c \
    %D%/x87.c \
    %D%/x87_arith.c \
    %D%/x87_compare.c \
    %D%/x87_env.c \
    %D%/x87_move.c \
    %D%/x87.h \
    %D%/xsave.c \
    %D%/xsave.h

# blocks and their interpreter
libersatz_core_la_SOURCES += \
    %D%/alu.sem.inc \
    %D%/bcd.c \
    %D%/bit.sem.inc \
    %D%/block.c \
    %D%/build.c \
    %D%/engine.h \
    %D%/exec.c \
    %D%/integer.c \
    %D%/integer.h \
    %D%/interp.h \
    %D%/interp_bits.h \
    %D%/move.sem.inc \
    %D%/operand.c \
    %D%/run.c \
    %D%/sem.def \
    %D%/shift.sem.inc \
    %D%/stack.sem.inc \
    %D%/string.c \
    %D%/stub.c

# privilege and modes
libersatz_core_la_SOURCES += \
    %D%/cpu.c \
    %D%/cpuid.c \
    %D%/cr.c \
    %D%/debug.c \
    %D%/debug.h \
    %D%/desc.c \
    %D%/far.c \
    %D%/flagops.c \
    %D%/interrupt.c \
    %D%/interrupt.h \
    %D%/io.c \
    %D%/iret.c \
    %D%/model.c \
    %D%/model.h \
    %D%/models.def \
    %D%/msr.c \
    %D%/msr.def \
    %D%/pending.c \
    %D%/pending.h \
    %D%/seg.c \
    %D%/seg.h \
    %D%/smm.c \
    %D%/stack.c \
    %D%/sysenter.c \
    %D%/sysop.c \
    %D%/system.h \
    %D%/task.c
