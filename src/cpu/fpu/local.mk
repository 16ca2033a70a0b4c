# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/f80.h %D%/fpu.h %D%/fpu_ops.def %D%/num.h %D%/pack.c %D%/round.c %D%/nan.c %D%/arith.c \
    %D%/compare.c %D%/convert.c %D%/bcd.c %D%/prem.c %D%/x87.c %D%/sse.c %D%/sse_approx.c \
    %D%/constants.c \
    %D%/wide.h %D%/wide.c %D%/trans_trig.c %D%/trans_log.c %D%/trans_atan.c %D%/soft.c %D%/hw.h %D%/hw.c %D%/hw_sse.c %D%/hw_x87.c
