/* What the JSON stages read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_JSON_FIELDS_H
#define BENCH_JSON_FIELDS_H

enum { JSON_FIELDS = 8 };
extern const char *const json_field_names[JSON_FIELDS];

#endif
