# SPDX-License-Identifier: MIT
# The program with a machine that is no PC behind it, and what is generated for it.
check_PROGRAMS += %D%/fake
%C%_fake_LDADD = libersatz-front.la libersatz-core.la
EXTRA_DIST += %D%/cli.py %D%/curses.py %D%/manual.sh
if !CROSS
TESTS += %D%/cli.py %D%/curses.py %D%/manual.sh
endif
