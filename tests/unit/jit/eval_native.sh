#!/bin/bash
# SPDX-License-Identifier: MIT
# Every row by this host's own backend against the interpreter.
exec $TEST_RUNNER "$builddir/tests/unit/jit/eval.tap" --native --states 100
