# SPDX-License-Identifier: MIT
# The program's side of a serial port: not part of the library.
noinst_LTLIBRARIES += libersatz-front.la
libersatz_front_la_SOURCES = \
    %D%/backends.def \
    %D%/chardev.c \
    %D%/chardev.h \
    %D%/loop.c \
    %D%/loop.h \
    %D%/pty.c \
    %D%/ring.c \
    %D%/ring.h \
    %D%/socket.c
