/* Writing numbers: random doubles that need their 15 to 17 digits, scores of a model that works in
 * floats, integers. libc's printf is what C programs take.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_write.h"
#include "stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBERS = 4096 };

typedef struct number_state {
    double real[NUMBERS];
    int64_t whole[NUMBERS];
    hr_buf out;
} number_state;

static void *
number_open(int size, size_t *items)
{
    number_state *st = calloc(1, sizeof *st);
    uint64_t random = 13;

    (void)size;
    if (st == NULL) {
        stage_die("out of memory");
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        st->real[i] = stage_random(&random) / 2147483648.0 + 1e-10 * stage_random(&random);
        st->whole[i] = (int64_t)(stage_random(&random) >> (i % 28)) * (i % 2 == 0 ? 1 : -1);
    }
    *items = NUMBERS;
    return st;
}

static void
number_close(void *state)
{
    number_state *st = state;

    hr_buf_finish(&st->out);
    free(st);
}

static uint64_t
write_double(void *state)
{
    number_state *st = state;

    st->out.len = 0;
    for (size_t i = 0; i < NUMBERS; i++) {
        hr_json_write_double(&st->out, st->real[i]);
    }
    return st->out.len;
}

static uint64_t
write_float(void *state)
{
    number_state *st = state;

    st->out.len = 0;
    for (size_t i = 0; i < NUMBERS; i++) {
        hr_json_write_float(&st->out, (float)st->real[i]);
    }
    return st->out.len;
}

static uint64_t
write_int(void *state)
{
    number_state *st = state;

    st->out.len = 0;
    for (size_t i = 0; i < NUMBERS; i++) {
        hr_json_write_int(&st->out, st->whole[i]);
    }
    return st->out.len;
}

static uint64_t
print_double(void *state)
{
    number_state *st = state;
    char text[64];
    uint64_t sum = 0;

    for (size_t i = 0; i < NUMBERS; i++) {
        sum += (uint64_t)snprintf(text, sizeof text, "%.17g", st->real[i]);
    }
    return sum;
}

static uint64_t
print_float(void *state)
{
    number_state *st = state;
    char text[64];
    uint64_t sum = 0;

    for (size_t i = 0; i < NUMBERS; i++) {
        sum += (uint64_t)snprintf(text, sizeof text, "%.9g", (double)(float)st->real[i]);
    }
    return sum;
}

static uint64_t
print_int(void *state)
{
    number_state *st = state;
    char text[64];
    uint64_t sum = 0;

    for (size_t i = 0; i < NUMBERS; i++) {
        sum += (uint64_t)snprintf(text, sizeof text, "%" PRId64, st->whole[i]);
    }
    return sum;
}

#define NUMBER(name, system, gated, run)                                                           \
    {                                                                                              \
        name, system, "number", gated, 0, number_open, run, number_close                           \
    }

const stage number_stages[] = {
    NUMBER("write_double", "headrace", true, write_double),
    NUMBER("write_double", "libc", false, print_double),
    NUMBER("write_float", "headrace", true, write_float),
    NUMBER("write_float", "libc", false, print_float),
    NUMBER("write_int", "headrace", true, write_int),
    NUMBER("write_int", "libc", false, print_int),
    {0},
};
