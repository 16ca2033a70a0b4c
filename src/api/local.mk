# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/api.h \
    %D%/channel.c \
    %D%/config.c \
    %D%/describe.c \
    %D%/drives.c \
    %D%/drives.h \
    %D%/engine.c \
    %D%/firmware.c \
    %D%/host_time.c \
    %D%/inspect.c \
    %D%/lists.c \
    %D%/machine.c \
    %D%/media.c \
    %D%/memory.c \
    %D%/names.c \
    %D%/property.c \
    %D%/property.h \
    %D%/report.c \
    %D%/report.h \
    %D%/run.c \
    %D%/screen.c \
    %D%/verify.c
