# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/block.h \
    %D%/cpu.h \
    %D%/flags.h \
    %D%/mem.c \
    %D%/mem.h \
    %D%/op.h
