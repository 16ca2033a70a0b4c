# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/control.h \
    %D%/mmu.c \
    %D%/mmu.h \
    %D%/space.c \
    %D%/space.h \
    %D%/view.c \
    %D%/view.h \
    %D%/walk.c
