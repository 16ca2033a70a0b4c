/* SPDX-License-Identifier: MIT */
/* Function 3 of the PIIX4: power management and SMBus; pins. */
#ifndef ERSATZ_DEVICES_PM_PIIX4_H
#define ERSATZ_DEVICES_PM_PIIX4_H

#include "devices/pci.h"

extern const struct device_class pm_piix4_class;

#define PM_TIMER_HZ 3579545ull

/* Regions. PM_IO is put where PMBA (40h) says once PMREGMISC (80h) bit 0 is set, PM_SMBUS where
 * SMBBA (90h) says once SMBHSTCFG (D2h) bit 0 is set; the board puts PM_APM at B2h. */
enum { PM_IO, PM_SMBUS, PM_APM };

/* Within PM_IO, for the FADT. */
#define PM_IO_EVENT 0x00   /* PM1a: status and enable, 4 bytes */
#define PM_IO_CONTROL 0x04 /* PM1a: 2 bytes */
#define PM_IO_TIMER 0x08   /* 4 bytes */
#define PM_IO_GPE 0x0c     /* GPE0: status and enable, 4 bytes */

/* Written to port B2h (the FADT's SMI command), these set and clear SCI_EN. */
#define PM_ACPI_ENABLE 0xf1
#define PM_ACPI_DISABLE 0xf0

/* SLP_TYP values, for the DSDT's \_S5 and \_S3. */
#define PM_SLEEP_S5 0
#define PM_SLEEP_S3 1
#define PM_SLEEP_S4 2

/* Output pins. SCI is a level (IRQ9); the others pulse. */
enum { PM_SCI, PM_SMI, PM_POWER_OFF, PM_SUSPEND };

/* The power button is an event: input(d, 0, 0). */

/* Where region PM_IO or PM_SMBUS is now; 0: nowhere. */
u16 pm_piix4_base(const struct device *d, unsigned region);
/* The machine wakes from S3: status says so, and that the power button did it. */
void pm_piix4_wake(struct device *d);
bool pm_piix4_connect(struct device *d, struct pci_bus *bus, u8 devfn);

#endif
