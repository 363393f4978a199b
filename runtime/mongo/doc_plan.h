/* What a sink's documents look like: where each field comes from and what type it gets. Made at
 * check time, read-only afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_DOC_PLAN_H
#define HR_MONGO_DOC_PLAN_H
#include "codec/schema.h"
#include "hr_node.h"

#define HR_DOC_KEYS_MAX 8

/* What hr_doc_plan_find() says of a name other than the index of a field. */
enum { HR_DOC_UNKNOWN = -1, HR_DOC_SKIP = -2, HR_DOC_RESERVED = -3 };

typedef struct hr_doc_field {
    hr_span name;            /* in the document */
    const hr_schema *schema; /* of the source's value; NULL: typed by column or JSON */
    int slot;                /* a column; HR_SLOT_UNREAD: taken from the source's JSON */
} hr_doc_field;

typedef struct hr_doc_name {
    hr_span name; /* data NULL: empty */
    int32_t field;
} hr_doc_name;

typedef struct hr_doc_plan {
    hr_doc_field *fields; /* in the order in which the document shows them */
    size_t n_fields;
    hr_doc_field keys[HR_DOC_KEYS_MAX];
    size_t n_keys;
    bool insert; /* _id is topic#partition#offset */
    bool guard;  /* _src {t, p, o} says which record a document comes from */
    bool walks;  /* over the source's JSON; else every field is a column */
    bool keeps_unknown;
    hr_doc_name *names; /* by source name; a power of two, probed linearly */
    size_t n_names;
} hr_doc_plan;

/* Fills a zeroed plan for a sink's node->fields (node->select: only those, in that order) in the
 * topology's arena; `key` may be empty only for insert. HR_OK; HR_ECONFIG with the place of what is
 * wrong; HR_EREPORTED; HR_ENOMEM. */
int hr_doc_plan_make(hr_node *node, const hr_opt_list *key, bool insert, bool guard,
                     hr_doc_plan *plan, hr_error *err);

/* The index of the field that a member of the source's JSON belongs to, or why there is none. */
int32_t hr_doc_plan_find(const hr_doc_plan *plan, hr_span name);

#endif
