/* SPDX-License-Identifier: MIT */
/* The table is sound, every row can be reached, lengths and prefixes are right. */
#include "decode/insn.h"

#include <string.h>

#include "decode/feature.h"
#include "decode/table.h"
#include "unit/unit.h"

struct code {
    u8 bytes[32];
    unsigned len;
};

static void byte(struct code *c, unsigned b)
{
    c->bytes[c->len++] = (u8)b;
}

static void opcode(struct code *c, const struct row_match *m, bool wide)
{
    static const u8 pp[9] = {[PREFIX_66] = 1, [PREFIX_F3] = 2, [PREFIX_F2] = 3};
    static const u8 legacy[9] = {[PREFIX_66] = 0x66, [PREFIX_F3] = 0xf3, [PREFIX_F2] = 0xf2};
    unsigned state = m->prefixes & -m->prefixes; /* none if it may */

    if (m->map >= MAP_V0F) {
        byte(c, 0xc4);
        byte(c, 0xe0 | (m->map - MAP_V0F + 1u));
        byte(c, 0x78 | pp[state] | (wide ? 0x80 : 0));
        return;
    }
    if (legacy[state])
        byte(c, legacy[state]);
    if (wide)
        byte(c, 0x48);
    if (m->map != MAP_M1)
        byte(c, 0x0f);
    if (m->map == MAP_M38 || m->map == MAP_M3A)
        byte(c, m->map == MAP_M38 ? 0x38 : 0x3a);
}

/* The shortest encoding that reaches a row (the last opcode, if it has several), zeros behind it.
 */
static struct code encode(unsigned row, enum code_mode mode)
{
    const struct row_match *m = &row_matches[row];
    struct code c = {.len = 0};
    struct insn in;

    opcode(&c, m, m->rex_mask & 8);
    byte(&c, m->opcode + (unsigned)m->span);
    if (!(m->form & FORM_MODRM))
        return c;
    byte(&c, m->modrm);
    for (unsigned i = 0; i < 256; i++) { /* a special row may lie over the first ones */
        if (insn_decode(&in, c.bytes, 15, mode) == DECODE_OK && in.row == row)
            break;
        c.bytes[c.len - 1] = (u8)(i + 1);
    }
    return c;
}

static bool immediate_in(const struct insn *in)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned k = in->op[i].kind;
        if (k == OPND_IMM || k == OPND_REL || k == OPND_FAR || k == OPND_MOFFS)
            return true;
    }
    return false;
}

START_TEST(every_row_is_reached)
{
    for (unsigned row = 1; row < insn_row_count; row++) {
        for (unsigned mode = CODE16; mode <= CODE64; mode++) {
            struct code c = encode(row, mode);
            struct insn in;
            if (!(row_matches[row].modes >> mode & 1))
                continue;
            if (mode != CODE64 && (row_matches[row].rex_mask & 8))
                continue;
            ck_assert_int_eq(insn_decode(&in, c.bytes, 15, mode), DECODE_OK);
            ck_assert_msg(in.row == row, "row %u (%s) decodes as row %u (%s)", row,
                          insn_rows[row].name, in.row, insn_rows[in.row].name);
            if (!immediate_in(&in) && mode != CODE16)
                ck_assert_msg(in.len == c.len, "row %u (%s): length %u, not %u", row,
                              insn_rows[row].name, in.len, c.len);
        }
    }
}
END_TEST

START_TEST(cut_short_and_too_long)
{
    for (unsigned row = 1; row < insn_row_count; row++) {
        enum code_mode mode = row_matches[row].modes & 1 << CODE64 ? CODE64 : CODE32;
        struct code c = encode(row, mode);
        struct insn in, again;
        ck_assert_int_eq(insn_decode(&in, c.bytes, 15, mode), DECODE_OK);
        for (unsigned n = 0; n < in.len; n++)
            ck_assert_int_eq(insn_decode(&again, c.bytes, n, mode), DECODE_SHORT);
        ck_assert_int_eq(insn_decode(&again, c.bytes, in.len, mode), DECODE_OK);
        ck_assert_mem_eq(&in, &again, sizeof in);
        if (row_matches[row].map >= MAP_V0F)
            continue;
        u8 padded[32];
        unsigned pad = 15 - in.len;
        memset(padded, 0x3e, sizeof padded);
        memcpy(padded + pad, c.bytes, in.len);
        ck_assert_int_eq(insn_decode(&again, padded, 32, mode), DECODE_OK);
        ck_assert_uint_eq(again.len, 15);
        ck_assert_uint_eq(again.row, row);
        memcpy(padded + pad + 1, c.bytes, in.len);
        padded[pad] = 0x3e;
        ck_assert_int_eq(insn_decode(&again, padded, 32, mode), DECODE_TOO_LONG);
    }
}
END_TEST

/* What the decoder's search relies on: see the legend of insn.def. */
START_TEST(rows_of_one_opcode_stand_together)
{
    for (unsigned map = 0; map < MAP_MX; map++) {
        for (unsigned op = 0; op < 256; op++) {
            unsigned first = 0, last = 0, rows = 0;
            int modrm = -1;
            for (unsigned row = 1; row < insn_row_count; row++) {
                const struct row_match *m = &row_matches[row];
                if (m->map != map || op < m->opcode || op > m->opcode + (unsigned)m->span)
                    continue;
                first = first ? first : row;
                last = row;
                rows++;
                ck_assert_msg(modrm < 0 || modrm == (m->form & FORM_MODRM),
                              "map %u opcode %02x: with and without ModRM", map, op);
                modrm = m->form & FORM_MODRM;
            }
            ck_assert_uint_eq(opcode_rows[map * 256 + op], last);
            ck_assert_msg(!rows || last - first + 1 == rows, "map %u opcode %02x", map, op);
        }
    }
}
END_TEST

START_TEST(facts_agree)
{
    for (unsigned row = 0; row < insn_row_count; row++) {
        const struct insn_row *r = &insn_rows[row];
        const struct row_match *m = &row_matches[row];
        ck_assert_msg(!(r->flags_written & r->flags_undefined), "%s: flags", r->name);
        ck_assert_msg(!(r->attr & ATTR_USER) == !!(r->attr & (ATTR_NOHW | ATTR_PRIV)), "%s: user",
                      r->name);
        ck_assert_msg(!(r->attr & ATTR_LOCK) || operand_forms[m->operand[0]].method == METHOD_E ||
                          operand_forms[m->operand[0]].method == METHOD_M,
                      "%s: LOCK without a memory destination", r->name);
        ck_assert_msg(!(r->attr & ATTR_NO64) || !(r->attr & (ATTR_ONLY64 | ATTR_DEF64)),
                      "%s: modes", r->name);
        ck_assert_msg(r->cpu < CPU_FEATURE_COUNT, "%s: cpu", r->name);
        if (r->attr & ATTR_FALLBACK) {
            ck_assert_uint_eq(m[-1].map, m->map);
            ck_assert_uint_eq(m[-1].opcode, m->opcode);
            ck_assert_mem_eq(m[-1].operand, m->operand, sizeof m->operand);
        }
    }
}
END_TEST

/* Things that are undefined, and their neighbours that are not. */
static const struct {
    const char *what;
    enum code_mode mode;
    bool defined;
    u8 bytes[15];
} validity[] = {
    {"LOCK ADD [RAX], EAX", CODE64, true, {0xf0, 0x01, 0x00}},
    {"LOCK ADD EAX, [RAX]", CODE64, false, {0xf0, 0x03, 0x00}},
    {"LOCK ADD EAX, EAX", CODE64, false, {0xf0, 0x01, 0xc0}},
    {"LOCK MOV [RAX], EAX", CODE64, false, {0xf0, 0x89, 0x00}},
    {"LOCK BT [RAX], EAX", CODE64, false, {0xf0, 0x0f, 0xa3, 0x00}},
    {"LOCK CMPXCHG8B", CODE32, true, {0xf0, 0x0f, 0xc7, 0x08}},
    {"AAA in 64-bit mode", CODE64, false, {0x37}},
    {"AAA", CODE32, true, {0x37}},
    {"82 /0 in 64-bit mode", CODE64, false, {0x82, 0xc0, 0x01}},
    {"82 /0", CODE16, true, {0x82, 0xc0, 0x01}},
    {"VEX: ANDN", CODE64, true, {0xc4, 0xe2, 0x78, 0xf2, 0xc0}},
    {"VEX after 66", CODE64, false, {0x66, 0xc4, 0xe2, 0x78, 0xf2, 0xc0}},
    {"VEX after F3", CODE64, false, {0xf3, 0xc4, 0xe2, 0x78, 0xf2, 0xc0}},
    {"VEX after LOCK", CODE64, false, {0xf0, 0xc4, 0xe2, 0x78, 0xf2, 0xc0}},
    {"VEX after REX", CODE64, false, {0x40, 0xc4, 0xe2, 0x78, 0xf2, 0xc0}},
    {"VEX after a segment", CODE64, true, {0x64, 0xc4, 0xe2, 0x78, 0xf2, 0xc0}},
    {"VEX.L = 1", CODE64, false, {0xc4, 0xe2, 0x7c, 0xf2, 0xc0}},
    {"VEX map 0", CODE64, false, {0xc4, 0xe0, 0x78, 0xf2, 0xc0}},
    {"RORX", CODE32, true, {0xc4, 0xe3, 0x7b, 0xf0, 0xc0, 1}},
    {"RORX, vvvv used", CODE32, false, {0xc4, 0xe3, 0x3b, 0xf0, 0xc0, 1}},
    {"LES", CODE32, true, {0xc4, 0x00}},
    {"LES in 64-bit mode", CODE64, false, {0xc4, 0x00}},
    {"BOUND", CODE16, true, {0x62, 0x00}},
    {"BOUND, register", CODE16, false, {0x62, 0xc0}},
    {"LEA, register", CODE32, false, {0x8d, 0xc0}},
    {"MOV CS", CODE32, false, {0x8e, 0xc8}},
    {"MOV from segment 6", CODE32, false, {0x8c, 0xf0}},
    {"MOV CR1", CODE32, false, {0x0f, 0x20, 0xc8}},
    {"MOV CR8", CODE64, true, {0x44, 0x0f, 0x20, 0xc0}},
    {"MOV DR8", CODE64, false, {0x44, 0x0f, 0x21, 0xc0}},
    {"MOVAPS after F3", CODE64, false, {0xf3, 0x0f, 0x28, 0xc0}},
    {"F6 /1 is TEST", CODE64, true, {0xf6, 0xc8, 0x01}},
    {"D0 /6 is SAL", CODE64, true, {0xd0, 0xf0}},
    {"SWAPGS", CODE64, true, {0x0f, 0x01, 0xf8}},
    {"SWAPGS in 32-bit code", CODE32, false, {0x0f, 0x01, 0xf8}},
    {"0F 1F /7, reserved NOP", CODE64, true, {0x0f, 0x1f, 0xf8}},
    {"0F 04", CODE64, false, {0x0f, 0x04}},
    {"POP /1", CODE32, false, {0x8f, 0xc8}},
};

START_TEST(validity_cases)
{
    struct insn in;

    ck_assert_int_eq(insn_decode(&in, validity[_i].bytes, 15, validity[_i].mode), DECODE_OK);
    ck_assert_msg((in.row != ROW_UD) == validity[_i].defined, "%s", validity[_i].what);
}
END_TEST

START_TEST(voided_rex)
{
    static const u8 rex_then_66[] = {0x48, 0x66, 0x01, 0xc0}, both[] = {0x66, 0x48, 0x01, 0xc0};
    struct insn in;

    ck_assert_int_eq(insn_decode(&in, rex_then_66, 4, CODE64), DECODE_OK);
    ck_assert_uint_eq(in.osize, 2);
    ck_assert_uint_eq(in.prefix, PFX_66);
    ck_assert_int_eq(insn_decode(&in, both, 4, CODE64), DECODE_OK);
    ck_assert_uint_eq(in.osize, 8);
    ck_assert_uint_eq(in.prefix, PFX_66 | PFX_REX | PFX_REXW);
}
END_TEST

START_TEST(segments)
{
    static const struct {
        enum code_mode mode;
        u8 seg, prefix;
        u8 bytes[8];
    } cases[] = {
        {CODE32, DS, 0, {0x8b, 0x00}},
        {CODE32, SS, 0, {0x8b, 0x45, 0x00}},
        {CODE32, SS, 0, {0x8b, 0x04, 0x24}},
        {CODE32, DS, 0, {0x8b, 0x04, 0x6d, 0, 0, 0, 0}}, /* EBP as an index */
        {CODE32, DS, PFX_SEG, {0x3e, 0x8b, 0x45, 0x00}},
        {CODE16, SS, 0, {0x8b, 0x02}},
        {CODE16, DS, 0, {0x8b, 0x06, 0, 0}},
        {CODE64, DS, 0, {0x36, 0x8b, 0x00}}, /* SS: means nothing */
        {CODE64, SS, 0, {0x3e, 0x8b, 0x45, 0x00}},
        {CODE64, DS, PFX_REX, {0x41, 0x8b, 0x45, 0x00}}, /* R13 */
        {CODE64, FS, PFX_SEG, {0x64, 0x2e, 0x8b, 0x00}},
        {CODE64, GS, PFX_SEG, {0x64, 0x65, 0x8b, 0x45, 0x00}},
    };
    struct insn in;

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert_int_eq(insn_decode(&in, cases[i].bytes, 8, cases[i].mode), DECODE_OK);
        ck_assert_msg(in.seg == cases[i].seg && in.prefix == cases[i].prefix, "case %u: %u %x", i,
                      in.seg, in.prefix);
    }
}
END_TEST

START_TEST(sizes)
{
    static const struct {
        enum code_mode mode;
        u8 osize, asize, msize;
        u8 bytes[8];
    } cases[] = {
        {CODE16, 2, 2, 2, {0x01, 0x07}},
        {CODE16, 4, 4, 4, {0x66, 0x67, 0x01, 0x00}},
        {CODE32, 2, 2, 2, {0x66, 0x67, 0x01, 0x07}},
        {CODE64, 8, 4, 8, {0x67, 0x48, 0x01, 0x00}},
        {CODE64, 1, 8, 1, {0x48, 0x00, 0x00}},
        {CODE64, 8, 8, 0, {0x50}},             /* PUSH RAX */
        {CODE64, 2, 8, 0, {0x66, 0x50}},       /* PUSH AX */
        {CODE64, 2, 8, 0, {0x66, 0xe9, 0, 0}}, /* as AMD has it */
        {CODE64, 8, 8, 8, {0xff, 0x10}},
        {CODE64, 4, 8, 1, {0x0f, 0xb6, 0x00}}, /* MOVZX EAX, byte [RAX] */
        {CODE64, 4, 8, 2, {0x0f, 0xb7, 0xc0}},
        {CODE64, 4, 8, 6, {0x48, 0xff, 0x28}},       /* JMP m16:32: no m16:64 on AMD */
        {CODE64, 8, 8, 8, {0x66, 0x0f, 0x20, 0xc0}}, /* MOV RAX, CR0 */
        {CODE32, 4, 4, 4, {0x66, 0x0f, 0x20, 0xc0}},
        {CODE64, 4, 8, 4, {0x66, 0x0f, 0x6e, 0x00}}, /* MOVD: 66 is no size */
        {CODE16, 4, 2, 4, {0x66, 0x0f, 0x6e, 0x07}},
        {CODE64, 2, 8, 2, {0x66, 0xf2, 0x0f, 0x38, 0xf1, 0x00}}, /* CRC32 EAX, word */
        {CODE64, 4, 8, 0, {0x48, 0xed}},                         /* IN EAX, DX */
        {CODE64, 4, 8, 10, {0x0f, 0x01, 0x10}},
        {CODE32, 4, 4, 8, {0x62, 0x00}},
    };
    struct insn in;

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert_int_eq(insn_decode(&in, cases[i].bytes, 8, cases[i].mode), DECODE_OK);
        ck_assert_msg(in.osize == cases[i].osize && in.asize == cases[i].asize &&
                          in.msize == cases[i].msize,
                      "case %u: %u %u %u", i, in.osize, in.asize, in.msize);
    }
}
END_TEST

START_TEST(immediates)
{
    static const u8 add8[] = {0x48, 0x83, 0xc0, 0xff},
                    mov64[] = {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 0x88};
    static const u8 far[] = {0xea, 1, 2, 3, 4, 5, 6}, enter[] = {0xc8, 0x34, 0x12, 0x56};
    static const u8 jump[] = {0x66, 0xe9, 0xfe, 0xff}, test8[] = {0xf6, 0x00, 0xff};
    struct insn in;

    insn_decode(&in, add8, sizeof add8, CODE64);
    ck_assert_uint_eq(in.imm, ~0ull);
    insn_decode(&in, mov64, sizeof mov64, CODE64);
    ck_assert_uint_eq(in.imm, 0x8807060504030201);
    insn_decode(&in, far, sizeof far, CODE32);
    ck_assert_uint_eq(in.imm, 0x0605ull << 32 | 0x04030201);
    insn_decode(&in, enter, sizeof enter, CODE32);
    ck_assert_uint_eq(in.imm, 0x561234);
    ck_assert_uint_eq(in.op[1].kind, OPND_IMM2);
    insn_decode(&in, jump, sizeof jump, CODE32);
    ck_assert_int_eq((i64)in.imm, -2);
    insn_decode(&in, test8, sizeof test8, CODE32);
    ck_assert_uint_eq(in.imm, 0xff);
}
END_TEST

START_TEST(conditions_read_their_flags)
{
    static const u16 flags[8] = {0x800, 1, 0x40, 0x41, 0x80, 4, 0x880, 0x8c0};
    struct insn in;

    for (u8 cc = 0; cc < 16; cc++) {
        u8 jcc[2] = {0x70 | cc, 0}, setcc[3] = {0x0f, 0x90 | cc, 0xc0};
        insn_decode(&in, jcc, 2, CODE32);
        ck_assert_uint_eq(insn_flags_read(&in), flags[cc / 2]);
        insn_decode(&in, setcc, 3, CODE32);
        ck_assert_uint_eq(insn_flags_read(&in), flags[cc / 2]);
    }
    u8 adc[2] = {0x11, 0xc0};
    insn_decode(&in, adc, 2, CODE32);
    ck_assert_uint_eq(insn_flags_read(&in), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("decode/decode");
    TCase *t = tcase_create("all");

    tcase_add_test(t, every_row_is_reached);
    tcase_add_test(t, cut_short_and_too_long);
    tcase_add_test(t, rows_of_one_opcode_stand_together);
    tcase_add_test(t, facts_agree);
    tcase_add_loop_test(t, validity_cases, 0, ARRAY_LEN(validity));
    tcase_add_test(t, voided_rex);
    tcase_add_test(t, segments);
    tcase_add_test(t, sizes);
    tcase_add_test(t, immediates);
    tcase_add_test(t, conditions_read_their_flags);
    suite_add_tcase(s, t);
    return unit_run(s);
}
