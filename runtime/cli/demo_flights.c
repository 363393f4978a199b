/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo_flights.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hr_flights {
    hr_flight *v; /* by UUID */
    size_t n, cap;
};

typedef void (*flights_row)(hr_flights *flights, json_t *row);

static void
copy_text(char *out, size_t size, json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    snprintf(out, size, "%s", text != NULL ? text : "");
}

static int
flight_order(const void *a, const void *b)
{
    return strcmp(((const hr_flight *)a)->uuid, ((const hr_flight *)b)->uuid);
}

static void
flights_add(hr_flights *flights, json_t *row)
{
    hr_flight *f;
    char carrier[4], number[8];

    if (flights->n == flights->cap) {
        size_t cap = flights->cap != 0 ? 2 * flights->cap : 1024;
        hr_flight *grown = realloc(flights->v, cap * sizeof *grown);

        if (grown == NULL) {
            return;
        }
        flights->v = grown;
        flights->cap = cap;
    }
    f = &flights->v[flights->n++];
    *f =
        (hr_flight){.dep_delay = json_number_value(json_object_get(row, "DepDelay")), .actual = -1};
    copy_text(f->uuid, sizeof f->uuid, row, "UUID");
    copy_text(f->date, sizeof f->date, row, "FlightDate");
    copy_text(f->origin, sizeof f->origin, row, "Origin");
    copy_text(f->dest, sizeof f->dest, row, "Dest");
    copy_text(carrier, sizeof carrier, row, "Carrier");
    copy_text(number, sizeof number, row, "FlightNum");
    snprintf(f->number, sizeof f->number, "%s%s", carrier, number);
}

static void
flights_add_outcome(hr_flights *flights, json_t *row)
{
    const char *uuid = json_string_value(json_object_get(row, "UUID"));
    hr_flight *f =
        uuid != NULL ? (hr_flight *)(uintptr_t)hr_flights_find(flights, hr_span_str(uuid)) : NULL;

    if (f != NULL) {
        f->actual = json_integer_value(json_object_get(row, "Actual"));
    }
}

static int
flights_read(hr_flights *flights, const char *path, flights_row take, hr_error *err)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    int number = 0;
    int rc = HR_OK;

    if (file == NULL) {
        return hr_fail(err, HR_EIO, HR_NO_LOC, "cannot read %s: %s", path, strerror(errno));
    }
    while (rc == HR_OK && getline(&line, &cap, file) > 0) {
        json_error_t json_err;
        json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, &json_err);

        number++;
        if (row == NULL) {
            rc = hr_fail(err, HR_ECONFIG, (hr_loc){path, number, 1}, "%s", json_err.text);
        } else {
            take(flights, row);
        }
        json_decref(row);
    }
    free(line);
    fclose(file);
    return rc;
}

hr_flights *
hr_flights_load(const char *requests_path, const char *outcomes_path, hr_error *err)
{
    hr_flights *flights = calloc(1, sizeof *flights);

    if (flights == NULL) {
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    if (flights_read(flights, requests_path, flights_add, err) != HR_OK) {
        hr_flights_destroy(flights);
        return NULL;
    }
    if (flights->n > 0) {
        qsort(flights->v, flights->n, sizeof *flights->v, flight_order);
    }
    if (flights_read(flights, outcomes_path, flights_add_outcome, err) != HR_OK) {
        hr_flights_destroy(flights);
        return NULL;
    }
    return flights;
}

void
hr_flights_destroy(hr_flights *flights)
{
    if (flights != NULL) {
        free(flights->v);
        free(flights);
    }
}

const hr_flight *
hr_flights_find(const hr_flights *flights, hr_span uuid)
{
    hr_flight key = {0};

    if (uuid.len >= sizeof key.uuid || flights->n == 0) {
        return NULL;
    }
    memcpy(key.uuid, uuid.data, uuid.len);
    return bsearch(&key, flights->v, flights->n, sizeof *flights->v, flight_order);
}
