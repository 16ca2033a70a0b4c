# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/lint.py %D%/planted.py
# The rules are about the sources: checked once, in the plain build for this machine.
if !CROSS
if !SANITIZERS
TESTS += %D%/lint.py %D%/planted.py
endif
endif
