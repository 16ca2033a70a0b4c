/* SPDX-License-Identifier: MIT */
/* The prompt to play at. */
#include "tour.h"

struct arguments {
    u32 count;
    char *word[4];
};

static void pages(void)
{
    if (show_report() && show_real_mode() && show_protected_mode() && show_paging() &&
        show_long_mode())
        show_sensitive();
}

static bool number(const char *s, u32 *v)
{
    *v = 0;
    u32 digits = 0;
    for (; *s && *s != 'h' && *s != 'H'; s++, digits++) {
        u8 c = (u8)*s | 0x20;
        u32 digit = *s >= '0' && *s <= '9' ? (u32)(*s - '0')
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10u
                                           : 99;
        if (digit > 15 || digits > 7)
            return false;
        *v = *v << 4 | digit;
    }
    return digits > 0;
}

/* ---- commands; false: the arguments are wrong ---- */

static bool help(const struct arguments *a);

static bool tour_again(const struct arguments *a)
{
    (void)a;
    pages();
    console_clear("The prompt");
    return true;
}

static bool cpu(const struct arguments *a)
{
    (void)a;
    report_cpu();
    return true;
}

static bool mem(const struct arguments *a)
{
    (void)a;
    report_memory();
    return true;
}

static bool disks(const struct arguments *a)
{
    (void)a;
    report_disks();
    return true;
}

static bool pci(const struct arguments *a)
{
    (void)a;
    report_pci();
    return true;
}

static bool acpi(const struct arguments *a)
{
    (void)a;
    report_acpi();
    return true;
}

static bool vbe(const struct arguments *a)
{
    (void)a;
    report_vbe();
    return true;
}

static bool sensitive(const struct arguments *a)
{
    if (a->count == 1) {
        sensitive_list();
        return true;
    }
    return sensitive_named(a->word[1]);
}

static bool mode(const struct arguments *a)
{
    if (a->count == 1)
        print_mode();
    else if (!compare(a->word[1], "real"))
        show_real_mode();
    else if (!compare(a->word[1], "protected"))
        show_protected_mode();
    else if (!compare(a->word[1], "paging"))
        show_paging();
    else if (!compare(a->word[1], "long"))
        show_long_mode();
    else
        return false;
    return true;
}

static void print_row(u32 address, u32 n)
{
    print("%08x ", address);
    for (u32 i = 0; i < n; i++)
        print(" %02x", *at(address + i));
    print("  ");
    for (u32 i = 0; i < n; i++) {
        u8 c = *at(address + i);
        put_char(c >= ' ' && c < 127 ? (char)c : '.');
    }
    print("\n");
}

static bool peek(const struct arguments *a)
{
    u32 address, n = 16;
    if (a->count < 2 || !number(a->word[1], &address) ||
        (a->count > 2 && (!number(a->word[2], &n) || n > 256)))
        return false;
    for (u32 i = 0; i < n; i += 16)
        print_row(address + i, n - i < 16 ? n - i : 16);
    return true;
}

static bool poke(const struct arguments *a)
{
    u32 address, v;
    if (a->count != 3 || !number(a->word[1], &address) || !number(a->word[2], &v) || v > 255)
        return false;
    *at(address) = (u8)v;
    print_row(address, 1);
    return true;
}

static bool in(const struct arguments *a)
{
    u32 port;
    if (a->count != 2 || !number(a->word[1], &port) || port > 0xFFFF)
        return false;
    print("%02x\n", inb((u16)port));
    return true;
}

static bool out(const struct arguments *a)
{
    u32 port, v;
    if (a->count != 3 || !number(a->word[1], &port) || port > 0xFFFF || !number(a->word[2], &v) ||
        v > 255)
        return false;
    outb((u16)port, (u8)v);
    return true;
}

/* By the chipset's reset register, then by the keyboard controller. */
static bool reboot(const struct arguments *a)
{
    (void)a;
    outb(0xCF9, 2);
    outb(0xCF9, 6);
    outb(0x64, 0xFE);
    return true;
}

/* ACPI S5 by the PIIX4's PM1 control, whose base PCI register 40h tells; APM for other machines. */
static bool poweroff(const struct arguments *a)
{
    (void)a;
    enum { PIIX4_PM = 0x71138086, SLP_EN = 1 << 13 };
    for (u32 devfn = 0; devfn < 256; devfn++) {
        outl(0xCF8, 0x80000000 | devfn << 8);
        if (inl(0xCFC) != PIIX4_PM)
            continue;
        outl(0xCF8, 0x80000040 | devfn << 8);
        outw((u16)((inl(0xCFC) & 0xFFC0) + 4), SLP_EN);
    }
    bios_regs.eax = 0x5301;
    bios_regs.ebx = 0;
    bios_call(0x15);
    bios_regs.eax = 0x5307;
    bios_regs.ebx = 1;
    bios_regs.ecx = 3;
    bios_call(0x15);
    print("This machine does not switch off by itself.\n");
    return true;
}

static const struct command {
    const char *name, *operands, *text;
    bool (*run)(const struct arguments *a);
} commands[] = {
    {"help", "", "this list", help},
    {"tour", "", "the tour from its beginning", tour_again},
    {"cpu", "", "the CPU", cpu},
    {"mem", "", "the BIOS's memory map", mem},
    {"disks", "", "the BIOS's disks", disks},
    {"pci", "", "the devices on PCI bus 0", pci},
    {"acpi", "", "the ACPI tables", acpi},
    {"vbe", "", "the video BIOS", vbe},
    {"mode", "[real|protected|paging|long]", "where we are, or a page of the tour", mode},
    {"sensitive", "[NAME]", "one of the seventeen instructions, or their names", sensitive},
    {"peek", "ADDRESS [COUNT]", "shows memory; all numbers are hexadecimal", peek},
    {"poke", "ADDRESS BYTE", "changes it", poke},
    {"in", "PORT", "reads an I/O port", in},
    {"out", "PORT BYTE", "writes it", out},
    {"reboot", "", "starts the machine anew", reboot},
    {"poweroff", "", "switches it off", poweroff},
};

static bool help(const struct arguments *a)
{
    (void)a;
    for (u32 i = 0; i < ARRAY_LEN(commands); i++)
        print(BRIGHT "%9s" NORMAL " %-29s %s\n", commands[i].name, commands[i].operands,
              commands[i].text);
    return true;
}

static void split(char *line, struct arguments *a)
{
    a->count = 0;
    while (*line && a->count < ARRAY_LEN(a->word)) {
        while (*line == ' ')
            *line++ = 0;
        if (!*line)
            break;
        a->word[a->count++] = line;
        while (*line && *line != ' ')
            line++;
    }
}

static void run(const struct arguments *a)
{
    for (u32 i = 0; i < ARRAY_LEN(commands); i++) {
        const struct command *c = &commands[i];
        if (compare(a->word[0], c->name))
            continue;
        if (!c->run(a))
            print("usage: %s %s\n", c->name, c->operands);
        return;
    }
    print("No such command: %s. " BRIGHT "help" NORMAL " lists them.\n", a->word[0]);
}

static void read_and_run(void) __attribute__((noreturn));
static void read_and_run(void)
{
    char line[72];
    struct arguments a;
    for (;;) {
        print(TITLE "tour> " NORMAL);
        if (!read_line(line, sizeof(line)))
            continue;
        split(line, &a);
        if (a.count)
            run(&a);
    }
}

void prompt(void)
{
    console_clear("The prompt");
    print("Play: look at ports and memory, let single instructions run. Nothing here can\n"
          "break more than this machine. " BRIGHT "help" NORMAL " lists the commands.\n\n");
    read_and_run();
}

/* trap.S: an exception where none was to be. */
void unexpected(void) __attribute__((used));
void unexpected(void)
{
    struct outcome o = {.vector = (u8)trap_vector, .error = trap_error};
    print("\nException ");
    print_trap(&o);
    print(" at %08xh.\n", trap_eip);
    read_and_run();
}

/* ---- the beginning ---- */

void tour(void)
{
    console_start();
    gdt_start();
    console_clear("Ersatz");
    print("\n\n" BRIGHT "   A tour of the machine\n\n" NORMAL);
    print("   This is a whole PC: its CPU, its chips and its BIOS are a program, and what\n"
          "   you read is another program that runs on them. It looks at the machine from\n"
          "   inside, as an operating system would, and shows\n\n"
          "     " TITLE "1" NORMAL "  what the BIOS found\n"
          "     " TITLE "2" NORMAL "  real mode\n"
          "     " TITLE "3" NORMAL "  protected mode\n"
          "     " TITLE "4" NORMAL "  paging\n"
          "     " TITLE "5" NORMAL "  long mode\n"
          "     " TITLE "6" NORMAL "  seventeen instructions that made x86 hard to virtualise\n\n"
          "   and then there is a prompt to play at.\n\n");
    if (go_on())
        pages();
    prompt();
}
