/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"
#include "stage.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORDS_PATH "topologies/flight_delay/data/requests.jsonl"
#define LINE_BYTES_MAX 1024

static FILE *
records_file(void)
{
    FILE *file = fopen(RECORDS_PATH, "rb");

    if (file == NULL) {
        stage_die("%s cannot be read: start in the folder of the sources", RECORDS_PATH);
    }
    return file;
}

/* One more line, written by print() from the file's. */
static size_t
records_read(records *r, size_t (*print)(const char *line, char *out))
{
    FILE *file = records_file();
    char line[LINE_BYTES_MAX];
    size_t used = 0;

    for (size_t i = 0; i < RECORDS; i++) {
        if (fgets(line, sizeof line, file) == NULL) {
            stage_die("%s has fewer than %d records", RECORDS_PATH, RECORDS);
        }
        line[strcspn(line, "\n")] = '\0';
        r->line[i].data = (const uint8_t *)r->text + used;
        r->line[i].len = print(line, r->text + used);
        used += r->line[i].len;
    }
    fclose(file);
    return used;
}

static records *
records_new(size_t (*print)(const char *line, char *out))
{
    records *r = malloc(sizeof *r);

    if (r == NULL || (r->text = malloc((size_t)RECORDS * LINE_BYTES_MAX)) == NULL) {
        stage_die("out of memory");
    }
    records_read(r, print);
    return r;
}

static size_t
print_as_is(const char *line, char *out)
{
    return (size_t)sprintf(out, "%s", line);
}

static const char *
text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static size_t
print_wide(const char *line, char *out)
{
    json_t *object = json_loads(line, 0, NULL);
    char text[64];
    size_t len;

    snprintf(text, sizeof text, "%s-%s", text_of(object, "Origin"), text_of(object, "Dest"));
    json_object_set_new(object, "Route", json_string(text));
    snprintf(text, sizeof text, "%s.000000", text_of(object, "Timestamp"));
    json_object_set_new(object, "Timestamp", json_string(text));
    len = json_dumpb(object, out, LINE_BYTES_MAX, 0);
    json_decref(object);
    return len;
}

records *
records_open(void)
{
    return records_new(print_as_is);
}

records *
records_open_wide(void)
{
    return records_new(print_wide);
}

void
records_close(records *r)
{
    free(r->text);
    free(r);
}
