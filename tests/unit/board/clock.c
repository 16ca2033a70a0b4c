/* SPDX-License-Identifier: MIT */
#include "board/clock.h"

#include "unit/unit.h"

struct ring {
    struct clock clock;
    struct timer t[3];
    unsigned order[16];
    u64 when[16];
    unsigned fired;
    u64 period; /* of timer 2, 0: it does not come again */
};

static void note(struct ring *r, unsigned n)
{
    if (r->fired < 16) {
        r->order[r->fired] = n;
        r->when[r->fired] = clock_now(&r->clock);
    }
    r->fired++;
}

static void fire0(void *opaque)
{
    note(opaque, 0);
}

static void fire1(void *opaque)
{
    note(opaque, 1);
}

static void fire2(void *opaque)
{
    struct ring *r = opaque;

    note(r, 2);
    if (r->period)
        timer_arm(&r->t[2], r->t[2].deadline + r->period);
}

static void setup(struct ring *r)
{
    *r = (struct ring){0};
    clock_init(&r->clock);
    timer_init(&r->t[0], &r->clock, fire0, r, "t0");
    timer_init(&r->t[1], &r->clock, fire1, r, "t1");
    timer_init(&r->t[2], &r->clock, fire2, r, "t2");
}

/* As a CPU does: run n instructions of an open slice. */
static void run(i64 *budget, i64 n)
{
    ck_assert_int_ge(*budget, n);
    *budget -= n;
}

START_TEST(time_is_instructions_plus_skips)
{
    struct ring r;
    i64 budget;

    setup(&r);
    clock_slice_begin(&r.clock, &budget, 100);
    ck_assert_int_eq(budget, 100);
    ck_assert_uint_eq(clock_now(&r.clock), 0);
    run(&budget, 30);
    ck_assert_uint_eq(clock_now(&r.clock), 30);
    clock_slice_end(&r.clock);
    ck_assert_uint_eq(clock_insns(&r.clock), 30);
    clock_skip_to(&r.clock, 1000);
    ck_assert_uint_eq(clock_now(&r.clock), 1000);
    ck_assert_uint_eq(clock_insns(&r.clock), 30);
    clock_skip_to(&r.clock, 500); /* never back */
    ck_assert_uint_eq(clock_now(&r.clock), 1000);
}
END_TEST

START_TEST(slice_ends_at_the_deadline)
{
    struct ring r;
    i64 budget;

    setup(&r);
    r.clock.ns_per_insn = 3;
    timer_arm(&r.t[0], 10);
    clock_slice_begin(&r.clock, &budget, 100);
    ck_assert_int_eq(budget, 4); /* 3 instructions are 9 ns: too early */
    run(&budget, 4);
    clock_slice_end(&r.clock);
    clock_run_timers(&r.clock);
    ck_assert_uint_eq(r.fired, 1);
    ck_assert_uint_eq(r.when[0], 12);
    ck_assert_uint_eq(clock_deadline(&r.clock), UINT64_MAX);
    timer_arm(&r.t[0], 5); /* past: one instruction, then it is due */
    clock_slice_begin(&r.clock, &budget, 100);
    ck_assert_int_eq(budget, 1);
}
END_TEST

START_TEST(arming_inside_a_slice_shortens_it)
{
    struct ring r;
    i64 budget;

    setup(&r);
    clock_slice_begin(&r.clock, &budget, 1000);
    run(&budget, 100);
    timer_arm(&r.t[0], 150);
    ck_assert_int_eq(budget, 50);
    ck_assert_uint_eq(clock_now(&r.clock), 100); /* the count itself did not move */
    timer_arm(&r.t[1], 400);
    ck_assert_int_eq(budget, 50);
    timer_arm(&r.t[1], 20);
    ck_assert_int_eq(budget, 0);
    ck_assert_uint_eq(clock_now(&r.clock), 100);
    clock_slice_end(&r.clock);
    ck_assert_uint_eq(clock_insns(&r.clock), 100);
}
END_TEST

START_TEST(cut_stops_at_once_and_keeps_the_count)
{
    struct ring r;
    i64 budget;

    setup(&r);
    clock_slice_begin(&r.clock, &budget, 1000);
    run(&budget, 7);
    clock_slice_cut(&r.clock);
    ck_assert_int_eq(budget, 0);
    ck_assert_uint_eq(clock_now(&r.clock), 7);
    clock_slice_end(&r.clock);
    ck_assert_uint_eq(clock_now(&r.clock), 7);
    clock_slice_cut(&r.clock); /* between slices: nothing to cut */
    ck_assert_uint_eq(clock_now(&r.clock), 7);
}
END_TEST

START_TEST(timers_fire_by_deadline_then_by_arming)
{
    struct ring r;

    setup(&r);
    timer_arm(&r.t[2], 20);
    timer_arm(&r.t[1], 10);
    timer_arm(&r.t[0], 20);
    clock_skip_to(&r.clock, 19);
    clock_run_timers(&r.clock);
    ck_assert_uint_eq(r.fired, 1);
    ck_assert_uint_eq(r.order[0], 1);
    clock_skip_to(&r.clock, 20);
    clock_run_timers(&r.clock);
    ck_assert_uint_eq(r.fired, 3);
    ck_assert_uint_eq(r.order[1], 2);
    ck_assert_uint_eq(r.order[2], 0);
    timer_arm(&r.t[0], 30);
    timer_disarm(&r.t[0]);
    timer_disarm(&r.t[0]);
    clock_skip_to(&r.clock, 40);
    clock_run_timers(&r.clock);
    ck_assert_uint_eq(r.fired, 3);
}
END_TEST

START_TEST(periodic_timer_catches_up_and_never_hangs)
{
    struct ring r;

    setup(&r);
    r.period = 10;
    timer_arm(&r.t[2], 10);
    clock_skip_to(&r.clock, 55);
    clock_run_timers(&r.clock);
    ck_assert_uint_eq(r.fired, 5);
    ck_assert_uint_eq(r.t[2].deadline, 60);
    r.period = 1;
    clock_skip_to(&r.clock, 1u << 30);
    clock_run_timers(&r.clock);
    ck_assert_uint_lt(r.fired, 10000);
    ck_assert(r.t[2].armed);
}
END_TEST

START_TEST(muldiv_does_not_overflow)
{
    ck_assert_uint_eq(muldiv(UINT64_MAX, 1193182, NS_PER_SEC), 22010322987356910ull);
    ck_assert_uint_eq(muldiv(NS_PER_SEC, 14318180, NS_PER_SEC), 14318180);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/clock");
    TCase *t = tcase_create("all");

    tcase_add_test(t, time_is_instructions_plus_skips);
    tcase_add_test(t, slice_ends_at_the_deadline);
    tcase_add_test(t, arming_inside_a_slice_shortens_it);
    tcase_add_test(t, cut_stops_at_once_and_keeps_the_count);
    tcase_add_test(t, timers_fire_by_deadline_then_by_arming);
    tcase_add_test(t, periodic_timer_catches_up_and_never_hangs);
    tcase_add_test(t, muldiv_does_not_overflow);
    suite_add_tcase(s, t);
    return unit_run(s);
}
