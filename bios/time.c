/* SPDX-License-Identifier: MIT */
/*
 * INT 1Ah: the tick count and the real-time clock (MC146818, in BCD and 24 hours); INT 70h: the
 * clock's interrupt, for alarms (INT 4Ah) and waits.
 */
#include "time.h"

#include "bda.h"
#include "pci.h"
#include "pic.h"
#include "post.h"

enum { RTC_SECONDS = 0, RTC_MINUTES = 2, RTC_HOURS = 4, RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9 };
enum { STATUS_A_UIP = 1 << 7 };
enum { STATUS_B_DST = 1, STATUS_B_24H = 2, STATUS_B_ALARM = 1 << 5, STATUS_B_SET = 1 << 7 };
enum { STATUS_C_ALARM = 1 << 5, STATUS_C_PERIODIC = 1 << 6 };

static u32 from_bcd(u8 v)
{
    return (v >> 4) * 10u + (v & 15);
}

/* False: an update does not come to its end, the clock does not run. */
static bool await_update(void)
{
    for (u32 i = 0; i < 5000; i++) {
        if (!(cmos_read(CMOS_STATUS_A) & STATUS_A_UIP))
            return true;
        delay_us(1);
    }
    return false;
}

void clock_init(void)
{
    cmos_write(CMOS_STATUS_A, 0x26); /* 32,768 Hz, 1,024 periods a second */
    cmos_write(CMOS_STATUS_B, (cmos_read(CMOS_STATUS_B) & STATUS_B_DST) | STATUS_B_24H);
    cmos_read(CMOS_STATUS_C);
    await_update();
    u32 s = from_bcd(cmos_read(RTC_HOURS)) * 3600 + from_bcd(cmos_read(RTC_MINUTES)) * 60 +
            from_bcd(cmos_read(RTC_SECONDS));
    bda_set32(BDA_TICKS, s * 18 + s * 2065 / 10000); /* 18.2065 Hz */
    pic_unmask(8);
}

static void ticks_service(struct regs *r)
{
    u32 now = ticks();

    if (r->ah == 0) {
        r->al = bda8(BDA_MIDNIGHT);
        r->cx = (u16)(now >> 16);
        r->dx = (u16)now;
    } else {
        bda_set32(BDA_TICKS, (u32)r->cx << 16 | r->dx);
    }
    bda_set8(BDA_MIDNIGHT, 0);
}

static void set_clock(const u8 *cells, const u8 *values, u8 n)
{
    u8 b = cmos_read(CMOS_STATUS_B);

    cmos_write(CMOS_STATUS_B, b | STATUS_B_SET);
    for (u8 i = 0; i < n; i++)
        cmos_write(cells[i], values[i]);
    cmos_write(CMOS_STATUS_B, b & ~STATUS_B_SET);
}

static void set_time(struct regs *r)
{
    static const u8 cells[] = {RTC_SECONDS, RTC_MINUTES, RTC_HOURS};
    const u8 values[] = {r->dh, r->cl, r->ch};
    u8 b = cmos_read(CMOS_STATUS_B) & ~STATUS_B_DST;

    cmos_write(CMOS_STATUS_B, b | (r->dl & STATUS_B_DST));
    set_clock(cells, values, sizeof cells);
}

static void set_date(struct regs *r)
{
    static const u8 cells[] = {RTC_DAY, RTC_MONTH, RTC_YEAR, CMOS_CENTURY};
    const u8 values[] = {r->dl, r->dh, r->cl, r->ch};

    set_clock(cells, values, sizeof cells);
}

/* The alarm's cells lie behind those of the time. */
static void set_alarm(struct regs *r)
{
    static const u8 cells[] = {RTC_SECONDS + 1, RTC_MINUTES + 1, RTC_HOURS + 1};
    const u8 values[] = {r->dh, r->cl, r->ch};
    u8 b = cmos_read(CMOS_STATUS_B);

    if (b & STATUS_B_ALARM) {
        set_cf(r, true);
        return;
    }
    set_clock(cells, values, sizeof cells);
    cmos_write(CMOS_STATUS_B, (b | STATUS_B_ALARM) & ~STATUS_B_SET);
}

void int1a(struct regs *r)
{
    set_cf(r, false);
    if (r->ah >= 2 && r->ah <= 6 && !await_update()) {
        set_cf(r, true);
        return;
    }
    switch (r->ah) {
    case 0x00:
    case 0x01: ticks_service(r); break;
    case 0x02:
        r->dh = cmos_read(RTC_SECONDS);
        r->cl = cmos_read(RTC_MINUTES);
        r->ch = cmos_read(RTC_HOURS);
        r->dl = cmos_read(CMOS_STATUS_B) & STATUS_B_DST;
        r->ah = 0;
        r->al = r->ch;
        break;
    case 0x03: set_time(r); break;
    case 0x04:
        r->cl = cmos_read(RTC_YEAR);
        r->dh = cmos_read(RTC_MONTH);
        r->dl = cmos_read(RTC_DAY);
        r->ch = cmos_read(CMOS_CENTURY);
        r->al = r->ch;
        break;
    case 0x05: set_date(r); break;
    case 0x06: set_alarm(r); break;
    case 0x07: cmos_write(CMOS_STATUS_B, cmos_read(CMOS_STATUS_B) & ~STATUS_B_ALARM); break;
    case 0xB1: pci_service(r); break;
    default: set_cf(r, true);
    }
}

void int70(struct regs *r)
{
    struct regs user = {0};
    u8 why = cmos_read(CMOS_STATUS_C) & cmos_read(CMOS_STATUS_B);

    if (why & STATUS_C_PERIODIC)
        wait_tick();
    if (why & STATUS_C_ALARM)
        int_call(0x4A, &user);
    pic_eoi(8);
}
