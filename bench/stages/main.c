/* bench_stages: how long parts of the record path take, and how many instructions.
 *
 *   bench_stages [--json] [--rounds N] [NAME...]   ns per item: CPU time of this thread, rounds in
 *                                                  which the stages of one name take turns
 *   valgrind --tool=callgrind --instr-atstart=no ... bench_stages --callgrind [--gated] [NAME...]
 *                                                  one run of each after one to warm up; a dump for
 *                                                  each, named NAME/SYSTEM
 *   bench_stages --forest TREES DEPTH double|float FILE    the synthetic forest, for other engines
 *   bench_stages --list [--gated] [NAME...]        what there is
 *   bench_stages --built                           compiler and libc
 *
 * CPU time and not the wall's: another process on the same core does not count. The working
 * directory is that of the sources.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "forest_file.h"
#include "stage.h"

#include <gnu/libc-version.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef BENCH_CALLGRIND
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

enum { STAGES_MAX = 64, GROUP_MAX = 8, ROUNDS_MAX = 99, ROUND_NS = 20000000 };

typedef struct runner {
    const stage *stages[STAGES_MAX];
    size_t n;
    char **names;
    int n_names;
    bool json, callgrind, gated, list;
    int rounds;
} runner;

/* A stage that is open, and what it took. */
typedef struct timed {
    const stage *stage;
    void *state;
    size_t items, repeats;
    double ns[ROUNDS_MAX];
} timed;

void
stage_die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("bench_stages: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static bool
runner_wants(const runner *r, const stage *s)
{
    if (r->gated && !s->gated) {
        return false;
    }
    for (int i = 0; i < r->n_names; i++) {
        if (strcmp(r->names[i], s->name) == 0) {
            return true;
        }
    }
    return r->n_names == 0;
}

static void
runner_add(runner *r, const stage *list)
{
    for (; list->name != NULL; list++) {
        if (r->n < STAGES_MAX && runner_wants(r, list)) {
            r->stages[r->n++] = list;
        }
    }
}

static void
runner_stages(runner *r)
{
    runner_add(r, json_stages);
    runner_add(r, flight_stages);
    runner_add(r, forest_stages);
    runner_add(r, table_stages);
    runner_add(r, number_stages);
    runner_add(r, topology_stages);
    runner_add(r, prototype_stages);
#ifdef BENCH_YYJSON
    runner_add(r, yyjson_stages);
#endif
#ifdef BENCH_UTHASH
    runner_add(r, uthash_stages);
#endif
}

/* --- time ----------------------------------------------------------------------------------- */

static double
cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static volatile uint64_t sink;

static double
timed_run(const timed *t, size_t repeats)
{
    double start = cpu_ns();
    uint64_t sum = 0;

    for (size_t i = 0; i < repeats; i++) {
        sum += t->stage->run(t->state);
    }
    sink = sum;
    return cpu_ns() - start;
}

/* Opens and warms up; a round is to take some 20 ms. */
static void
timed_open(timed *t, const stage *s)
{
    double ns;

    t->stage = s;
    t->state = s->open(s->size, &t->items);
    timed_run(t, 1);
    ns = timed_run(t, 1);
    t->repeats = ns >= ROUND_NS ? 1 : (size_t)(ROUND_NS / (ns + 1)) + 1;
}

static int
compare_ns(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
timed_print(timed *t, const runner *r)
{
    double median;

    qsort(t->ns, (size_t)r->rounds, sizeof *t->ns, compare_ns);
    median = t->ns[r->rounds / 2];
    if (r->json) {
        printf("{\"suite\":\"stage\",\"workload\":\"%s\",\"system\":\"%s\",\"item\":\"%s\","
               "\"rounds\":%d,\"ns\":%.2f,\"ns_min\":%.2f,\"ns_max\":%.2f}\n",
               t->stage->name, t->stage->system, t->stage->item, r->rounds, median, t->ns[0],
               t->ns[r->rounds - 1]);
    } else {
        printf("%-22s %-9s %12.1f ns per %-8s (%.1f to %.1f)\n", t->stage->name, t->stage->system,
               median, t->stage->item, t->ns[0], t->ns[r->rounds - 1]);
    }
    fflush(stdout);
}

/* All stages of one name, in turn. */
static void
time_group(const runner *r, const char *name)
{
    static timed group[GROUP_MAX];
    size_t n = 0;

    for (size_t i = 0; i < r->n && n < GROUP_MAX; i++) {
        if (strcmp(r->stages[i]->name, name) == 0) {
            timed_open(&group[n++], r->stages[i]);
        }
    }
    for (int round = 0; round < r->rounds; round++) {
        for (size_t i = 0; i < n; i++) {
            timed *t = &group[i];

            t->ns[round] = timed_run(t, t->repeats) / (double)(t->repeats * t->items);
        }
    }
    for (size_t i = 0; i < n; i++) {
        timed_print(&group[i], r);
        group[i].stage->close(group[i].state);
    }
}

static void
time_all(const runner *r)
{
    for (size_t i = 0; i < r->n; i++) {
        bool seen = false;

        for (size_t k = 0; k < i; k++) {
            seen |= strcmp(r->stages[k]->name, r->stages[i]->name) == 0;
        }
        if (!seen) {
            time_group(r, r->stages[i]->name);
        }
    }
}

/* --- instructions --------------------------------------------------------------------------- */

static void
count_stage(const stage *s)
{
    char name[64];
    size_t items;
    void *state = s->open(s->size, &items);
    uint64_t sum = s->run(state);

    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    sum += s->run(state);
    CALLGRIND_STOP_INSTRUMENTATION;
    snprintf(name, sizeof name, "%s/%s", s->name, s->system);
    CALLGRIND_DUMP_STATS_AT(name);
    sink = sum;
    s->close(state);
    printf("%s %s %s %zu\n", s->name, s->system, s->item, items);
    fflush(stdout);
}

/* --- arguments ------------------------------------------------------------------------------ */

static int
write_forest(char **args)
{
    hr_span bytes = forest_file(atoi(args[0]), atoi(args[1]), strcmp(args[2], "double") == 0);
    FILE *file = fopen(args[3], "wb");

    if (file == NULL || fwrite(bytes.data, 1, bytes.len, file) != bytes.len || fclose(file) != 0) {
        stage_die("%s cannot be written", args[3]);
    }
    free((void *)(uintptr_t)bytes.data);
    return 0;
}

static int
print_built(void)
{
#ifdef __clang__
    printf("clang-%d.%d.%d", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
    printf("gcc-%d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
    printf("_glibc-%s\n", gnu_get_libc_version());
    return 0;
}

static void
parse(runner *r, int argc, char **argv)
{
    int i = 1;

    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            r->json = true;
        } else if (strcmp(argv[i], "--callgrind") == 0) {
            r->callgrind = true;
        } else if (strcmp(argv[i], "--gated") == 0) {
            r->gated = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            r->list = true;
        } else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
            r->rounds = atoi(argv[++i]);
        } else {
            stage_die("unknown option %s", argv[i]);
        }
    }
    r->names = argv + i;
    r->n_names = argc - i;
    if (r->rounds < 1 || r->rounds > ROUNDS_MAX) {
        stage_die("--rounds takes 1 to %d", ROUNDS_MAX);
    }
}

int
main(int argc, char **argv)
{
    static runner r = {.rounds = 9};

    if (argc == 6 && strcmp(argv[1], "--forest") == 0) {
        return write_forest(argv + 2);
    }
    if (argc == 2 && strcmp(argv[1], "--built") == 0) {
        return print_built();
    }
    parse(&r, argc, argv);
    runner_stages(&r);
    json_object_seed(1); /* else it hashes with a number of the moment, and instructions differ */
    if (r.n == 0) {
        stage_die("no such stage");
    }
    for (size_t i = 0; i < r.n; i++) {
        if (r.list) {
            printf("%s %s\n", r.stages[i]->name, r.stages[i]->system);
        } else if (r.callgrind) {
            count_stage(r.stages[i]);
        }
    }
    if (!r.list && !r.callgrind) {
        time_all(&r);
    }
    return 0;
}
