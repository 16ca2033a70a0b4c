/* SPDX-License-Identifier: MIT */
/* The 16550A serial port; pins and the back end's side. */
#ifndef ERSATZ_DEVICES_UART16550_H
#define ERSATZ_DEVICES_UART16550_H

#include "devices/device.h"

extern const struct device_class uart16550_class;

/* Region: eight ports. */
enum { UART16550_REGS };

/* Output pins: the interrupt, after the PC's gate by OUT2. */
enum { UART16550_IRQ };

/* Modem inputs, as bits of MSR. */
#define UART_MSR_CTS 0x10
#define UART_MSR_DSR 0x20
#define UART_MSR_RI 0x40
#define UART_MSR_DCD 0x80

/* Each byte sent goes to `tx` at once. Received bytes come through the class's input(), which
 * says no while the FIFO is full. A new UART sees CTS, DSR and DCD on. */
void uart16550_connect(struct device *d, void (*tx)(void *opaque, u8 byte), void *opaque);
/* A break arrives; false if the FIFO is full. */
bool uart16550_break(struct device *d);
void uart16550_modem(struct device *d, u8 lines);

#endif
