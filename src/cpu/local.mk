# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/block.h \
    %D%/cpu.h \
    %D%/flags.h \
    %D%/mem.c \
    %D%/mem.h \
    %D%/op.h

# x87, MMX, SSE
libersatz_core_la_SOURCES += \
    %D%/fxsave.c \
    %D%/fxsave.h \
    %D%/simd.h \
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
