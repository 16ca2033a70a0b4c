/* SPDX-License-Identifier: MIT */
/*
 * The code buffer, and hosts that allow none: no memfd, no executable pages. A machine that was to
 * have a JIT then says so, once, and runs all the same.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <ersatz/ersatz.h>

#include "jit/code.h"
#include "unit/unit.h"

/* What is written at rw is there at rx; neither is both. */
START_TEST(test_buffer)
{
    struct jit_buffer b;

    ck_assert_int_eq(jit_buffer_init(&b, 1 << 20, 0, _i), 0);
    ck_assert_ptr_ne(b.rw, b.rx);
    b.rw[12345] = 0xc3;
    ck_assert_uint_eq(b.rx[12345], 0xc3);
    b.thunks = 100;
    b.used = 5000;
    jit_buffer_flush(&b);
    ck_assert_uint_eq(b.used, 100);
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned seen = 0;
    char line[512], rights[8];
    unsigned long from, to;
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3) {
            bool rw = (uintptr_t)b.rw >= from && (uintptr_t)b.rw < to;
            bool rx = (uintptr_t)b.rx >= from && (uintptr_t)b.rx < to;
            ck_assert_msg(!rw || strncmp(rights, "rw-", 3) == 0, "rw is %s", rights);
            ck_assert_msg(!rx || strncmp(rights, "r-x", 3) == 0, "rx is %s", rights);
            seen += rw + rx;
        }
    if (maps)
        fclose(maps);
    ck_assert_uint_eq(seen, 2);
    jit_buffer_destroy(&b);
}
END_TEST

/* From here on a system call fails with EACCES if any of these bits is set in an argument. */
static bool forbid(u32 call, unsigned arg, u32 bits)
{
    const u32 low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * arg + low),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static const struct {
    const char *name;
    u32 call;
    unsigned arg;
    u32 bits;
} hosts[] = {
    {"no memfd", SYS_memfd_create, 1, MFD_CLOEXEC},
    {"no executable pages", SYS_mmap, 2, PROT_EXEC},
};

static void count_lines(void *opaque, const char *topic, const char *text)
{
    if (!topic && strstr(text, "interpreter"))
        ++*(unsigned *)opaque;
}

START_TEST(test_refused)
{
    struct jit_buffer b;
    struct ersatz_exit why;
    unsigned told = 0;

    if (!forbid(hosts[_i].call, hosts[_i].arg, hosts[_i].bits)) {
        printf("# SKIP %s: this host can't be made to refuse it\n", hosts[_i].name);
        return;
    }
    ck_assert_msg(jit_buffer_init(&b, 1 << 20, 0, false) < 0, "%s", hosts[_i].name);
    ck_assert_ptr_null(b.rw);
    struct ersatz_machine *m = ersatz_create(NULL);
    ck_assert_ptr_nonnull(m);
    ersatz_on_line(m, count_lines, &told);
    ck_assert_int_eq(ersatz_set(m, "accel", "jit", NULL), 0);
    ck_assert_int_eq(ersatz_set(m, "memory", "16", NULL), 0);
    ck_assert_int_eq(ersatz_power_on(m, NULL), 0);
    ck_assert_int_eq(ersatz_run(m, 100000, &why, NULL), 0);
    ck_assert_uint_eq(ersatz_instructions(m), 100000);
    ck_assert_msg(told == 1, "%s: told %u times", hosts[_i].name, told);
    ersatz_destroy(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("jit/noexec");
    TCase *c = tcase_create("code");

    tcase_add_loop_test(c, test_buffer, 0, 2);
    tcase_add_loop_test(c, test_refused, 0, sizeof hosts / sizeof *hosts);
    suite_add_tcase(s, c);
    return unit_run(s);
}
