/* Reads a running table as a stream thread does: by its cell.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_TEST_TABLE_RIG_H
#define HR_TEST_TABLE_RIG_H
#include "engine/table.h"

/* The int that the table's last snapshot holds in field `value` under the one string key, or -1. */
int64_t table_rig_find(const hr_node *node, const char *key, const char *value);

/* Waits until that is `expected`; fails the test after 20 s. */
void table_rig_expect(const hr_node *node, const char *key, const char *value, int64_t expected);

/* Waits until the table has rejected so many reloads or values. */
void table_rig_expect_rejected(hr_table *table, uint64_t rejected);

#endif
