/* SPDX-License-Identifier: MIT */
#include "board/input.h"

#include <poll.h>

#include "board/clock.h"
#include "unit/unit.h"

struct seen {
    u64 bytes[16];
    unsigned count;
    unsigned room; /* how many more it takes */
    unsigned refused;
};

static bool take(void *opaque, const struct input_event *ev)
{
    struct seen *s = opaque;

    if (s->room == 0) {
        s->refused++;
        return false;
    }
    s->room--;
    if (s->count < 16)
        s->bytes[s->count] = ev->a << 8 | ev->b;
    s->count++;
    return true;
}

static void tap(void *opaque, const struct input_event *ev)
{
    *(u64 *)opaque = *(u64 *)opaque * 1000 + ev->insns;
}

START_TEST(full_stream_waits_in_order_and_alone)
{
    struct clock clock;
    struct input in;
    struct seen seen = {.room = 1}, keys = {.room = 16};

    clock_init(&clock);
    ck_assert_int_eq(input_init(&in, &clock), 0);
    input_connect(&in, INPUT_SERIAL, take, &seen);
    input_connect(&in, INPUT_KEY, take, &keys);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(input_post(&in, INPUT_SERIAL, 1, 'a' + i));
    ck_assert(input_post(&in, INPUT_KEY, 0x1C, 0));
    ck_assert_uint_eq(input_deliver(&in), 2);
    ck_assert_uint_eq(seen.count, 1);
    ck_assert_uint_eq(seen.refused, 1); /* 'c' was not even offered */
    ck_assert_uint_eq(keys.count, 1);
    ck_assert_uint_eq(keys.bytes[0], 0x1C00);
    seen.room = 5;
    ck_assert_uint_eq(input_deliver(&in), 2);
    ck_assert_uint_eq(seen.bytes[0], 0x161);
    ck_assert_uint_eq(seen.bytes[1], 0x162);
    ck_assert_uint_eq(seen.bytes[2], 0x163);
    ck_assert_uint_eq(input_deliver(&in), 0);
    input_destroy(&in);
}
END_TEST

START_TEST(one_port_does_not_block_another)
{
    struct clock clock;
    struct input in;
    struct seen seen = {.room = 0};
    unsigned posted = 0;

    clock_init(&clock);
    ck_assert_int_eq(input_init(&in, &clock), 0);
    input_connect(&in, INPUT_SERIAL, take, &seen);
    while (input_post(&in, INPUT_SERIAL, 0, 0))
        posted++;
    ck_assert_uint_eq(posted, INPUT_SHARE);
    ck_assert(input_post(&in, INPUT_SERIAL, 1, 1));
    ck_assert(input_post(&in, INPUT_PACE, 5, 0));
    ck_assert_uint_eq(input_deliver(&in), 1); /* nobody listens to PACE: it is gone */
    ck_assert_uint_eq(seen.refused, 2);       /* the first of each port */
    ck_assert(!input_post(&in, INPUT_SERIAL, 0, 0));
    seen.room = 1;
    ck_assert_uint_eq(input_deliver(&in), 1);
    ck_assert(input_post(&in, INPUT_SERIAL, 0, 0));
    ck_assert(!input_post(&in, INPUT_SERIAL, 0, 0));
    input_destroy(&in);
}
END_TEST

START_TEST(delivery_is_stamped_and_tapped)
{
    struct clock clock;
    struct input in;
    u64 stamps = 0;
    i64 budget;

    clock_init(&clock);
    ck_assert_int_eq(input_init(&in, &clock), 0);
    in.tap = tap;
    in.tap_opaque = &stamps;
    input_post(&in, INPUT_KEY, 1, 0);
    clock_slice_begin(&clock, &budget, 42);
    budget = 0;
    clock_slice_end(&clock);
    input_deliver(&in);
    clock_slice_begin(&clock, &budget, 8);
    budget = 0;
    clock_slice_end(&clock);
    input_post(&in, INPUT_KEY, 2, 0);
    input_deliver(&in);
    ck_assert_uint_eq(stamps, 42050);
    input_destroy(&in);
}
END_TEST

START_TEST(post_wakes_a_sleeper)
{
    struct clock clock;
    struct input in;

    clock_init(&clock);
    ck_assert_int_eq(input_init(&in, &clock), 0);
    struct pollfd p = {.fd = in.wake, .events = POLLIN};
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    input_post_awake(&in, INPUT_PACE, 1, 0);
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    input_post(&in, INPUT_KEY, 1, 0);
    ck_assert_int_eq(poll(&p, 1, 0), 1);
    input_destroy(&in);
}
END_TEST

static void *poster(void *opaque)
{
    for (unsigned i = 0; i < 2000; i++)
        while (!input_post(opaque, INPUT_SERIAL, 2, i & 0xFF))
            ;
    return NULL;
}

static bool in_order(void *opaque, const struct input_event *ev)
{
    u64 *next = opaque;

    ck_assert_uint_eq(ev->b, *next & 0xFF);
    ++*next;
    return true;
}

START_TEST(other_threads_post_in_order)
{
    struct clock clock;
    struct input in;
    pthread_t thread;
    u64 next = 0;

    clock_init(&clock);
    ck_assert_int_eq(input_init(&in, &clock), 0);
    input_connect(&in, INPUT_SERIAL, in_order, &next);
    ck_assert_int_eq(pthread_create(&thread, NULL, poster, &in), 0);
    while (next < 2000)
        input_deliver(&in);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(next, 2000);
    input_destroy(&in);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("board/input");
    TCase *t = tcase_create("all");

    tcase_add_test(t, full_stream_waits_in_order_and_alone);
    tcase_add_test(t, one_port_does_not_block_another);
    tcase_add_test(t, delivery_is_stamped_and_tapped);
    tcase_add_test(t, post_wakes_a_sleeper);
    tcase_add_test(t, other_threads_post_in_order);
    suite_add_tcase(s, t);
    return unit_run(s);
}
