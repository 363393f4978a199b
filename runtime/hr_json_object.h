/* JSON objects whose values are expressions over a node's fields: what HTTP endpoints and the
 * source http answer.
 *
 * In a topology it is a map in an option of kind HR_OPT_NODE with the choices HR_JSON_OBJECT. A
 * value is an expression, a map or a list of values, or '*': an object of all fields.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_JSON_OBJECT_H
#define HR_JSON_OBJECT_H
#include "hr_node.h"
#include "record/buf.h"

#define HR_JSON_OBJECT "json_object" /* its part of the JSON Schema */

typedef struct hr_json_object hr_json_object; /* compiled; read-only, shared by all threads */
typedef struct hr_json_frame hr_json_frame;   /* registers; one per thread and object */

/* Compiles the map over the node's fields as they are now; what is made lives as long as the
 * topology. Every mistake is reported by hr_node_error(). HR_OK; HR_EREPORTED; HR_ENOMEM. Check
 * time, main thread. */
int hr_json_object_compile(hr_node *node, const hr_yaml_node *yaml, hr_json_object **out,
                           hr_error *err);

/* As hr_json_object_compile() where '*' means these fields of the node's, by name. */
int hr_json_object_compile_for(hr_node *node, const hr_yaml_node *yaml, const hr_fields *all,
                               hr_json_object **out, hr_error *err);

/* NULL: out of memory. */
hr_json_frame *hr_json_frame_create(const hr_json_object *object);
void hr_json_frame_destroy(hr_json_frame *frame); /* accepts NULL */

/* Appends the object for a row of a batch of the node's fields. HR_OK; HR_ERECORD, an expression
 * had an error, with its text in *err; HR_ENOMEM, also past the buffer's cap. `out` is as before
 * where it was not HR_OK. thread: the frame's */
int hr_json_object_write(const hr_json_object *object, hr_json_frame *frame, hr_batch *batch,
                         hr_row row, hr_buf *out, hr_error *err);

#endif
