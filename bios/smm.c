/* SPDX-License-Identifier: MIT */
/*
 * System management mode: the boot processor's SMBASE moves to A0000h, where the chipset has
 * RAM behind the display that only SMM sees (82441FX, 3.2.24), and writes to the SMI command
 * port of the PIIX4 bring an SMI.
 */
#include "pci.h"
#include "post.h"

#define HOST_BRIDGE 0x0000
#define POWER_MANAGEMENT 0x000B

enum { SMRAM = 0x72, SMRAM_OPEN = 0x4A, SMRAM_LOCKED = 0x1A };
enum { DEVACTB = 0x58 };
#define DEVACTB_APMC_EN (1u << 25)
enum { APMC = 0xB2, APMS = 0xB3 };
enum { RESET_SEG = 0x3000, SMM_SEG = 0xA000, ENTRY = 0x8000 };

extern const char smm_relocate[], smm_relocate_end[], smm_handler[], smm_handler_end[];

static void place(u16 seg, const char *from, const char *to)
{
    far_copy(seg, ENTRY, FSEG, (u16)(u32)from, (u16)(to - from));
}

/* An SMI; false: none came. */
static bool send_smi(void)
{
    outb(APMS, 1);
    outb(APMC, 0);
    for (u32 i = 0; i < 1000 && inb(APMS); i++)
        delay_us(10);
    return !inb(APMS);
}

/* Nothing but POST's variables is in memory yet: what lies at 30000h need not be kept. */
void smm_init(void)
{
    u32 actions = pci_read32(POWER_MANAGEMENT, DEVACTB);

    place(RESET_SEG, smm_relocate, smm_relocate_end);
    pci_write8(HOST_BRIDGE, SMRAM, SMRAM_OPEN);
    place(SMM_SEG, smm_handler, smm_handler_end);
    pci_write32(POWER_MANAGEMENT, DEVACTB, actions | DEVACTB_APMC_EN);
    bool moved = send_smi();
    pci_write8(HOST_BRIDGE, SMRAM, SMRAM_LOCKED);
    if (moved && send_smi())
        return;
    log_printf("SMM: no answer\n");
    pci_write32(POWER_MANAGEMENT, DEVACTB, actions);
}
