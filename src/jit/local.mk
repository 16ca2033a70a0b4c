# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/check.c \
    %D%/code.c \
    %D%/code.h \
    %D%/describe.c \
    %D%/engine.c \
    %D%/engine.h \
    %D%/engine_state.h \
    %D%/group.c \
    %D%/helper.c \
    %D%/helper.def \
    %D%/helper.h \
    %D%/helper_alu.c \
    %D%/helper_flags.h \
    %D%/host.h \
    %D%/host_ffi.c \
    %D%/ir.c \
    %D%/ir.def \
    %D%/ir.h \
    %D%/jit_no.def \
    %D%/jitdump.c \
    %D%/jump.c \
    %D%/lift.c \
    %D%/lift.h \
    %D%/lift_body.c \
    %D%/lift_call.c \
    %D%/lift_flags.c \
    %D%/lift_host.c \
    %D%/lift_leave.c \
    %D%/lift_mem.c \
    %D%/lift_prim.h \
    %D%/lift_system.c \
    %D%/lift_value.c \
    %D%/link.c \
    %D%/opt.c \
    %D%/perfmap.c \
    %D%/print.c \
    %D%/profile.c \
    %D%/region.c \
    %D%/translate.c \
    %D%/signal.c \
    %D%/stub.c

if X86_64_HOST
libersatz_core_la_SOURCES += \
    %D%/emit_x86_64.c \
    %D%/emit_x86_64.h \
    %D%/host_x86_64.c \
    %D%/host_x86_64.h \
    %D%/host_x86_64_alu.c \
    %D%/host_x86_64_beside.c \
    %D%/host_x86_64_redo.c \
    %D%/host_x86_64_return.c \
    %D%/host_x86_64_exit.c \
    %D%/host_x86_64_flags.c \
    %D%/host_x86_64_group.c \
    %D%/host_x86_64_mem.c \
    %D%/host_x86_64_move.c \
    %D%/host_x86_64_muldiv.c \
    %D%/host_x86_64_shift.c \
    %D%/host_x86_64_swap.c \
    %D%/host_x86_64_simd.c \
    %D%/host_x86_64_sse.c \
    %D%/host_x86_64_system.c \
    %D%/host_x86_64_thunk.c \
    %D%/host_x86_64_units.c \
    %D%/host_x86_64_value.c \
    %D%/host_x86_64_x87.c
endif
