#!/bin/bash
# SPDX-License-Identifier: MIT
# Every row on a host that refuses the flat tables.
exec $TEST_RUNNER "$builddir/tests/unit/jit/eval.tap" --soft-tlb --states 40
