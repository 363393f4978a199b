/* What the JSON decoder looks for: the schema, the projected paths and the touched names of a
 * lineage as one tree. Read-only once made; what changes from record to record (the order in which
 * names came) lies in the task's state at the offsets kept here. Internal to codec/.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_JSON_PLAN_H
#define HR_CODEC_JSON_PLAN_H
#include "codec/schema.h"
#include "record/fields.h"

#define HR_JSON_NO_SLOT (-1)
#define HR_JSON_NO_TOUCH (-1)
#define HR_JSON_NO_FIELD UINT16_MAX
#define HR_JSON_HEAD 16 /* bytes of a name that are compared at once */

typedef struct hr_json_object hr_json_object;
typedef struct hr_json_field hr_json_field;

typedef enum hr_json_op {
    HR_JSON_OP_ANY,
    HR_JSON_OP_BOOL,
    HR_JSON_OP_INT,
    HR_JSON_OP_DOUBLE,
    HR_JSON_OP_STRING,
    HR_JSON_OP_ENUM,
    HR_JSON_OP_BYTES,
    HR_JSON_OP_DATE,
    HR_JSON_OP_LIST,
    HR_JSON_OP_MAP,
    HR_JSON_OP_RECORD,
} hr_json_op;

/* How a value is checked and where it goes. */
typedef struct hr_json_value {
    hr_json_op op;
    bool nullable;
    bool is_int32;
    bool stored;                 /* it or something in it has a slot */
    int slot;                    /* HR_JSON_NO_SLOT: checked only */
    const hr_schema *schema;     /* ENUM: symbols; BYTES: fixed_bytes */
    struct hr_json_value *items; /* LIST, MAP */
    hr_json_object *object;      /* RECORD; ANY: the paths read below it, or NULL */
} hr_json_value;

struct hr_json_field {
    hr_json_value value;
    const char *name;  /* followed by a closing quote, not by a zero */
    uint32_t name_len; /* without the quote */
    uint16_t index;
    uint16_t next;              /* in the same bucket; HR_JSON_NO_FIELD: last */
    uint8_t head[HR_JSON_HEAD]; /* of name and quote; zeros behind a shorter one */
    uint32_t head_mask;         /* a bit for each byte of it that counts */
    const char *path;           /* for messages: "address.city" */
    bool plain;                 /* the name stands in JSON as it is, without escapes */
    int touch;                  /* index among the lineage's touched names */
    bool required;              /* absence fails the record */
    bool due;                   /* absence must be dealt with: required or stored */
    hr_span fallback;           /* the default's text, a '}' behind it; data NULL: none */
};

struct hr_json_object {
    hr_json_field *fields;
    size_t n;
    const uint64_t *due; /* a bit per field */
    size_t n_words;      /* of `due` and of the bits seen */
    const uint16_t *buckets;
    uint32_t bucket_mask;
    bool refuse_unknown;
    size_t seen_at;  /* offset in the state: n_words uint64_t */
    size_t order_at; /* offset in the state: n + 1 uint16_t, 1 + the field that came next */
};

typedef struct hr_json_plan {
    hr_json_object *root;
    size_t n_touched;
    size_t state_size;
} hr_json_plan;

/* Where a touched field stands in a record's bytes, in the order of the bytes. */
typedef struct hr_json_place {
    uint32_t touch;
    uint32_t key;        /* the opening quote of its name */
    uint32_t value, end; /* its value: [value, end) */
} hr_json_place;

/* Per record, what a splice needs; batch->decoded is an array of these, one per record. */
typedef struct hr_json_row {
    hr_json_place *places;
    uint32_t n;
    uint32_t close; /* the object's '}' */
    bool repeated;  /* a touched name is there twice: the last one counts */
} hr_json_row;

/* HR_OK; HR_ECONFIG (too many fields); HR_ENOMEM. */
int hr_json_plan_create(hr_arena *arena, const hr_lineage *lineage, hr_json_plan **out,
                        hr_error *err);

/* The bucket of a name. */
static inline uint32_t
hr_json_name_hash(const uint8_t *name, size_t len)
{
    return len == 0 ? 0 : (uint32_t)(len * 37 + name[0] * 5u + name[len - 1] * 3u + name[len / 2]);
}

#endif
