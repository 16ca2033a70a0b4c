/* SPDX-License-Identifier: MIT */
/* AES, SHA and carry-less multiplication against the standards' own vectors. */
#include "unit/cpu/rig.h"
#include "unit/unit.h"

static struct rig rig;

static void setup(void)
{
    rig_init(&rig, true);
}

static void bytes_to_xmm(unsigned n, const u8 *p)
{
    rig_xmm(&rig, n, ld64(p + 8), ld64(p));
}

static void expect_bytes(unsigned n, const u8 *p)
{
    ck_assert_mem_eq(rig.c.fpu.xmm[n], p, 16);
}

/* --- AES: FIPS 197, appendices A.1 and C.1 --- */

static const u8 key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const u8 plain[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                             0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
static const u8 cipher[16] = {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
                              0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};

/* AESKEYGENASSIST xmm2, xmm1, rcon, and what a program does with it. */
static void expand_key(u8 round[11][16])
{
    static const u8 rcon[10] = {1, 2, 4, 8, 16, 32, 64, 128, 0x1b, 0x36};

    memcpy(round[0], key, 16);
    for (unsigned i = 0; i < 10; i++) {
        bytes_to_xmm(1, round[i]);
        OK(&rig, 0x66, 0x0f, 0x3a, 0xdf, 0xd1, rcon[i]);
        u32 w = (u32)(rig.c.fpu.xmm[2][1] >> 32);
        for (unsigned k = 0; k < 4; k++) {
            w ^= ld32(round[i] + 4 * k);
            st32(round[i + 1] + 4 * k, w);
        }
    }
}

START_TEST(aes_key_expansion)
{
    static const u8 last[16] = {0x13, 0x11, 0x1d, 0x7f, 0xe3, 0x94, 0x4a, 0x17,
                                0xf3, 0x07, 0xa7, 0x8b, 0x4d, 0x2b, 0x30, 0xc5};
    u8 round[11][16];

    expand_key(round);
    ck_assert_mem_eq(round[10], last, 16);
}
END_TEST

START_TEST(aes_encrypts)
{
    u8 round[11][16], block[16];

    expand_key(round);
    for (unsigned i = 0; i < 16; i++)
        block[i] = plain[i] ^ round[0][i];
    bytes_to_xmm(3, block);
    for (unsigned i = 1; i < 10; i++) {
        bytes_to_xmm(4, round[i]);
        OK(&rig, 0x66, 0x0f, 0x38, 0xdc, 0xdc);
    }
    memcpy(rig.mem, round[10], 16);
    OK(&rig, 0x66, 0x0f, 0x38, 0xdd, 0x1b); /* AESENCLAST xmm3, [rbx] */
    expect_bytes(3, cipher);
}
END_TEST

START_TEST(aes_decrypts)
{
    u8 round[11][16], block[16];

    expand_key(round);
    for (unsigned i = 0; i < 16; i++)
        block[i] = cipher[i] ^ round[10][i];
    bytes_to_xmm(3, block);
    for (unsigned i = 9; i >= 1; i--) {
        bytes_to_xmm(5, round[i]);
        OK(&rig, 0x66, 0x0f, 0x38, 0xdb, 0xe5); /* AESIMC xmm4, xmm5 */
        OK(&rig, 0x66, 0x0f, 0x38, 0xde, 0xdc);
    }
    bytes_to_xmm(4, round[0]);
    OK(&rig, 0x66, 0x0f, 0x38, 0xdf, 0xdc);
    expect_bytes(3, plain);
}
END_TEST

/* --- SHA: the one-block message "abc", FIPS 180-4 --- */

/* The padded block's words, big-endian turned to numbers. */
static void abc_words(u32 w[16])
{
    memset(w, 0, 64);
    w[0] = 0x61626380;
    w[15] = 24;
}

/* Words i..i+3 with the first in the top lane, as SHA-1 has them. */
static void words_down(unsigned n, const u32 *w)
{
    rig_xmm(&rig, n, (u64)w[0] << 32 | w[1], (u64)w[2] << 32 | w[3]);
}

static void take_words_down(unsigned n, u32 *w)
{
    w[0] = (u32)(rig.c.fpu.xmm[n][1] >> 32);
    w[1] = (u32)rig.c.fpu.xmm[n][1];
    w[2] = (u32)(rig.c.fpu.xmm[n][0] >> 32);
    w[3] = (u32)rig.c.fpu.xmm[n][0];
}

/* w[t..t+3] from the sixteen before: SHA1MSG1, PXOR, SHA1MSG2. */
static void sha1_schedule(u32 *w)
{
    words_down(1, w - 16);
    words_down(2, w - 12);
    OK(&rig, 0x0f, 0x38, 0xc9, 0xca); /* SHA1MSG1 xmm1, xmm2 */
    words_down(2, w - 8);
    OK(&rig, 0x66, 0x0f, 0xef, 0xca); /* PXOR xmm1, xmm2 */
    words_down(2, w - 4);
    OK(&rig, 0x0f, 0x38, 0xca, 0xca); /* SHA1MSG2 xmm1, xmm2 */
    take_words_down(1, w);
}

START_TEST(sha1_of_abc)
{
    static const u32 h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    static const u32 digest[5] = {0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c, 0x9cd0d89d};
    u32 w[80], state[4];

    abc_words(w);
    for (unsigned t = 16; t < 80; t += 4)
        sha1_schedule(w + t);
    words_down(1, h);                     /* A B C D */
    rig_xmm(&rig, 2, (u64)h[4] << 32, 0); /* E */
    for (unsigned t = 0; t < 80; t += 4) {
        u64 before[2] = {rig.c.fpu.xmm[1][0], rig.c.fpu.xmm[1][1]};
        words_down(3, w + t);
        if (t == 0)
            OK(&rig, 0x66, 0x0f, 0xfe, 0xd3); /* PADDD xmm2, xmm3: E itself */
        else
            OK(&rig, 0x0f, 0x38, 0xc8, 0xd3);           /* SHA1NEXTE xmm2, xmm3: E from A */
        OK(&rig, 0x0f, 0x3a, 0xcc, 0xca, (u8)(t / 20)); /* SHA1RNDS4 xmm1, xmm2 */
        rig_xmm(&rig, 2, before[1], before[0]);
    }
    rig_xmm(&rig, 3, 0, 0);
    OK(&rig, 0x0f, 0x38, 0xc8, 0xd3);
    take_words_down(1, state);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(state[i] + h[i], digest[i]);
    ck_assert_uint_eq((u32)(rig.c.fpu.xmm[2][1] >> 32) + h[4], digest[4]);
}
END_TEST

/* First word in the bottom lane, as SHA-256 has them. */
static void words_up(unsigned n, const u32 *w)
{
    rig_xmm(&rig, n, (u64)w[3] << 32 | w[2], (u64)w[1] << 32 | w[0]);
}

static void sha256_schedule(u32 *w)
{
    words_up(1, w - 16);
    words_up(2, w - 12);
    OK(&rig, 0x0f, 0x38, 0xcc, 0xca); /* SHA256MSG1 xmm1, xmm2 */
    words_up(2, w - 7);
    OK(&rig, 0x66, 0x0f, 0xfe, 0xca); /* PADDD xmm1, xmm2 */
    words_up(2, w - 4);
    OK(&rig, 0x0f, 0x38, 0xcd, 0xca); /* SHA256MSG2 xmm1, xmm2 */
    st64(w, rig.c.fpu.xmm[1][0]);
    st64(w + 2, rig.c.fpu.xmm[1][1]);
}

/* The first 32 bits of the fractional parts of the first primes' square and cube roots. */
static u32 root_fraction(unsigned prime, unsigned power)
{
    u128 low = 0, high = (u128)8 << 32; /* all roots wanted are below 8, in 32 fraction bits */

    while (high - low > 1) {
        u128 mid = (low + high) / 2, p = mid * mid;
        if (power == 3)
            p = (p >> 8) * mid; /* 35 * 3 bits: 8 are spared, and none of them decides */
        u128 target = (u128)prime << (power == 3 ? 96 - 8 : 64);
        if (p <= target)
            low = mid;
        else
            high = mid;
    }
    return (u32)low;
}

static void primes(unsigned *p, unsigned n)
{
    for (unsigned i = 0, v = 2; i < n; v++) {
        bool prime = true;
        for (unsigned k = 0; k < i; k++)
            prime &= v % p[k] != 0;
        if (prime)
            p[i++] = v;
    }
}

START_TEST(sha256_of_abc)
{
    static const u32 digest[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                  0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    unsigned p[64];
    u32 w[64], h[8];

    primes(p, 64);
    for (unsigned i = 0; i < 8; i++)
        h[i] = root_fraction(p[i], 2);
    abc_words(w);
    for (unsigned t = 16; t < 64; t += 4)
        sha256_schedule(w + t);
    words_down(1, (const u32[]){h[2], h[3], h[6], h[7]}); /* C D G H */
    words_down(2, (const u32[]){h[0], h[1], h[4], h[5]}); /* A B E F */
    for (unsigned t = 0; t < 64; t += 2) {
        u64 abef[2] = {rig.c.fpu.xmm[2][0], rig.c.fpu.xmm[2][1]};
        u32 wk0 = w[t] + root_fraction(p[t], 3), wk1 = w[t + 1] + root_fraction(p[t + 1], 3);
        rig_xmm(&rig, 0, 0, (u64)wk1 << 32 | wk0);
        OK(&rig, 0x0f, 0x38, 0xcb, 0xca); /* SHA256RNDS2 xmm1, xmm2: the new A B E F */
        rig_xmm(&rig, 2, rig.c.fpu.xmm[1][1], rig.c.fpu.xmm[1][0]);
        rig_xmm(&rig, 1, abef[1], abef[0]);
    }
    u32 abef[4], cdgh[4];
    take_words_down(2, abef);
    take_words_down(1, cdgh);
    const u32 out[8] = {abef[0], abef[1], cdgh[0], cdgh[1], abef[2], abef[3], cdgh[2], cdgh[3]};
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(out[i] + h[i], digest[i]);
}
END_TEST

/* --- carry-less multiplication: the halves of Intel's white paper on PCLMULQDQ --- */

START_TEST(carryless_products)
{
    static const struct {
        u8 imm;
        u64 high, low;
    } t[] = {
        {0x00, 0x1d4d84c85c3440c0, 0x929633d5d36f0451},
        {0x01, 0x1a2bf6db3a30862f, 0xbabf262df4b7d5c9},
        {0x10, 0x1bd17c8d556ab5a1, 0x7fa540ac2a281315},
        {0x11, 0x1d1e1f2c592e7c45, 0xd66ee03e410fd4ed},
    };
    rig_xmm(&rig, 1, 0x7b5b546573745665, 0x63746f725d53475d);
    rig_xmm(&rig, 2, 0x4869285368617929, 0x5b477565726f6e5d);
    OK(&rig, 0x0f, 0x28, 0xd9); /* MOVAPS xmm3, xmm1 */
    OK(&rig, 0x66, 0x0f, 0x3a, 0x44, 0xda, t[_i].imm);
    ck_assert_uint_eq(rig.c.fpu.xmm[3][1], t[_i].high);
    ck_assert_uint_eq(rig.c.fpu.xmm[3][0], t[_i].low);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("crypto");
    TCase *t = tcase_create("vectors");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, aes_key_expansion);
    tcase_add_test(t, aes_encrypts);
    tcase_add_test(t, aes_decrypts);
    tcase_add_test(t, sha1_of_abc);
    tcase_add_test(t, sha256_of_abc);
    tcase_add_loop_test(t, carryless_products, 0, 4);
    suite_add_tcase(s, t);
    return unit_run(s);
}
