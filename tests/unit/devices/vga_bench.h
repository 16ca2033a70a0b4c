/* SPDX-License-Identifier: MIT */
/* A VGA on a bench: its own memory, maps and PCI bus, ports by their own numbers. */
#ifndef ERSATZ_TESTS_VGA_BENCH_H
#define ERSATZ_TESTS_VGA_BENCH_H

#include "board/memmap.h"
#include "board/ports.h"
#include "devices/vga.h"
#include "unit/devices/bench.h"

#define VRAM_SIZE (1u << 20)
#define VGA_DEVFN PCI_DEVFN(2, 0)

struct vga_bench {
    struct bench b;
    struct portmap ports;
    struct memmap mem;
    struct pci_bus bus;
    struct device *d;
    u8 *ram;
};

static inline void vga_bench_init(struct vga_bench *v)
{
    static const u8 rom[] = {0x55, 0xaa, 0x04};

    memset(v, 0, sizeof *v);
    bench_init(&v->b);
    ck_assert_int_eq(portmap_init(&v->ports, &v->b.log, NULL), 0);
    memmap_init(&v->mem, &v->b.log);
    v->bus = (struct pci_bus){.ports = &v->ports, .mem = &v->mem};
    v->ram = calloc(1, VRAM_SIZE);
    ck_assert_ptr_nonnull(v->ram);
    v->d = bench_device(&v->b, &vga_class);
    const struct vga_board board = {.ports = &v->ports,
                                    .bus = &v->bus,
                                    .devfn = VGA_DEVFN,
                                    .ram = v->ram,
                                    .ram_size = VRAM_SIZE,
                                    .rom = rom,
                                    .rom_size = sizeof rom};
    ck_assert_int_eq(vga_connect(v->d, &board, NULL), 0);
    ck_assert_int_eq(device_map_ports(v->d, VGA_PORTS, &v->ports, VGA_PORTS_BASE, NULL), 0);
    vga_map_legacy(v->d, &v->mem, true);
    device_reset(v->d);
}

static inline void vga_bench_free(struct vga_bench *v)
{
    device_free(v->d);
    portmap_destroy(&v->ports);
    memmap_destroy(&v->mem);
    free(v->ram);
}

static inline u8 inb(struct vga_bench *v, u16 port)
{
    return (u8)portmap_read(&v->ports, port, 1);
}

static inline void outb(struct vga_bench *v, u16 port, u8 value)
{
    portmap_write(&v->ports, port, value, 1);
}

/* An indexed register: SEQ 3C4h, GFX 3CEh, CRTC 3D4h. */
static inline void set(struct vga_bench *v, u16 port, u8 index, u8 value)
{
    portmap_write(&v->ports, port, (u32)value << 8 | index, 2);
}

static inline u8 get(struct vga_bench *v, u16 port, u8 index)
{
    outb(v, port, index);
    return inb(v, port + 1);
}

static inline void set_attr(struct vga_bench *v, u8 index, u8 value)
{
    inb(v, 0x3da);
    outb(v, 0x3c0, index);
    outb(v, 0x3c0, value);
    outb(v, 0x3c0, 0x20);
}

static inline void set_dispi(struct vga_bench *v, u16 index, u16 value)
{
    portmap_write(&v->ports, 0x1ce, index, 2);
    portmap_write(&v->ports, 0x1cf, value, 2);
}

static inline u16 get_dispi(struct vga_bench *v, u16 index)
{
    portmap_write(&v->ports, 0x1ce, index, 2);
    return (u16)portmap_read(&v->ports, 0x1cf, 2);
}

static inline u8 peek(struct vga_bench *v, u32 addr)
{
    return (u8)memmap_read(&v->mem, addr, 1);
}

static inline void poke(struct vga_bench *v, u32 addr, u8 value)
{
    memmap_write(&v->mem, addr, value, 1);
}

/* Is A0000h plain memory just now? */
static inline bool plain(struct vga_bench *v)
{
    const struct mem_range *r = memmap_find(&v->mem, 0xa0000);
    return r && r->wr;
}

#endif
