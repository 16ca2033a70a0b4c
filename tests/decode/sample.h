/* SPDX-License-Identifier: MIT */
/*
 * Random instruction strings and what the test's oracles say of them. Two disassemblers with
 * different authors check ours: Zydis for validity and length, Capstone for these and for names
 * and operands. Where one differs from us, it must be an erratum of a table: a predicate over
 * the string, with the reason. Everything else fails the test.
 */
#ifndef TESTS_DECODE_SAMPLE_H
#define TESTS_DECODE_SAMPLE_H

#include "decode/insn.h"

#define SAMPLE_BYTES 15

/* What a string looks like, found without the decoder under test. */
struct shape {
    unsigned prefixes; /* legacy prefixes, before REX */
    bool p66, p67, rep, lock;
    bool early;    /* one of 66 F2 F3 is not right before the last REX, or the opcode */
    bool null_seg; /* ES CS SS DS override */
    u8 rex;        /* 0: none that counts */
    bool vex;
    u8 map;           /* 0 one byte, 1 0F, 2 0F 38, 3 0F 3A */
    u8 opcode, modrm; /* modrm: the byte after the opcode */
};

struct sample {
    u8 bytes[SAMPLE_BYTES + 1];
    enum code_mode mode;
    struct shape shape;
    struct insn in;
    enum decode_result result;
    char text[128];
};

/* What an oracle found. */
struct verdict {
    bool valid;
    unsigned len;
    const char *extension;           /* Zydis: the instruction-set extension */
    const char *mnemonic, *operands; /* Capstone */
};

struct erratum {
    const char *name;
    const char *reason;
    bool (*applies)(const struct erratum *self, const struct sample *s, const struct verdict *v);
    bool rare; /* 10^7 strings may not meet it */
};

/* An oracle: its errata, and how often each was met. */
#define ERRATA_MAX 96
struct oracle {
    const char *name;
    const struct erratum *errata;
    unsigned count;
    u64 met[ERRATA_MAX];
    u64 agreed, unexplained;
};

u64 sample_random(u64 *state);
void sample_make(struct sample *s, u64 *state);
/* Shape, decoding and text of s->bytes. */
void sample_decode(struct sample *s);

/* Finds the erratum that explains a difference, or counts and prints it. */
void oracle_differs(struct oracle *o, const struct sample *s, const struct verdict *v);

extern const struct erratum zydis_errata[];
extern const unsigned zydis_errata_count;
extern const struct erratum capstone_errata[];
extern const unsigned capstone_errata_count;

/* True: Capstone's text says the same as ours. */
bool capstone_same_text(const struct sample *s, const struct verdict *v);

#endif
