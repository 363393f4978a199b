/* A stage: one part of the record path, run over items that are ready in memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct stage {
    const char *name;   /* the work; stages of one name do the same and run in turn */
    const char *system; /* who does it: "headrace", or a library */
    const char *item;   /* what is counted: "record", "look-up" */
    bool gated;         /* its instructions are compared with the baseline */
    int size;           /* for open(): rows, or trees * 100 + depth */
    /* Makes what run() needs; *items is how many one run handles. Ends the process with a message
     * where it cannot. */
    void *(*open)(int size, size_t *items);
    /* All items once. The sum keeps the compiler from leaving work out. */
    uint64_t (*run)(void *state);
    void (*close)(void *state);
} stage;

/* By file; each ends with a NULL name. */
extern const stage json_stages[], flight_stages[], forest_stages[], table_stages[], number_stages[],
    topology_stages[], prototype_stages[];
#ifdef BENCH_YYJSON
extern const stage yyjson_stages[];
#endif
#ifdef BENCH_UTHASH
extern const stage uthash_stages[];
#endif

/* Ends the process: a stage that cannot run has no figure. */
void stage_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* A generator with a fixed seed: the same numbers in every run and on every machine. */
static inline uint32_t
stage_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

#endif
