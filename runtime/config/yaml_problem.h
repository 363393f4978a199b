/* What libyaml complains about, in words for the person who wrote the file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_YAML_PROBLEM_H
#define HR_CONFIG_YAML_PROBLEM_H
#include "config/diag.h"

#include <yaml.h>

/* Reports the parser's error; text[0..len) is its input, whose first character is at `start`. */
void hr_yaml_problem(const yaml_parser_t *parser, hr_diag *diag, hr_loc start, const char *text,
                     size_t len);

#endif
