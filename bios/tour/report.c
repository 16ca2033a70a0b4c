/* SPDX-License-Identifier: MIT */
/* What the BIOS found, as it tells: CPU, memory map, disks, PCI, ACPI, VBE. */
#include "tour.h"

/* ---- CPU ---- */

bool cpu_has_cpuid(void)
{
    u32 before, after;
    __asm__ volatile("pushfl; popl %0; movl %0, %1; xorl $0x200000, %1; pushl %1; popfl;"
                     "pushfl; popl %1"
                     : "=&r"(before), "=&r"(after)::"cc");
    return before != after;
}

static void brand(char *text)
{
    text[0] = 0;
    if (cpuid(0x80000000).eax < 0x80000004 || cpuid(0x80000000).eax >> 31 == 0)
        return;
    for (u32 i = 0; i < 3; i++) {
        struct cpuid c = cpuid(0x80000002 + i);
        copy(text + 16 * i, &c, 16);
    }
    text[48] = 0;
}

void report_cpu(void)
{
    static const struct {
        const char *name;
        u32 leaf;
        u8 reg; /* 0 EDX, 1 ECX, 2 EBX */
        u8 bit;
    } features[] = {
        {"FPU", 1, 0, 0},          {"TSC", 1, 0, 4},
        {"PAE", 1, 0, 6},          {"APIC", 1, 0, 9},
        {"SYSENTER", 1, 0, 11},    {"CMOV", 1, 0, 15},
        {"MMX", 1, 0, 23},         {"SSE", 1, 0, 25},
        {"SSE2", 1, 0, 26},        {"SSE3", 1, 1, 0},
        {"SSSE3", 1, 1, 9},        {"SSE4.1", 1, 1, 19},
        {"SSE4.2", 1, 1, 20},      {"AES", 1, 1, 25},
        {"AVX", 1, 1, 28},         {"hypervisor", 1, 1, 31},
        {"UMIP", 7, 1, 2},         {"SHA", 7, 2, 29},
        {"NX", 0x80000001, 0, 20}, {"long mode", 0x80000001, 0, 29},
    };
    char name[52];
    struct cpuid c = cpuid(0);
    u32 vendor[4] = {c.ebx, c.edx, c.ecx, 0};
    u32 signature = cpuid(1).eax;
    if (!cpu_has_cpuid()) {
        print("CPU     without CPUID: a 386 or an early 486\n");
        return;
    }
    brand(name);
    print("CPU     %s%s%s\n", (const char *)vendor, name[0] ? ", " : "", name);
    print("        family %u, model %u, stepping %u;",
          (signature >> 8 & 15) + (signature >> 20 & 255),
          (signature >> 4 & 15) | (signature >> 12 & 0xF0), signature & 15);
    u32 width = 40;
    for (u32 i = 0; i < ARRAY_LEN(features); i++) {
        if (cpuid(features[i].leaf & 0x80000000).eax < features[i].leaf)
            continue;
        c = cpuid(features[i].leaf);
        if (!((features[i].reg == 0   ? c.edx
               : features[i].reg == 1 ? c.ecx
                                      : c.ebx) >>
                  features[i].bit &
              1))
            continue;
        u32 length = 1;
        while (features[i].name[length - 1])
            length++;
        if ((width += length) > 78) {
            print("\n       ");
            width = 8 + length;
        }
        print(" %s", features[i].name);
    }
    print("\n");
}

/* ---- memory ---- */

void report_memory(void)
{
    static const char *const kinds[] = {"?", "RAM", "reserved", "ACPI tables", "ACPI NVS", "bad"};
    struct {
        u64 base, length;
        u32 kind;
    } PACKED *entry = (void *)bios_buffer;
    u32 usable = 0, next = 0;
    print("Memory  by INT 15h E820h:\n");
    do {
        bios_regs.eax = 0xE820;
        bios_regs.edx = 0x534D4150; /* "SMAP" */
        bios_regs.ebx = next;
        bios_regs.ecx = 20;
        bios_regs.edi = (u32)bios_buffer;
        if (!bios_call(0x15) || bios_regs.eax != 0x534D4150)
            break;
        next = bios_regs.ebx;
        if (entry->kind == 1)
            usable += (u32)(entry->length >> 10);
        print("        %012llx - %012llx  %s\n", entry->base, entry->base + entry->length - 1,
              kinds[entry->kind < ARRAY_LEN(kinds) ? entry->kind : 0]);
    } while (next);
    print("        " BRIGHT "%u KiB" NORMAL " to use\n", usable);
}

/* ---- disks ---- */

static bool disk_geometry(u8 drive, u32 *cylinders, u32 *heads, u32 *sectors)
{
    bios_regs.eax = 0x0800;
    bios_regs.edx = drive;
    bios_regs.edi = 0;
    if (!bios_call(0x13))
        return false;
    *cylinders = (bios_regs.ecx >> 8 & 0xFF) + (bios_regs.ecx << 2 & 0x300) + 1;
    *heads = (bios_regs.edx >> 8 & 0xFF) + 1;
    *sectors = bios_regs.ecx & 63;
    return *sectors && (drive < 0x80 ? drive < (bios_regs.edx & 0xFF) : true);
}

/* By the extended functions; 0 if the drive has none. */
static u32 disk_mib(u8 drive)
{
    bios_regs.eax = 0x4800;
    bios_regs.edx = drive;
    bios_regs.esi = (u32)bios_buffer;
    *(u16 *)bios_buffer = 26;
    if (!bios_call(0x13))
        return 0;
    return (u32)(*(u64 *)(bios_buffer + 16) >> 11);
}

void report_disks(void)
{
    u32 cylinders, heads, sectors, count = 0;
    static const u8 drives[] = {0x00, 0x01, 0x80, 0x81, 0x82, 0x83};
    u8 disks = *at(0x475); /* drives beyond have no geometry */
    print("Disks   ");
    for (u32 i = 0; i < ARRAY_LEN(drives); i++) {
        u8 drive = drives[i];
        if (drive >= 0x80 + disks || !disk_geometry(drive, &cylinders, &heads, &sectors))
            continue;
        print("%s%s %02xh: %u cylinders, %u heads, %u sectors", count++ ? "\n        " : "",
              drive < 0x80 ? "floppy" : "disk", drive, cylinders, heads, sectors);
        u32 mib = drive < 0x80 ? 0 : disk_mib(drive);
        if (mib)
            print("; %u MiB", mib);
    }
    print("%s\n", count ? "" : "none");
}

/* ---- PCI ---- */

static u32 pci_read(u32 devfn, u32 at)
{
    outl(0xCF8, 0x80000000 | devfn << 8 | at);
    return inl(0xCFC);
}

static const char *pci_class(u32 class)
{
    static const struct {
        u16 class;
        const char *name;
    } names[] = {
        {0x0101, "IDE controller"},
        {0x0106, "SATA controller"},
        {0x0200, "Ethernet"},
        {0x0300, "VGA"},
        {0x0600, "host bridge"},
        {0x0601, "ISA bridge"},
        {0x0604, "PCI bridge"},
        {0x0680, "bridge"},
        {0x0C03, "USB controller"},
        {0x0C05, "SMBus"},
        {0x0500, "RAM"},
        {0x0380, "display"},
    };
    for (u32 i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].class == class)
            return names[i].name;
    return "device";
}

void report_pci(void)
{
    print("PCI     ");
    u32 count = 0;
    for (u32 devfn = 0; devfn < 256; devfn++) {
        u32 id = pci_read(devfn, 0);
        if ((id & 0xFFFF) == 0xFFFF || !(id & 0xFFFF))
            continue;
        if ((devfn & 7) && !(pci_read(devfn & ~7u, 0x0C) >> 16 & 0x80))
            continue;
        u32 class = pci_read(devfn, 8) >> 16;
        u32 line = pci_read(devfn, 0x3C);
        print("%s00:%02x.%u %04x:%04x %s", count++ ? "\n        " : "", devfn >> 3, devfn & 7,
              id & 0xFFFF, id >> 16, pci_class(class));
        if (line >> 8 & 0xFF)
            print(", INT%c to IRQ %u", (int)('@' + (line >> 8 & 7)), line & 0xFF);
    }
    print("%s\n", count ? "" : "none");
}

/* ---- ACPI ---- */

static u8 sum_of(u32 address, u32 n)
{
    u8 sum = 0;
    while (n--)
        sum += *at(address++);
    return sum;
}

static bool is_text(u32 address, const char *text)
{
    while (*text)
        if (*at(address++) != (u8)*text++)
            return false;
    return true;
}

static u32 find_rsdp(void)
{
    u32 ebda = *(volatile u16 *)at(0x40E) << 4;
    for (u32 a = ebda; ebda && a < ebda + 1024; a += 16)
        if (is_text(a, "RSD PTR ") && !sum_of(a, 20))
            return a;
    for (u32 a = 0xE0000; a < 0x100000; a += 16)
        if (is_text(a, "RSD PTR ") && !sum_of(a, 20))
            return a;
    return 0;
}

/* The usable processors of the MADT: entries of type 0 with flag bit 0 (ACPI 6.4, 5.2.12.2). */
static u32 processors(u32 madt)
{
    u32 count = 0, end = madt + *(volatile u32 *)at(madt + 4);
    for (u32 a = madt + 44; a < end && *at(a + 1); a += *at(a + 1))
        count += *at(a) == 0 && *at(a + 4) & 1;
    return count;
}

void report_acpi(void)
{
    u32 rsdp = find_rsdp();
    print("ACPI    ");
    if (!rsdp) {
        print("none\n");
        return;
    }
    u32 rsdt = *(volatile u32 *)at(rsdp + 16), length = *(volatile u32 *)at(rsdt + 4);
    u32 cpus = 0;
    print("RSDP at %05xh, RSDT at %08xh:", rsdp, rsdt);
    for (u32 a = rsdt + 36; a < rsdt + length && length < 4096; a += 4) {
        u32 table = *(volatile u32 *)at(a);
        print(" %c%c%c%c", (int)*at(table), (int)*at(table + 1), (int)*at(table + 2),
              (int)*at(table + 3));
        if (is_text(table, "APIC"))
            cpus = processors(table);
    }
    print("; %u CPU%s\n", cpus, cpus == 1 ? "" : "s");
}

/* ---- VBE ---- */

void report_vbe(void)
{
    bios_regs.eax = 0x4F00;
    bios_regs.edi = (u32)bios_buffer;
    copy(bios_buffer, "VBE2", 4);
    bios_call(0x10);
    print("Video   ");
    if ((bios_regs.eax & 0xFFFF) != 0x004F) {
        print("no VBE\n");
        return;
    }
    u32 oem = *(u16 *)(bios_buffer + 8) * 16u + *(u16 *)(bios_buffer + 6), modes = 0, best = 0;
    u32 memory = *(u16 *)(bios_buffer + 18) * 64u, version = *(u16 *)(bios_buffer + 4);
    u32 list = *(u16 *)(bios_buffer + 16) * 16u + *(u16 *)(bios_buffer + 14);
    u16 numbers[128], width = 0, height = 0;
    for (; modes < ARRAY_LEN(numbers); modes++) {
        numbers[modes] = *(volatile u16 *)at(list + 2 * modes);
        if (numbers[modes] == 0xFFFF)
            break;
    }
    for (u32 i = 0; i < modes; i++) {
        bios_regs.eax = 0x4F01;
        bios_regs.ecx = numbers[i];
        bios_regs.edi = (u32)bios_buffer + 512;
        bios_call(0x10);
        u16 w = *(u16 *)(bios_buffer + 512 + 18), h = *(u16 *)(bios_buffer + 512 + 20);
        if ((u32)w * h > best) {
            best = (u32)w * h;
            width = w;
            height = h;
        }
    }
    print("VBE %u.%u, \"", version >> 8, version & 0xFF);
    for (u32 i = 0; i < 40 && *at(oem + i); i++)
        put_char((char)*at(oem + i));
    print("\", %u KiB, %u modes up to %ux%u\n", memory, modes, width, height);
}

bool show_report(void)
{
    console_clear("1  What the BIOS found");
    report_cpu();
    report_memory();
    if (console_room() < 14) {
        if (!go_on())
            return false;
        console_clear("1  What the BIOS found, continued");
    }
    report_disks();
    report_pci();
    report_acpi();
    report_vbe();
    return go_on();
}
