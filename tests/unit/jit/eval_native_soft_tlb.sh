#!/bin/bash
# SPDX-License-Identifier: MIT
# Every row by this host's own backend, on a host that refuses the flat tables.
exec $TEST_RUNNER "$builddir/tests/unit/jit/eval.tap" --native --soft-tlb --states 40
