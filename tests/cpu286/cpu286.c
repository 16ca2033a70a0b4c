/* SPDX-License-Identifier: MIT */
/*
 * Real mode against a real 80286: 325 opcode forms, 64 cases each, captured from a Harris
 * N80C286-12 (the SingleStepTests 80286 set; cases.txt.xz, LICENSE beside it). A case runs from
 * CS:IP through its instruction, or the handler of its exception, to the HLT behind it.
 *
 *     form OPCODE[.digit] flags_mask=XXXX
 *     case NAME [; exception N]
 *     i REG=VALUE...      before       m ADDRESS:BYTE...   memory before
 *     f REG=VALUE...      what changed w ADDRESS:BYTE...   memory that changed
 *
 * Where the 80286 differs from its successors, differences.def says so, form by form; what
 * isn't explained there fails. One TAP line a form; stray writes fail the form.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "base/error.h"
#include "base/log.h"
#include "board/clock.h"
#include "board/memmap.h"
#include "board/ports.h"
#include "cpu/engine.h"
#include "cpu/flags.h"
#include "cpu/model.h"

#define RAM_SIZE (16u << 20)
#define MAX_BYTES 4096
/* FLAGS 12..15 read as 0 in the real mode of a 286; IOPL and NT exist there since the 386. */
#define FLAGS_286 0x0fff

enum reg {
    R_AX,
    R_CX,
    R_DX,
    R_BX,
    R_SP,
    R_BP,
    R_SI,
    R_DI,
    R_ES,
    R_CS,
    R_SS,
    R_DS,
    R_IP,
    R_FLAGS,
    REG_COUNT
};
static const char reg_names[REG_COUNT][6] = {"ax", "cx", "dx", "bx", "sp", "bp", "si",
                                             "di", "es", "cs", "ss", "ds", "ip", "flags"};

struct bytes {
    struct {
        u32 at;
        u8 v;
    } b[MAX_BYTES];
    unsigned n;
};

struct test_case {
    char name[128];
    u16 before[REG_COUNT], after[REG_COUNT];
    struct bytes mem, written;
};

struct pc {
    struct log log;
    struct memmap mem;
    struct portmap io;
    struct clock clock;
    struct engine *engine;
    struct jit *jit;
    struct cpu cpu;
    u8 *ram;
};

static const struct difference {
    const char *form, *name, *why;
} differences[] = {
#define DIFFERENCE(form, name, why) {form, name, why},
#include "differences.def"
#undef DIFFERENCE
};

/* --- reading --- */

static void parse_regs(const char *p, u16 *regs)
{
    char name[8];
    unsigned v;
    int used;
    for (; sscanf(p, " %7[a-z]=%x%n", name, &v, &used) == 2; p += used)
        for (unsigned i = 0; i < REG_COUNT; i++)
            if (!strcmp(name, reg_names[i]))
                regs[i] = (u16)v;
}

static void parse_bytes(const char *p, struct bytes *b)
{
    unsigned at, v;
    int used;
    for (b->n = 0; b->n < MAX_BYTES && sscanf(p, " %x:%x%n", &at, &v, &used) == 2; p += used) {
        b->b[b->n].at = at;
        b->b[b->n++].v = (u8)v;
    }
}

/* --- running --- */

static u8 no_ack(void *opaque, unsigned cpu)
{
    (void)opaque, (void)cpu;
    return 0;
}

static void no_line(void *opaque, unsigned cpu, bool level)
{
    (void)opaque, (void)cpu, (void)level;
}

static void no_shutdown(void *opaque, unsigned cpu)
{
    (void)opaque, (void)cpu;
}

static void pc_open(struct pc *pc)
{
    struct ersatz_error err;
    const struct cpu_model *m = NULL;
    memset(pc, 0, sizeof *pc);
    pc->ram = aligned_alloc(4096, RAM_SIZE);
    memset(pc->ram, 0, RAM_SIZE);
    memmap_init(&pc->mem, &pc->log);
    clock_init(&pc->clock);
    struct mem_range r = {.name = "ram", .size = RAM_SIZE, .rd = pc->ram, .wr = pc->ram};
    struct cpu_bus bus = {.mem = &pc->mem,
                          .io = &pc->io,
                          .clock = &pc->clock,
                          .log = &pc->log,
                          .intr_ack = no_ack,
                          .shutdown = no_shutdown,
                          .ferr = no_line};
    for (unsigned i = 0; (m = cpu_model_get(i)) && strcmp(m->name, "486"); i++)
        ;
    pc->engine = engine_new(&pc->mem, &pc->log);
    if (!pc->engine || memmap_add(&pc->mem, &r, &err) || portmap_init(&pc->io, &pc->log, &err) ||
        !m || cpu_init(&pc->cpu, 0, m, &bus) || engine_attach(pc->engine, &pc->cpu)) {
        printf("Bail out! the machine could not be set up\n");
        exit(1);
    }
    pc->jit = accel_by_environment(pc->engine);
}

static void pc_close(struct pc *pc)
{
    jit_destroy(pc->jit);
    engine_detach(pc->engine, &pc->cpu);
    cpu_destroy(&pc->cpu);
    engine_destroy(pc->engine);
    portmap_destroy(&pc->io);
    memmap_destroy(&pc->mem);
    free(pc->ram);
}

static void set_segment(struct cpu *c, enum seg_reg s, u16 sel)
{
    c->seg[s] = (struct seg){.sel = sel, .base = (u64)sel << 4, .limit = 0xffff, .attr = 0x93};
    seg_update(c, &c->seg[s]);
}

static void load(struct pc *pc, const struct test_case *t)
{
    struct cpu *c = &pc->cpu;
    for (unsigned i = 0; i < t->mem.n; i++)
        memmap_dma_write(&pc->mem, t->mem.b[i].at, &t->mem.b[i].v, 1);
    cpu_reset(c);
    c->idtr = (struct dtable){0, 0x3ff};
    for (unsigned i = 0; i < 8; i++)
        c->gpr[i] = t->before[R_AX + i];
    set_segment(c, ES, t->before[R_ES]);
    set_segment(c, CS, t->before[R_CS]);
    set_segment(c, SS, t->before[R_SS]);
    set_segment(c, DS, t->before[R_DS]);
    c->rip = t->before[R_IP];
    c->eflags = (t->before[R_FLAGS] & FLAGS_286 & ~(EFL_STATUS | EFL_TF)) | EFL_FIXED;
    flags_set(c, t->before[R_FLAGS]);
    cpu_update_mode(c);
}

/* Until HLT; false if there is none in sight: the longest case is a REP of 65,535 rounds. */
static bool run(struct pc *pc)
{
    for (unsigned step = 0; step < 67 && pc->cpu.activity == ACT_RUN; step++) {
        clock_slice_begin(&pc->clock, &pc->cpu.budget, 1000);
        cpu_run(&pc->cpu);
        clock_slice_end(&pc->clock);
    }
    return pc->cpu.activity == ACT_HLT;
}

static u16 reg_value(const struct cpu *c, unsigned r)
{
    static const u8 seg_of[4] = {ES, CS, SS, DS};
    if (r < R_ES)
        return (u16)c->gpr[r];
    if (r < R_IP)
        return c->seg[seg_of[r - R_ES]].sel;
    return r == R_IP ? (u16)c->rip : (u16)eflags_get(c);
}

static bool check(struct pc *pc, const struct test_case *t, u16 flags_mask, char *why)
{
    int n = 0;
    if (!run(pc))
        n += sprintf(why + n, " no HLT;");
    for (unsigned r = 0; r < REG_COUNT; r++) {
        u16 mask = r == R_FLAGS ? flags_mask & FLAGS_286 : 0xffff;
        u16 got = reg_value(&pc->cpu, r) & mask, want = t->after[r] & mask;
        if (got != want)
            n += sprintf(why + n, " %s %04x, not %04x;", reg_names[r], got, want);
    }
    for (unsigned i = 0; i < t->written.n && n < 300; i++)
        if (pc->ram[t->written.b[i].at] != t->written.b[i].v)
            n += sprintf(why + n, " [%06x] %02x, not %02x;", t->written.b[i].at,
                         pc->ram[t->written.b[i].at], t->written.b[i].v);
    return n == 0;
}

static void clean(struct pc *pc, const struct bytes *b)
{
    static const u8 zero;
    for (unsigned i = 0; i < b->n; i++)
        memmap_dma_write(&pc->mem, b->b[i].at, &zero, 1);
}

static bool all_zero(struct pc *pc)
{
    bool zero = !pc->ram[0] && !memcmp(pc->ram, pc->ram + 1, RAM_SIZE - 1);
    if (!zero) {
        memset(pc->ram, 0, RAM_SIZE);
        engine_flush(pc->engine);
    }
    return zero;
}

/* --- forms --- */

struct score {
    unsigned cases, wrong, explained, forms, failed;
    unsigned form_wrong;
    char form[16];
    u16 mask;
};

static const struct difference *explained(const char *form, const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(differences); i++)
        if ((!strcmp(differences[i].form, "*") || !strcmp(form, differences[i].form)) &&
            strstr(name, differences[i].name))
            return &differences[i];
    return NULL;
}

static void end_form(struct pc *pc, struct score *s)
{
    if (!s->form[0])
        return;
    bool clean = all_zero(pc), ok = clean && !s->form_wrong;
    s->forms++;
    s->failed += !ok;
    printf("%sok %u - %s%s\n", ok ? "" : "not ", s->forms, s->form,
           clean ? "" : ": wrote where it should not");
}

static void end_case(struct pc *pc, struct score *s, const struct test_case *t)
{
    char why[2000] = "";
    load(pc, t);
    s->cases++;
    if (!check(pc, t, s->mask, why)) {
        const struct difference *d = explained(s->form, t->name);
        if (d)
            s->explained++;
        else if (s->form_wrong++ < 3)
            printf("# %s %s:%s\n", s->form, t->name, why);
        s->wrong += !d;
        if (d) /* its writes are elsewhere */
            all_zero(pc);
    }
    clean(pc, &t->mem);
    clean(pc, &t->written);
}

int main(void)
{
    static struct pc pc;
    static struct score s;
    static struct test_case t;
    static char line[65536], command[1100];
    const char *srcdir = getenv("srcdir");

    snprintf(command, sizeof command, "xz -dc '%s/tests/cpu286/cases.txt.xz'",
             srcdir ? srcdir : ".");
    FILE *f = popen(command, "r");
    setvbuf(stdout, NULL, _IOLBF, 0);
    pc_open(&pc);
    while (f && fgets(line, sizeof line, f)) {
        unsigned mask;
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "form %*s flags_mask=%x", &mask) == 1) {
            end_form(&pc, &s);
            s.form_wrong = 0;
            s.mask = (u16)mask;
            sscanf(line, "form %15s", s.form);
        } else if (!strncmp(line, "case ", 5)) {
            memset(&t, 0, offsetof(struct test_case, mem));
            snprintf(t.name, sizeof t.name, "%.100s", line + 5);
            t.mem.n = t.written.n = 0;
        } else if (line[0] == 'i') {
            parse_regs(line + 1, t.before);
            memcpy(t.after, t.before, sizeof t.after);
        } else if (line[0] == 'm') {
            parse_bytes(line + 1, &t.mem);
        } else if (line[0] == 'f') {
            parse_regs(line + 1, t.after);
        } else if (line[0] == 'w') {
            parse_bytes(line + 1, &t.written);
            end_case(&pc, &s, &t);
        }
    }
    end_form(&pc, &s);
    bool read_all = f && !pclose(f) && s.cases == 20800;
    pc_close(&pc);
    printf("%sok %u - all 20800 cases were read\n", read_all ? "" : "not ", s.forms + 1);
    printf("1..%u\n# %u cases, %u wrong, %u explained by differences.def\n", s.forms + 1, s.cases,
           s.wrong, s.explained);
    return s.failed || !read_all;
}
