/* SPDX-License-Identifier: MIT */
/*
 * What a firmware is told by fw_cfg: sizes, the memory map, ACPI and SMBIOS tables, a kernel, the
 * user's own files. ACPI tables depend on where the firmware has put the power management's
 * registers, so they are filled in when it asks for them.
 *
 * A direct boot has the same tables in memory:
 *
 *     E0000h RSDP   E0040h ACPI tables   F0000h SMBIOS anchor   F0020h its structures
 */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "board/acpi.h"
#include "board/machine.h"
#include "board/rom.h"
#include "cpu/model.h"
#include "devices/fw_cfg.h"
#include "devices/pm_piix4.h"

#define SMBIOS_ANCHOR_AT 0xF0000u
#define SMBIOS_TABLES_AT 0xF0020u
#define E820_ENTRY 20
#define LEGACY_APIC_IDS 256

struct fw_tables {
    u8 ram_size[8], cpus[2], nographic[2], menu[2], menu_wait[2], irq0[4], uuid[16];
    u8 numa[8 + 8 * LEGACY_APIC_IDS]; /* nodes: none; each APIC id's node */
    u8 e820[2 * E820_ENTRY];
    u8 states[6]; /* S0..S5: 80h and SLP_TYP for those that there are */
    u8 number[8][4];
    struct linux_parts linux_parts;
    struct acpi_tables acpi;
    u8 loader[ACPI_LOADER_MAX];
    u32 loader_size;
    struct smbios_tables smbios;
};

/* ---- the tables ---- */

static bool build_acpi(struct machine *m)
{
    struct fw_tables *t = m->fw;
    const struct acpi_board b = {
        .cpus = m->cpu_count,
        .hpet = m->hpet != NULL,
        .pm_base = pm_piix4_base(m->pm, PM_IO),
        .smb_base = pm_piix4_base(m->pm, PM_SMBUS),
        .low_ram = (u32)m->low_ram,
        .s3 = m->can_suspend,
    };

    if (!acpi_build(&t->acpi, &b))
        return false;
    t->loader_size = acpi_loader(&t->acpi, t->loader);
    return true;
}

static bool build_smbios(struct machine *m)
{
    u32 leaf0[4], leaf1[4];
    char vendor[13] = "";

    cpuid_read(m->cpus[0], 0, 0, leaf0);
    cpuid_read(m->cpus[0], 1, 0, leaf1);
    st32(vendor, leaf0[1]);
    st32(vendor + 4, leaf0[3]);
    st32(vendor + 8, leaf0[2]);
    const struct smbios_board b = {
        .config = &m->config.smbios,
        .with_bios = m->config.bios_is_ours,
        .cpus = m->cpu_count,
        .cpuid_eax = leaf1[0],
        .cpuid_edx = leaf1[3],
        .cpu_vendor = vendor,
        .cpu_name = *m->config.model->brand ? m->config.model->brand : m->config.model->name,
        .low_ram = m->low_ram,
        .high_ram = m->ram.size - m->low_ram,
    };
    return smbios_build(&m->fw->smbios, &b);
}

/* An ACPI file is asked for. The sizes are the same whatever the addresses. */
static void on_select(void *opaque, u16 key)
{
    struct machine *m = opaque;

    if (m->lapic[0] && (key == fw_cfg_key_of(m->fw_cfg, ACPI_TABLES_NAME) ||
                        key == fw_cfg_key_of(m->fw_cfg, ACPI_RSDP_NAME)))
        build_acpi(m);
}

int fw_tables_place(struct machine *m, struct ersatz_error *err)
{
    struct fw_tables *t = m->fw;

    if (!m->lapic[0])
        return 0;
    if (!build_acpi(m))
        return err_set(err, ERSATZ_E_VALUE, "the ACPI tables of %u CPUs do not fit", m->cpu_count);
    acpi_link(&t->acpi, ACPI_TABLES_AT);
    smbios_link(&t->smbios, SMBIOS_TABLES_AT);
    memmap_dma_write(&m->mem, ACPI_RSDP_AT, t->acpi.rsdp, ACPI_RSDP_SIZE);
    memmap_dma_write(&m->mem, ACPI_TABLES_AT, t->acpi.bytes, t->acpi.size);
    memmap_dma_write(&m->mem, SMBIOS_ANCHOR_AT, t->smbios.anchor, SMBIOS_ANCHOR_SIZE);
    memmap_dma_write(&m->mem, SMBIOS_TABLES_AT, t->smbios.bytes, t->smbios.size);
    return 0;
}

/* ---- items ---- */

static void fill_e820(const struct machine *m, struct fw_tables *t, u32 *size)
{
    u8 *p = t->e820;

    *size = E820_ENTRY;
    st64(p + 8, m->low_ram);
    st32(p + 16, E820_RAM);
    if (m->ram.size == m->low_ram)
        return;
    p += E820_ENTRY;
    *size += E820_ENTRY;
    st64(p, HIGH_RAM_BASE);
    st64(p + 8, m->ram.size - m->low_ram);
    st32(p + 16, E820_RAM);
}

static bool add_numbers(struct machine *m)
{
    struct fw_tables *t = m->fw;
    struct device *d = m->fw_cfg;
    const struct boot_order *b = &m->config.boot;

    st64(t->ram_size, m->ram.size);
    st16(t->cpus, (u16)m->cpu_count);
    st16(t->nographic, !m->vga);
    st16(t->menu, b->menu);
    st16(t->menu_wait, b->menu_wait);
    st32(t->irq0, 1);
    memcpy(t->uuid, m->config.smbios.uuid, sizeof t->uuid);
    return fw_cfg_add(d, FW_CFG_UUID, t->uuid, sizeof t->uuid) &&
           fw_cfg_add(d, FW_CFG_RAM_SIZE, t->ram_size, sizeof t->ram_size) &&
           fw_cfg_add(d, FW_CFG_NB_CPUS, t->cpus, sizeof t->cpus) &&
           fw_cfg_add(d, FW_CFG_MAX_CPUS, t->cpus, sizeof t->cpus) &&
           fw_cfg_add(d, FW_CFG_NOGRAPHIC, t->nographic, sizeof t->nographic) &&
           fw_cfg_add(d, FW_CFG_BOOT_MENU, t->menu, sizeof t->menu) &&
           fw_cfg_add(d, FW_CFG_NUMA, t->numa, sizeof t->numa) &&
           fw_cfg_add(d, FW_CFG_IRQ0_OVERRIDE, t->irq0, sizeof t->irq0) &&
           (!b->menu_wait_set ||
            fw_cfg_add_file(d, "etc/boot-menu-wait", t->menu_wait, sizeof t->menu_wait));
}

static bool add_kernel(struct machine *m)
{
    struct fw_tables *t = m->fw;
    const struct linux_parts *p = &t->linux_parts;
    u32 line = (u32)strlen(m->boot.append) + 1;
    const struct {
        u16 key;
        u32 value;
    } numbers[] = {
        {FW_CFG_KERNEL_ADDR, p->kernel_at},   {FW_CFG_KERNEL_SIZE, p->kernel_size},
        {FW_CFG_SETUP_ADDR, p->setup_at},     {FW_CFG_SETUP_SIZE, p->setup_size},
        {FW_CFG_CMDLINE_ADDR, p->cmdline_at}, {FW_CFG_CMDLINE_SIZE, line},
        {FW_CFG_INITRD_ADDR, p->initrd_at},   {FW_CFG_INITRD_SIZE, p->initrd_size},
    };
    _Static_assert(ARRAY_LEN(numbers) <= ARRAY_LEN(t->number), "room for each of them");

    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        st32(t->number[i], numbers[i].value);
        if (!fw_cfg_add(m->fw_cfg, numbers[i].key, t->number[i], 4))
            return false;
    }
    return fw_cfg_add(m->fw_cfg, FW_CFG_KERNEL_DATA, p->kernel, p->kernel_size) &&
           fw_cfg_add(m->fw_cfg, FW_CFG_SETUP_DATA, p->setup, p->setup_size) &&
           fw_cfg_add(m->fw_cfg, FW_CFG_CMDLINE_DATA, m->boot.append, line) &&
           (!p->initrd_size ||
            fw_cfg_add(m->fw_cfg, FW_CFG_INITRD_DATA, m->boot.module[0].data, p->initrd_size));
}

/* Where there is nothing to boot, our BIOS boots this. */
static bool add_tour(struct machine *m)
{
    u32 size;
    const u8 *tour = rom_tour(&size);

    for (unsigned i = 0; i < m->drive_count; i++)
        if (m->drive[i].medium)
            return true;
    return fw_cfg_add_file(m->fw_cfg, "etc/ersatz/tour", tour, size);
}

static bool add_files(struct machine *m)
{
    struct fw_tables *t = m->fw;
    struct device *d = m->fw_cfg;
    u32 e820_size;

    fill_e820(m, t, &e820_size);
    t->states[0] = t->states[5] = 0x80;
    t->states[3] = (u8)(PM_SLEEP_S3 | (m->can_suspend ? 0x80 : 0));
    t->states[4] = PM_SLEEP_S4;
    if (!fw_cfg_add_file(d, "etc/e820", t->e820, e820_size) ||
        !fw_cfg_add_file(d, "etc/system-states", t->states, sizeof t->states) ||
        !fw_cfg_add_file(d, SMBIOS_ANCHOR_NAME, t->smbios.anchor, SMBIOS_ANCHOR_SIZE) ||
        !fw_cfg_add_file(d, SMBIOS_TABLES_NAME, t->smbios.bytes, t->smbios.size) || !add_tour(m))
        return false;
    if (!m->lapic[0])
        return true; /* a 486: nothing for ACPI to tell */
    return fw_cfg_add_file(d, ACPI_TABLES_NAME, t->acpi.bytes, t->acpi.size) &&
           fw_cfg_add_file(d, ACPI_RSDP_NAME, t->acpi.rsdp, ACPI_RSDP_SIZE) &&
           fw_cfg_add_file(d, ACPI_LOADER_NAME, t->loader, t->loader_size);
}

static int add_user_files(struct machine *m, struct ersatz_error *err)
{
    for (unsigned i = 0; i < m->config.fw_files; i++) {
        const struct fw_file *f = &m->config.fw_file[i];
        if (!fw_cfg_add_file(m->fw_cfg, f->name, f->blob.data, (u32)f->blob.size))
            return err_set(err, ERSATZ_E_CONFLICT,
                           "fw_cfg: %s is there already, or there are too many files", f->name);
    }
    return 0;
}

static int offer_kernel(struct machine *m, struct ersatz_error *err)
{
    if (m->boot.kind == BOOT_NONE || !machine_has_bios(m))
        return 0;
    if (m->boot.kind != BOOT_LINUX)
        return err_set(err, ERSATZ_E_UNSUPPORTED,
                       "%s: a firmware starts Linux kernels only (leave -bios out)",
                       m->boot.kernel.name);
    int error = linux_parts(m, &m->fw->linux_parts, err);
    if (!error && !add_kernel(m))
        error = err_set(err, ERSATZ_E_CONFLICT, "fw_cfg: no room for a kernel");
    return error;
}

int fw_tables_init(struct machine *m, struct ersatz_error *err)
{
    m->fw = calloc(1, sizeof *m->fw);
    if (!m->fw)
        return err_set(err, ERSATZ_E_NOMEM, "no memory for the firmware's tables");
    m->can_suspend = machine_has_bios(m) && !m->config.bios_is_ours; /* ours can't resume */
    if ((m->lapic[0] && !build_acpi(m)) || !build_smbios(m))
        return err_set(err, ERSATZ_E_VALUE, "the ACPI or SMBIOS tables of %u CPUs do not fit",
                       m->cpu_count);
    m->fw_cfg->dma = &m->mem;
    fw_cfg_connect(m->fw_cfg, on_select, m);
    if (!add_numbers(m) || !add_files(m))
        return err_set(err, ERSATZ_E_CONFLICT, "fw_cfg: too many items");
    int error = add_user_files(m, err);
    return error ? error : offer_kernel(m, err);
}

void fw_tables_free(struct machine *m)
{
    if (m->fw)
        free(m->fw->linux_parts.setup);
    free(m->fw);
    m->fw = NULL;
}
