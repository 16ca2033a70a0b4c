# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/block.c \
    %D%/block.h \
    %D%/file.c \
    %D%/format.c \
    %D%/format.def \
    %D%/lock.c \
    %D%/overlay.c \
    %D%/raw.c
