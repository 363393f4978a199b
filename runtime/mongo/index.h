/* Indexes of a collection: those that a topology declares, and making any.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_INDEX_H
#define HR_MONGO_INDEX_H
#include "config/error.h"
#include "record/span.h"

#define HR_MONGO_INDEX_FIELDS_MAX 32 /* the server's own limit */

typedef struct hr_mongo_index_field {
    hr_span name;
    int direction; /* 1 or -1 */
} hr_mongo_index_field;

typedef struct hr_mongo_index {
    hr_mongo_index_field fields[HR_MONGO_INDEX_FIELDS_MAX];
    size_t n;
    bool unique;
    const char *name; /* NULL: any; one is made of the fields: Origin_1_Dest_1 */
} hr_mongo_index;

/* "{Origin: 1, Dest: 1}", cut where there is no room. thread: any */
void hr_mongo_index_text(const hr_mongo_index *index, char *out, size_t size);

/* "Origin_1_Dest_1", or the index's own name. thread: any */
void hr_mongo_index_name(const hr_mongo_index *index, char *out, size_t size);

#endif
