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
    %D%/aes.c \
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
