/* SPDX-License-Identifier: MIT */
/* Memory and selectors of the tour, for C and assembly. */
#ifndef TOUR_LAYOUT_H
#define TOUR_LAYOUT_H

#define LOADED_BY_BIOS 0xff /* in DL: nothing is left to load */

/* Physical memory: the image from 7C00h on, and then */
#define REAL_STACK 0x7c00    /* growing down, in real mode */
#define PAGE_TABLES 0x40000  /* three pages of 32-bit tables, or of 64-bit ones */
#define PAGE_TEST 0x50000    /* two pages to play with */
#define KERNEL_STACK 0x70000 /* of protected mode */
#define RING0_STACK 0x74000  /* where the CPU goes when ring 3 is interrupted */
#define USER_STACK 0x78000   /* ring 3's */
#define LONG_STACK 0x7c000

/* Selectors: the GDT in gdt.c. */
#define KERNEL_CS 0x08
#define KERNEL_DS 0x10
#define USER_CS 0x1b
#define USER_DS 0x23
#define REAL_CS 0x28 /* 16-bit code and data, limit FFFFh: the way to real mode */
#define REAL_DS 0x30
#define TSS_SELECTOR 0x38
#define LDT_SELECTOR 0x40
#define LONG_CS 0x48
#define SMALL_DS 0x50      /* 256 bytes: an experiment with its limit */
#define GATE_SELECTOR 0x5b /* call gate to ring 0, open to ring 3 */
#define GDT_ENTRIES 12

/* Interrupts of ours. */
#define VECTOR_DONE 0x30   /* the end of an experiment; open to ring 3 */
#define VECTOR_KERNEL 0x31 /* for ring 0 alone */

#endif
