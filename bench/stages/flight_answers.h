/* What headrace answers in the stage flight_20x5: another that does its work is compared with it
 * before it is timed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FLIGHT_ANSWERS_H
#define BENCH_FLIGHT_ANSWERS_H
#include "record/buf.h"

/* Puts the answers to all of records_open(), one behind the other, at the end of `out`. */
void flight_answers(hr_buf *out);

#endif
