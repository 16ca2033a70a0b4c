/* SPDX-License-Identifier: MIT */
/*
 * The boot menu. With -boot menu=on (fw_cfg's item 0Eh) the user has the time of
 * etc/boot-menu-wait to press Esc; without, an Esc that was typed during POST brings it, too.
 */
#include "bda.h"
#include "boot.h"
#include "fwcfg.h"
#include "keyboard.h"

enum { KEY_ESC = 0x1B, DEFAULT_WAIT_MS = 2500, TICK_MS = 55, MAX_CHOICES = 9 };

/* A keystroke's ASCII; 0: none came in time. */
static u8 key_within(u32 ms)
{
    u32 start = ticks();
    u16 stroke;

    for (;;) {
        cli();
        if (keyboard_get(&stroke)) {
            sti();
            return (u8)stroke;
        }
        if ((ticks() - start) * TICK_MS >= ms) {
            sti();
            return 0;
        }
        wait_irq();
    }
}

static bool menu_is_wanted(void)
{
    u32 ms = fw_cfg_number("etc/boot-menu-wait",
                           fw_cfg_number("etc/boot-menu-timeout", DEFAULT_WAIT_MS));
    u16 on = 0;
    u16 stroke;

    if (fw_cfg_present()) {
        fw_cfg_select(FW_BOOT_MENU);
        fw_cfg_bytes(&on, sizeof on);
    }
    while (keyboard_get(&stroke))
        if ((u8)stroke == KEY_ESC)
            return true;
    if (!on)
        return false;
    bios_printf("Press Esc for the boot menu.\n");
    return key_within(ms) == KEY_ESC;
}

static void move_to_front(struct boot_list *list, unsigned n)
{
    struct boot_entry chosen = list->entry[n];

    for (; n; n--)
        list->entry[n] = list->entry[n - 1];
    list->entry[0] = chosen;
}

void boot_menu(struct boot_list *list)
{
    unsigned choices = list->count < MAX_CHOICES ? list->count : MAX_CHOICES;
    u8 key;

    if (!menu_is_wanted() || !choices)
        return;
    bios_printf("\nBoot from:\n");
    for (unsigned n = 0; n < choices; n++) {
        bios_printf("  %u  ", n + 1);
        boot_print_name(&list->entry[n]);
        bios_printf("\n");
    }
    bios_printf("Press a digit to choose, Esc to go on as usual.\n");
    do
        key = key_within(UINT32_MAX);
    while (key != KEY_ESC && (key < '1' || key >= '1' + choices));
    if (key != KEY_ESC)
        move_to_front(list, key - '1');
}
