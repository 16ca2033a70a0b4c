# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/decode.c \
    %D%/feature.def \
    %D%/feature.h \
    %D%/flags.def \
    %D%/insn.def \
    %D%/insn.h \
    %D%/operand.def \
    %D%/print.c \
    %D%/table.c \
    %D%/table.h
