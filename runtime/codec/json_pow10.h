/* The table behind hr_json_write_double(). Internal to codec/.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CODEC_JSON_POW10_H
#define HR_CODEC_JSON_POW10_H
#include <stdint.h>

#define HR_JSON_POW10_MIN (-292)
#define HR_JSON_POW10_MAX 324

extern const uint64_t hr_json_pow10[HR_JSON_POW10_MAX - HR_JSON_POW10_MIN + 1][2];

#endif
