# SPDX-License-Identifier: MIT
# What people see and press: knows the public header only; part of the program.
libersatz_front_la_SOURCES += \
    %D%/keys.c \
    %D%/keys.def \
    %D%/keys.h
