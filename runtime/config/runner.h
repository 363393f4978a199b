/* The runner's configuration (config/NAME.yaml): connections by name and how to run; everything
 * that differs between machines and stays out of topologies.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_RUNNER_H
#define HR_CONFIG_RUNNER_H
#include "config/options.h"

typedef enum hr_profile { HR_PROFILE_LATENCY, HR_PROFILE_THROUGHPUT } hr_profile;
typedef enum hr_connection_type {
    HR_CONNECTION_KAFKA,
    HR_CONNECTION_MONGO,
    HR_CONNECTION_HTTP,
} hr_connection_type;

typedef struct hr_kafka_connection {
    hr_text bootstrap;
    bool embedded;               /* a broker inside this process (librdkafka's mock cluster) */
    int64_t embedded_partitions; /* of topics that it creates on use */
    struct {
        bool enabled;
        hr_text ca, certificate, key; /* PEM files */
        bool insecure;                /* no verification; warned about at each start */
    } tls;
    struct {
        int mechanism; /* 0 none, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 */
        hr_text username;
        hr_text password; /* secret */
    } sasl;
    hr_opt_map properties; /* librdkafka's own, from an allow-list (RELIABILITY section 11) */
} hr_kafka_connection;

typedef struct hr_mongo_connection {
    hr_text uri; /* without user-info */
    hr_text username;
    hr_text password; /* secret */
    hr_text auth_source;
    struct {
        bool enabled;
        hr_text ca, certificate; /* PEM; certificate holds certificate and key */
        bool insecure;
    } tls;
} hr_mongo_connection;

/* An HTTP server: of the process (metrics, live page), or of a topology's routes. */
typedef struct hr_http_conf {
    hr_text listen;      /* host:port; port 0: a free one; "off": none */
    hr_text token;       /* secret; s NULL: none */
    hr_opt_list hosts;   /* further names that the Host header may have */
    int64_t connections; /* clients at a time; 0: HR_HTTP_CONNECTIONS_MAX */
    bool moves; /* not in the config: a loopback port that is taken gives way to a free one */
} hr_http_conf;

typedef struct hr_connection {
    hr_text name;
    hr_connection_type type;
    union {
        hr_kafka_connection kafka;
        hr_mongo_connection mongo;
        hr_http_conf http;
    } u;
} hr_connection;

typedef struct hr_runner {
    hr_arena *arena;
    hr_connection *connections;
    size_t n_connections;
    int64_t threads;             /* per topology; default 1 */
    int64_t memory_bytes;        /* librdkafka queues, batches, mailboxes; default 256 MiB */
    int profile;                 /* hr_profile */
    int64_t commit_interval_ms;  /* default 1 s */
    int64_t shutdown_timeout_ms; /* default 30 s */
    hr_http_conf http;           /* metrics, health, live page; listen.s NULL: none */
    hr_text state_dir;
    hr_text files_root;
    int log_level;  /* hr_log_level: error, warn, info, debug */
    int log_format; /* 0 text, 1 json */
    struct {
        hr_text instance_id;          /* static membership (group.instance.id); s NULL: dynamic */
        int assignor;                 /* 0 cooperative-sticky, 1 range */
        int protocol;                 /* 0 classic, 1 consumer (KIP-848) */
        int64_t session_timeout_ms;   /* default 45 s */
        int64_t max_poll_interval_ms; /* default 5 min */
    } group;
} hr_runner;

/* Loads `path` (NULL: all defaults) and applies overrides "a.b=c" (--set), each parsed as YAML.
 * Every mistake goes to diag. NULL when there was one. Destroyed by hr_runner_destroy(). */
hr_runner *hr_runner_load(const char *path, const char *const *sets, size_t n_sets, hr_diag *diag);
void hr_runner_destroy(hr_runner *runner); /* accepts NULL */

/* The connection of that name and type; NULL with *err (which names those that exist). `at` is
 * where the topology names it. */
const hr_connection *hr_runner_connection(const hr_runner *runner, const hr_text *name,
                                          hr_connection_type type, hr_error *err);

/* The options tables, for help, manual and JSON Schema. */
extern const hr_option hr_runner_options[];
extern const hr_option hr_kafka_connection_options[];
extern const hr_option hr_mongo_connection_options[];
extern const hr_option hr_http_connection_options[];
/* librdkafka's own properties that may be set under `properties`; those that are not in it are
 * refused. */
extern const hr_option hr_kafka_property_options[];

#endif
