/* SPDX-License-Identifier: MIT */
/* Power-on self test, the frame: the vector table, the data area, the steps of post.def. */
#include "post.h"

#include "bda.h"
#include "e820.h"
#include "linux.h"
#include "optionrom.h"
#include "pic.h"
#include "pmm.h"
#include "smp.h"

extern const char bios32_structure[];
void iret_stub(void);
void irq_master_default(void);
void irq_slave_default(void);
void irq9_redirect(void);

#define VECTOR(number, handler) void vector_##number(void);
#define VECTOR_AT(number, handler, offset) void vector_##number(void);
#include "vectors.def"
#undef VECTOR
#undef VECTOR_AT

struct vector {
    u8 number;
    u32 offset;
};

#define VECTOR(number, handler) {number, (u32)vector_##number},
#define VECTOR_AT(number, handler, offset) {number, 0x##offset},
static const struct vector vectors[] = {
#include "vectors.def"
};
#undef VECTOR
#undef VECTOR_AT

void set_vector(u8 number, u16 seg, u16 off)
{
    poke32(0, 4u * number, (u32)seg << 16 | off);
}

void vectors_init(void)
{
    for (unsigned i = 0; i < 256; i++) /* 60h to 66h are the user's: no address at all */
        set_vector((u8)i, i >= 0x60 && i < 0x68 ? 0 : FSEG,
                   i >= 0x60 && i < 0x68 ? 0 : (u16)(u32)iret_stub);
    for (unsigned i = 0; i < 8; i++) {
        set_vector((u8)(IRQ0_VECTOR + i), FSEG, (u16)(u32)irq_master_default);
        set_vector((u8)(IRQ8_VECTOR + i), FSEG, (u16)(u32)irq_slave_default);
    }
    set_vector(IRQ8_VECTOR + 1, FSEG, (u16)(u32)irq9_redirect);
    for (unsigned i = 0; i < ARRAY_LEN(vectors); i++)
        set_vector(vectors[i].number, FSEG, (u16)vectors[i].offset);
}

void bda_init(void)
{
    u16 warm = bda16(BDA_RESET);

    far_fill(BDA_SEG, 0, 0, 0x100);
    far_fill(EBDA_SEG, 0, 0, 1024);
    poke8(EBDA_SEG, 0, 1); /* KiB */
    bda_set16(BDA_RESET, warm);
    bda_set16(BDA_EBDA, EBDA_SEG);
    bda_set16(BDA_MEMORY, EBDA_SEG / 64);
    bda_set16(BDA_EQUIPMENT, EQUIPMENT_FPU | EQUIPMENT_80X25);
}

/* Structures of the image whose bytes must add up to zero. */
void fseg_sums(void)
{
    static const struct {
        const char *at;
        u8 size, sum; /* of the structure; where its checksum is */
    } rows[] = {{pnp_structure, 0x21, 8}, {bios32_structure, 16, 10}, {pmm_structure, 16, 6}};

    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        u8 sum = 0;
        poke8(FSEG, (u32)rows[i].at + rows[i].sum, 0);
        for (u8 n = 0; n < rows[i].size; n++)
            sum += peek8(FSEG, (u32)rows[i].at + n);
        poke8(FSEG, (u32)rows[i].at + rows[i].sum, -sum);
    }
}

/* Old programs take the first 128 characters of 8 by 8 from where the PC had them. */
void font_init(void)
{
    enum { FONT_AT = 0xFA6E, FONT_SIZE = 128 * 8, GET_FONT = 0x1130, FONT_8X8 = 3 };
    struct regs r = {.eax = GET_FONT, .ebx = FONT_8X8 << 8};

    int_call(0x10, &r);
    if (r.es)
        far_copy(FSEG, FONT_AT, r.es, r.bp, FONT_SIZE);
}

void post_interrupts_on(void)
{
    sti();
}

void banner(void)
{
    u32 mib = (low_ram_end() >> 20) + (u32)(high_ram_size() >> 20);

    bios_printf("Ersatz BIOS " BIOS_VERSION "\n%u MiB of memory, %u processor%s\n\n", mib,
                cpu_count(), cpu_count() == 1 ? "" : "s");
}

void post_done(void)
{
    bda_set16(BDA_RESET, 0);
}

static void (*const steps[])(void) = {
#define STEP(function) function,
#include "post.def"
#undef STEP
};

void post(void)
{
    struct regs r = {0};

    for (unsigned i = 0; i < ARRAY_LEN(steps); i++)
        steps[i]();
    linux_boot();
    int_call(0x19, &r);
}

/* A restart by CMOS 0Fh: what its caller takes for granted. INIT has reset the local APIC, and a
 * board may have reset all of its chips, PAM among them. */
void post_resume(u32 pam)
{
    if (!pam) {
        pm_timer_init();
        pic_init();
        pit_init();
    }
    virtual_wire();
    shadow_lock();
}
