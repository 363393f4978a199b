/* Samples of what reaches a node and what leaves it, for a person who looks. While nobody does, a
 * tap costs one load of a flag per batch and step.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_TAP_H
#define HR_ENGINE_TAP_H
#include "config/error.h"
#include "record/buf.h"

typedef struct hr_app hr_app;
typedef struct hr_tap hr_tap;

#define HR_TAPS_MAX 8                         /* open at a time, per topology */
#define HR_TAP_RATE_MAX 1000                  /* samples a second */
#define HR_TAP_SAMPLE_BYTES (32u * 1024)      /* of one sample; what is longer is cut */
#define HR_TAP_QUEUE_BYTES (4u * 1024 * 1024) /* of samples that nobody has taken */

/* Opens a tap at a source, step or sink of a topology (NULL: the only one, or the first that has a
 * node of that name) that takes up to `rate` samples a second (1..HR_TAP_RATE_MAX). NULL with *err:
 * HR_ECONFIG (no such node: the hint names the nearest), HR_EAGAIN (HR_TAPS_MAX are open),
 * HR_ENOMEM. thread: any */
hr_tap *hr_tap_open(hr_app *app, const char *topology, const char *node, unsigned rate,
                    hr_error *err);

/* Appends up to n samples, oldest first, separated by commas, each a JSON object:
 *   {"topic":"t","partition":0,"offset":17,"timestamp_ms":1,"key":"k","before":{..},
 *    "after":{..},"outcome":"emitted"}
 * `before` has the fields that reached the node (of a source: null), `after` those that the node
 * made (null unless emitted; of a sink: null), "gone":["name"] beside it those that it took away;
 * outcome is emitted, dropped or failed (then "code" and "reason" too). Where the record is no JSON
 * object, its bytes are in "value" beside. Bytes that are no text are base64 under NAME_base64;
 * "truncated":true says that something was cut. Returns how many; waits up to wait_ms for the
 * first. thread: any, one at a time */
size_t hr_tap_take(hr_tap *tap, hr_buf *out, size_t n, int64_t wait_ms);

/* Samples that were left out because nobody took those before. thread: any */
uint64_t hr_tap_missed(hr_tap *tap);

void hr_tap_close(hr_tap *tap); /* accepts NULL. thread: any */

#endif
