# SPDX-License-Identifier: MIT
# What people see and press: knows the public header only; part of the program.
libersatz_front_la_SOURCES += \
    %D%/cp437.c \
    %D%/cp437.h \
    %D%/curses.c \
    %D%/curses.h \
    %D%/keys.c \
    %D%/keys.def \
    %D%/keys.h \
    %D%/picture.c \
    %D%/picture.h
libersatz_front_la_CFLAGS = $(AM_CFLAGS) $(PNG_CFLAGS) $(CURSES_CFLAGS)
libersatz_front_la_LIBADD = $(PNG_LIBS) $(CURSES_LIBS)
