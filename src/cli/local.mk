# SPDX-License-Identifier: MIT
libersatz_front_la_SOURCES += \
    %D%/app.c \
    %D%/app.h \
    %D%/chardevs.c \
    %D%/connect.c \
    %D%/console.c \
    %D%/create.c \
    %D%/create.h \
    %D%/display.c \
    %D%/exit.def \
    %D%/exit.h \
    %D%/keyboard.c \
    %D%/machine_file.c \
    %D%/machine_file.h \
    %D%/monitor.c \
    %D%/monitor.def \
    %D%/monitor.h \
    %D%/monitor_keys.c \
    %D%/monitor_media.c \
    %D%/monitor_report.c \
    %D%/monitor_run.c \
    %D%/monitor_screen.c \
    %D%/options.c \
    %D%/options.def \
    %D%/options.h \
    %D%/options_help.c \
    %D%/paths.c \
    %D%/paths.h \
    %D%/session.c \
    %D%/session.h \
    %D%/terminal.c \
    %D%/terminal.h

ersatz_SOURCES = %D%/main.c
ersatz_LDADD = libersatz-front.la libersatz-core.la

cli_tables = src/base/log.def %D%/options.def src/char/backends.def %D%/exit.def %D%/monitor.def
cli_awk = %D%/table.awk %D%/man.awk %D%/completion.awk %D%/ersatz.1.in %D%/ersatz.5.in
EXTRA_DIST += $(cli_awk)

# The manual and bash's completion are made from the same tables as the parser.
nodist_man_MANS += ersatz.1 ersatz.5
CLEANFILES += ersatz.1 ersatz.5 ersatz.bash
cli_page = $(AM_V_GEN)cd $(srcdir) && $(AWK) -v page=%D%/$@.in -v version=$(PACKAGE_VERSION) \
    -v date='November 21, 2026' -f %D%/table.awk -f %D%/man.awk $(cli_tables) \
    >$(abs_top_builddir)/$@.new && mv $(abs_top_builddir)/$@.new $(abs_top_builddir)/$@
ersatz.1: $(cli_tables) $(cli_awk)
	$(cli_page)
ersatz.5: $(cli_tables) $(cli_awk)
	$(cli_page)

ersatz.bash: $(cli_tables) $(cli_awk)
	$(AM_V_GEN)cd $(srcdir) && LC_ALL=C $(AWK) -f %D%/table.awk -f %D%/completion.awk \
	    $(cli_tables) >$(abs_top_builddir)/$@
nodist_noinst_DATA = ersatz.bash

install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(bashcompdir)
	$(INSTALL_DATA) ersatz.bash $(DESTDIR)$(bashcompdir)/ersatz
uninstall-hook:
	rm -f $(DESTDIR)$(bashcompdir)/ersatz
