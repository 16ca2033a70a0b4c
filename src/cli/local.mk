# SPDX-License-Identifier: MIT
ersatz_SOURCES = \
    %D%/main.c
ersatz_LDADD = libersatz-core.la
