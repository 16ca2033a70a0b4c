# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/api.h \
    %D%/channel.c \
    %D%/config.c \
    %D%/describe.c \
    %D%/host_time.c \
    %D%/inspect.c \
    %D%/lists.c \
    %D%/machine.c \
    %D%/memory.c \
    %D%/names.c \
    %D%/run.c
