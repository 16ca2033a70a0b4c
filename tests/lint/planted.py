#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The lint's rules of order, on code with and without a fault. Prints TAP."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lint

BODIES = (
    ("V s = shr(a, n);", True),
    ("V bit = shl(k(1), n);", True),
    ("V bits = rds(0, operand_size());", True),
    ("set_cf(k(0));", True),
    ("V f = select(none, k(EFL_ZF), k(0));", False),
    ("flags_put(r, k(0), k(0));", False),
    ("V out = and(shr(a, n), k(1));", False),
    ("if (a) wr(0, r);", False),
    ("V r = a + b;", False),
)

HEAD = """
ir_ref lift_const(struct lift *l, u64 v);
static inline ir_ref lift_read(struct lift *l, unsigned n,
                               unsigned size);
bool lift_is_const(const struct lift *l, ir_ref r, u64 *v);
ir_ref lift_binary(struct lift *l, enum ir_code code, ir_ref a, ir_ref b);
#define k(constant) lift_const(l, constant)
"""
LIFTERS = (
    ("lift_binary(l, IR_ADD, a, lift_const(l, 1));", 0),
    ("lift_put(l, RDX, IR_OP(l, .code = IR_SHR, .a = t, .b = lift_const(l, 32)), 4);", 0),
    ("if (lift_read(l, 0, 1) == a && lift_read(l, 1, 1) == b)", 0),
    ("f(l, lift_is_const(l, a, &v), lift_is_const(l, b, &v));", 0),
    ("/* lift_binary(l, IR_AND, lift_read(l, n, 1), lift_const(l, 31)) */", 0),
    ("lift_binary(l, IR_AND, lift_read(l, n, 1), lift_const(l, 31));", 1),
    ("lift_binary(l, IR_AND,\n    lift_read(l, n, 1),\n    lift_const(l, 31));", 1),
    ("#define count(n) \\\n    lift_binary(l, IR_AND, lift_read(l, n, 1), lift_const(l, 31))", 1),
    ("IR_OP(l, .code = IR_SELECT, .a = when, .b = lift_const(l, 1), .c = k(2));", 1),
    ("lift_op(l, &(struct ir_op){.a = k(1), .b = k(2)});", 1),
    ("advance(l, lift_const(l, 1) + lift_const(l, 2));", 1),
)
MACROS = (
    ("#define shl(a, n) lift_shift(l, IR_SHL, a, n)", 0),
    ("#define wr(n, v) lift_write(l, n, v, l->n)", 0),
    ("#define not(a) lift_one(l, IR_NOT, lift_at(l, a)->size, a)", 1),
    ("#define twice(v) \\\n    f(v); \\\n    f(v)", 1),
)


def main():
    names = lint.appenders([HEAD])
    results = [(lint.is_primitive("    " + text) == good, text) for text, good in BODIES]
    results += [(len(lint.unordered(text, names)) == bad, text) for text, bad in LIFTERS]
    results += [(len(lint.used_twice(text)) == bad, text) for text, bad in MACROS]
    results.append((names == {"IR_OP", "lift_const", "lift_read", "lift_binary", "k"}, "names"))
    print(f"1..{len(results)}")
    for n, (ok, text) in enumerate(results, 1):
        print(f"{'ok' if ok else 'not ok'} {n} - {' '.join(text.split()).replace('#', '')}")


if __name__ == "__main__":
    main()
