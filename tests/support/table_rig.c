/* SPDX-License-Identifier: Apache-2.0 */
#include "table_rig.h"
#include "hr_test.h"

#include <time.h>

enum { RIG_LOOKS = 2000, RIG_PAUSE_NS = 10000000 };

/* The place of a field among the table's values. */
static size_t
rig_value(const hr_node *node, const char *name)
{
    const hr_field *field = hr_fields_find(&node->fields, name);

    assert_non_null(field);
    return (size_t)(field - node->fields.v);
}

int64_t
table_rig_find(const hr_node *node, const char *key, const char *value)
{
    hr_table_shared *shared = node->shared;
    hr_cell_hold hold = {0};
    const hr_table_index *table = (const hr_table_index *)hr_cell_refresh(&shared->cell, &hold);
    uint8_t lane = HR_LANE_OK;
    hr_span text = hr_span_str(key);
    hr_column key_column = {.kind = HR_KIND_STRING, .lane = &lane, .v.s = &text};
    int64_t found = -1;
    hr_column column = {.kind = HR_KIND_INT, .lane = &lane, .v.i = &found};
    hr_buf bytes = {0};
    uint32_t row;

    assert_int_equal(hr_table_key_append(&bytes, &key_column, 0), HR_OK);
    row = table != NULL ? hr_table_find(table, hr_buf_span(&bytes)) : HR_TABLE_MISS;
    if (row != HR_TABLE_MISS) {
        hr_table_value(table, rig_value(node, value), row, &column, 0);
    }
    hr_buf_finish(&bytes);
    hr_cell_release(&hold);
    return found;
}

static void
rig_pause(void)
{
    nanosleep(&(struct timespec){0, RIG_PAUSE_NS}, NULL);
}

void
table_rig_expect(const hr_node *node, const char *key, const char *value, int64_t expected)
{
    int64_t found = -2;

    for (int i = 0; i < RIG_LOOKS; i++) {
        found = table_rig_find(node, key, value);
        if (found == expected) {
            return;
        }
        rig_pause();
    }
    fail_msg("%s of %s is %lld, not %lld", value, key, (long long)found, (long long)expected);
}

void
table_rig_expect_rejected(hr_table *table, uint64_t rejected)
{
    hr_table_status status = {0};

    for (int i = 0; i < RIG_LOOKS && status.rejected < rejected; i++) {
        hr_table_status_get(table, &status);
        rig_pause();
    }
    assert_int_equal(status.rejected, rejected);
}
