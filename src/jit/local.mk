# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/code.h \
    %D%/host.h \
    %D%/ir.def \
    %D%/ir.h
