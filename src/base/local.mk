# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/bits.h \
    %D%/error.c \
    %D%/error.h \
    %D%/log.c \
    %D%/log.def \
    %D%/log.h \
    %D%/nearest.c \
    %D%/nearest.h \
    %D%/pages.h \
    %D%/types.h
