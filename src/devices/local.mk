# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/device.c \
    %D%/device.h \
    %D%/devices.def \
    %D%/i8254.c \
    %D%/i8254.h \
    %D%/i8259.c \
    %D%/i8259.h \
    %D%/mc146818.c \
    %D%/mc146818.h \
    %D%/uart16550.c \
    %D%/uart16550.h
