/* SPDX-License-Identifier: MIT */
/*
 * Groups of accesses (ir.h): the first one looks for all bytes of the group at once and leaves
 * their host address in a register; the others are one instruction each.
 *
 *     lea   r8d, [r12-20h]        ; the group's lowest address
 *     mov   r11d, r8d
 *     and   r11d, 0fffh
 *     cmp   r11d, 1000h - 32
 *     ja    plain                 ; goes beyond the page
 *     (the table's word for r8d in r11)
 *     jz    plain
 *     add   r8, r11               ; by the soft TLB it is shorter: x64_probe_span()
 *     mov   [r8+28], edi          ; push edi
 *     mov   [r8+24], esi          ; push esi ...
 *
 * In code that isn't 64-bit host r8 and r9 are free for that: the guest's R8 and R9 are in struct
 * cpu then (host_x86_64_thunk.c). 64-bit code gives two of its three scratch registers away. A
 * guest instruction that can't do with what is left ends a group, or both.
 *
 * From the first access's instruction to the last one's the code is there twice, the second time,
 * aside, without groups. That is where a group goes whose bytes aren't all as it wants them, and
 * where every slow path on the way goes on, as C may have changed mappings: at the next
 * instruction, flags in rax. Behind the last access it comes back.
 *
 * Members but the first need no fixup: what makes an address fault is the same for all of them.
 */
#include "jit/host_x86_64.h"

/* --- registers --- */

static unsigned host_register(const struct x64 *g, const struct ir_group *group)
{
    static const u8 registers[2][X64_GROUPS] = {{HOST_R8, HOST_R9}, {HOST_R14, HOST_R13}};
    return registers[g->code64][group->reg];
}

static const struct ir_op *first_op(const struct x64 *g, const struct ir_group *group)
{
    return &g->ir->op[group->first];
}

static unsigned last_insn(const struct x64 *g, const struct ir_group *group)
{
    return g->ir->op[group->last].insn;
}

static bool is_dropped(const struct x64 *g, unsigned n)
{
    return g->plain || (g->dropped >> n & 1);
}

/* The registers that groups hold and code would have for itself otherwise. */
static u16 reserved(const struct x64 *g)
{
    unsigned held = 0;
    for (unsigned i = 0; i < X64_GROUPS && g->code64; i++)
        if (g->holds[i])
            held |= 1u << host_register(g, &g->ir->group[g->holds[i] - 1]);
    return (u16)held;
}

void x64_groups_begin(struct x64 *g)
{
    g->reserved = 0;
    if (g->plain)
        return;
    for (unsigned i = 0; i < X64_GROUPS; i++)
        if (g->holds[i] && last_insn(g, &g->ir->group[g->holds[i] - 1]) < g->insn)
            g->holds[i] = 0;
    while (g->next_group < g->ir->groups) {
        const struct ir_group *group = &g->ir->group[g->next_group];
        if (first_op(g, group)->insn > g->insn)
            break;
        g->next_group++;
        if (!is_dropped(g, g->next_group - 1))
            g->holds[group->reg] = (u8)g->next_group;
    }
    g->reserved = reserved(g);
}

/* 1 + the guest instruction before insn that has operations; 0: none. */
static unsigned before(const struct x64 *g, unsigned insn)
{
    while (insn && !g->at[insn - 1].first)
        insn--;
    return insn;
}

/* Group n doesn't hold any more from this guest instruction on, nor any other after the last one.
 */
static void drop(struct x64 *g, unsigned n)
{
    unsigned last = before(g, g->insn);
    bool others = false;
    g->dropped |= (u64)1 << (g->holds[n] - 1);
    g->holds[n] = 0;
    for (unsigned i = 0; i < X64_GROUPS; i++)
        if (g->holds[i] && first_op(g, &g->ir->group[g->holds[i] - 1])->insn < g->insn)
            others = true;
    if (last && !others)
        g->at[last - 1].grouped = false;
}

bool x64_groups_drop(struct x64 *g)
{
    bool more = g->reserved;
    for (unsigned i = X64_GROUPS; i-- > 0;)
        if (g->holds[i]) {
            drop(g, i);
            if (more)
                break;
        }
    g->reserved = reserved(g);
    return more;
}

void x64_groups_end(struct x64 *g)
{
    for (unsigned i = 0; i < X64_GROUPS && !g->plain; i++)
        if (g->holds[i] && last_insn(g, &g->ir->group[g->holds[i] - 1]) > g->insn)
            g->at[g->insn].grouped = true;
}

/* --- accesses --- */

/* The jump just emitted, with its rel32 at `site`, goes to the second copy of guest instruction
 * insn. */
static void to_plain(struct x64 *g, size_t site, unsigned insn)
{
    if (g->count.miss == X64_MISSES) {
        g->failed = true;
        return;
    }
    g->miss[g->count.miss++] = (struct x64_site){(u32)site, (u8)insn};
}

void x64_plain_from(struct x64 *g, size_t site)
{
    to_plain(g, site, g->insn);
}

/* The address of operation ref less `by`. */
static void low_address(struct x64 *g, unsigned dst, ir_ref ref, i32 by)
{
    const struct ir_op *op = &g->ir->op[ref];
    unsigned size = g->code64 ? 8 : 4, base = HOST_NONE;
    i64 imm = (i64)((u64)(op->code == IR_EA ? op->imm : 0) - (u64)by);
    ir_ref from = op->code == IR_EA && !op->b ? op->a : ref;
    const struct x64_val *v = &g->val[from];

    if (from && v->kind == VAL_GPR && v->size == size)
        base = x64_pinned(g, v->reg);
    if (base != HOST_NONE && fits_i32(imm)) {
        if (imm)
            emit_lea(&g->e, size, dst, rm_mem(base, HOST_NONE, (i32)imm));
        else
            emit_mov(&g->e, size, dst, base);
    } else {
        x64_copy(g, dst, ref, size);
        if (by)
            emit_lea(&g->e, size, dst, rm_mem(dst, HOST_NONE, -by));
    }
}

/* The first access. */
static void probe(struct x64 *g, unsigned n, ir_ref addr, const struct ir_group *group)
{
    unsigned reg = host_register(g, group);
    x64_clobber(g, g->live_in[n]);
    low_address(g, reg, addr, (i32)g->ir->op[n].imm);
    x64_used(g, addr);
    x64_probe_span(g, &(struct x64_span){reg, group->span, group->write});
    g->at[g->insn].leads = true;
}

bool x64_grouped(struct x64 *g, unsigned n, const struct x64_access *a, struct rm *rm)
{
    const struct ir_op *op = &g->ir->op[n];
    if (!op->reg || is_dropped(g, op->reg - 1u))
        return false;
    const struct ir_group *group = &g->ir->group[op->reg - 1];
    if (n == group->first)
        probe(g, n, a->addr, group);
    else
        x64_used(g, a->addr);
    *rm = rm_mem(host_register(g, group), HOST_NONE, (i32)op->imm);
    return true;
}

bool x64_is_checked(const struct x64 *g, struct rm rm)
{
    for (unsigned i = 0; i < X64_GROUPS && !g->plain; i++) {
        if (!g->holds[i])
            continue;
        const struct ir_group *group = &g->ir->group[g->holds[i] - 1];
        if (rm.base == host_register(g, group) && rm.index == HOST_NONE)
            return first_op(g, group)->insn != g->insn;
    }
    return false;
}

bool x64_group_left(struct x64 *g, unsigned insn)
{
    unsigned last = before(g, insn);
    if (!last || !g->at[last - 1].grouped)
        return false;
    to_plain(g, emit_jmp(&g->e), insn);
    return true;
}

/* --- the second copy --- */

/* What is in the host's units, and what slow paths have stored, is as in the first copy. */
static bool same_units(const struct x64 *g, const struct x64_insn *at)
{
    const struct x64_units *u = &g->units, *b = &at->before;
    return u->taken == b->taken && u->x87_insn == b->x87_insn && u->x87_mem == b->x87_mem;
}

/* The next guest instruction that has operations, from insn on; or ir->insns. */
static unsigned not_empty(const struct x64 *g, unsigned insn)
{
    while (insn < g->ir->insns && !g->grouped_at[insn].first)
        insn++;
    return insn;
}

static void begin_plain(struct x64 *g)
{
    unsigned insns = g->ir->insns;
    memcpy(g->grouped_at, g->at, insns * sizeof *g->at);
    for (unsigned n = 0; n < insns; n++)
        g->at[n].slow = g->at[n].grouped = g->plain_wanted[n] = false;
    for (unsigned n = 0; n < g->count.miss; n++) {
        g->miss[n].insn = (u8)not_empty(g, g->miss[n].insn);
        g->plain_wanted[g->miss[n].insn] = true;
    }
    g->plain = true;
    g->count = (struct x64_counts){.fixup = g->count.fixup, .miss = g->count.miss};
}

/* False: who comes here from the first copy has other things in the host's units. */
static bool plain_insn(struct x64 *g, unsigned insn)
{
    const struct x64_insn *was = &g->grouped_at[insn];
    if (g->plain_wanted[insn]) {
        if (!same_units(g, was))
            return false;
        x64_clobber(g, g->live_in[was->first]);
        g->flags.rax_ok = true;
        g->plain_at[insn] = (u32)g->e.at;
    }
    x64_instruction(g, was->first, was->last);
    return true;
}

/* Back to what comes after guest instruction insn. */
static bool end_plain(struct x64 *g, unsigned insn)
{
    const struct x64_insn *was = &g->grouped_at[insn];
    unsigned next = not_empty(g, insn + 1);
    if (next == g->ir->insns && !was->done)
        return true; /* it has left */
    if (g->units.taken != was->units ||
        (next < g->ir->insns && !same_units(g, &g->grouped_at[next])))
        return false;
    x64_clobber(g, g->live_out[was->last]);
    if (was->flags_host)
        x64_sahf(g);
    emit_jmp_to(&g->e, was->after);
    return true;
}

/* From guest instruction insn on: the last one that is there twice. */
static bool plain_part(struct x64 *g, unsigned *insn)
{
    const struct x64_insn *was = &g->grouped_at[*insn];
    g->flags = X64_AT_ENTRY;
    g->units = was->before;
    while (g->grouped_at[*insn].grouped) {
        if (!plain_insn(g, *insn))
            return false;
        *insn = not_empty(g, *insn + 1);
    }
    return plain_insn(g, *insn) && end_plain(g, *insn);
}

bool x64_plain(struct x64 *g)
{
    if (!g->count.miss)
        return true;
    begin_plain(g);
    for (unsigned insn = 0; insn < g->ir->insns; insn++)
        if (g->grouped_at[insn].leads && !plain_part(g, &insn))
            return false;
    for (unsigned n = 0; n < g->count.miss; n++)
        emit_patch(&g->e, g->miss[n].at, g->plain_at[g->miss[n].insn]);
    x64_cold(g);
    return true;
}
