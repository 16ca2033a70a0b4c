# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/check.c \
    %D%/code.h \
    %D%/helper.c \
    %D%/helper.def \
    %D%/helper.h \
    %D%/helper_alu.c \
    %D%/helper_flags.h \
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
