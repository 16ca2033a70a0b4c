# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/check.c \
    %D%/code.h \
    %D%/host.h \
    %D%/ir.c \
    %D%/ir.def \
    %D%/ir.h \
    %D%/jit_no.def \
    %D%/lift.c \
    %D%/lift.h \
    %D%/lift_host.c \
    %D%/opt.c \
    %D%/print.c
