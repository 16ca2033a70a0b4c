/* SPDX-License-Identifier: MIT */
/*
 * The BIOS's services but disks, keyboard and display, asked from a floppy: memory, time, A20,
 * PCI, APM, the structures that systems look for, entry points, restarts. Sources of what is
 * expected: Ralf Brown's interrupt list, PCI BIOS 2.1, APM 1.2, ACPI 6.4. The same program runs
 * on SeaBIOS (services.py --qemu), which differs in this: it does not check PCI register numbers
 * (B109h, B10Ah) nor vendor FFFFh, names no IRQ as PCI's own (B10Eh), leaves SMRAM
 * unlocked, and starts anew after a reset that QEMU makes, whatever CMOS 0Fh says.
 */
#include "ask.h"

extern volatile u32 ticks_seen, alarms_seen;
void count_tick(void);
void count_alarm(void);
u8 reset_with(u8 shutdown);

#define PM_TIMER 0x608
#define PM_HZ 3579545u
#define SMAP 0x534D4150u

static struct regs call(u8 vector, u32 eax)
{
    struct regs r = {.eax = eax};

    call_int(vector, &r);
    return r;
}

/* Milliseconds of the PM timer; it wraps after 4.6 s. */
static u32 since(u32 start)
{
    return ((inl(PM_TIMER) - start) & 0xFFFFFF) / (PM_HZ / 1000);
}

/* Until the next interrupt; the timer's comes every 55 ms. */
static void halt(void)
{
    __asm__ volatile("hlt" ::: "memory");
}

/* ---- memory ---- */

static u32 ram_end; /* of the RAM from 1 MiB on, by the map */

static void memory_map(void)
{
    struct {
        u64 base, size;
        u32 type;
    } __attribute__((packed)) e;
    struct regs r = {.eax = 0xE820, .edx = SMAP, .ecx = 20};
    u64 last = 0;
    unsigned n = 0;
    bool first = false, sorted = true;

    do {
        r.eax = 0xE820;
        r.edx = SMAP;
        r.ecx = 20;
        r.edi = (u32)&e;
        call_int(0x15, &r);
        if ((r.flags & CF) || r.eax != SMAP || r.ecx != 20)
            break;
        first |= n == 0 && e.base == 0 && e.size == 0x9FC00 && e.type == 1;
        sorted &= e.base >= last && e.size > 0;
        if (e.base == 0x100000 && e.type == 1)
            ram_end = (u32)(e.base + e.size);
        last = e.base + e.size;
    } while (++n < 64 && r.ebx);
    check("E820h: it ends", r.ebx, 0);
    check_that("E820h: several entries", n >= 4 && n < 64);
    check_that("E820h: the first is the RAM below the EBDA", first);
    check_that("E820h: entries ascend and do not overlap", sorted);
    check_that("E820h: RAM from 1 MiB on", ram_end > 0x200000);

    r = (struct regs){.eax = 0xE820, .edx = SMAP + 1, .ecx = 20, .edi = (u32)&e};
    call_int(0x15, &r);
    check("E820h: without SMAP it fails", r.flags & CF, CF);
}

static void memory_sizes(void)
{
    struct regs r = call(0x12, 0xFFFF0000);
    check("INT 12h", r.ax, 639);
    check("INT 12h leaves the upper half of EAX", r.eax >> 16, 0xFFFF);

    r = call(0x15, 0xE801);
    check("E801h: carry", r.flags & CF, 0);
    check("E801h: KiB below 16 MiB", r.ax, 15 * 1024);
    check_that("E801h: above 16 MiB, within 64 KiB of the map",
               ram_end - (0x1000000 + (u32)r.bx * 0x10000) < 0x20000);
    check_that("E801h: twice the same", r.ax == r.cx && r.bx == r.dx);

    r = call(0x15, 0x8800);
    check_that("88h: KiB above 1 MiB", r.ax >= 15 * 1024 && !(r.flags & CF));
    r = call(0x15, 0xC100);
    check("C1h: the EBDA", r.es, 0x9FC0);
    check("the data area knows of the EBDA", peek16(0x40, 0x0E), 0x9FC0);
    r = call(0x11, 0);
    check("INT 11h: FPU, 80x25 colour, floppies", r.ax & 0x33, 0x23);
    check("INT 11h is the data area's word", r.ax, peek16(0x40, 0x10));
}

static void descriptor(u8 *d, u32 base)
{
    d[0] = d[1] = 0xFF;
    d[2] = (u8)base;
    d[3] = (u8)(base >> 8);
    d[4] = (u8)(base >> 16);
    d[5] = 0x93;
    d[6] = 0;
    d[7] = (u8)(base >> 24);
}

static struct regs move(u32 dst, u32 src, u16 words)
{
    static u8 table[48];
    struct regs r = {.eax = 0x8700, .ecx = words, .esi = (u32)table, .edi = 0x12345678};

    descriptor(table + 0x10, src);
    descriptor(table + 0x18, dst);
    call_int(0x15, &r);
    return r;
}

static void block_move(void)
{
    static u8 out[512], in[512];

    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = (u8)(i * 7 + 3);
    struct regs r = move(0x200000, (u32)out, 256);
    check("87h: AH and carry", r.ah | (r.flags & CF), 0);
    check("87h leaves EDI", r.edi, 0x12345678);
    move(0x300000, 0x200000, 256);
    move((u32)in, 0x300000, 256);
    unsigned same = 0;
    for (unsigned i = 0; i < sizeof in; i++)
        same += in[i] == out[i];
    check("87h: through 2 and 3 MiB and back", same, sizeof in);
    move(0x400000, 0xF0000, 0x8000); /* 64 KiB at once */
    move((u32)in, 0x40FE00, 256);
    check("87h: 64 KiB: their last bytes", in[0x1FE] | in[0x1FF] << 8, peek16(0xF000, 0xFFFE));
}

static bool wraps_at_1_mib(void)
{
    u8 old = peek8(0, 0x500), high = peek8(0xFFFF, 0x510);

    poke8(0, 0x500, (u8)~high);
    bool wraps = peek8(0xFFFF, 0x510) != high;
    poke8(0, 0x500, old);
    return wraps;
}

static void a20(void)
{
    struct regs r = call(0x15, 0x2400);
    check("2400h: carry", r.flags & CF, 0);
    check_that("2400h: addresses wrap at 1 MiB", wraps_at_1_mib());
    r = call(0x15, 0x2402);
    check("2402h: off", r.ax, 0);
    r = call(0x15, 0x2401);
    check("2401h: AH and carry", r.ah | (r.flags & CF), 0);
    check_that("2401h: no wrap", !wraps_at_1_mib());
    r = call(0x15, 0x2402);
    check("2402h: on", r.ax, 1);
    r = call(0x15, 0x2403);
    check("2403h: port 92h is there", r.bx & 2, 2);
}

/* ---- time ---- */

static void waits(void)
{
    struct regs r = {.eax = 0x8600, .ecx = 0, .edx = 50000};
    u32 start = inl(PM_TIMER);
    call_int(0x15, &r);
    u32 ms = since(start);
    check("86h: carry", r.flags & CF, 0);
    check_that("86h: 50 ms are 49 to 80", ms >= 49 && ms < 80);

    static volatile u8 flag;
    r = (struct regs){.eax = 0x8300, .ecx = 0, .edx = 30000, .ebx = (u32)&flag};
    start = inl(PM_TIMER);
    call_int(0x15, &r);
    check("83h: carry", r.flags & CF, 0);
    check("83h comes back at once", flag, 0);
    while (!(flag & 0x80) && since(start) < 500)
        halt();
    ms = since(start);
    check("83h: the flag", flag & 0x80, 0x80);
    check_that("83h: 30 ms are 28 to 60", ms >= 28 && ms < 60);
}

static bool is_bcd(u8 v, u8 max)
{
    return (v & 15) < 10 && v >> 4 < 10 && v <= max;
}

static void clock(void)
{
    struct regs r = call(0x1A, 0x0200);
    check("1A02h: carry", r.flags & CF, 0);
    check_that("1A02h: hours, minutes, seconds",
               is_bcd(r.ch, 0x23) && is_bcd(r.cl, 0x59) && is_bcd(r.dh, 0x59));
    r = call(0x1A, 0x0400);
    check_that("1A04h: a date of this century",
               r.ch == 0x20 && is_bcd(r.cl, 0x99) && is_bcd(r.dh, 0x12) && is_bcd(r.dl, 0x31));
    struct regs kept = r;

    r = (struct regs){.eax = 0x0500, .ecx = 0x1999, .edx = 0x1231};
    call_int(0x1A, &r);
    r = (struct regs){.eax = 0x0300, .ecx = 0x2359, .edx = 0x5800};
    call_int(0x1A, &r);
    r = call(0x1A, 0x0400);
    check("1A05h: the last day of 1999", (u32)r.cx << 16 | r.dx, 0x19991231);
    r = call(0x1A, 0x0200);
    check_that("1A03h: two seconds before midnight",
               r.cx == 0x2359 && (r.dh == 0x58 || r.dh == 0x59));
    r = (struct regs){.eax = 0x0500, .ecx = kept.ecx, .edx = kept.edx};
    call_int(0x1A, &r);
}

static void alarm(void)
{
    u32 old = peek32(0, 4 * 0x4A), start = inl(PM_TIMER);

    poke32(0, 4 * 0x4A, (u32)count_alarm);
    struct regs r = {.eax = 0x0300, .ecx = 0x1000, .edx = 0};
    call_int(0x1A, &r);
    r = (struct regs){.eax = 0x0600, .ecx = 0x1000, .edx = 0x0100}; /* a second later */
    call_int(0x1A, &r);
    check("1A06h: carry", r.flags & CF, 0);
    r = (struct regs){.eax = 0x0600, .ecx = 0x1000, .edx = 0x0200};
    call_int(0x1A, &r);
    check("1A06h: a second alarm fails", r.flags & CF, CF);
    while (!alarms_seen && since(start) < 3000)
        halt();
    check("1A06h: INT 4Ah", alarms_seen, 1);
    call(0x1A, 0x0700);
    check("1A07h: the alarm is off", (outb(0x70, 0x0B), inb(0x71)) & 0x20, 0);
    poke32(0, 4 * 0x4A, old);
}

static void ticks(void)
{
    u32 old = peek32(0, 4 * 0x1C);
    struct regs r = {.eax = 0x0100, .ecx = 0x18, .edx = 0xAF}; /* the day's last tick */
    u32 start = inl(PM_TIMER);

    call_int(0x1A, &r);
    poke32(0, 4 * 0x1C, (u32)count_tick);
    do {
        halt();
        r = call(0x1A, 0);
    } while (((u32)r.cx << 16 | r.dx) >= 0x1800AF && since(start) < 500);
    check("1A00h: a new day begins with tick 0", (u32)r.cx << 16 | r.dx, 0);
    check("1A00h: it tells of midnight", r.al, 1);
    check("1A00h: once", call(0x1A, 0).al, 0);
    ticks_seen = 0;
    u32 first = peek32(0x40, 0x6C);
    for (start = inl(PM_TIMER); since(start) < 1000; halt())
        call(0x16, 0x0100);
    u32 seen = peek32(0x40, 0x6C) - first;
    check_that("IRQ0: 18 or 19 ticks a second", seen >= 18 && seen <= 19);
    check_that("INT 1Ch at each", ticks_seen >= seen && ticks_seen <= seen + 1);
    poke32(0, 4 * 0x1C, old);
}

/* Vectors of IRQs that nobody has a handler for, by INT: all of them spurious. */
static void unexpected(void)
{
    static const u8 vectors[] = {0x0D, 0x0F, 0x77, 0x72};
    u32 first = peek32(0x40, 0x6C), start = inl(PM_TIMER);

    for (unsigned i = 0; i < sizeof vectors; i++)
        call(vectors[i], 0);
    outb(0x20, 0x0B);
    check("unexpected interrupts: none is in service", inb(0x20), 0);
    while (peek32(0x40, 0x6C) == first && since(start) < 500)
        halt();
    check_that("unexpected interrupts: the tick goes on", peek32(0x40, 0x6C) != first);
}

/* ---- registers ---- */

static void registers(void)
{
    struct regs r = {.edi = 0xD1D1D1D1,
                     .esi = 0x51515151,
                     .ebp = 0xB9B9B9B9,
                     .ebx = 0xB1B1B1B1,
                     .edx = 0xD2D2D2D2,
                     .ecx = 0xC1C1C1C1,
                     .eax = 0x7EADFF01,
                     .ds = 0x1111,
                     .es = 0x2222,
                     .fs = 0x3333,
                     .gs = 0x4444};
    call_int(0x15, &r);
    check("INT 15h FFh: not supported", r.eax, 0x7EAD8601);
    check("INT 15h FFh: carry", r.flags & CF, CF);
    check_that("INT 15h: all registers but AH survive",
               r.edi == 0xD1D1D1D1 && r.esi == 0x51515151 && r.ebp == 0xB9B9B9B9 &&
                   r.ebx == 0xB1B1B1B1 && r.edx == 0xD2D2D2D2 && r.ecx == 0xC1C1C1C1);
    check_that("INT 15h: segments survive",
               r.ds == 0x1111 && r.es == 0x2222 && r.fs == 0x3333 && r.gs == 0x4444);
    check("INT 15h: interrupts are on again", r.flags >> 9 & 1, 1);
}

/* ---- PCI ---- */

static struct regs pci(u32 eax, u32 ebx, u32 ecx, u32 edx, u32 esi, u32 edi)
{
    struct regs r = {.eax = eax, .ebx = ebx, .ecx = ecx, .edx = edx, .esi = esi, .edi = edi};

    call_int(0x1A, &r);
    return r;
}

static void pci_bios(void)
{
    struct regs r = pci(0xB101, 0, 0, 0, 0, 0);
    check("B101h: AH and carry", r.ah | (r.flags & CF), 0);
    check("B101h: the signature", r.edx, 0x20494350);
    check("B101h: version 2.1", r.bx, 0x0210);
    check("B101h: mechanism 1", r.al & 3, 1);
    check("B101h: the last bus", r.cl, 0);
    r = pci(0xB102, 0, 0x7000, 0x8086, 0, 0);
    check("B102h: the PIIX3", r.ah << 16 | r.bx, 0x0008);
    check("B102h: no second one", pci(0xB102, 0, 0x7000, 0x8086, 1, 0).ah, 0x86);
    check("B102h: vendor FFFFh", pci(0xB102, 0, 0xFFFF, 0xFFFF, 0, 0).ah, 0x83);
    r = pci(0xB103, 0, 0x060000, 0, 0, 0);
    check("B103h: the host bridge", r.ah << 16 | r.bx, 0);
    check("B103h: no such class", pci(0xB103, 0, 0x123456, 0, 0, 0).ah, 0x86);
    check("B108h", pci(0xB108, 0, 0, 0, 0, 1).cl, 0x80);
    check("B109h", pci(0xB109, 0, 0, 0, 0, 2).cx, 0x1237);
    check("B10Ah", pci(0xB10A, 0, 0, 0, 0, 0).ecx, 0x12378086);
    check("B109h: an odd register", pci(0xB109, 0, 0, 0, 0, 3).ah, 0x87);
    check("B10Ah: no multiple of four", pci(0xB10A, 0, 0, 0, 0, 2).ah, 0x87);
    u8 line = pci(0xB108, 0x0B, 0, 0, 0, 0x3C).cl;
    pci(0xB10B, 0x0B, 0x5A, 0, 0, 0x3C);
    check("B10Bh", pci(0xB108, 0x0B, 0, 0, 0, 0x3C).cl, 0x5A);
    pci(0xB10B, 0x0B, line, 0, 0, 0x3C);
    check("the power management's interrupt", line, 9);
    check("B1FFh: not supported", pci(0xB17F, 0, 0, 0, 0, 0).ah, 0x81);
}

static void pci_routing(void)
{
    static u8 slots[512];
    struct {
        u16 size, off, seg;
    } buffer = {sizeof slots, (u16)(u32)slots, 0};
    struct regs r = pci(0xB10E, 0, 0, 0, 0, (u32)&buffer);

    check("B10Eh: AH and carry", r.ah | (r.flags & CF), 0);
    check_that("B10Eh: slots of 16 bytes", buffer.size && buffer.size % 16 == 0);
    check("B10Eh: IRQ 10 and 11 are PCI's", r.bx, 0x0C00);
    unsigned wrong = 0;
    for (unsigned i = 0; i < buffer.size && i < sizeof slots; i += 16)
        for (unsigned pin = 0; pin < 4; pin++)
            wrong += slots[i + 2 + 3 * pin] !=
                     0x60 + ((pin + (slots[i + 1] >> 3) - 1) & 3); /* PIRQ of slot and pin */
    check("B10Eh: links follow the wiring", wrong, 0);
    buffer.size = 1;
    r = pci(0xB10E, 0, 0, 0, 0, (u32)&buffer);
    check("B10Eh: too small a buffer", r.ah, 0x89);
    check_that("B10Eh: it says how large", buffer.size >= 16);
}

/* ---- structures ---- */

static u8 sum(u32 addr, u32 n)
{
    u8 s = 0;

    for (; n; n--, addr++)
        s += peek8((u16)(addr >> 4), addr & 15);
    return s;
}

/* The address of a signature on a 16-byte boundary, 0: it is not there. */
static u32 look_for(const char *four, u32 from)
{
    u32 want = four[0] | four[1] << 8 | four[2] << 16 | four[3] << 24;

    for (; from < 0x100000; from += 16)
        if (peek32((u16)(from >> 4), 0) == want)
            return from;
    return 0;
}

static void structure(const char *what, const char *four, u32 from, u8 length_at, u8 unit)
{
    bool seen = false;

    while ((from = look_for(four, from)) && !seen) { /* code may hold the four bytes, too */
        seen = !sum(from, length_at ? peek8((u16)(from >> 4), length_at) * unit : unit);
        from += 16;
    }
    check_that(what, seen);
}

static void structures(void)
{
    structure("$PnP with a good checksum", "$PnP", 0xF0000, 5, 1);
    structure("_32_ with a good checksum", "_32_", 0xE0000, 9, 16);
    structure("$PIR with a good checksum", "$PIR", 0xF0000, 6, 1);
    structure("_MP_ with a good checksum", "_MP_", 0xF0000, 8, 16);
    structure("RSD PTR with a good checksum", "RSD ", 0xE0000, 0, 20);
    structure("_SM_ with a good checksum", "_SM_", 0xF0000, 5, 1);
    check("a font of 8 by 8 at F000:FA6E: no dots for a blank", sum(0xFFA6E + 8 * 32, 8), 0);
    check_that("and some for an A", sum(0xFFA6E + 8 * 65, 8) != 0);
    check("the model byte", peek8(0xFFFF, 0x0E), 0xFC);
    check("the date's first slash", peek8(0xFFFF, 0x07), '/');
    check("a far jump at FFFF:0000", peek8(0xFFFF, 0) == 0xEA || peek8(0xFFFF, 0) == 0xE9, true);

    struct regs r = call(0x15, 0xC000);
    check("C0h: AH and carry", r.ah | (r.flags & CF), 0);
    check_that("C0h: eight bytes at least", peek16(r.es, r.bx) >= 8);
    check("C0h: the model", peek8(r.es, r.bx + 2u), 0xFC);
    check("C0h: where the AT had it", r.es * 16u + r.bx, 0xFE6F5);
}

static void services_32(void)
{
    u32 at = look_for("_32_", 0xE0000);
    struct regs r = {.eax = 0x49435024};

    if (!at)
        return;
    call_32(peek32((u16)(at >> 4), 4), &r);
    check("BIOS32: $PCI is there", r.al, 0);
    u32 entry = r.ebx + r.edx;
    struct regs none = {.eax = 0x30303030};
    call_32(peek32((u16)(at >> 4), 4), &none);
    check("BIOS32: another is not", none.al, 0x80);
    r = (struct regs){.eax = 0xB101};
    call_32(entry, &r);
    check("B101h, 32 bits", r.ah | (r.flags & CF), 0);
    check("B101h, 32 bits: the signature", r.edx, 0x20494350);
    r = (struct regs){.eax = 0xB102, .ecx = 0x7113, .edx = 0x8086};
    call_32(entry, &r);
    check("B102h, 32 bits: the PIIX4", r.ah << 16 | r.bx, 0x000B);
    r = (struct regs){.eax = 0xB10A, .ebx = 0x0B};
    call_32(entry, &r);
    check("B10Ah, 32 bits", r.ecx, 0x71138086);
    r = (struct regs){.eax = 0xB109, .ebx = 0x0B, .edi = 1};
    call_32(entry, &r);
    check("B109h, 32 bits: an odd register", r.ah | (r.flags & CF) << 8, 0x187);
}

static void apm(void)
{
    struct regs r = {.eax = 0x5300};

    call_int(0x15, &r);
    check("5300h: carry", r.flags & CF, 0);
    check("5300h: PM", r.bx, 0x504D);
    check("5300h: version 1.2", r.ax, 0x0102);
    check("5300h: 16 and 32 bits", r.cx & 3, 3);
    r = (struct regs){.eax = 0x5303};
    call_int(0x15, &r);
    check("5303h: carry", r.flags & CF, 0);
    u32 entry = r.ax * 16u + r.ebx;
    r = (struct regs){.eax = 0x530B};
    call_32(entry, &r);
    check("530Bh, 32 bits: no event", r.ah | (r.flags & CF) << 8, 0x180);
    r = (struct regs){.eax = 0x5304};
    call_int(0x15, &r);
    check("5304h: carry", r.flags & CF, 0);
}

/* The SMI command port, with the values of the board's FADT. (QEMU obeys these two itself and
 * brings no SMI.) */
static void smi_commands(void)
{
    enum { APMC = 0xB2, APMS = 0xB3, PMCNTRL = 0x604 };
    u32 start = inl(PM_TIMER);

    outb(APMS, 0x55);
    outb(APMC, 0xF1);
    while (inb(APMS) && since(start) < 100)
        ;
    check("SMI F1h: ACPI on", inb(PMCNTRL) & 1, 1);
    check("SMI F1h: the handler ran", inb(APMS), 0);
    outb(APMS, 0x55);
    outb(APMC, 0xF0);
    while (inb(APMS) && since(start) < 200)
        ;
    check("SMI F0h: ACPI off", inb(PMCNTRL) & 1, 0);
    check("SMRAM is closed and locked", pci(0xB108, 0, 0, 0, 0, 0x72).cl, 0x1A);
}

static void restarts(void)
{
    check("reset with CMOS 0Fh = 0Ah comes to [40:67]", reset_with(0x0A), 0);
    check("reset with CMOS 0Fh = 05h, too", reset_with(0x05), 0);
    call(0x15, 0x2400);
    check("with A20 off, too", reset_with(0x0A), 0);
    call(0x15, 0x2401);
    check("memory is what it was", call(0x12, 0).ax, 639);
    u32 start = inl(PM_TIMER), first = peek32(0x40, 0x6C);
    while (peek32(0x40, 0x6C) == first && since(start) < 500)
        halt();
    check_that("the tick runs", peek32(0x40, 0x6C) != first);
}

void main(void)
{
    say("services\n");
    memory_map();
    memory_sizes();
    block_move();
    a20();
    waits();
    clock();
    alarm();
    ticks();
    unexpected();
    registers();
    pci_bios();
    pci_routing();
    structures();
    services_32();
    apm();
    smi_commands();
    restarts();
    done();
}
