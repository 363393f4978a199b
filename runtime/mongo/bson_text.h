/* BSON as the JSON that a schema asks for: what a decoder of the table's format reads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_BSON_TEXT_H
#define HR_MONGO_BSON_TEXT_H
#include "codec/schema.h"
#include "record/buf.h"

#include <bson/bson.h>

/* Appends a document as a JSON object: of a record schema only the fields that it names, without a
 * schema (NULL) all but _id. HR_OK; HR_ERECORD with a reason (static; *field names the member at
 * the top, or is NULL); HR_ENOMEM. */
int hr_bson_to_json(const bson_t *doc, const hr_schema *record, hr_buf *out, const char **field,
                    const char **reason);

#endif
