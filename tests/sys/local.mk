# SPDX-License-Identifier: MIT
# System instructions: test images that run on a CPU with RAM and three ports (runner.c), and,
# by compare.sh, on other emulators.
sys_legacy = \
    %D%/legacy/boot32.S \
    %D%/legacy/lib.c \
    %D%/legacy/call.c \
    %D%/legacy/control.c \
    %D%/legacy/debug.c \
    %D%/legacy/event.c \
    %D%/legacy/gate.c \
    %D%/legacy/order.c \
    %D%/legacy/paging.c \
    %D%/legacy/real.c \
    %D%/legacy/segment.c \
    %D%/legacy/task.c \
    %D%/legacy/vm86.c
sys_guest_cflags = -Ibios -O1 -ffreestanding -fno-pic -no-pie -fno-stack-protector -fcf-protection=none \
    -fno-asynchronous-unwind-tables -mno-mmx -mno-sse -nostdlib -static -Wall -Wextra -Werror \
    -Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,--oformat=binary

sys_long = \
    %D%/long/boot64.S \
    %D%/long/long.c

sys_tests = %D%/sys32.tap %D%/sys64.tap
EXTRA_DIST += $(sys_legacy) $(sys_long) %D%/legacy/lib.h %D%/image.ld %D%/compare.sh %D%/floppy.S

%D%/sys32.bin: $(sys_legacy) %D%/legacy/lib.h bios/x86.h %D%/image.ld
	$(AM_V_GEN)$(MKDIR_P) %D% && cd $(srcdir) && \
	    $(CC) -m32 -march=i686 $(sys_guest_cflags) -Wl,-T,%D%/image.ld -o $(abs_builddir)/$@ $(sys_legacy)

%D%/sys64.bin: $(sys_long) bios/x86.h %D%/image.ld
	$(AM_V_GEN)$(MKDIR_P) %D% && cd $(srcdir) && \
	    $(CC) -m64 -mno-red-zone $(sys_guest_cflags) -Wl,-T,%D%/image.ld -o $(abs_builddir)/$@ $(sys_long)

if X86_CC
check_DATA += %D%/sys32.bin %D%/sys64.bin
CLEANFILES += %D%/sys32.bin %D%/sys64.bin
endif

%C%_sys32_tap_SOURCES = %D%/runner.c
%C%_sys32_tap_CPPFLAGS = $(check_cppflags) -DIMAGE='"sys32.bin"'
%C%_sys32_tap_LDADD = libersatz-core.la -lm

%C%_sys64_tap_SOURCES = %D%/runner.c
%C%_sys64_tap_CPPFLAGS = $(check_cppflags) -DIMAGE='"sys64.bin"'
%C%_sys64_tap_LDADD = libersatz-core.la -lm

check_PROGRAMS += $(sys_tests)
if CAN_RUN
TESTS += $(sys_tests)
endif
