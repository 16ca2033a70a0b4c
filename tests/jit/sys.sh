#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/sys and tests/cpu286 once more, as translated code. One result a program.
export TEST_ACCEL=jit
n=0
bad=0
for t in sys/sys32 sys/sys64 cpu286/cpu286; do
    n=$((n + 1))
    out=$($TEST_RUNNER "$builddir/tests/$t.tap" 2>&1)
    status=$?
    good=$(grep -c '^ok' <<<"$out")
    if grep -q '^1\.\.0 # SKIP' <<<"$out"; then
        echo "ok $n - $t # SKIP ${out#*SKIP }"
    elif [ $status = 0 ] && [ "$good" -gt 0 ] && ! grep -q '^not ok\|^Bail\|no translated code' <<<"$out"; then
        echo "ok $n - $t as translated code: $good results"
    else
        bad=1
        echo "not ok $n - $t as translated code: status $status"
        grep '^not ok\|^#\|^Bail' <<<"$out" | head -40 | sed 's/^/# /'
    fi
done
echo "1..$n"
exit $bad
