/* SPDX-License-Identifier: MIT */
/* The parts of the board "pc", for each other only. */
#ifndef ERSATZ_BOARD_PC_H
#define ERSATZ_BOARD_PC_H

#include "board/machine.h"

/* pc.c: a chip of the board's, freed with it. NULL on error. */
struct device *pc_add_chip(struct machine *m, const struct device_class *class, const char *id,
                           struct ersatz_error *err);

/* pc_memory.c */
int pc_add_memory(struct machine *m, struct ersatz_error *err);
/* After pc_add_memory(). */
int pc_add_flash(struct machine *m, struct ersatz_error *err);
/* The chipset's callbacks: struct i440fx_board. */
void pc_pam(void *opaque, physaddr base, u32 size, bool read_ram, bool write_ram);
void pc_smram(void *opaque, bool open, bool enabled);

/* pc_display.c */
int pc_add_display(struct machine *m, struct ersatz_error *err);
/* What the VGA BIOS does when it starts: mode 3. */
void pc_text_mode(struct machine *m);
/* At A0000h: the display, or not. */
void pc_show_display(struct machine *m, bool on);

/* pc_wires.c: once all chips are there. */
int pc_wire(struct machine *m, struct ersatz_error *err);

/* pc.c: what a chip sends to the channel of its struct serial_wire. */
void pc_channel_tx(void *opaque, u8 byte);

/* pc_legacy.c */
int pc_add_legacy(struct machine *m, struct ersatz_error *err);
#define PC_FLOPPIES 2
void pc_wire_legacy(struct machine *m);

/* pc_drives.c: once the buses are there. */
int pc_add_drives(struct machine *m, struct ersatz_error *err);

/* pc_input.c */
void pc_connect_input(struct machine *m);

#endif
