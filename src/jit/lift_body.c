/* SPDX-License-Identifier: MIT */
/* The bodies, compiled with their second meaning, and the table from rows to them. */
#include "jit/lift_prim.h"

#include "cpu/alu.sem.inc"
#include "cpu/bit.sem.inc"
#include "cpu/move.sem.inc"
#include "cpu/shift.sem.inc"
#include "cpu/stack.sem.inc"
#undef BODY

static lift_fn *const row_bodies[] = {
#define BODY(name) body_##name
#define CALL(name) NULL
#define INSN(map, opcode, ext, prefix, mnemonic, sem, ...) sem,
#include "decode/insn.def"
#undef INSN
#undef CALL
#undef BODY
};

lift_fn *lift_body(unsigned row)
{
    return row_bodies[row];
}
