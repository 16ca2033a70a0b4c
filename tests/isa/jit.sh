#!/bin/bash
# SPDX-License-Identifier: MIT
# Translated code gives the outcomes of digests.txt, which the hardware gave.
exec $TEST_RUNNER "$builddir/tests/isa/isa.tap" --jit --golden
