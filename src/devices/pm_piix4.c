/* SPDX-License-Identifier: MIT */
/*
 * Function 3 of the PIIX4 (82371AB): ACPI registers, PM timer, SMI command port, SMBus host.
 * Intel data sheet 290562, chapter 7; ACPI specification 6.4, section 4.8.3.
 *
 * PM_IO is a file of double words, each written through byte lanes:
 *     00 PMEN:PMSTS    04 PMCNTRL   08 PMTMR     0C GPEN:GPSTS   10 PCNTRL   14 PLVL3:PLVL2
 *     18 GLBSTS        1C DEVSTS    20 GLBEN     28 GLBCTL       2C DEVCTL   30 GPIREG
 *     34 GPOREG
 *
 * The timer has 24 bits and is computed; TMROF_STS is set whenever bit 23 changes.
 */
#include "devices/pm_piix4.h"

#include "base/bits.h"
#include "base/log.h"

#define STS_TMROF 0x0001u
#define STS_PWRBTN 0x0100u
#define STS_WAK 0x8000u
#define STS_WRITABLE 0x8d31u
#define EN_WRITABLE 0x0521u
#define CNT_SCI_EN 0x0001u
#define CNT_SUS_EN 0x2000u
#define CNT_WRITABLE 0x1c03u
#define TIMER_MASK MASK(24)
#define TIMER_FLIP 23 /* TMROF: each time this bit changes */

enum { R_EVENT = 0, R_CNT = 1, R_TMR = 2, R_GPE = 3, R_PLVL = 5, R_GPI = 12 };
#define REGS 16

#define CFG_PMBA 0x40
#define CFG_DEVACTB 0x58
#define CFG_APMC_EN 0x02 /* in its byte 3 */
#define CFG_PMREGMISC 0x80
#define CFG_SMBBA 0x90
#define CFG_SMBHSTCFG 0xd2

/* SMBus host */
enum { SMB_STS = 0, SMB_CNT = 2, SMB_SLVSTS = 1 };
#define SMB_STS_DEV_ERR 0x04
#define SMB_STS_CLEARS 0x1e
#define SMB_CNT_START 0x40

struct pm_piix4 {
    struct device dev;
    struct pci_device pci;
    struct timer overflow;
    u32 reg[REGS];
    u64 flips_seen; /* changes of bit 23 that TMROF_STS tells of */
    u8 apm[2];      /* APMC, APMS */
    u8 smbus[16];
    u8 sci;
};

static const struct field pm_piix4_fields[] = {
    PCI_FIELDS(struct pm_piix4, pci),
    FIELD_TIMER(struct pm_piix4, overflow, "TMROF"),
    FIELD_ARRAY(struct pm_piix4, reg, "registers"),
    FIELD(struct pm_piix4, flips_seen, "timer overflows seen"),
    FIELD_ARRAY(struct pm_piix4, apm, "APMC, APMS"),
    FIELD_BUFFER(struct pm_piix4, smbus, "SMBus host"),
    FIELD(struct pm_piix4, sci, "SCI"),
};

/* ---- Timer and SCI ------------------------------------------------------------------------ */

static u64 ticks(const struct pm_piix4 *p)
{
    return muldiv(clock_now(p->dev.clock), PM_TIMER_HZ, NS_PER_SEC);
}

/* Takes note of overflows up to now, drives SCI, waits for the next overflow if it matters. */
static void update(struct pm_piix4 *p)
{
    u64 flips = ticks(p) >> TIMER_FLIP;

    if (flips != p->flips_seen)
        p->reg[R_EVENT] |= STS_TMROF;
    p->flips_seen = flips;

    u32 event = p->reg[R_EVENT], gpe = p->reg[R_GPE];
    bool any = (event & event >> 16 & EN_WRITABLE) || (gpe & gpe >> 16 & 0xffff);
    bool sci = any && (p->reg[R_CNT] & CNT_SCI_EN);
    if (sci != p->sci) {
        p->sci = sci;
        irq_set(&p->dev.out[PM_SCI], sci);
    }
    if ((event >> 16 & STS_TMROF) && !(event & STS_TMROF)) {
        u128 ns = (u128)((flips + 1) << TIMER_FLIP) * NS_PER_SEC;
        timer_arm(&p->overflow, (u64)((ns + PM_TIMER_HZ - 1) / PM_TIMER_HZ));
    } else {
        timer_disarm(&p->overflow);
    }
}

static void overflows(void *opaque)
{
    update(opaque);
}

/* ---- PM_IO -------------------------------------------------------------------------------- */

static u32 read_reg(struct pm_piix4 *p, unsigned n)
{
    switch (n) {
    case R_EVENT: update(p); return p->reg[n];
    case R_TMR: return (u32)(ticks(p) & TIMER_MASK);
    case R_PLVL: return 0; /* a read would enter C2 or C3: the CPU goes on at once */
    default: return p->reg[n];
    }
}

static u64 pm_read(struct device *d, u64 offset, unsigned size)
{
    return read_reg((struct pm_piix4 *)d, (unsigned)offset / 4) >> 8 * (offset & 3);
}

static void enter_sleep(struct pm_piix4 *p)
{
    unsigned type = p->reg[R_CNT] >> 10 & 7;

    LOG(p->dev.log, PM, "sleep, type %u", type);
    if (type == PM_SLEEP_S5)
        irq_pulse(&p->dev.out[PM_POWER_OFF]);
    else if (type == PM_SLEEP_S3)
        irq_pulse(&p->dev.out[PM_SUSPEND]);
    else
        LOG(p->dev.log, UNIMP, "PIIX4: sleep type %u", type);
}

static u32 merge(u32 old, u32 value, u32 mask)
{
    return (old & ~mask) | (value & mask);
}

/* `lanes` has the bits of the bytes that are written. */
static void write_reg(struct pm_piix4 *p, unsigned n, u32 value, u32 lanes)
{
    u32 *reg = &p->reg[n];

    switch (n) {
    case R_EVENT:
        update(p); /* an overflow up to now is cleared, too */
        *reg &= ~(value & lanes & STS_WRITABLE);
        *reg = merge(*reg, value, lanes & EN_WRITABLE << 16);
        break;
    case R_GPE:
        *reg &= ~(value & lanes & 0xffff);
        *reg = merge(*reg, value, lanes & 0xffff0000);
        break;
    case R_CNT:
        *reg = merge(*reg, value, lanes & CNT_WRITABLE);
        if (value & lanes & CNT_SUS_EN)
            enter_sleep(p);
        break;
    case R_TMR:
    case R_PLVL:
    case R_GPI: break; /* read-only */
    default:
        LOG(p->dev.log, UNIMP, "PIIX4: register %02x = %x", 4 * n, value & lanes);
        *reg = merge(*reg, value, lanes);
        break;
    }
    update(p);
}

static void pm_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    unsigned shift = 8 * (offset & 3);

    write_reg((struct pm_piix4 *)d, (unsigned)offset / 4, (u32)(value << shift),
              (u32)(MASK(8 * size) << shift));
}

/* ---- APMC, SMBus -------------------------------------------------------------------------- */

static u64 apm_read(struct device *d, u64 offset, unsigned size)
{
    return ((struct pm_piix4 *)d)->apm[offset];
}

static void apm_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct pm_piix4 *p = (struct pm_piix4 *)d;

    p->apm[offset] = (u8)value;
    if (offset)
        return;
    LOG(d->log, PM, "SMI command %02x", (u8)value);
    if (value == PM_ACPI_ENABLE)
        p->reg[R_CNT] |= CNT_SCI_EN;
    else if (value == PM_ACPI_DISABLE)
        p->reg[R_CNT] &= ~CNT_SCI_EN;
    update(p);
    if (p->pci.config[CFG_DEVACTB + 3] & CFG_APMC_EN)
        irq_pulse(&d->out[PM_SMI]);
}

static u64 smbus_read(struct device *d, u64 offset, unsigned size)
{
    return ((struct pm_piix4 *)d)->smbus[offset];
}

/* Nobody is on the SMBus: every transaction ends in a device error. */
static void smbus_write(struct device *d, u64 offset, u64 value, unsigned size)
{
    struct pm_piix4 *p = (struct pm_piix4 *)d;

    if (offset == SMB_STS || offset == SMB_SLVSTS) {
        p->smbus[offset] &= (u8) ~(value & SMB_STS_CLEARS);
        return;
    }
    p->smbus[offset] = (u8)value;
    if (offset == SMB_CNT && (value & SMB_CNT_START)) {
        p->smbus[SMB_CNT] &= (u8)~SMB_CNT_START;
        p->smbus[SMB_STS] |= SMB_STS_DEV_ERR;
    }
}

/* ---- Configuration ------------------------------------------------------------------------ */

static void place(struct pm_piix4 *p, unsigned region, bool on, u16 base)
{
    struct region_use *use = &p->dev.use[region];

    if (!p->pci.bus || (use->mapped && on && use->base == base))
        return;
    device_unmap_ports(&p->dev, region, p->pci.bus->ports);
    if (on && base && base + use->region->size <= 0x10000)
        device_map_ports(&p->dev, region, p->pci.bus->ports, base, NULL);
    LOG(p->dev.log, PM, "%s %s at %04x", use->region->name, use->mapped ? "on" : "off", base);
}

static void pm_loaded(struct device *d)
{
    struct pm_piix4 *p = (struct pm_piix4 *)d;
    const u8 *c = p->pci.config;

    place(p, PM_IO, c[CFG_PMREGMISC] & 1, ld16(&c[CFG_PMBA]) & 0xffc0);
    place(p, PM_SMBUS, c[CFG_SMBHSTCFG] & 1, ld16(&c[CFG_SMBBA]) & 0xfff0);
}

static void pm_written(struct device *d, unsigned reg, unsigned size)
{
    pm_loaded(d);
}

static int pm_init(struct device *d, struct ersatz_error *err)
{
    struct pm_piix4 *p = (struct pm_piix4 *)d;

    timer_init(&p->overflow, d->clock, overflows, p, "PIIX4 TMROF");
    pci_init(&p->pci, d);
    p->pci.written = pm_written;
    pci_writable(&p->pci, PCI_COMMAND, 0x0101, 2);
    pci_writable(&p->pci, PCI_CACHE_LINE, 0, 2);
    pci_writable(&p->pci, CFG_PMBA, 0xffc0, 4);
    for (unsigned reg = 0x44; reg < 0x80; reg += 4) /* CNTA, CNTB, GPICTL, DEVRESA..J */
        pci_writable(&p->pci, reg, 0xffffffff, 4);
    pci_writable(&p->pci, CFG_PMREGMISC, 0x01, 1);
    pci_writable(&p->pci, CFG_SMBBA, 0xfff0, 4);
    pci_writable(&p->pci, CFG_SMBHSTCFG, 0x000f, 1);
    pci_writable(&p->pci, 0xd3, 0xffffff, 4); /* SMBSLVC, SMBSHDW1, SMBSHDW2 */
    pci_writable(&p->pci, 0xd6, 0, 1);
    return 0;
}

static void pm_reset(struct device *d)
{
    static const struct pci_ident ident = {0x8086, 0x7113, 0x068000, 3, 0};
    struct pm_piix4 *p = (struct pm_piix4 *)d;

    device_zero(d);
    pci_reset(&p->pci, &ident);
    st16(&p->pci.config[PCI_STATUS], 0x0280);
    p->pci.config[PCI_INTERRUPT_PIN] = 1;
    p->pci.config[CFG_PMBA] = 1;
    p->pci.config[CFG_SMBBA] = 1;

    p->flips_seen = ticks(p) >> TIMER_FLIP;
    irq_set(&d->out[PM_SCI], false);
    pm_loaded(d);
    update(p);
}

static bool pm_input(struct device *d, u64 a, u64 b)
{
    struct pm_piix4 *p = (struct pm_piix4 *)d;

    p->reg[R_EVENT] |= STS_PWRBTN;
    update(p);
    return true;
}

void pm_piix4_wake(struct device *d)
{
    struct pm_piix4 *p = (struct pm_piix4 *)d;

    p->reg[R_EVENT] |= STS_WAK | STS_PWRBTN;
    update(p);
}

u16 pm_piix4_base(const struct device *d, unsigned region)
{
    return d->use[region].mapped ? (u16)d->use[region].base : 0;
}

bool pm_piix4_connect(struct device *d, struct pci_bus *bus, u8 devfn)
{
    return pci_bus_add(bus, &((struct pm_piix4 *)d)->pci, devfn);
}

const struct device_class pm_piix4_class = {
    .name = "pm_piix4",
    .text = "PIIX4 power management and SMBus",
    .size = sizeof(struct pm_piix4),
    .fields = pm_piix4_fields,
    .field_count = ARRAY_LEN(pm_piix4_fields),
    .regions =
        {
            [PM_IO] = {"pm", REGION_PORT, 64, 4, 0, pm_read, pm_write},
            [PM_SMBUS] = {"smbus", REGION_PORT, 16, 1, 0, smbus_read, smbus_write},
            [PM_APM] = {"apm", REGION_PORT, 2, 1, 0, apm_read, apm_write},
        },
    .init = pm_init,
    .reset = pm_reset,
    .loaded = pm_loaded,
    .input = pm_input,
};
