# SPDX-License-Identifier: MIT
# The program with a machine that is no PC behind it, and what is generated for it.
check_PROGRAMS += %D%/fake
%C%_fake_LDADD = libersatz-front.la libersatz-core.la
cli_tests = %D%/cli.py %D%/connections.py %D%/curses.py %D%/manual.sh %D%/monitor.py
EXTRA_DIST += $(cli_tests) %D%/program.py
if !CROSS
TESTS += $(cli_tests)
endif
