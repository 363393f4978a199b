/* Which of librdkafka's own properties pass through a connection.
 *
 * An allow-list, because some properties load code or run a shell, some would break the promises
 * about delivery, and what a later librdkafka adds is not known here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/connection.h"
#include "config/option_value.h"

#include <string.h>

#define INT_MAX_VALUE 2147483647

#define INTEGER(name, min, max, help)                                                              \
    {                                                                                              \
        name, HR_OPT_INT, 0, NULL, min, max, help, NULL, NULL, HR_OPT_OPTIONAL                     \
    }
#define CHOICE(name, choices, help)                                                                \
    {                                                                                              \
        name, HR_OPT_ENUM, 0, NULL, 0, 0, help, choices, NULL, HR_OPT_OPTIONAL                     \
    }
#define TEXT(name, help)                                                                           \
    {                                                                                              \
        name, HR_OPT_TEXT, 0, NULL, 0, 0, help, NULL, NULL, HR_OPT_OPTIONAL | HR_OPT_NONEMPTY      \
    }

const hr_option hr_kafka_property_options[] = {
    INTEGER("api.version.request.timeout.ms", 1, 300000, "Wait for the broker's versions."),
    INTEGER("batch.num.messages", 1, 1000000, "Messages of a produce request."),
    CHOICE("broker.address.family", "any|v4|v6", "Addresses that are used."),
    INTEGER("broker.address.ttl", 0, 86400000, "Milliseconds for which an address is kept."),
    CHOICE("client.dns.lookup", "use_all_dns_ips|resolve_canonical_bootstrap_servers_only",
           "How the names of brokers are resolved."),
    TEXT("client.rack", "Rack of this client, to fetch from the nearest replica."),
    CHOICE("compression.codec", "none|gzip|snappy|lz4|zstd", "Compression of what is produced."),
    INTEGER("compression.level", -1, 12, "Level of that compression."),
    CHOICE("compression.type", "none|gzip|snappy|lz4|zstd", "The same as compression.codec."),
    INTEGER("connections.max.idle.ms", 0, INT_MAX_VALUE, "Idle connections are closed."),
    INTEGER("coordinator.query.interval.ms", 1, 3600000, "How often the coordinator is asked for."),
    TEXT("debug", "librdkafka's debug contexts, for the log at level debug."),
    INTEGER("fetch.max.bytes", 0, 2147483135, "Bytes of a fetch response."),
    INTEGER("fetch.message.max.bytes", 1, 1000000000, "Bytes of a partition in a response."),
    INTEGER("fetch.min.bytes", 0, INT_MAX_VALUE, "Bytes that the broker waits for."),
    INTEGER("fetch.wait.max.ms", 0, 300000, "How long the broker waits for them."),
    INTEGER("heartbeat.interval.ms", 1, 3600000, "Heartbeats of the consumer group."),
    INTEGER("linger.ms", 0, 900000, "Wait for more records of a request; else `profile` sets it."),
    INTEGER("max.partition.fetch.bytes", 1, 1000000000, "The same as fetch.message.max.bytes."),
    INTEGER("metadata.max.age.ms", 1, 86400000, "Metadata is asked for again after that."),
    INTEGER("receive.message.max.bytes", 1000, INT_MAX_VALUE, "Bytes of any response."),
    INTEGER("reconnect.backoff.max.ms", 0, 3600000, "Longest wait before a new connection."),
    INTEGER("reconnect.backoff.ms", 0, 3600000, "First wait before a new connection."),
    INTEGER("request.timeout.ms", 1, 900000, "How long the broker may wait for replicas."),
    INTEGER("retry.backoff.ms", 1, 300000, "First wait before a request is sent again."),
    INTEGER("socket.connection.setup.timeout.ms", 1000, INT_MAX_VALUE, "Wait for a connection."),
    CHOICE("socket.keepalive.enable", "true|false", "TCP keep-alive."),
    CHOICE("socket.nagle.disable", "true|false", "TCP_NODELAY."),
    INTEGER("socket.receive.buffer.bytes", 0, 100000000, "The socket's buffer; 0: the system's."),
    INTEGER("socket.send.buffer.bytes", 0, 100000000, "The socket's buffer; 0: the system's."),
    INTEGER("socket.timeout.ms", 10, 300000, "Wait for a response."),
    TEXT("ssl.cipher.suites", "Ciphers that may be used."),
    TEXT("ssl.crl.location", "File of revoked certificates."),
    TEXT("ssl.curves.list", "Curves that may be used."),
    TEXT("ssl.sigalgs.list", "Signature algorithms that may be used."),
    INTEGER("sticky.partitioning.linger.ms", 0, 900000, "Keyless records stay with a partition."),
    INTEGER("topic.metadata.refresh.interval.ms", -1, 3600000, "How often topics are asked for."),
    {0},
};

/* A name, or with a full stop or underscore at an end the beginning or end of names. */
typedef struct property_reason {
    const char *name;
    const char *reason;
} property_reason;

/* What could run code or undo security. */
static const property_reason refused[] = {
    {"plugin.library.paths", "it loads code"},
    {"interceptors", "it loads code"},
    {"ssl.engine.", "it loads code"},
    {"ssl_engine_callback_data", "it loads code"},
    {"ssl.providers", "it loads code"},
    {"sasl.kerberos.kinit.cmd", "it runs a command"},
    {"sasl.kerberos.", "Kerberos is not offered: use SCRAM or client certificates"},
    {"enable.sasl.oauthbearer.unsecure.jwt", "its tokens are not signed"},
    {"sasl.oauthbearer.", "OAUTHBEARER is not offered: use SCRAM or client certificates"},
    {"builtin.features", "it could switch features off"},
    {"test.mock.", "write `embedded: true` for a broker in the process"},
    {"_cb", "it is for programs"},
    {"opaque", "it is for programs"},
};

/* What headrace sets, and where to say it. */
static const property_reason reserved[] = {
    {"bootstrap.servers", "write `bootstrap` of the connection"},
    {"metadata.broker.list", "write `bootstrap` of the connection"},
    {"client.id", "it names the topology and the thread"},
    {"group.id", "it is the topology's name; `headrace run --group` sets another"},
    {"group.instance.id", "write `group: {instance_id: ...}` in the configuration"},
    {"group.protocol", "write `group: {protocol: ...}` in the configuration"},
    {"group.protocol.type", "write `group: {protocol: ...}` in the configuration"},
    {"group.remote.assignor", "write `group: {assignor: ...}` in the configuration"},
    {"partition.assignment.strategy", "write `group: {assignor: ...}` in the configuration"},
    {"session.timeout.ms", "write `group: {session_timeout: ...}` in the configuration"},
    {"max.poll.interval.ms", "write `group: {max_poll_interval: ...}` in the configuration"},
    {"transactional.id", "transactions are headrace's own"},
    {"transaction.timeout.ms", "transactions are headrace's own"},
    {"isolation.level", "transactions are headrace's own"},
    {"enable.auto.commit", "offsets are committed when all outputs are acknowledged"},
    {"auto.commit.enable", "offsets are committed when all outputs are acknowledged"},
    {"enable.auto.offset.store", "offsets are committed when all outputs are acknowledged"},
    {"auto.commit.interval.ms", "write `commit_interval` in the configuration"},
    {"offset.store.", "offsets are committed when all outputs are acknowledged"},
    {"auto.offset.reset", "write `start` of the kafka source"},
    {"acks", "at-least-once needs `all`"},
    {"request.required.acks", "at-least-once needs `all`"},
    {"enable.idempotence", "at-least-once in order needs it on"},
    {"enable.gapless.guarantee", "a gap is handled by rewinding"},
    {"max.in.flight", "idempotence limits it"},
    {"max.in.flight.requests.per.connection", "idempotence limits it"},
    {"retries", "headrace retries until it succeeds"},
    {"message.send.max.retries", "headrace retries until it succeeds"},
    {"retry.backoff.max.ms", "headrace retries until it succeeds"},
    {"message.timeout.ms", "headrace retries until it succeeds"},
    {"delivery.timeout.ms", "headrace retries until it succeeds"},
    {"delivery.report.only.error", "every delivery is waited for"},
    {"message.max.bytes", "the topic's own limit decides"},
    {"partitioner", "keys go to the partitions where Java's clients send them"},
    {"queuing.strategy", "records stay in order"},
    {"queue.buffering.max.ms", "write `linger.ms`"},
    {"batch.size", "write `profile` in the configuration"},
    {"queue.buffering.", "write `memory` in the configuration"},
    {"queued.", "write `memory` in the configuration"},
    {"fetch.queue.backoff.ms", "headrace waits without it"},
    {"fetch.error.backoff.ms", "headrace sets it"},
    {"enable.partition.eof", "headrace needs it"},
    {"check.crcs", "checksums are always checked"},
    {"allow.auto.create.topics", "a missing topic is waited for"},
    {"enable.metrics.push", "it is off"},
    {"statistics.interval.ms", "see /metrics"},
    {"log_level", "write `log: {level: ...}` in the configuration"},
    {"log.", "write `log: {level: ...}` in the configuration"},
    {"security.protocol", "it follows from `tls` and `sasl` of the connection"},
    {"ssl.ca.location", "write `tls: {ca: ...}` of the connection"},
    {"ssl.certificate.location", "write `tls: {certificate: ...}` of the connection"},
    {"ssl.key.location", "write `tls: {key: ...}` of the connection"},
    {"enable.ssl.certificate.verification", "write `tls: {insecure: true}` of the connection"},
    {"ssl.endpoint.identification.algorithm", "write `tls: {insecure: true}` of the connection"},
    {"sasl.mechanism", "write `sasl: {mechanism: ...}` of the connection"},
    {"sasl.mechanisms", "write `sasl: {mechanism: ...}` of the connection"},
    {"sasl.username", "write `sasl: {username: ...}` of the connection"},
    {"sasl.password", "write `sasl: {password: '${env:NAME}'}` of the connection"},
};

/* Properties whose value must never stand in a file. */
static bool
property_is_secret(const char *name)
{
    return strstr(name, "password") != NULL || strstr(name, "secret") != NULL ||
           strstr(name, "passphrase") != NULL || strcmp(name, "ssl.key.pem") == 0;
}

static bool
property_matches(const char *name, const char *pattern)
{
    size_t n = strlen(name), p = strlen(pattern);

    if (pattern[p - 1] == '.') {
        return strncmp(name, pattern, p) == 0;
    }
    if (pattern[0] == '_') {
        return n >= p && strcmp(name + n - p, pattern) == 0;
    }
    return strcmp(name, pattern) == 0;
}

static const char *
property_reason_find(const property_reason *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (property_matches(name, list[i].name)) {
            return list[i].reason;
        }
    }
    return NULL;
}

static int
property_fail(const hr_opt_env *env, const hr_text *name, const char *slug, const char *hint,
              const char *text)
{
    hr_diag_add(env->diag, name->loc, hr_text_width(name), slug, hint, "'%s' %s", name->s, text);
    return HR_ECONFIG;
}

static int
property_unknown(const hr_opt_env *env, const hr_text *name)
{
    const char *names[sizeof hr_kafka_property_options / sizeof(hr_option)], *nearest;
    char hint[160] = "docs/REFERENCE.md lists those that may be set";
    size_t n = 0;

    for (; hr_kafka_property_options[n].name != NULL; n++) {
        names[n] = hr_kafka_property_options[n].name;
    }
    nearest = hr_diag_nearest(name->s, names, n);
    if (nearest != NULL) {
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    }
    return property_fail(env, name, "unknown-property", hint,
                         "is not a property that passes through to librdkafka");
}

static int
property_check(const hr_opt_env *env, const hr_text *name, const hr_yaml_node *value)
{
    const hr_option *row = hr_options_find(hr_kafka_property_options, name->s);
    union {
        int64_t integer;
        int choice;
        hr_text text;
    } parsed;
    const char *reason;

    if (row != NULL) {
        return hr_option_value(env, row, value, &parsed);
    }
    if (property_is_secret(name->s) && value->kind == HR_YAML_SCALAR && !value->text.secret) {
        bool sasl = strcmp(name->s, "sasl.password") == 0;

        return hr_option_fail(env, value, "inline-secret",
                              sasl ? "write it as `sasl: {password: '${env:NAME}'}`"
                                   : "write ${env:NAME} or ${file:/path/to/secret}",
                              "'%s' of %s must not stand in the file", name->s, env->owner);
    }
    reason = property_reason_find(refused, sizeof refused / sizeof refused[0], name->s);
    if (reason != NULL) {
        return property_fail(env, name, "refused-property", reason, "cannot be set");
    }
    reason = property_reason_find(reserved, sizeof reserved / sizeof reserved[0], name->s);
    if (reason != NULL) {
        return property_fail(env, name, "reserved-property", reason, "is set by headrace");
    }
    return property_unknown(env, name);
}

int
hr_kafka_properties_check(const hr_opt_env *env, const hr_yaml_node *properties)
{
    int rc = HR_OK;

    for (size_t i = 0; i < properties->n; i++) {
        const hr_yaml_entry *entry = &properties->entries[i];

        if (property_check(env, &entry->key, entry->value) != HR_OK) {
            rc = HR_ECONFIG;
        }
    }
    return rc;
}
