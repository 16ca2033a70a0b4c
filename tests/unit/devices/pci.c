/* SPDX-License-Identifier: MIT */
/* The PCI bus with the host bridge and the ISA bridge, and a card of the test's own. */
#include "devices/pci.h"

#include "board/memmap.h"
#include "board/ports.h"
#include "devices/i440fx.h"
#include "devices/piix3.h"
#include "unit/devices/bench.h"

/* ---- A card with two BARs ----------------------------------------------------------------- */

struct card {
    struct device dev;
    struct pci_device pci;
    u32 value;
};

static u64 card_read(struct device *d, u64 offset, unsigned size)
{
    return offset + ((struct card *)d)->value;
}

static void card_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    ((struct card *)d)->value = (u32)value;
}

static int card_init(struct device *d, struct ersatz_error *err)
{
    struct card *c = (struct card *)d;
    pci_init(&c->pci, d);
    pci_add_bar(&c->pci, 0, 0);
    pci_add_bar(&c->pci, 1, 1);
    return 0;
}

static void card_reset(struct device *d)
{
    static const struct pci_ident ident = {0x1234, 0x5678, 0x020000, 7, 0};
    struct card *c = (struct card *)d;
    pci_reset(&c->pci, &ident);
    c->pci.config[PCI_INTERRUPT_PIN] = 1;
    pci_add_msi(&c->pci, 0x50);
    pci_add_capability(&c->pci, 0x01, 0x40, 8);
}

static const struct device_class card_class = {
    .name = "card",
    .size = sizeof(struct card),
    .regions =
        {
            {"card-io", REGION_PORT, 32, 4, 0, card_read, card_write},
            {"card-mem", REGION_MMIO, 4096, 4, 0, card_read, card_write},
        },
    .init = card_init,
    .reset = card_reset,
};

/* ---- The machine around it ---------------------------------------------------------------- */

static struct bench b, isa_b;
static struct portmap ports;
static struct memmap mem;
static struct device *host, *isa, *card, *card2;
static struct {
    physaddr base[64];
    u32 size[64];
    u8 rw[64];
    unsigned pams;
    bool open, enabled;
} seen;

static void pam(void *opaque, physaddr base, u32 size, bool read_ram, bool write_ram)
{
    unsigned n = seen.pams++ % 64;
    seen.base[n] = base;
    seen.size[n] = size;
    seen.rw[n] = (u8)(read_ram | write_ram << 1);
}

static void smram(void *opaque, bool open, bool enabled)
{
    seen.open = open;
    seen.enabled = enabled;
}

static void setup(void)
{
    static const struct i440fx_board board = {NULL, pam, smram};

    bench_init(&b);
    bench_init(&isa_b);
    ck_assert_int_eq(portmap_init(&ports, &b.log, NULL), 0);
    memmap_init(&mem, &b.log);
    host = bench_device(&b, &i440fx_class);
    isa = bench_device(&isa_b, &piix3_class);
    card = bench_device(&b, &card_class);
    card2 = bench_device(&b, &card_class);
    i440fx_connect(host, &ports, &mem, &board, isa);
    ck_assert(piix3_connect(isa, i440fx_bus(host), 1));
    ck_assert(pci_bus_add(i440fx_bus(host), &((struct card *)card)->pci, PCI_DEVFN(3, 0)));
    ck_assert(pci_bus_add(i440fx_bus(host), &((struct card *)card2)->pci, PCI_DEVFN(7, 0)));
    ck_assert_int_eq(device_map_ports(host, 0, &ports, 0xcf8, NULL), 0);
    memset(&seen, 0, sizeof seen);
}

static void teardown(void)
{
    device_free(card2);
    device_free(card);
    device_free(isa);
    device_free(host);
    portmap_destroy(&ports);
    memmap_destroy(&mem);
}

static u32 cfg(u8 devfn, u8 reg, unsigned size)
{
    portmap_write(&ports, 0xcf8, 0x80000000u | (u32)devfn << 8 | (reg & 0xfc), 4);
    return portmap_read(&ports, (u16)(0xcfc + (reg & 3)), size);
}

static void cfg_set(u8 devfn, u8 reg, u32 value, unsigned size)
{
    portmap_write(&ports, 0xcf8, 0x80000000u | (u32)devfn << 8 | (reg & 0xfc), 4);
    portmap_write(&ports, (u16)(0xcfc + (reg & 3)), value, size);
}

START_TEST(who_is_there)
{
    ck_assert_uint_eq(cfg(PCI_DEVFN(0, 0), 0, 4), 0x12378086);
    ck_assert_uint_eq(cfg(PCI_DEVFN(0, 0), 8, 4), 0x06000002);
    ck_assert_uint_eq(cfg(PCI_DEVFN(1, 0), 0, 4), 0x70008086);
    ck_assert_uint_eq(cfg(PCI_DEVFN(1, 0), 8, 4), 0x06010000);
    ck_assert_uint_eq(cfg(PCI_DEVFN(1, 0), 0x0e, 1), 0x80);
    ck_assert_uint_eq(cfg(PCI_DEVFN(3, 0), 0, 4), 0x56781234);
    ck_assert_uint_eq(cfg(PCI_DEVFN(2, 0), 0, 4), 0xffffffff);
    ck_assert_uint_eq(cfg(PCI_DEVFN(3, 0), 2, 2), 0x5678);
    ck_assert_uint_eq(cfg(PCI_DEVFN(3, 0), 3, 1), 0x56);
}
END_TEST

/* Only a double word reaches CONFADD; the enable bit counts; there is one bus. */
START_TEST(mechanism_1)
{
    portmap_write(&ports, 0xcf8, 0x80000000, 4);
    ck_assert_uint_eq(portmap_read(&ports, 0xcf8, 4), 0x80000000);
    ck_assert_uint_eq(portmap_read(&ports, 0xcf8, 1), 0xff);
    portmap_write(&ports, 0xcf8, 0x00, 1);
    portmap_write(&ports, 0xcfb, 0x00, 1);
    ck_assert_uint_eq(portmap_read(&ports, 0xcf8, 4), 0x80000000);
    ck_assert_uint_eq(portmap_read(&ports, 0xcfc, 4), 0x12378086);
    portmap_write(&ports, 0xcf8, 0x00000000, 4);
    ck_assert_uint_eq(portmap_read(&ports, 0xcfc, 4), 0xffffffff);
    portmap_write(&ports, 0xcf8, 0x80010000, 4);
    ck_assert_uint_eq(portmap_read(&ports, 0xcfc, 4), 0xffffffff);
    portmap_write(&ports, 0xcf8, 0xffffffff, 4);
    ck_assert_uint_eq(portmap_read(&ports, 0xcf8, 4), 0x80fffffc);
}
END_TEST

START_TEST(bars_size_and_map)
{
    const u8 at = PCI_DEVFN(3, 0);

    ck_assert_uint_eq(cfg(at, 0x10, 4), 0x00000001);
    cfg_set(at, 0x10, 0xffffffff, 4);
    cfg_set(at, 0x14, 0xffffffff, 4);
    cfg_set(at, 0x18, 0xffffffff, 4);
    ck_assert_uint_eq(cfg(at, 0x10, 4), 0xffffffe1);
    ck_assert_uint_eq(cfg(at, 0x14, 4), 0xfffff000);
    ck_assert_uint_eq(cfg(at, 0x18, 4), 0);
    cfg_set(at, 0x10, 0xc000, 4);
    cfg_set(at, 0x14, 0xe0000000, 4);
    ck_assert_uint_eq(portmap_read(&ports, 0xc004, 4), 0xffffffff);
    cfg_set(at, 0x04, 0x0003, 2);
    ck_assert_uint_eq(portmap_read(&ports, 0xc004, 4), 4);
    ck_assert_uint_eq(memmap_read(&mem, 0xe0000010, 4), 0x10);
    memmap_write(&mem, 0xe0000000, 0x1000, 4);
    ck_assert_uint_eq(portmap_read(&ports, 0xc004, 4), 0x1004);
    cfg_set(at, 0x14, 0xe0100000, 4); /* moves */
    ck_assert_uint_eq(memmap_read(&mem, 0xe0000010, 4), 0xffffffff);
    ck_assert_uint_eq(memmap_read(&mem, 0xe0100010, 4), 0x1010);
    cfg_set(at, 0x04, 0x0001, 2); /* memory space off */
    ck_assert_uint_eq(memmap_read(&mem, 0xe0100010, 4), 0xffffffff);
    ck_assert_uint_eq(portmap_read(&ports, 0xc000, 4), 0x1000);
    device_reset(card);
    ck_assert_uint_eq(portmap_read(&ports, 0xc000, 4), 0xffffffff);
}
END_TEST

START_TEST(overlapping_bars_are_survived)
{
    for (unsigned n = 0; n < 2; n++) {
        cfg_set(n ? PCI_DEVFN(7, 0) : PCI_DEVFN(3, 0), 0x14, 0xe0000000, 4);
        cfg_set(n ? PCI_DEVFN(7, 0) : PCI_DEVFN(3, 0), 0x04, 0x0002, 2);
    }
    memmap_write(&mem, 0xe0000000, 0x20, 4);
    ck_assert_uint_eq(((struct card *)card)->value, 0x20);
    ck_assert_uint_eq(((struct card *)card2)->value, 0);
    cfg_set(PCI_DEVFN(7, 0), 0x14, 0xe0001000, 4);
    memmap_write(&mem, 0xe0001000, 0x30, 4);
    ck_assert_uint_eq(((struct card *)card2)->value, 0x30);
}
END_TEST

/* A window over RAM, or over the ports that rule it: RAM stays, and the ports come back. */
START_TEST(hostile_bars_are_survived)
{
    static u8 ram[0x10000];
    const struct mem_range r = {.name = "RAM", .size = sizeof ram, .rd = ram, .wr = ram};
    const u8 at = PCI_DEVFN(3, 0);

    ck_assert_int_eq(memmap_add(&mem, &r, NULL), 0);
    ram[0x4000] = 0x77;
    cfg_set(at, 0x14, 0x4000, 4);
    cfg_set(at, 0x04, 0x0002, 2);
    ck_assert_uint_eq(memmap_read(&mem, 0x4000, 1), 0x77);
    memmap_write(&mem, 0x4000, 0x78, 1);
    ck_assert_uint_eq(ram[0x4000], 0x78);
    for (u64 base = 0; base <= UINT32_MAX; base += 0x00fff000)
        cfg_set(at, 0x14, (u32)base, 4);
    cfg_set(at, 0x14, 0xe0000000, 4);
    memmap_write(&mem, 0xe0000000, 0x21, 4);
    ck_assert_uint_eq(((struct card *)card)->value, 0x21);

    cfg_set(at, 0x10, 0x0cf0, 4);
    cfg_set(at, 0x04, 0x0001, 2); /* its registers are where CF8h was, if they reach */
    for (u32 base = 0; base < 0x10000; base += 0x10)
        cfg_set(at, 0x10, base, 4);
    device_reset(card);
    ck_assert_uint_eq(cfg(PCI_DEVFN(0, 0), 0, 4), 0x12378086);
    ck_assert_uint_eq(cfg(at, 0x04, 2), 0);
}
END_TEST

static struct {
    unsigned count;
    physaddr addr;
    u32 data;
} message;

static void on_msi(void *opaque, physaddr addr, u32 data)
{
    message.count++;
    message.addr = addr;
    message.data = data;
}

START_TEST(messages_instead_of_a_pin)
{
    const u8 at = PCI_DEVFN(3, 0);
    const struct pci_device *p = &((struct card *)card)->pci;

    i440fx_bus(host)->msi = on_msi;
    message.count = 0;
    ck_assert(!pci_msi(p)); /* off: by the pin */
    ck_assert_uint_eq(cfg(at, 0x52, 2), 0x0080);
    cfg_set(at, 0x54, 0xfee01003, 4);
    cfg_set(at, 0x58, 0x00000001, 4);
    cfg_set(at, 0x5c, 0xffff4041, 4);
    cfg_set(at, 0x52, 0xffff, 2);
    ck_assert_uint_eq(cfg(at, 0x52, 2), 0x0081);
    ck_assert(pci_msi(p)); /* on, but it may not write */
    ck_assert_uint_eq(message.count, 0);
    cfg_set(at, 0x04, PCI_COMMAND_MASTER, 2);
    ck_assert(pci_msi(p));
    ck_assert_uint_eq(message.count, 1);
    ck_assert_uint_eq(message.addr, 0x1fee01000);
    ck_assert_uint_eq(message.data, 0x4041);
    device_reset(card);
    ck_assert(!pci_msi(p));
}
END_TEST

START_TEST(header_bits)
{
    const u8 at = PCI_DEVFN(3, 0);

    cfg_set(at, 0x00, 0xffffffff, 4);
    ck_assert_uint_eq(cfg(at, 0x00, 4), 0x56781234);
    cfg_set(at, 0x04, 0xffff, 2);
    ck_assert_uint_eq(cfg(at, 0x04, 2), 0x0407);
    cfg_set(at, 0x3c, 0xff0b, 2);
    ck_assert_uint_eq(cfg(at, 0x3c, 2), 0x010b); /* the pin is read-only */
    ck_assert_uint_eq(cfg(at, 0x06, 2) & 0x10, 0x10);
    ck_assert_uint_eq(cfg(at, 0x34, 1), 0x40);
    ck_assert_uint_eq(cfg(at, 0x40, 2), 0x5001);
    ck_assert_uint_eq(cfg(at, 0x50, 2), 0x0005);
    ((struct card *)card)->pci.config[7] |= 0x20; /* received master abort */
    cfg_set(at, 0x06, 0x2000, 2);
    ck_assert_uint_eq(cfg(at, 0x06, 2) & 0x2000, 0);
}
END_TEST

/* Slot 3's pin A is PIRQC, slot 7's too (slot + 3 mod 4 = 2). */
START_TEST(interrupts_are_steered)
{
    struct pci_device *p = &((struct card *)card)->pci, *q = &((struct card *)card2)->pci;

    pci_set_irq(p, true);
    for (unsigned n = 0; n < 16; n++)
        ck_assert(!isa_b.level[n]); /* all PIRQs are off at reset */
    cfg_set(PCI_DEVFN(1, 0), 0x62, 11, 1);
    ck_assert(isa_b.level[11]);
    cfg_set(PCI_DEVFN(1, 0), 0x62, 10, 1);
    ck_assert(!isa_b.level[11] && isa_b.level[10]);
    pci_set_irq(q, true);
    pci_set_irq(p, false);
    ck_assert(isa_b.level[10]); /* shared */
    bench_line(isa, PIIX3_ISA + 10, true);
    pci_set_irq(q, false);
    ck_assert(isa_b.level[10]); /* with an ISA device, too */
    bench_line(isa, PIIX3_ISA + 10, false);
    ck_assert(!isa_b.level[10]);
    pci_set_irq(p, true);
    cfg_set(PCI_DEVFN(3, 0), 0x04, 0x0400, 2); /* interrupt disable */
    ck_assert(!isa_b.level[10]);
    cfg_set(PCI_DEVFN(3, 0), 0x04, 0x0000, 2);
    ck_assert(isa_b.level[10]);
    cfg_set(PCI_DEVFN(1, 0), 0x62, 0x8a, 1);
    ck_assert(!isa_b.level[10]);
    cfg_set(PCI_DEVFN(1, 0), 0x62, 8, 1); /* reserved */
    ck_assert(!isa_b.level[8]);
}
END_TEST

START_TEST(pam_registers)
{
    static const struct {
        u8 reg, value;
        physaddr base;
        u32 size;
        u8 rw;
    } rows[] = {{0x59, 0x30, 0xf0000, 0x10000, 3},
                {0x5a, 0x01, 0xc0000, 0x4000, 1},
                {0x5a, 0x20, 0xc4000, 0x4000, 2},
                {0x5c, 0x03, 0xd0000, 0x4000, 3},
                {0x5f, 0x10, 0xec000, 0x4000, 1}};
    bool found = false;

    device_reset(host);
    ck_assert_uint_eq(seen.pams, 13);
    cfg_set(0, rows[_i].reg, rows[_i].value, 1);
    for (unsigned n = 13; n < seen.pams; n++)
        found |= seen.base[n] == rows[_i].base && seen.size[n] == rows[_i].size &&
                 seen.rw[n] == rows[_i].rw;
    ck_assert(found);
    ck_assert_uint_eq(cfg(0, rows[_i].reg, 1), rows[_i].value);
}
END_TEST

START_TEST(smram_register)
{
    ck_assert_uint_eq(cfg(0, 0x72, 1), 0x02);
    cfg_set(0, 0x72, 0x4a, 1);
    ck_assert(seen.open && seen.enabled);
    cfg_set(0, 0x72, 0x0a, 1);
    ck_assert(!seen.open && seen.enabled);
    cfg_set(0, 0x72, 0x1a, 1); /* locked: neither opened nor unlocked */
    cfg_set(0, 0x72, 0x42, 1);
    ck_assert_uint_eq(cfg(0, 0x72, 1), 0x1a);
    ck_assert(!seen.open && seen.enabled);
    device_reset(host);
    ck_assert_uint_eq(cfg(0, 0x72, 1), 0x02);
    cfg_set(0, 0x72, 0x4a, 1);
    ck_assert(seen.open);
}
END_TEST

START_TEST(reset_control)
{
    portmap_write(&ports, 0xcf9, 0x02, 1);
    ck_assert_uint_eq(portmap_read(&ports, 0xcf9, 1), 0x02);
    ck_assert_uint_eq(isa_b.rises[PIIX3_RESET], 0);
    portmap_write(&ports, 0xcf9, 0x06, 1);
    ck_assert_uint_eq(isa_b.rises[PIIX3_RESET], 1);
    portmap_write(&ports, 0xcf9, 0x06, 1);
    ck_assert_uint_eq(isa_b.rises[PIIX3_RESET], 1);
    portmap_write(&ports, 0xcf9, 0x00, 1);
    portmap_write(&ports, 0xcf9, 0x04, 1);
    ck_assert_uint_eq(isa_b.rises[PIIX3_INIT], 1);
    ck_assert_uint_eq(isa_b.rises[PIIX3_RESET], 1);
}
END_TEST

START_TEST(piix3_defaults)
{
    static const u16 rows[][2] = {{0x4c, 0x4d}, {0x4e, 0x03}, {0x60, 0x80}, {0x61, 0x80},
                                  {0x62, 0x80}, {0x63, 0x80}, {0x69, 0x02}, {0x70, 0x80},
                                  {0x76, 0x0c}, {0x77, 0x0c}, {0x78, 0x02}, {0xa0, 0x08},
                                  {0xa8, 0x0f}};
    ck_assert_uint_eq(cfg(PCI_DEVFN(1, 0), (u8)rows[_i][0], 1), rows[_i][1]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("devices/pci");
    TCase *t = tcase_create("all");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, who_is_there);
    tcase_add_test(t, mechanism_1);
    tcase_add_test(t, bars_size_and_map);
    tcase_add_test(t, overlapping_bars_are_survived);
    tcase_add_test(t, hostile_bars_are_survived);
    tcase_add_test(t, messages_instead_of_a_pin);
    tcase_add_test(t, header_bits);
    tcase_add_test(t, interrupts_are_steered);
    tcase_add_loop_test(t, pam_registers, 0, 5);
    tcase_add_test(t, smram_register);
    tcase_add_test(t, reset_control);
    tcase_add_loop_test(t, piix3_defaults, 0, 13);
    suite_add_tcase(s, t);
    return unit_run(s);
}
