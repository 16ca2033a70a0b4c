# SPDX-License-Identifier: MIT
# The JIT will stand here; the interpreter is the only engine so far.
