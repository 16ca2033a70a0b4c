# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/names.c
