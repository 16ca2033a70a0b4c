/* SPDX-License-Identifier: MIT */
/*
 * Ersatz as a library: a whole x86 PC behind an opaque handle.
 *
 *     struct ersatz_error error;
 *     struct ersatz_exit why;
 *     struct ersatz_machine *m = ersatz_create(&error);
 *     ersatz_set(m, "memory", "256M", &error);
 *     ersatz_set(m, "kernel", "vmlinuz", &error);
 *     ersatz_power_on(m, &error);
 *     ersatz_run(m, 0, &why, &error);
 *     ersatz_destroy(m);
 *
 * Rules that hold for every function:
 * - A function that can fail returns 0 or a negative enum ersatz_err and fills `error`, which
 *   the caller owns and which may be NULL. A guest's faults are the guest's: never an error.
 * - Strings are UTF-8 and end in 0; the library copies what it keeps. Sizes are in bytes.
 * - Machines share nothing: any number may exist in a process, each run by its own thread.
 * - Threads: one thread at a time may be inside a machine. Only functions marked "any thread"
 *   may be called while another thread runs the machine; the others return -ERSATZ_E_BUSY then.
 */
#ifndef ERSATZ_ERSATZ_H
#define ERSATZ_ERSATZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ERSATZ_API __attribute__((visibility("default")))
#else
#define ERSATZ_API
#endif

/* ---- Errors ------------------------------------------------------------------------------ */

/* X(enumerator, number, what it means); numbers are never reused */
#define ERSATZ_ERRORS(X)                                                                           \
    X(OK, 0, "no error")                                                                           \
    X(E_NOMEM, 1, "the host has no memory left")                                                   \
    X(E_HOST, 2, "a call to the host system failed")                                               \
    X(E_OPEN, 3, "a file cannot be opened or read")                                                \
    X(E_SIZE, 4, "a file is too small or too large")                                               \
    X(E_FORMAT, 5, "a file is of another format")                                                  \
    X(E_NAME, 6, "no such setting, model, device, topic or register")                              \
    X(E_VALUE, 7, "a value is malformed or out of range")                                          \
    X(E_CONFLICT, 8, "two settings exclude each other, or one is missing")                         \
    X(E_BUSY, 9, "the machine runs on another thread")                                             \
    X(E_STATE, 10, "not possible in the machine's present state")                                  \
    X(E_ADDRESS, 11, "no memory at that address")                                                  \
    X(E_UNSUPPORTED, 12, "this build or host cannot do that")

enum ersatz_err {
#define ERSATZ_X(id, number, text) ERSATZ_##id = number,
    ERSATZ_ERRORS(ERSATZ_X)
#undef ERSATZ_X
};

struct ersatz_error {
    enum ersatz_err code;
    char text[512]; /* one line for people, without a newline */
};

/* What a code, or its negative, means. Never NULL. Any thread. */
ERSATZ_API const char *ersatz_err_text(int code);

/* ---- Making a machine -------------------------------------------------------------------- */

struct ersatz_machine;

/* A machine that is configured next. NULL with `error` filled when the host refuses. */
ERSATZ_API struct ersatz_machine *ersatz_create(struct ersatz_error *error);

/* Frees the machine and all that hangs off it. Nobody may be inside. NULL is allowed. */
ERSATZ_API void ersatz_destroy(struct ersatz_machine *m);

/* X(key, value's shape, default, what it sets). A key is given once, the last one holds;
 * "device" and "drive" may be given many times and add. */
#define ERSATZ_SETTINGS(X)                                                                         \
    X("machine", "NAME", "pc", "the board")                                                        \
    X("memory", "SIZE[K|M|G]", "128M", "RAM; without a suffix in MiB")                             \
    X("smp", "N", "1", "number of CPUs")                                                           \
    X("cpu", "MODEL[,+FEATURE|,-FEATURE]...", "max", "CPU model and its features")                 \
    X("kernel", "FILE", "", "Linux bzImage or multiboot image to start")                           \
    X("initrd", "FILE[ ARGS][,FILE...]", "", "initial RAM disk, or multiboot modules")             \
    X("append", "TEXT", "", "the kernel's command line")                                           \
    X("bios", "FILE", "", "the firmware's ROM; none: the kernel directly, or our BIOS")            \
    X("boot", "[order=LETTERS][,once=LETTERS][,menu=on|off][,splash-time=MS]", "order=cad",        \
      "what a firmware starts from: a b floppies, c disk, d CD, n network")                        \
    X("fw_cfg", "name=NAME,file=FILE|string=TEXT", "", "a file that the firmware can read")        \
    X("smbios", "type=0|1|2|3[,PROPERTY=TEXT]...", "", "what SMBIOS tells of the machine")         \
    X("rtc.base", "utc|localtime|YYYY-MM-DD[Thh:mm:ss]", "utc", "the RTC's time at power-on")      \
    X("rtc.clock", "host|vm", "host", "what the RTC's base is read from; vm: a fixed date")        \
    X("clock", "virtual|host", "virtual", "whether a halted machine waits for the host's clock")   \
    X("accel", "auto|interp|jit", "auto",                                                          \
      "the engine: jit translates hot code, interp never; auto: jit if it knows the host's CPU")   \
    X("jit", "[backend=native|portable][,optimise=on|off][,heat=N][,buffer=KIB]", "",              \
      "how the JIT works")                                                                         \
    X("perfmap", "on|off", "off", "names of translated code for perf, in /tmp/perf-PID.map")       \
    X("jitdump", "on|off", "off", "translated code for perf inject --jit, in /tmp/jit-PID.dump")   \
    X("soft-fpu", "on|off", "off", "floating point by the exact kernels only")                     \
    X("vga", "std|none", "std", "the display adapter")                                             \
    X("no-reboot", "on|off", "off", "a reset ends the run")                                        \
    X("log", "TOPIC[,TOPIC...]", "", "topics to log; all, none; may be set at any time")           \
    X("device", "NAME[,PROPERTY=VALUE]...", "", "an additional device")                            \
    X("drive", "PROPERTY=VALUE[,PROPERTY=VALUE]...", "", "a drive and the image file in it")       \
    X("snapshot", "on|off", "off", "what is written to drives is forgotten in the end")

/*
 * Gives the machine a setting, by the table above. Before ersatz_power_on(); "log" and
 * "no-reboot" also later. Values are checked here as far as they can be by themselves, files in
 * ersatz_power_on(). An unknown name gives -ERSATZ_E_NAME, and the text its nearest neighbour.
 */
ERSATZ_API int ersatz_set(struct ersatz_machine *m, const char *key, const char *value,
                          struct ersatz_error *error);

/* Builds the machine out of its settings, loads its files, resets it. Once. */
ERSATZ_API int ersatz_power_on(struct ersatz_machine *m, struct ersatz_error *error);

/* ---- Names ------------------------------------------------------------------------------- */

enum ersatz_names {
    ERSATZ_NAMES_MACHINE,
    ERSATZ_NAMES_CPU_MODEL,
    ERSATZ_NAMES_CPU_FEATURE,
    ERSATZ_NAMES_DEVICE,
    ERSATZ_NAMES_LOG_TOPIC,
};

/*
 * The i-th name of a kind, counted from 0, or NULL behind the last; `text` (may be NULL) gets
 * a line that describes it. The strings live forever. Any thread.
 */
ERSATZ_API const char *ersatz_name(enum ersatz_names kind, unsigned i, const char **text);

/*
 * The name among `n` that is nearest to `word` by edit distance, or NULL when none is near
 * enough to be meant. Any thread.
 */
ERSATZ_API const char *ersatz_nearest(const char *word, const char *const *names, size_t n);

/* ---- Running ----------------------------------------------------------------------------- */

/* X(enumerator, name, what ended the run) */
#define ERSATZ_STOPS(X)                                                                            \
    X(STOP_LIMIT, "limit", "the wanted number of instructions has run")                            \
    X(STOP_REQUESTED, "requested", "ersatz_stop() was called")                                     \
    X(STOP_POWER_OFF, "power-off", "the guest switched the machine off")                           \
    X(STOP_RESET, "reset", "the guest reset the machine and no-reboot is on")                      \
    X(STOP_DEBUG_EXIT, "debug-exit", "the guest wrote to isa-debug-exit")                          \
    X(STOP_GUEST_PANIC, "guest-panicked", "the guest's kernel crashed and said so to pvpanic")     \
    X(STOP_TRIPLE_FAULT, "triple-fault", "a CPU shut down on a triple fault")                      \
    X(STOP_DISK, "disk", "the host could not write a drive's file; to be run again when it can")   \
    X(STOP_HALTED, "halted", "every CPU is halted and nothing can wake one")                       \
    X(STOP_VERIFY, "verify", "translated code did something else than the interpreter")            \
    X(STOP_ERROR, "error", "the host failed underneath the machine")

enum ersatz_stop {
#define ERSATZ_X(id, name, text) ERSATZ_##id,
    ERSATZ_STOPS(ERSATZ_X)
#undef ERSATZ_X
};

struct ersatz_exit {
    enum ersatz_stop why;
    uint32_t value; /* STOP_DEBUG_EXIT: what was written; STOP_DISK: an errno; else 0 */
    unsigned cpu;   /* the CPU that did it, or the one that ran last */
    char text[512]; /* one line: what, where, in which mode */
};

/*
 * Runs all CPUs for `limit` retired instructions, 0 for no limit, or until something of
 * ERSATZ_STOPS happens. The thread that calls is the machine's thread meanwhile; callbacks are
 * called on it. After STOP_LIMIT, STOP_REQUESTED, STOP_RESET and STOP_DISK the next call goes on
 * where this one ended, exactly as if there had been no stop; after the others only ersatz_reset()
 * helps.
 */
ERSATZ_API int ersatz_run(struct ersatz_machine *m, uint64_t limit, struct ersatz_exit *why,
                          struct ersatz_error *error);

/*
 * Before both are switched on: m, by the JIT, is from now on compared with `twin`, which was given
 * the same settings and runs by the interpreter. ersatz_power_on(m) and ersatz_run(m) take the
 * twin along, and at the first difference the run ends with STOP_VERIFY and lines that tell of
 * it. Input from outside isn't shared; the twin's drives must be its own.
 */
ERSATZ_API int ersatz_verify(struct ersatz_machine *m, struct ersatz_machine *twin,
                             struct ersatz_error *error);

/* Runs one instruction of CPU `cpu` alone; time passes for the whole machine. */
ERSATZ_API int ersatz_step(struct ersatz_machine *m, unsigned cpu, struct ersatz_exit *why,
                           struct ersatz_error *error);

/* Asks a running machine to stop soon, a stopped one to stop at once when run. Any thread, and
 * async-signal-safe. */
ERSATZ_API void ersatz_stop(struct ersatz_machine *m);

/* The reset button, and the power button (an ACPI event to the guest). Both pass the input
 * gate, so they take effect when the machine runs. Any thread. */
ERSATZ_API void ersatz_reset(struct ersatz_machine *m);
ERSATZ_API void ersatz_power_button(struct ersatz_machine *m);

/* ---- Looking inside ---------------------------------------------------------------------- */

ERSATZ_API unsigned ersatz_cpu_count(const struct ersatz_machine *m);

/* Instructions retired since power-on by all CPUs; the machine's clock. Any thread: exact when
 * the machine stands still, a recent value while it runs. */
ERSATZ_API uint64_t ersatz_instructions(const struct ersatz_machine *m);

/* Virtual time since power-on, in ns. Any thread, as above. */
ERSATZ_API uint64_t ersatz_time(const struct ersatz_machine *m);

/* A 64-bit hash of all RAM, the same for the same contents on every host. */
ERSATZ_API int ersatz_ram_hash(struct ersatz_machine *m, uint64_t *hash,
                               struct ersatz_error *error);

/* X(enumerator, name, bits). Wider ones use both halves of struct ersatz_value. Segment
 * registers are selectors; *_BASE and *_LIMIT are what is cached of the descriptors; EFL is
 * RFLAGS; STn is relative to the top of stack. */
/* clang-format off */
#define ERSATZ_REGISTERS(X)                                                                        \
    X(RAX, "rax", 64) X(RCX, "rcx", 64) X(RDX, "rdx", 64) X(RBX, "rbx", 64)                        \
    X(RSP, "rsp", 64) X(RBP, "rbp", 64) X(RSI, "rsi", 64) X(RDI, "rdi", 64)                        \
    X(R8, "r8", 64) X(R9, "r9", 64) X(R10, "r10", 64) X(R11, "r11", 64)                            \
    X(R12, "r12", 64) X(R13, "r13", 64) X(R14, "r14", 64) X(R15, "r15", 64)                        \
    X(RIP, "rip", 64) X(RFLAGS, "rflags", 64)                                                      \
    X(ES, "es", 16) X(CS, "cs", 16) X(SS, "ss", 16) X(DS, "ds", 16)                                \
    X(FS, "fs", 16) X(GS, "gs", 16) X(LDTR, "ldtr", 16) X(TR, "tr", 16)                            \
    X(ES_BASE, "es_base", 64) X(CS_BASE, "cs_base", 64) X(SS_BASE, "ss_base", 64)                  \
    X(DS_BASE, "ds_base", 64) X(FS_BASE, "fs_base", 64) X(GS_BASE, "gs_base", 64)                  \
    X(LDTR_BASE, "ldtr_base", 64) X(TR_BASE, "tr_base", 64)                                        \
    X(ES_LIMIT, "es_limit", 32) X(CS_LIMIT, "cs_limit", 32) X(SS_LIMIT, "ss_limit", 32)            \
    X(DS_LIMIT, "ds_limit", 32) X(FS_LIMIT, "fs_limit", 32) X(GS_LIMIT, "gs_limit", 32)            \
    X(LDTR_LIMIT, "ldtr_limit", 32) X(TR_LIMIT, "tr_limit", 32)                                    \
    X(GDTR_BASE, "gdtr_base", 64) X(GDTR_LIMIT, "gdtr_limit", 16)                                  \
    X(IDTR_BASE, "idtr_base", 64) X(IDTR_LIMIT, "idtr_limit", 16)                                  \
    X(CR0, "cr0", 64) X(CR2, "cr2", 64) X(CR3, "cr3", 64) X(CR4, "cr4", 64) X(CR8, "cr8", 64)      \
    X(EFER, "efer", 64) X(KERNEL_GS_BASE, "kernel_gs_base", 64)                                    \
    X(DR0, "dr0", 64) X(DR1, "dr1", 64) X(DR2, "dr2", 64) X(DR3, "dr3", 64)                        \
    X(DR6, "dr6", 64) X(DR7, "dr7", 64)                                                            \
    X(CPL, "cpl", 2)                                                                               \
    X(FCW, "fcw", 16) X(FSW, "fsw", 16) X(FTW, "ftw", 16) X(MXCSR, "mxcsr", 32)                    \
    X(ST0, "st0", 80) X(ST1, "st1", 80) X(ST2, "st2", 80) X(ST3, "st3", 80)                        \
    X(ST4, "st4", 80) X(ST5, "st5", 80) X(ST6, "st6", 80) X(ST7, "st7", 80)                        \
    X(XMM0, "xmm0", 128) X(XMM1, "xmm1", 128) X(XMM2, "xmm2", 128) X(XMM3, "xmm3", 128)            \
    X(XMM4, "xmm4", 128) X(XMM5, "xmm5", 128) X(XMM6, "xmm6", 128) X(XMM7, "xmm7", 128)            \
    X(XMM8, "xmm8", 128) X(XMM9, "xmm9", 128) X(XMM10, "xmm10", 128) X(XMM11, "xmm11", 128)        \
    X(XMM12, "xmm12", 128) X(XMM13, "xmm13", 128) X(XMM14, "xmm14", 128) X(XMM15, "xmm15", 128)

enum ersatz_reg {
#define ERSATZ_X(id, name, bits) ERSATZ_REG_##id,
    ERSATZ_REGISTERS(ERSATZ_X)
#undef ERSATZ_X
    ERSATZ_REG_COUNT
};
/* clang-format on */

struct ersatz_value {
    uint64_t lo, hi;
};

/* A register of one CPU. Setting goes through no guest check: an impossible combination of
 * mode bits gives -ERSATZ_E_VALUE, and so does a register that cannot be set by itself (CPL). */
ERSATZ_API int ersatz_get(struct ersatz_machine *m, unsigned cpu, enum ersatz_reg reg,
                          struct ersatz_value *value, struct ersatz_error *error);
ERSATZ_API int ersatz_put(struct ersatz_machine *m, unsigned cpu, enum ersatz_reg reg,
                          struct ersatz_value value, struct ersatz_error *error);

/* Guest memory by physical address, RAM and ROM only (a device's registers are not touched:
 * -ERSATZ_E_ADDRESS), and by linear address as CPU `cpu` would translate it at privilege 0,
 * without effect on A and D bits. All or nothing. */
ERSATZ_API int ersatz_read_phys(struct ersatz_machine *m, uint64_t addr, void *buf, size_t len,
                                struct ersatz_error *error);
ERSATZ_API int ersatz_write_phys(struct ersatz_machine *m, uint64_t addr, const void *buf,
                                 size_t len, struct ersatz_error *error);
ERSATZ_API int ersatz_read_linear(struct ersatz_machine *m, unsigned cpu, uint64_t addr, void *buf,
                                  size_t len, struct ersatz_error *error);
ERSATZ_API int ersatz_write_linear(struct ersatz_machine *m, unsigned cpu, uint64_t addr,
                                   const void *buf, size_t len, struct ersatz_error *error);

/* X(enumerator, name, what it tells) */
#define ERSATZ_REPORTS(X)                                                                          \
    X(pci, "pci", "the PCI bus: functions, where their registers lie, interrupt pins")             \
    X(pic, "pic", "the interrupt controllers")                                                     \
    X(mtree, "mtree", "who answers in memory and at ports")                                        \
    X(jit, "jit", "what the JIT has done")                                                         \
    X(devices, "devices", "all chips")                                                             \
    X(device, "device", "the registers of the chip `name`")

/*
 * Tells people of the machine's inside, line by line without newlines: one of ERSATZ_REPORTS. The
 * wording is for eyes and may change. `name` is NULL where the table speaks of none. `line` is
 * called on this thread and must not call back into the machine.
 */
typedef void ersatz_report_fn(void *opaque, const char *line);
ERSATZ_API int ersatz_report(struct ersatz_machine *m, const char *what, const char *name,
                             ersatz_report_fn *line, void *opaque, struct ersatz_error *error);

/* ---- The display ------------------------------------------------------------------------- */

/* All of these look at the machine as it stands: the picture is that of this instant of virtual
 * time, and looking changes nothing. Without a display they return -ERSATZ_E_STATE. */

/* The size of the picture in pixels; at least 1 x 1. It changes with the guest's video mode. */
ERSATZ_API int ersatz_screen_size(struct ersatz_machine *m, unsigned *width, unsigned *height,
                                  struct ersatz_error *error);

struct ersatz_surface {
    unsigned width, height;
    size_t stride;    /* pixels from one row to the next, at least `width` */
    uint32_t *pixels; /* 00RRGGBBh each; the caller's */
};

/*
 * Draws the picture into the upper left of a surface; what of the surface lies outside it becomes
 * black. `steady` leaves the cursor out and shows blinking characters always, so that two screens
 * with the same contents are the same picture.
 */
ERSATZ_API int ersatz_screen(struct ersatz_machine *m, const struct ersatz_surface *surface,
                             bool steady, struct ersatz_error *error);

#define ERSATZ_TEXT_CELLS 16384

struct ersatz_text {
    unsigned columns, rows;        /* columns * rows <= ERSATZ_TEXT_CELLS */
    int cursor_column, cursor_row; /* -1: no cursor on the screen */
    /* Row by row: the character (code page 437, if the guest uses the BIOS's font), and in the
     * high byte its attribute: bits 3..0 foreground, 6..4 background, 7 blink or background. */
    uint16_t cells[ERSATZ_TEXT_CELLS];
};

/* The characters on the screen. -ERSATZ_E_STATE in a graphics mode. */
ERSATZ_API int ersatz_screen_text(struct ersatz_machine *m, struct ersatz_text *text,
                                  struct ersatz_error *error);

/* ---- The outside world ------------------------------------------------------------------- */

enum ersatz_channel {
    ERSATZ_SERIAL0,   /* COM1, 3F8h, IRQ 4 */
    ERSATZ_SERIAL1,   /* COM2, 2F8h, IRQ 3 */
    ERSATZ_SERIAL2,   /* COM3, 3E8h, IRQ 4 */
    ERSATZ_SERIAL3,   /* COM4, 2E8h, IRQ 3 */
    ERSATZ_DEBUGCON,  /* output only: port E9h, 402h */
    ERSATZ_PARALLEL0, /* output only: LPT1, 378h, IRQ 7 */
    ERSATZ_CHANNELS
};

/*
 * Bytes that the guest sends. Called on the machine's thread while it runs; may block (virtual
 * time waits), must not call back into the machine except by "any thread" functions.
 */
typedef void ersatz_output_fn(void *opaque, enum ersatz_channel channel, const uint8_t *bytes,
                              size_t len);

/* Connects a channel before ersatz_power_on(). A serial or parallel port is there for the guest to
 * find only if it is connected, with `output` or, to swallow everything, NULL. */
ERSATZ_API int ersatz_connect(struct ersatz_machine *m, enum ersatz_channel channel,
                              ersatz_output_fn *output, void *opaque, struct ersatz_error *error);

/*
 * Bytes for the guest: queued at the input gate, handed to the serial port as fast as its line
 * and FIFO take them. Returns how many fitted into the queue (4,096 bytes a channel; more when
 * it has drained: offer the rest again later). Any thread.
 */
ERSATZ_API size_t ersatz_serial_input(struct ersatz_machine *m, enum ersatz_channel channel,
                                      const uint8_t *bytes, size_t len);

/* A key goes down or up: its scan code of set 1, with E0h as the high byte where it has one
 * (1Eh: A, E048h: cursor up). False when the queue is full. Any thread. */
ERSATZ_API bool ersatz_key(struct ersatz_machine *m, uint16_t scan_code, bool down);

/* The mouse moves by so many counts (to the right, down), its wheel by so many notches (away from
 * the user), and these buttons are held: 1 left, 2 right, 4 middle, 8 fourth, 16 fifth. False
 * when the queue is full. Any thread. */
ERSATZ_API bool ersatz_mouse(struct ersatz_machine *m, int dx, int dy, int wheel, unsigned buttons);

/* ---- Drives ------------------------------------------------------------------------------ */

/*
 * Properties of the setting "drive"; a comma within a value is written twice.
 *     file=PATH         the image, or a block device; none: an empty drive (CD-ROM, floppy)
 *     if=ide|floppy|pflash|none   what it hangs on, ide by default; none: what a setting
 *                       device=ide-hd|ide-cd|floppy,drive=ID[,bus=ide.N][,unit=N] after it says
 *     index=N           its place there (ide: 0 to 3, floppy, pflash: 0 to 1); or bus=N,unit=N;
 *                       by default the first free one
 *     media=disk|cdrom  on ide; disk by default
 *     format=raw        the file is what it is, whatever its first bytes look like
 *     readonly=on|off   the guest cannot write
 *     snapshot=on|off   what the guest writes goes to a temporary file, and is gone in the end
 *     id=NAME           by default ide0-hd0, ide1-cd0, floppy0, pflash0, ...
 * An image is locked while it lies in a drive. There are always a CD-ROM drive at ide index 2,
 * unless something else is given there, and a floppy drive 0.
 */
struct ersatz_drive_info {
    char id[32];
    const char *kind; /* "disk", "cdrom", "floppy", "pflash" */
    unsigned index;
    bool removable;
    bool present; /* a medium lies in it; else `file` is empty and `size` 0 */
    bool read_only;
    bool snapshot;
    bool locked; /* the guest prevents removal */
    char file[1024];
    uint64_t size; /* bytes */
    uint64_t reads, writes, flushes, read_bytes, written_bytes;
};

/* The i-th drive, from 0; -ERSATZ_E_NAME behind the last. */
ERSATZ_API int ersatz_drive(struct ersatz_machine *m, unsigned i, struct ersatz_drive_info *info,
                            struct ersatz_error *error);

/*
 * Puts the image `file` into the removable drive `id`, in place of what lies there; NULL takes
 * that out. `options` (may be NULL): format=, readonly=, snapshot= as above, and force=on, which
 * removes a medium that the guest has locked; without it the guest is asked to let go, and a
 * line says so. The file is opened and locked at once, the change passes the input gate. Any
 * thread, after ersatz_power_on().
 */
ERSATZ_API int ersatz_medium(struct ersatz_machine *m, const char *id, const char *file,
                             const char *options, struct ersatz_error *error);

/*
 * Lines that the machine has to say. `topic` is a log topic's name, or NULL for what a user
 * should see without asking (an #UD that the chosen CPU model explains, a device that could not
 * write). One line without newline; called on the machine's thread. Without a function all
 * lines are dropped.
 */
typedef void ersatz_line_fn(void *opaque, const char *topic, const char *line);
ERSATZ_API void ersatz_on_line(struct ersatz_machine *m, ersatz_line_fn *fn, void *opaque);

/* The library's version, as in "0.1.0". Any thread. */
ERSATZ_API const char *ersatz_version(void);

#ifdef __cplusplus
}
#endif

#endif
