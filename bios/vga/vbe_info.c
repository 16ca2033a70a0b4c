/* SPDX-License-Identifier: MIT */
/* VBE 4F00h, 4F01h: what there is (VBE 3.0, sections 4.3 and 4.4). */
#include "vbe.h"

ROM struct vbe_mode vbe_modes[] = {
#define VBE_MODE(number, width, height, bits) {number, width, height, bits},
#include "vbe_modes.def"
#undef VBE_MODE
    {0},
};

struct info_block {
    u8 signature[4];
    u16 version;
    u16 oem_off, oem_seg;
    u32 capabilities;
    u16 modes_off, modes_seg;
    u16 memory_64k;
    u16 oem_revision;
    u16 vendor_off, vendor_seg;
    u16 product_off, product_seg;
    u16 revision_off, revision_seg;
    /* the list of modes follows */
} PACKED;
_Static_assert(sizeof(struct info_block) == 34, "VBE 3.0, section 4.3");

struct mode_info {
    u16 attributes;
    u8 window_a, window_b;
    u16 granularity, window_size;
    u16 segment_a, segment_b;
    u16 function_off, function_seg;
    u16 bytes_per_line;
    u16 width, height;
    u8 cell_width, cell_height, planes, bits, banks, model, bank_size, images, one;
    u8 masks[8]; /* red, green, blue, reserved: size, position */
    u8 direct_colour;
    u32 frame_buffer;
    u32 none;
    u16 none2;
    u16 linear_bytes_per_line;
    u8 banked_images, linear_images;
    u8 linear_masks[8];
    u32 max_pixel_clock;
} PACKED;
_Static_assert(sizeof(struct mode_info) == 66, "VBE 3.0, section 4.4");

enum { INFO_BLOCK_SIZE = 256, MODE_INFO_SIZE = 256 };

ROM_POINTER struct vbe_mode *vbe_find(u16 number)
{
    for (ROM_POINTER struct vbe_mode *m = vbe_modes; m->number; m++)
        if (m->number == number)
            return m;
    return NULL;
}

u32 vbe_pitch(u16 width, u8 bits)
{
    return bits == 4 ? width / 8 : (u32)width * ((bits + 7) / 8);
}

bool vbe_fits(ROM_POINTER struct vbe_mode *m)
{
    /* four planes lie in the 64 KiB window side by side */
    u32 bytes = vbe_pitch(m->width, m->bits) * m->height * (m->bits == 4 ? 4 : 1);
    return bytes <= (u32)dispi_read(DISPI_MEMORY_64K) << 16;
}

ROM_POINTER struct vbe_mode *vbe_current(void)
{
    if (!(dispi_read(DISPI_ENABLE) & DISPI_ENABLED))
        return NULL;
    u16 width = dispi_read(DISPI_XRES), height = dispi_read(DISPI_YRES);
    u8 bits = dispi_read(DISPI_BPP);
    for (ROM_POINTER struct vbe_mode *m = vbe_modes; m->number; m++)
        if (m->width == width && m->height == height && m->bits == bits)
            return m;
    return NULL;
}

/* By configuration mechanism 1, over bus 0; without the card there (ISA), the customary place. */
u32 vbe_frame_buffer(void)
{
    enum { CONFIG_ADDRESS = 0xCF8, CONFIG_DATA = 0xCFC, BAR0 = 0x10 };
    enum { CARD = 0x11111234, ISA_FRAME_BUFFER = 0xE0000000 };
    for (u32 slot = 0; slot < 32; slot++) {
        u32 address = 0x80000000 | slot << 11;
        outl(CONFIG_ADDRESS, address);
        if (inl(CONFIG_DATA) != CARD)
            continue;
        outl(CONFIG_ADDRESS, address | BAR0);
        return inl(CONFIG_DATA) & ~15u;
    }
    return ISA_FRAME_BUFFER;
}

static const __seg_gs __attribute__((section(".tables"))) char oem[] = "Ersatz VGA BIOS";
static const __seg_gs __attribute__((section(".tables"))) char vendor[] = "The Ersatz authors";
static const __seg_gs __attribute__((section(".tables"))) char revision[] = "1";

u16 vbe_info(struct regs *r)
{
    enum { VBE2 = 'V' | 'B' << 8 | 'E' << 16 | '2' << 24, DAC_8BIT = 1 };
    struct info_block b;
    bool vbe2 = peek32(r->es, r->di) == VBE2;
    __builtin_memset(&b, 0, sizeof(b));
    b.signature[0] = 'V';
    b.signature[1] = 'E';
    b.signature[2] = 'S';
    b.signature[3] = 'A';
    b.version = 0x0300;
    b.oem_off = ROM_OFFSET(oem);
    b.oem_seg = code_segment();
    b.capabilities = DAC_8BIT;
    b.modes_off = r->di + sizeof(b);
    b.modes_seg = r->es;
    b.memory_64k = dispi_read(DISPI_MEMORY_64K);
    if (vbe2) {
        b.oem_revision = 1;
        b.vendor_off = ROM_OFFSET(vendor);
        b.product_off = ROM_OFFSET(oem);
        b.revision_off = ROM_OFFSET(revision);
        b.vendor_seg = b.product_seg = b.revision_seg = code_segment();
    }
    vmem_fill8(r->es, r->di, 0, INFO_BLOCK_SIZE);
    far_store(r->es, r->di, &b, sizeof(b));
    u16 at = r->di + sizeof(b);
    for (ROM_POINTER struct vbe_mode *m = vbe_modes; m->number; m++) {
        if (!vbe_fits(m))
            continue;
        poke16(r->es, at, m->number);
        at += 2;
    }
    poke16(r->es, at, 0xFFFF);
    return VBE_OK;
}
_Static_assert(sizeof(struct info_block) + sizeof((u16[]){
#define VBE_MODE(number, width, height, bits) number,
#include "vbe_modes.def"
#undef VBE_MODE
                                               0xFFFF}) <=
                   INFO_BLOCK_SIZE,
               "the list lies in the block");

/* Sizes and positions of red, green, blue and the rest. */
static void colour_masks(u8 bits, u8 *masks)
{
    static ROM u8 layout[4][8] = {
        {5, 10, 5, 5, 5, 0, 1, 15},
        {5, 11, 6, 5, 5, 0, 0, 0},
        {8, 16, 8, 8, 8, 0, 0, 0},
        {8, 16, 8, 8, 8, 0, 8, 24},
    };
    u8 which = bits == 15 ? 0 : bits == 16 ? 1 : bits == 24 ? 2 : 3;
    for (u8 i = 0; i < 8; i++)
        masks[i] = layout[which][i];
}

extern const char window_entry[];

static void describe(ROM_POINTER struct vbe_mode *m, struct mode_info *b)
{
    enum { SUPPORTED = 1, OPTIONAL = 2, TTY = 4, COLOUR = 8, GRAPHICS = 16, LINEAR = 128 };
    enum { WINDOW = 7 /* there, readable, writeable */, PLANAR = 3, PACKED_PIXEL = 4, DIRECT = 6 };
    u32 pitch = vbe_pitch(m->width, m->bits);
    u32 images = ((u32)dispi_read(DISPI_MEMORY_64K) << 16) / (m->bits == 4 ? 4 : 1);
    images = images / (pitch * m->height) - 1;
    b->attributes = SUPPORTED | OPTIONAL | COLOUR | GRAPHICS;
    b->attributes |= m->bits == 4 ? TTY : m->bits == 8 ? TTY | LINEAR : LINEAR;
    b->window_a = WINDOW;
    b->granularity = b->window_size = 64;
    b->segment_a = 0xA000;
    b->function_off = ROM_OFFSET(window_entry);
    b->function_seg = code_segment();
    b->bytes_per_line = b->linear_bytes_per_line = pitch;
    b->width = m->width;
    b->height = m->height;
    b->cell_width = 8;
    b->cell_height = 16;
    b->planes = m->bits == 4 ? 4 : 1;
    b->bits = m->bits;
    b->banks = 1;
    b->model = m->bits == 4 ? PLANAR : m->bits == 8 ? PACKED_PIXEL : DIRECT;
    b->images = b->banked_images = b->linear_images = images > 255 ? 255 : images;
    b->one = 1;
    if (m->bits > 8) {
        colour_masks(m->bits, b->masks);
        colour_masks(m->bits, b->linear_masks);
        b->direct_colour = m->bits == 32 ? 2 : 0; /* the fourth byte is free */
    }
    if (m->bits >= 8)
        b->frame_buffer = vbe_frame_buffer();
    b->max_pixel_clock = 400000000;
}

u16 vbe_mode_info(struct regs *r)
{
    struct mode_info b;
    ROM_POINTER struct vbe_mode *m = vbe_find(r->cx & 0x3FFF);
    if (!m || !vbe_fits(m))
        return VBE_FAILED;
    __builtin_memset(&b, 0, sizeof(b));
    describe(m, &b);
    vmem_fill8(r->es, r->di, 0, MODE_INFO_SIZE);
    far_store(r->es, r->di, &b, sizeof(b));
    return VBE_OK;
}
