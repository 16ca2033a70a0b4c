# SPDX-License-Identifier: MIT
libersatz_core_la_SOURCES += \
    %D%/apic_bus.c \
    %D%/apic_bus.h \
    %D%/device.c \
    %D%/device.h \
    %D%/devices.def \
    %D%/i440fx.c \
    %D%/i440fx.h \
    %D%/i8254.c \
    %D%/i8254.h \
    %D%/i8259.c \
    %D%/i8259.h \
    %D%/ioapic.c \
    %D%/ioapic.h \
    %D%/lapic.c \
    %D%/lapic.h \
    %D%/lapic_regs.c \
    %D%/lapic_state.h \
    %D%/mc146818.c \
    %D%/mc146818.h \
    %D%/pci.c \
    %D%/pci.h \
    %D%/piix3.c \
    %D%/piix3.h \
    %D%/pm_piix4.c \
    %D%/pm_piix4.h \
    %D%/uart16550.c \
    %D%/uart16550.h
