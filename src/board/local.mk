# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/clock.c \
    %D%/clock.h \
    %D%/input.c \
    %D%/input.h \
    %D%/irq.h \
    %D%/memmap.c \
    %D%/memmap.h \
    %D%/ports.c \
    %D%/ports.h
