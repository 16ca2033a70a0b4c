/* SPDX-License-Identifier: MIT */
/* What is the i440FX's and the PIIX's own: power management, interrupt steering, shadow RAM. */
#include "pci.h"
#include "post.h"

#define HOST_BRIDGE 0x0000
#define POWER_MANAGEMENT 0x000B

enum { PM_BASE = 0x600, SMB_BASE = 0x700 };

/* PIIX4 (290562), 7.2: PMBA, PMREGMISC, SMBBA, SMBHSTCFG. */
void pm_timer_init(void)
{
    pci_write32(POWER_MANAGEMENT, 0x40, PM_BASE | 1);
    pci_write8(POWER_MANAGEMENT, 0x80, 1);
    pci_write32(POWER_MANAGEMENT, 0x90, SMB_BASE | 1);
    pci_write8(POWER_MANAGEMENT, 0xD2, 9); /* host controller on, interrupt 9 */
}

/* 82441FX, 3.2.16: option ROMs and the F segment become read-only; the E segment has our
 * variables and stays RAM. */
void shadow_lock(void)
{
    enum { PAM0 = 0x59, READ_ONLY = 0x11, READ_WRITE = 0x33 };

    pci_write8(HOST_BRIDGE, PAM0, READ_ONLY & 0xF0);
    for (u8 reg = PAM0 + 1; reg <= PAM0 + 6; reg++)
        pci_write8(HOST_BRIDGE, reg, reg < PAM0 + 5 ? READ_ONLY : READ_WRITE);
}
