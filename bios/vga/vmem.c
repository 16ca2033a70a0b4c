/* SPDX-License-Identifier: MIT */
/* Blocks of far memory. DS and ES are C's: each function gives them back. */
#include "vga.h"

static void far_copy8(u16 dst, u16 doff, u16 src, u16 soff, u16 n)
{
    u32 di = doff, si = soff, cx = n;
    __asm__ volatile("pushw %%ds; pushw %%es; movw %w3, %%es; movw %w4, %%ds; rep movsb; "
                     "popw %%es; popw %%ds"
                     : "+D"(di), "+S"(si), "+c"(cx)
                     : "d"((u32)dst), "a"((u32)src)
                     : "memory");
}

static u16 stack_segment(void)
{
    u16 ss;
    __asm__("movw %%ss, %0" : "=r"(ss));
    return ss;
}

void vmem_fill8(u16 seg, u16 off, u8 v, u16 n)
{
    u32 di = off, cx = n;
    __asm__ volatile("pushw %%es; movw %w3, %%es; rep stosb; popw %%es"
                     : "+D"(di), "+c"(cx)
                     : "a"((u32)v), "d"((u32)seg)
                     : "memory");
}

void vmem_fill16(u16 seg, u16 off, u16 v, u32 words)
{
    u32 di = off, cx = words;
    __asm__ volatile("pushw %%es; movw %w3, %%es; rep stosw; popw %%es"
                     : "+D"(di), "+c"(cx)
                     : "a"((u32)v), "d"((u32)seg)
                     : "memory");
}

void vmem_copy8(u16 seg, u16 to, u16 from, u16 n)
{
    far_copy8(seg, to, seg, from, n);
}

void vmem_copy16(u16 seg, u16 to, u16 from, u16 words)
{
    u32 di = to, si = from, cx = words;
    __asm__ volatile("pushw %%ds; pushw %%es; movw %w3, %%es; movw %w3, %%ds; rep movsw; "
                     "popw %%es; popw %%ds"
                     : "+D"(di), "+S"(si), "+c"(cx)
                     : "d"((u32)seg)
                     : "memory");
}

void far_move(u16 seg, u16 off, u16 from_seg, u16 from_off, u16 n)
{
    far_copy8(seg, off, from_seg, from_off, n);
}

void far_store(u16 seg, u16 off, const void *from, u16 n)
{
    far_copy8(seg, off, stack_segment(), (u16)(u32)from, n);
}

void far_load(void *to, u16 seg, u16 off, u16 n)
{
    far_copy8(stack_segment(), (u16)(u32)to, seg, off, n);
}
