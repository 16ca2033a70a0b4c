/* SPDX-License-Identifier: MIT */
/*
 * The public library on small guests: multiboot images of a few instructions, written to a file
 * and run to one of the ends that a run can have.
 */
#include <ersatz/ersatz.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"
#include "unit/api/image.h"
#include "unit/unit.h"

static void set(struct ersatz_machine *m, const char *key, const char *value)
{
    struct ersatz_error error;

    ck_assert_msg(ersatz_set(m, key, value, &error) == 0, "%s", error.text);
}

static struct ersatz_machine *machine_by(const char *clock, const u8 *code, size_t size)
{
    struct ersatz_error error;
    char path[32];

    struct ersatz_machine *m = ersatz_create(&error);
    ck_assert_ptr_nonnull(m);
    write_image(path, code, size);
    set(m, "kernel", path);
    set(m, "memory", "4M");
    set(m, "device", "isa-debug-exit,iobase=0xf4,iosize=4");
    set(m, "rtc.clock", "vm");
    set(m, "no-reboot", "on");
    set(m, "clock", clock);
    ck_assert_int_eq(ersatz_connect(m, ERSATZ_SERIAL0, NULL, NULL, &error), 0);
    ck_assert_msg(ersatz_power_on(m, &error) == 0, "%s", error.text);
    unlink(path);
    return m;
}

static struct ersatz_machine *machine(const u8 *code, size_t size)
{
    return machine_by("virtual", code, size);
}

#define MACHINE(...) machine((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

static struct ersatz_exit run(struct ersatz_machine *m, u64 limit)
{
    struct ersatz_error error;
    struct ersatz_exit why;

    ck_assert_msg(ersatz_run(m, limit, &why, &error) == 0, "%s", error.text);
    ck_assert_uint_gt(strlen(why.text), 0);
    return why;
}

static u64 hash(struct ersatz_machine *m)
{
    u64 h;

    ck_assert_int_eq(ersatz_ram_hash(m, &h, NULL), 0);
    return h;
}

static u64 reg(struct ersatz_machine *m, enum ersatz_reg r)
{
    struct ersatz_value v;

    ck_assert_int_eq(ersatz_get(m, 0, r, &v, NULL), 0);
    return v.lo;
}

/* mov ecx, n; 1: add [200000h], ecx; rol dword [200004h]; loop 1b; mov al, 15h; out F4h, al */
#define COUNT_LOOP(n)                                                                              \
    0xB9, (n)&0xFF, (n) >> 8, 0, 0, 0x01, 0x0D, 0, 0, 0x20, 0, 0xD1, 0x05, 4, 0, 0x20, 0, 0xE2,    \
        0xF2, 0xB0, 0x15, 0xE6, 0xF4
#define COUNT_INSNS(n) (1 + 3 * (n) + 2)

START_TEST(debug_exit_tells_its_value)
{
    struct ersatz_machine *m = MACHINE(COUNT_LOOP(1000));
    struct ersatz_exit why = run(m, 0);

    ck_assert_int_eq(why.why, ERSATZ_STOP_DEBUG_EXIT);
    ck_assert_uint_eq(why.value, 0x15);
    ck_assert_uint_eq(ersatz_instructions(m), COUNT_INSNS(1000));
    ck_assert_uint_eq(ersatz_time(m), COUNT_INSNS(1000));
    struct ersatz_error error;
    ck_assert_int_eq(ersatz_run(m, 0, &why, &error), -ERSATZ_E_STATE);
    ersatz_reset(m);
    ck_assert_int_eq(run(m, 0).why, ERSATZ_STOP_DEBUG_EXIT);
    ersatz_destroy(m);
}
END_TEST

START_TEST(a_run_in_pieces_is_the_same_run)
{
    struct ersatz_machine *whole = MACHINE(COUNT_LOOP(5000)), *parts = MACHINE(COUNT_LOOP(5000));
    struct ersatz_exit why;
    u64 n = 1, ran = 0;

    ck_assert_int_eq(run(whole, 0).why, ERSATZ_STOP_DEBUG_EXIT);
    while ((why = run(parts, n)).why == ERSATZ_STOP_LIMIT) {
        ran += n;
        ck_assert_uint_eq(ersatz_instructions(parts), ran);
        n = n * 3 % 701 + 1;
    }
    ck_assert_int_eq(why.why, ERSATZ_STOP_DEBUG_EXIT);
    ck_assert_uint_eq(ersatz_instructions(parts), ersatz_instructions(whole));
    ck_assert_uint_eq(hash(parts), hash(whole));
    ersatz_destroy(whole);
    ersatz_destroy(parts);
}
END_TEST

static void *run_thread(void *opaque)
{
    struct ersatz_exit why;

    return ersatz_run(opaque, 0, &why, NULL) ? opaque : NULL;
}

START_TEST(two_machines_share_nothing)
{
    struct ersatz_machine *a = MACHINE(COUNT_LOOP(3000)), *b = MACHINE(COUNT_LOOP(4000));
    struct ersatz_machine *alone = MACHINE(COUNT_LOOP(3000));

    ck_assert_uint_eq(hash(a), hash(alone));
    for (unsigned i = 0; i < 10; i++) {
        run(a, 700);
        run(b, 900);
    }
    run(a, 0);
    run(b, 0);
    run(alone, 0);
    ck_assert_uint_eq(ersatz_instructions(a), COUNT_INSNS(3000));
    ck_assert_uint_eq(ersatz_instructions(b), COUNT_INSNS(4000));
    ck_assert_uint_eq(hash(a), hash(alone));
    ck_assert_uint_ne(hash(a), hash(b));
    ersatz_destroy(a);
    ersatz_destroy(b);
    a = MACHINE(COUNT_LOOP(3000));
    b = MACHINE(COUNT_LOOP(3000));
    pthread_t ta, tb;
    void *ra, *rb;
    ck_assert_int_eq(pthread_create(&ta, NULL, run_thread, a), 0);
    ck_assert_int_eq(pthread_create(&tb, NULL, run_thread, b), 0);
    pthread_join(ta, &ra);
    pthread_join(tb, &rb);
    ck_assert(!ra && !rb);
    ck_assert_uint_eq(hash(a), hash(alone));
    ck_assert_uint_eq(hash(b), hash(alone));
    ersatz_destroy(a);
    ersatz_destroy(b);
    ersatz_destroy(alone);
}
END_TEST

START_TEST(halting_for_ever_is_an_end)
{
    struct ersatz_machine *m = MACHINE(0xFA, 0xF4, 0xEB, 0xFD); /* cli; hlt; jmp */
    struct ersatz_exit why = run(m, 0);

    ck_assert_int_eq(why.why, ERSATZ_STOP_HALTED);
    ck_assert_ptr_nonnull(strstr(why.text, "0010:00100042"));
    ck_assert_ptr_nonnull(strstr(why.text, "32-bit protected mode"));
    ersatz_destroy(m);
}
END_TEST

START_TEST(triple_fault_is_an_end)
{
    struct ersatz_machine *m = MACHINE(0x0F, 0x0B); /* ud2, and the IDT is empty */
    struct ersatz_exit why;

    set(m, "no-reboot", "off");
    why = run(m, 0);
    ck_assert_int_eq(why.why, ERSATZ_STOP_TRIPLE_FAULT);
    ck_assert_ptr_nonnull(strstr(why.text, "0010:00100040"));
    ck_assert_int_eq(ersatz_run(m, 0, &why, NULL), -ERSATZ_E_STATE);
    ersatz_reset(m);
    ck_assert_int_eq(run(m, 0).why, ERSATZ_STOP_TRIPLE_FAULT);
    ersatz_destroy(m);
}
END_TEST

static const struct {
    const char *what;
    u8 code[16];
} resets[] = {
    {"CF9h", {0x66, 0xBA, 0xF9, 0x0C, 0xB0, 0x02, 0xEE, 0xB0, 0x06, 0xEE, 0xEB, 0xFE}},
    {"8042", {0xB0, 0xFE, 0xE6, 0x64, 0xEB, 0xFE}},
    {"port 92h", {0xB0, 0x03, 0xE6, 0x92, 0xEB, 0xFE}},
};

START_TEST(every_reset_is_heard)
{
    struct ersatz_machine *m = machine(resets[_i].code, sizeof resets[_i].code);
    struct ersatz_exit why = run(m, 10000);

    ck_assert_msg(why.why == ERSATZ_STOP_RESET, "%s: %s", resets[_i].what, why.text);
    ck_assert_uint_eq(reg(m, ERSATZ_REG_RIP), LOAD + CODE_AT); /* the kernel stands ready again */
    ck_assert_int_eq(run(m, 10000).why, ERSATZ_STOP_RESET);
    ersatz_destroy(m);
}
END_TEST

START_TEST(reset_button_works_from_outside)
{
    struct ersatz_machine *m = MACHINE(0xEB, 0xFE);

    run(m, 1000);
    ersatz_reset(m);
    ck_assert_int_eq(run(m, 1000).why, ERSATZ_STOP_RESET);
    ersatz_destroy(m);
}
END_TEST

static void *stopper(void *opaque)
{
    struct timespec ts = {.tv_nsec = 50000000};

    nanosleep(&ts, NULL);
    ersatz_stop(opaque);
    return NULL;
}

/* In a loop, and asleep with nothing to wake it. */
static const u8 stop_codes[2][4] = {{0xEB, 0xFE}, {0xFB, 0xF4, 0xEB, 0xFC}};

START_TEST(a_stop_is_heard_soon)
{
    struct ersatz_machine *m = machine(stop_codes[_i], sizeof stop_codes[_i]);
    struct timespec t0, t1;
    pthread_t thread;

    set(m, "log", "none");
    clock_gettime(CLOCK_MONOTONIC, &t0);
    ck_assert_int_eq(pthread_create(&thread, NULL, stopper, m), 0);
    ck_assert_int_eq(run(m, 0).why, ERSATZ_STOP_REQUESTED);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    ck_assert_int_lt(t1.tv_sec - t0.tv_sec, 5);
    pthread_join(thread, NULL);
    ersatz_stop(m); /* a stopped one stops at once */
    ck_assert_int_eq(run(m, 0).why, ERSATZ_STOP_REQUESTED);
    ersatz_destroy(m);
}
END_TEST

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* An idle machine sleeps: its thread uses next to no time. */
START_TEST(idle_with_the_host_clock_costs_nothing)
{
    struct ersatz_machine *m = machine_by("host", stop_codes[1], sizeof stop_codes[1]);
    struct timespec used;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, stopper, m), 0);
    run(m, 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, stopper, m), 0);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    double before = (double)used.tv_nsec * 1e-9 + (double)used.tv_sec;
    run(m, 0);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    double after = (double)used.tv_nsec * 1e-9 + (double)used.tv_sec;
    pthread_join(thread, NULL);
    ck_assert_msg(after - before < 0.01, "%f s of 50 ms", after - before);
    ersatz_destroy(m);
}
END_TEST

/* With the host's clock virtual time is the host's, busy or idle, and however slow the engine:
 * never more than it, and behind by what a busy host takes away at most. */
START_TEST(host_clock_is_followed)
{
    struct ersatz_machine *m = machine_by("host", stop_codes[_i], sizeof stop_codes[_i]);
    pthread_t thread;
    double before = seconds();

    ck_assert_int_eq(pthread_create(&thread, NULL, stopper, m), 0);
    ck_assert_int_eq(run(m, 0).why, ERSATZ_STOP_REQUESTED);
    double elapsed = seconds() - before, virtual = (double)ersatz_time(m) * 1e-9;
    pthread_join(thread, NULL);
    ck_assert_msg(virtual < elapsed + 0.005, "%f s of %f s", virtual, elapsed);
    ck_assert_msg(virtual > elapsed / 4, "%f s of %f s", virtual, elapsed);
    /* while it stands still no time passes */
    u64 ns = ersatz_time(m);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    ck_assert_uint_eq(ersatz_time(m), ns);
    ersatz_stop(m);
    run(m, 0);
    ck_assert_uint_lt(ersatz_time(m) - ns, 10000000);
    ersatz_destroy(m);
}
END_TEST

struct bytes {
    char text[64];
    size_t n;
};

static void collect(void *opaque, enum ersatz_channel channel, const uint8_t *bytes, size_t len)
{
    struct bytes *b = opaque;

    ck_assert_uint_le(b->n + len, sizeof b->text);
    memcpy(b->text + b->n, bytes, len);
    b->n += len;
}

/* Three times: wait for LSR.DR, read, add 1, send; then exit. 8N1 at 115200 is what is set. */
static const u8 echo[] = {
    0xB9, 3,    0,    0,    0,    /* mov ecx, 3 */
    0x66, 0xBA, 0xFD, 0x03,       /* 1: mov dx, 3FDh */
    0xEC, 0xA8, 0x01, 0x74, 0xFB, /* 2: in al, dx; test al, 1; jz 2b */
    0x66, 0xBA, 0xF8, 0x03,       /* mov dx, 3F8h */
    0xEC, 0xFE, 0xC0, 0xEE,       /* in al, dx; inc al; out dx, al */
    0xE2, 0xED,                   /* loop 1b */
    0xE6, 0xF4,                   /* out F4h, al */
};

START_TEST(serial_bytes_go_in_and_out)
{
    struct ersatz_error error;
    struct bytes got = {.n = 0};
    char path[32];

    struct ersatz_machine *m = ersatz_create(&error);
    write_image(path, echo, sizeof echo);
    set(m, "kernel", path);
    set(m, "memory", "4M");
    set(m, "device", "isa-debug-exit,iobase=0xf4,iosize=1");
    ck_assert_uint_eq(ersatz_serial_input(m, ERSATZ_SERIAL0, (const u8 *)"x", 1), 0);
    ck_assert_int_eq(ersatz_connect(m, ERSATZ_SERIAL0, collect, &got, &error), 0);
    ck_assert_msg(ersatz_power_on(m, &error) == 0, "%s", error.text);
    unlink(path);
    ck_assert_int_eq(ersatz_connect(m, ERSATZ_SERIAL1, NULL, NULL, &error), -ERSATZ_E_STATE);
    ck_assert_uint_eq(ersatz_serial_input(m, ERSATZ_SERIAL0, (const u8 *)"HAL", 3), 3);
    ck_assert_int_eq(run(m, 100000000).why, ERSATZ_STOP_DEBUG_EXIT);
    ck_assert_uint_eq(got.n, 3);
    ck_assert_int_eq(memcmp(got.text, "IBM", 3), 0);
    ersatz_destroy(m);
}
END_TEST

/* To the parallel port, then to pvpanic: crash kernel loaded, panicked. */
static const u8 crash[] = {
    0x66, 0xBA, 0x78, 0x03, 0xB0, 'P',  0xEE, /* mov dx, 378h; mov al, 'P'; out dx, al */
    0x66, 0xBA, 0x7A, 0x03, 0xB0, 0x0D, 0xEE, /* mov dx, 37Ah; mov al, 0Dh; out dx, al */
    0x66, 0xBA, 0x05, 0x05, 0xB0, 0x02, 0xEE, /* mov dx, 505h; mov al, 2; out dx, al */
    0xB0, 0x01, 0xEE, 0xEB, 0xFE,             /* mov al, 1; out dx, al; jmp $ */
};

static void count_crashes(void *opaque, const char *topic, const char *line)
{
    *(unsigned *)opaque += !topic && strstr(line, "crash");
}

START_TEST(a_panic_ends_the_run)
{
    struct ersatz_error error;
    struct bytes got = {.n = 0};
    unsigned crashes = 0;
    char path[32];

    struct ersatz_machine *m = ersatz_create(&error);
    write_image(path, crash, sizeof crash);
    set(m, "kernel", path);
    set(m, "memory", "4M");
    set(m, "device", "pvpanic");
    ersatz_on_line(m, count_crashes, &crashes);
    ck_assert_int_eq(ersatz_connect(m, ERSATZ_PARALLEL0, collect, &got, &error), 0);
    ck_assert_msg(ersatz_power_on(m, &error) == 0, "%s", error.text);
    unlink(path);
    struct ersatz_exit why = run(m, 1000000);
    ck_assert_int_eq(why.why, ERSATZ_STOP_GUEST_PANIC);
    ck_assert_uint_eq(why.value, 1);
    ck_assert_uint_eq(crashes, 1);
    ck_assert_uint_eq(got.n, 1);
    ck_assert_int_eq(got.text[0], 'P');
    ersatz_destroy(m);
}
END_TEST

START_TEST(registers_and_memory)
{
    struct ersatz_machine *m = MACHINE(0xB8, 0x78, 0x56, 0x34, 0x12, 0xEB, 0xFE);
    struct ersatz_error error;
    struct ersatz_exit why;
    u8 buf[8];

    ck_assert_uint_eq(reg(m, ERSATZ_REG_RAX), 0x2BADB002);
    ck_assert_int_eq(ersatz_step(m, 0, &why, &error), 0);
    ck_assert_uint_eq(reg(m, ERSATZ_REG_RAX), 0x12345678);
    ck_assert_uint_eq(reg(m, ERSATZ_REG_RIP), LOAD + CODE_AT + 5);
    ck_assert_uint_eq(reg(m, ERSATZ_REG_CS), 0x10);
    ck_assert_uint_eq(ersatz_instructions(m), 1);
    struct ersatz_value v = {0x1122334455667788, 0};
    ck_assert_int_eq(ersatz_put(m, 0, ERSATZ_REG_R8, v, &error), 0);
    ck_assert_uint_eq(reg(m, ERSATZ_REG_R8), 0x1122334455667788);
    ck_assert_int_eq(ersatz_put(m, 0, ERSATZ_REG_CS, v, &error), -ERSATZ_E_VALUE);
    ck_assert_int_eq(ersatz_put(m, 0, ERSATZ_REG_CPL, (struct ersatz_value){3, 0}, &error),
                     -ERSATZ_E_VALUE);
    /* paging without protection is none */
    ck_assert_int_eq(ersatz_put(m, 0, ERSATZ_REG_CR0, (struct ersatz_value){1u << 31, 0}, &error),
                     -ERSATZ_E_VALUE);
    ck_assert_int_eq(ersatz_get(m, 1, ERSATZ_REG_RAX, &v, &error), -ERSATZ_E_VALUE);

    ck_assert_int_eq(ersatz_read_phys(m, LOAD + CODE_AT, buf, 7, &error), 0);
    ck_assert_uint_eq(ld32(buf + 1), 0x12345678);
    ck_assert_int_eq(ersatz_read_phys(m, (4 << 20) - 4, buf, 4, &error), 0);
    ck_assert_int_eq(ersatz_read_phys(m, (4 << 20) - 4, buf, 5, &error), -ERSATZ_E_ADDRESS);
    ck_assert_int_eq(ersatz_read_phys(m, 0xFEE00000, buf, 4, &error), -ERSATZ_E_ADDRESS);
    u8 ud2[2] = {0x0F, 0x0B};
    ck_assert_int_eq(ersatz_write_linear(m, 0, LOAD + CODE_AT + 5, ud2, 2, &error), 0);
    ck_assert_int_eq(ersatz_read_linear(m, 0, LOAD + CODE_AT + 5, buf, 2, &error), 0);
    ck_assert_int_eq(memcmp(buf, ud2, 2), 0);
    ck_assert_int_eq(run(m, 100).why, ERSATZ_STOP_TRIPLE_FAULT); /* the new code runs */
    ersatz_destroy(m);
}
END_TEST

static const struct {
    const char *key, *value;
    enum ersatz_err error;
    const char *text; /* is in the error's */
} settings[] = {
    {"memroy", "1G", ERSATZ_E_NAME, "memory"},
    {"memory", "1T", ERSATZ_E_VALUE, "1T"},
    {"memory", "-5", ERSATZ_E_VALUE, "-5"},
    {"memory", "1M", ERSATZ_E_VALUE, "2M"},
    {"memory", "99999999999G", ERSATZ_E_VALUE, "99999999999G"},
    {"memory", "2051K", ERSATZ_E_VALUE, "2051K"},
    {"memory", "64", ERSATZ_OK, ""},
    {"memory", "2G", ERSATZ_OK, ""},
    {"smp", "0", ERSATZ_E_VALUE, "0"},
    {"smp", "33", ERSATZ_E_VALUE, "32"},
    {"smp", "4", ERSATZ_OK, ""},
    {"machine", "pcc", ERSATZ_E_NAME, "'pc'"},
    {"cpu", "max,+sse4.2", ERSATZ_E_NAME, "sse4_2"},
    {"accel", "interpp", ERSATZ_E_NAME, "interp"},
    {"accel", "jti", ERSATZ_E_NAME, "jit"},
    {"accel", "jit", ERSATZ_OK, ""},
    {"jit", "backend=portable,heat=3,buffer=512,optimise=off", ERSATZ_OK, ""},
    {"jit", "haet=3", ERSATZ_E_NAME, "heat"},
    {"jit", "heat=much", ERSATZ_E_VALUE, "much"},
    {"jit", "heat=65536", ERSATZ_E_VALUE, "65535"},
    {"jit", "optimise", ERSATZ_E_VALUE, "optimise"},
    {"jit", "backend=portabel", ERSATZ_E_NAME, "portable"},
    {"jit", "buffer=1048577", ERSATZ_E_VALUE, "1048576"},
    {"perfmap", "maybe", ERSATZ_E_VALUE, "maybe"},
    {"jitdump", "maybe", ERSATZ_E_VALUE, "maybe"},
    {"clock", "hots", ERSATZ_E_VALUE, "host"},
    {"rtc.base", "2026-13-01", ERSATZ_E_VALUE, "2026-13-01"},
    {"rtc.base", "2026-12-01T10:00", ERSATZ_E_VALUE, "T10:00"},
    {"rtc.base", "2026-12-01T10:00:01", ERSATZ_OK, ""},
    {"log", "mmu,uart", ERSATZ_OK, ""},
    {"log", "mmv", ERSATZ_E_NAME, "mmu"},
    {"device", "isa-debug-exitt", ERSATZ_E_NAME, "isa-debug-exit"},
    {"device", "isa-debug-exit,iobas=1", ERSATZ_E_NAME, "iobase"},
    {"device", "isa-debug-exit,iobase", ERSATZ_E_VALUE, "iobase"},
    {"device", "isa-debug-exit,iobase=0xffff,iosize=4", ERSATZ_E_VALUE, "ffff"},
    {"device", "isa-debug-exit,iosize=9", ERSATZ_E_VALUE, "9"},
    {"device", "isa-debug-exit,iobase=zz", ERSATZ_E_VALUE, "zz"},
    {"device", "pvpanik", ERSATZ_E_NAME, "pvpanic"},
    {"device", "pvpanic,ioport=0x10000", ERSATZ_E_VALUE, "0x10000"},
    {"device", "pvpanic,ioprot=1", ERSATZ_E_NAME, "ioport"},
    {"no-reboot", "maybe", ERSATZ_E_VALUE, "maybe"},
};

START_TEST(settings_are_checked)
{
    struct ersatz_error error = {0};
    struct ersatz_machine *m = ersatz_create(&error);
    int r = ersatz_set(m, settings[_i].key, settings[_i].value, &error);

    ck_assert_msg(r == -(int)settings[_i].error, "%s=%s: %d", settings[_i].key, settings[_i].value,
                  r);
    if (r)
        ck_assert_msg(strstr(error.text, settings[_i].text) != NULL, "%s", error.text);
    ersatz_destroy(m);
}
END_TEST

static const struct {
    const char *kernel, *initrd;
    enum ersatz_err error;
    const char *text;
} files[] = {
    {"", "/dev/null", ERSATZ_E_CONFLICT, "kernel"},
    {"/nonexistent/kernel", "", ERSATZ_E_OPEN, "/nonexistent/kernel: No such file"},
    {"/tmp", "", ERSATZ_E_OPEN, "not a regular file"},
    {"/dev/zero", "", ERSATZ_E_OPEN, "not a regular file"},
    {"/proc/self/exe", "", ERSATZ_E_FORMAT, "neither a Linux kernel"},
};

START_TEST(unusable_files_are_named)
{
    struct ersatz_error error = {0};
    struct ersatz_machine *m = ersatz_create(&error);

    set(m, "kernel", files[_i].kernel);
    set(m, "initrd", files[_i].initrd);
    int r = ersatz_power_on(m, &error);
    ck_assert_msg(r == -(int)files[_i].error, "%d %s", r, error.text);
    ck_assert_msg(strstr(error.text, files[_i].text) != NULL, "%s", error.text);
    struct ersatz_exit why;
    ck_assert_int_eq(ersatz_run(m, 1, &why, &error), -ERSATZ_E_STATE);
    ersatz_destroy(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("api/machine");
    TCase *t = tcase_create("all");

    tcase_add_test(t, debug_exit_tells_its_value);
    tcase_add_test(t, a_run_in_pieces_is_the_same_run);
    tcase_add_test(t, two_machines_share_nothing);
    tcase_add_test(t, halting_for_ever_is_an_end);
    tcase_add_test(t, triple_fault_is_an_end);
    tcase_add_loop_test(t, every_reset_is_heard, 0, ARRAY_LEN(resets));
    tcase_add_test(t, reset_button_works_from_outside);
    tcase_add_loop_test(t, a_stop_is_heard_soon, 0, ARRAY_LEN(stop_codes));
    tcase_add_loop_test(t, host_clock_is_followed, 0, ARRAY_LEN(stop_codes));
    tcase_add_test(t, idle_with_the_host_clock_costs_nothing);
    tcase_add_test(t, serial_bytes_go_in_and_out);
    tcase_add_test(t, a_panic_ends_the_run);
    tcase_add_test(t, registers_and_memory);
    tcase_add_loop_test(t, settings_are_checked, 0, ARRAY_LEN(settings));
    tcase_add_loop_test(t, unusable_files_are_named, 0, ARRAY_LEN(files));
    suite_add_tcase(s, t);
    return unit_run(s);
}
