/* SPDX-License-Identifier: MIT */
/* What stands behind the public handle: settings, connections, the state of the run loop. */
#ifndef ERSATZ_API_API_H
#define ERSATZ_API_API_H

#include <ersatz/ersatz.h>

#include <pthread.h>

#include "api/drives.h"
#include "board/machine.h"
#include "jit/engine.h"

#define OUTPUT_BUFFER 512

/* Bytes of the guest's on their way out; handed on between slices or when full. */
struct channel {
    bool connected;
    ersatz_output_fn *output;
    void *opaque;
    unsigned count;
    u8 buffer[OUTPUT_BUFFER];
};

enum rtc_base { RTC_UTC, RTC_LOCALTIME, RTC_DATE };

struct settings {
    struct machine_config board;
    char *kernel, *initrd, *append, *bios;
    char *smbios_text[SMBIOS_TEXTS]; /* NULL: not given */
    enum rtc_base rtc_base;
    i64 rtc_date; /* seconds since 1970, RTC_DATE */
    bool rtc_vm;
    bool host_clock;
    struct drive_setting drives[DRIVE_SETTINGS];
    unsigned drive_count;
    bool snapshot; /* for all drives */
    bool want_jit;
    struct jit_config jit;
};

/* A medium on its way into a drive: it was opened by some thread, the gate delivers it. */
struct medium_change {
    struct medium_change *next;
    u64 number;
    struct medium *medium; /* NULL: takes out what lies there */
    bool force;            /* although the guest locks it */
};

struct ersatz_machine {
    struct machine board;
    struct settings set;
    struct jit *jit;             /* NULL: the interpreter alone */
    struct ersatz_machine *twin; /* ersatz_verify() */
    u64 verified;                /* comparisons */
    u64 unverified;              /* instructions that the twin has not run yet */
    struct channel channel[ERSATZ_CHANNELS];
    ersatz_line_fn *line;
    void *line_opaque;
    bool no_reboot; /* atomic: may change while the machine runs */
    bool powered;
    bool ended;  /* only a reset helps */
    bool inside; /* atomic: a thread is in */
    bool stop;   /* atomic: a stop was asked for */

    /* Whose turn it is among several CPUs, and how long yet. It outlives a stop, so that a run
     * in pieces is the same run. */
    unsigned turn;
    u64 turn_left;
    u64 halted_since;  /* ns of virtual time at which nothing could wake any CPU; 0: no */
    bool feature_told; /* the #UD that the CPU model explains was told of */

    pthread_mutex_t media_lock;
    struct medium_change *media;
    u64 media_count;

    u64 host_base; /* ns: the host's clock less virtual time, at the start of a run */
    /* The present piece of time, in which it shows whether the machine has anything to do. */
    u64 quiet_since; /* ns of the host's clock */
    u64 quiet_insns; /* that had run then */
    u64 pace_check;  /* ns of the host's clock at which virtual time is looked at again */
    u64 insns, ns;   /* atomic: for other threads */
};

/* True if no other thread is in; the counterpart is api_leave(). Else -ERSATZ_E_BUSY. */
int api_enter(struct ersatz_machine *m, struct ersatz_error *error);
void api_leave(struct ersatz_machine *m);
/* The same, and the machine is powered. */
int api_enter_powered(struct ersatz_machine *m, struct ersatz_error *error);

/* config.c */
int config_defaults(struct ersatz_machine *m, struct ersatz_error *error);
void config_free(struct settings *s);
/* Keeps a copy of a text in place of the one before. */
int config_keep(char **where, const char *value, struct ersatz_error *error);
/* An error: `word` is no name of that kind. The text tells the nearest one. */
int config_unknown(const char *kind, const char *word, const char *const *names, size_t n,
                   struct ersatz_error *error);

/* firmware.c: settings of these names. */
int config_fw_cfg(struct ersatz_machine *m, const char *value, struct ersatz_error *error);
int config_smbios(struct ersatz_machine *m, const char *value, struct ersatz_error *error);
void config_firmware_free(struct settings *s);
int config_boot(struct ersatz_machine *m, const char *value, struct ersatz_error *error);

/* engine.c */
int config_accel(struct ersatz_machine *m, const char *value, struct ersatz_error *error);
int config_jit(struct ersatz_machine *m, const char *value, struct ersatz_error *error);
int config_perfmap(struct ersatz_machine *m, const char *value, struct ersatz_error *error);
int config_jitdump(struct ersatz_machine *m, const char *value, struct ersatz_error *error);
/* The machine is built and has run nothing yet. */
void engine_power_on(struct ersatz_machine *m);

/* channel.c */
void channel_byte(void *opaque, enum ersatz_channel channel, u8 byte);
void channel_flush(struct ersatz_machine *m);

/* media.c */
void media_init(struct ersatz_machine *m);
void media_power_on(struct ersatz_machine *m);
void media_destroy(struct ersatz_machine *m);

/* verify.c */
int verify_power_on(struct ersatz_machine *m, i64 rtc_start, struct ersatz_error *error);
/* The twin runs as many instructions as the machine has, timers due after them included. False:
 * they differ. */
bool verify_follow(struct ersatz_machine *m, bool memory_too);

/* inspect.c */
struct ersatz_value inspect_register(struct cpu *c, enum ersatz_reg reg);

/* host_time.c: virtual time and the host's. */
u64 host_now(void);
void pace_start(struct ersatz_machine *m);
void pace_running(struct ersatz_machine *m);
void pace_idle(struct ersatz_machine *m);

/* describe.c: "CPU 0 at 0010:c0100000, 32-bit protected mode, CPL 0". */
void describe_cpu(const struct cpu *c, char *buf, size_t size);

#endif
