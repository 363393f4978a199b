/* Connections of the runner's configuration. Internal to runtime/config.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_CONNECTION_H
#define HR_CONFIG_CONNECTION_H
#include "config/runner.h"

/* Fills a zeroed connection from its entry under `connections:`. Files are looked for in
 * env->base_dir. HR_OK, or HR_ECONFIG when diag got every reason. */
int hr_connection_parse(const hr_opt_env *env, const hr_yaml_entry *entry, hr_connection *out);

/* A file that the configuration names: relative to env->base_dir, made absolute in no way, but
 * readable. owner_only: a key, which group and others must not read. Accepts a text that was not
 * given. */
int hr_connection_file(const hr_opt_env *env, hr_text *path, bool owner_only);

/* Reports what makes an HTTP server's address or token unusable. A conf that is off is right. */
int hr_http_conf_parsed(const hr_opt_env *env, hr_http_conf *conf);

/* Of `http:` in the configuration; offsets count from a hr_http_conf. */
extern const hr_option hr_http_rows[];

/* Checks librdkafka's own properties against the allow-list, names and values. */
int hr_kafka_properties_check(const hr_opt_env *env, const hr_yaml_node *properties);

#endif
