/* A row of a batch as a BSON document, and the filter that finds the document it replaces.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_DOC_H
#define HR_MONGO_DOC_H
#include "mongo/doc_plan.h"
#include "record/batch.h"

#define HR_DOC_BYTES_MAX (16u << 20) /* the server's limit */

typedef struct hr_doc hr_doc; /* reusable buffers; one per stream thread and sink */

/* The plan must outlive it. NULL: out of memory. */
hr_doc *hr_doc_create(const hr_doc_plan *plan);
void hr_doc_destroy(hr_doc *doc); /* accepts NULL */

/* The row's key as BSON, {"UUID": "..."}; empty for a plan without keys. It is valid until the next
 * call. HR_OK; HR_ERECORD with a reason (static or in the batch's arena). */
int hr_doc_key(hr_doc *doc, const hr_batch *batch, hr_row row, hr_span *key, const char **reason);

/* Of the row whose key was made last: the document, and the filter of a guarded write (else an
 * empty span: the key is the filter). Both are valid until the next call. Errors as hr_doc_key().
 */
int hr_doc_build(hr_doc *doc, const hr_batch *batch, hr_row row, hr_span *filter, hr_span *body,
                 const char **reason);

#endif
