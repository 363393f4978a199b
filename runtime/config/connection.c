/* Connections: where servers are and how to prove who we are. What would send a password in clear,
 * or keep one in a file that is committed, is refused here and not found out later.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/connection.h"
#include "config/file.h"
#include "config/option_value.h"
#include "http/guard.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SASL_NONE, SASL_PLAIN }; /* the first of the mechanisms */

#define KAFKA(member) offsetof(hr_connection, u.kafka.member)
#define MONGO(member) offsetof(hr_connection, u.mongo.member)
#define KAFKA_TLS(member) (KAFKA(tls.member) - KAFKA(tls))
#define KAFKA_SASL(member) (KAFKA(sasl.member) - KAFKA(sasl))
#define MONGO_TLS(member) (MONGO(tls.member) - MONGO(tls))

#define TLS_INSECURE_HELP "No verification of the server; warned about at each start."

static const hr_option kafka_tls_rows[] = {
    {.name = "enabled",
     .kind = HR_OPT_BOOL,
     .offset = KAFKA_TLS(enabled),
     .fallback = "true",
     .help = "Whether the connection is encrypted.",
     .flags = HR_OPT_MAIN},
    {.name = "ca",
     .kind = HR_OPT_PATH,
     .offset = KAFKA_TLS(ca),
     .help = "PEM file of the authorities to trust; absent: the system's.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "certificate",
     .kind = HR_OPT_PATH,
     .offset = KAFKA_TLS(certificate),
     .help = "PEM file of the client's certificate.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "key",
     .kind = HR_OPT_PATH,
     .offset = KAFKA_TLS(key),
     .help = "PEM file of its key; closed to group and others.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "insecure",
     .kind = HR_OPT_BOOL,
     .offset = KAFKA_TLS(insecure),
     .fallback = "false",
     .help = TLS_INSECURE_HELP},
    {0},
};

static const hr_option kafka_sasl_rows[] = {
    {.name = "mechanism",
     .kind = HR_OPT_ENUM,
     .offset = KAFKA_SASL(mechanism),
     .choices = "none|PLAIN|SCRAM-SHA-256|SCRAM-SHA-512",
     .help = "PLAIN only over TLS."},
    {.name = "username",
     .kind = HR_OPT_TEXT,
     .offset = KAFKA_SASL(username),
     .help = "Who logs in.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "password",
     .kind = HR_OPT_SECRET,
     .offset = KAFKA_SASL(password),
     .help = "${env:NAME} or ${file:/path}.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

const hr_option hr_kafka_connection_options[] = {
    {.name = "type",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(hr_connection, type),
     .choices = "kafka|mongo|http",
     .help = "`kafka`."},
    {.name = "bootstrap",
     .kind = HR_OPT_TEXT,
     .offset = KAFKA(bootstrap),
     .help = "host:port of one or more brokers, separated by commas.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "embedded",
     .kind = HR_OPT_BOOL,
     .offset = KAFKA(embedded),
     .fallback = "false",
     .help = "A broker in the process instead of `bootstrap`; it forgets everything at the end."},
    {.name = "embedded_partitions",
     .kind = HR_OPT_INT,
     .offset = KAFKA(embedded_partitions),
     .fallback = "1",
     .min = 1,
     .max = 100,
     .help = "Partitions of the topics that the embedded broker creates."},
    {.name = "tls",
     .kind = HR_OPT_BLOCK,
     .offset = KAFKA(tls),
     .block = kafka_tls_rows,
     .help = "Encryption; given, it is on.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "sasl",
     .kind = HR_OPT_BLOCK,
     .offset = KAFKA(sasl),
     .block = kafka_sasl_rows,
     .help = "Log-in.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "properties",
     .kind = HR_OPT_MAP,
     .offset = KAFKA(properties),
     .help = "librdkafka's own properties, from a list of those that may be set.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

static const hr_option mongo_tls_rows[] = {
    {.name = "enabled",
     .kind = HR_OPT_BOOL,
     .offset = MONGO_TLS(enabled),
     .fallback = "true",
     .help = "Whether the connection is encrypted.",
     .flags = HR_OPT_MAIN},
    {.name = "ca",
     .kind = HR_OPT_PATH,
     .offset = MONGO_TLS(ca),
     .help = "PEM file of the authorities to trust; absent: the system's.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "certificate",
     .kind = HR_OPT_PATH,
     .offset = MONGO_TLS(certificate),
     .help = "PEM file of the client's certificate and key; closed to group and others.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "insecure",
     .kind = HR_OPT_BOOL,
     .offset = MONGO_TLS(insecure),
     .fallback = "false",
     .help = TLS_INSECURE_HELP},
    {0},
};

const hr_option hr_mongo_connection_options[] = {
    {.name = "type",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(hr_connection, type),
     .choices = "kafka|mongo|http",
     .help = "`mongo`."},
    {.name = "uri",
     .kind = HR_OPT_TEXT,
     .offset = MONGO(uri),
     .help = "mongodb://host:port; with user and password only from ${env:} or ${file:}.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "username",
     .kind = HR_OPT_TEXT,
     .offset = MONGO(username),
     .help = "Who logs in.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "password",
     .kind = HR_OPT_SECRET,
     .offset = MONGO(password),
     .help = "${env:NAME} or ${file:/path}.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "auth_source",
     .kind = HR_OPT_TEXT,
     .offset = MONGO(auth_source),
     .help = "The database that knows the user; absent: the uri's, or admin.",
     .flags = HR_OPT_OPTIONAL | HR_OPT_NONEMPTY},
    {.name = "tls",
     .kind = HR_OPT_BLOCK,
     .offset = MONGO(tls),
     .block = mongo_tls_rows,
     .help = "Encryption; given, it is on.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

#define HTTP_ROWS(base, listen_flags)                                                              \
    {.name = "listen",                                                                             \
     .kind = HR_OPT_TEXT,                                                                          \
     .offset = (base) + offsetof(hr_http_conf, listen),                                            \
     .help = "host:port; port 0: a free one. Others than 127.0.0.1 need a token.",                 \
     .flags = (listen_flags) | HR_OPT_NONEMPTY},                                                   \
        {.name = "token",                                                                          \
         .kind = HR_OPT_SECRET,                                                                    \
         .offset = (base) + offsetof(hr_http_conf, token),                                         \
         .help = "${env:NAME} or ${file:/path}, 22 characters or more; who asks must give it.",    \
         .flags = HR_OPT_OPTIONAL},                                                                \
        {.name = "hosts",                                                                          \
         .kind = HR_OPT_LIST,                                                                      \
         .offset = (base) + offsetof(hr_http_conf, hosts),                                         \
         .help = "Further names, or name:port, by which browsers reach the server.",               \
         .flags = HR_OPT_OPTIONAL},                                                                \
        {.name = "connections",                                                                    \
         .kind = HR_OPT_INT,                                                                       \
         .offset = (base) + offsetof(hr_http_conf, connections),                                   \
         .fallback = "64",                                                                         \
         .min = 1,                                                                                 \
         .max = 10000,                                                                             \
         .help = "Clients at a time, those who wait for an answer too; more wait their turn."},    \
    {                                                                                              \
        0                                                                                          \
    }

const hr_option hr_http_rows[] = {HTTP_ROWS(0, HR_OPT_MAIN | HR_OPT_OPTIONAL)};

const hr_option hr_http_connection_options[] = {
    {.name = "type",
     .kind = HR_OPT_ENUM,
     .offset = offsetof(hr_connection, type),
     .choices = "kafka|mongo|http",
     .help = "`http`."},
    HTTP_ROWS(offsetof(hr_connection, u.http), 0),
};

/* --- what all have ------------------------------------------------------------------------------
 */

static int
connection_fail(const hr_opt_env *env, const hr_text *at, const char *slug, const char *hint,
                const char *text)
{
    hr_diag_add(env->diag, at->loc, hr_text_width(at), slug, hint, "%s: %s", env->owner, text);
    return HR_ECONFIG;
}

int
hr_connection_file(const hr_opt_env *env, hr_text *path, bool owner_only)
{
    struct stat st;
    const char *joined;

    if (path->s == NULL) {
        return HR_OK;
    }
    joined = hr_file_join(env->arena, env->base_dir, path->s);
    if (joined == NULL || stat(joined, &st) != 0 || access(joined, R_OK) != 0) {
        hr_diag_add(env->diag, path->loc, hr_text_width(path), "no-file", NULL, "%s: %s",
                    path->secret ? "${...}" : path->s, strerror(joined != NULL ? errno : ENOMEM));
        return HR_ECONFIG;
    }
    if (owner_only && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return connection_fail(env, path, "secret-file", "chmod 600 the file",
                               "a key must not be open to group or others");
    }
    path->s = joined;
    path->len = strlen(joined);
    return HR_OK;
}

static void
connection_warn_insecure(const hr_opt_env *env, const hr_yaml_node *tls)
{
    const hr_yaml_node *node = hr_yaml_get(tls, "insecure");

    if (node != NULL) {
        hr_diag_warn(env->diag, node->loc, node->width, "insecure", "give the authority with `ca`",
                     "%s does not verify the server", env->owner);
    }
}

/* --- kafka
 * ----------------------------------------------------------------------------------------- */

static int
kafka_check_endpoint(const hr_opt_env *env, const hr_text *name, const hr_kafka_connection *kafka)
{
    if (kafka->embedded && kafka->bootstrap.s != NULL) {
        return connection_fail(env, &kafka->bootstrap, "conflict", "remove one of the two",
                               "it is either `embedded` or at `bootstrap`");
    }
    if (!kafka->embedded && kafka->bootstrap.s == NULL) {
        return connection_fail(env, name, "missing-key", "write `bootstrap: host:port`",
                               "it does not say where the brokers are");
    }
    if (kafka->embedded && (kafka->tls.enabled || kafka->sasl.mechanism != SASL_NONE)) {
        return connection_fail(env, name, "conflict", "remove `tls` and `sasl`",
                               "the embedded broker knows neither TLS nor log-in");
    }
    return HR_OK;
}

static int
kafka_check_sasl(const hr_opt_env *env, const hr_yaml_node *yaml, const hr_kafka_connection *kafka)
{
    const hr_yaml_node *sasl = hr_yaml_get(yaml, "sasl");
    const hr_yaml_node *mechanism = hr_yaml_get(sasl, "mechanism");

    if (sasl == NULL || mechanism == NULL || kafka->sasl.mechanism == SASL_NONE) {
        return HR_OK;
    }
    if (kafka->sasl.username.s == NULL || kafka->sasl.password.s == NULL) {
        return connection_fail(env, &mechanism->text, "missing-key",
                               "write `username` and `password: '${env:NAME}'`",
                               "log-in needs a user and a password");
    }
    if (kafka->sasl.mechanism == SASL_PLAIN && !kafka->tls.enabled) {
        return connection_fail(env, &mechanism->text, "plain-without-tls",
                               "add `tls: true`, or use SCRAM-SHA-512",
                               "PLAIN would send the password in clear");
    }
    return HR_OK;
}

static int
kafka_check_tls(const hr_opt_env *env, const hr_yaml_node *yaml, hr_kafka_connection *kafka)
{
    int rc = hr_connection_file(env, &kafka->tls.ca, false);

    rc = hr_connection_file(env, &kafka->tls.certificate, false) != HR_OK ? HR_ECONFIG : rc;
    rc = hr_connection_file(env, &kafka->tls.key, true) != HR_OK ? HR_ECONFIG : rc;
    if ((kafka->tls.certificate.s == NULL) != (kafka->tls.key.s == NULL)) {
        rc = connection_fail(
            env, kafka->tls.key.s == NULL ? &kafka->tls.certificate : &kafka->tls.key,
            "missing-key", "write both", "`certificate` and `key` belong together");
    }
    if (kafka->tls.insecure) {
        connection_warn_insecure(env, hr_yaml_get(yaml, "tls"));
    }
    return rc;
}

static int
kafka_check(const hr_opt_env *env, const hr_text *name, const hr_yaml_node *yaml,
            hr_kafka_connection *kafka)
{
    int rc = kafka_check_endpoint(env, name, kafka);

    rc = kafka_check_sasl(env, yaml, kafka) != HR_OK ? HR_ECONFIG : rc;
    return kafka_check_tls(env, yaml, kafka) != HR_OK ? HR_ECONFIG : rc;
}

/* --- mongo
 * ----------------------------------------------------------------------------------------- */

static int
mongo_unescape(char *text)
{
    char *out = text;

    for (const char *in = text; *in != '\0'; in++) {
        unsigned value;

        if (*in != '%') {
            *out++ = *in;
        } else if (strspn(in + 1, "0123456789abcdefABCDEF") >= 2 &&
                   sscanf(in + 1, "%2x", &value) == 1 && value != 0) {
            *out++ = (char)value;
            in += 2;
        } else {
            return HR_ECONFIG;
        }
    }
    *out = '\0';
    return HR_OK;
}

/* Moves user and password out of a uri that came from outside the file. */
static int
mongo_take_user(const hr_opt_env *env, hr_mongo_connection *mongo, const char *user, const char *at)
{
    size_t scheme = (size_t)(user - mongo->uri.s);
    char *name = hr_arena_strndup(env->arena, user, (size_t)(at - user));
    char *password = name != NULL ? strchr(name, ':') : NULL;

    if (password != NULL) {
        *password++ = '\0';
    }
    if (name == NULL || mongo_unescape(name) != HR_OK ||
        (password != NULL && mongo_unescape(password) != HR_OK)) {
        return connection_fail(env, &mongo->uri, "uri", NULL, "its user is not percent-encoded");
    }
    if (mongo->username.s != NULL) {
        return connection_fail(env, &mongo->username, "conflict", "remove one of the two",
                               "the uri names a user already");
    }
    mongo->username = mongo->uri;
    mongo->username.s = name;
    mongo->username.len = strlen(name);
    if (password != NULL) {
        mongo->password = mongo->uri;
        mongo->password.s = password;
        mongo->password.len = strlen(password);
    }
    mongo->uri.s = hr_arena_printf(env->arena, "%.*s%s", (int)scheme, mongo->uri.s, at + 1);
    mongo->uri.len = mongo->uri.s != NULL ? strlen(mongo->uri.s) : 0;
    return mongo->uri.s != NULL ? HR_OK : HR_ENOMEM;
}

static int
mongo_check_uri(const hr_opt_env *env, hr_mongo_connection *mongo)
{
    const char *uri = mongo->uri.s, *hosts = strstr(uri, "://"), *at = NULL;
    size_t len;

    if (strncmp(uri, "mongodb://", 10) != 0 && strncmp(uri, "mongodb+srv://", 14) != 0) {
        return connection_fail(env, &mongo->uri, "uri", "write mongodb://host:port",
                               "it is no MongoDB uri");
    }
    hosts += 3;
    len = strcspn(hosts, "/?");
    for (size_t i = 0; i < len; i++) {
        at = hosts[i] == '@' ? hosts + i : at;
    }
    if (!mongo->uri.secret && (at != NULL || strstr(uri, "Password=") != NULL)) {
        return connection_fail(env, &mongo->uri, "inline-secret",
                               "write `username` and `password: '${env:NAME}'` beside it",
                               "user and password must not stand in the uri");
    }
    return at != NULL ? mongo_take_user(env, mongo, hosts, at) : HR_OK;
}

static int
mongo_check(const hr_opt_env *env, const hr_yaml_node *yaml, hr_mongo_connection *mongo)
{
    int rc = mongo_check_uri(env, mongo);

    if (rc == HR_OK && mongo->password.s != NULL && mongo->username.s == NULL) {
        rc = connection_fail(env, &mongo->password, "missing-key", "write `username`",
                             "a password needs a user");
    }
    rc = hr_connection_file(env, &mongo->tls.ca, false) != HR_OK ? HR_ECONFIG : rc;
    rc = hr_connection_file(env, &mongo->tls.certificate, true) != HR_OK ? HR_ECONFIG : rc;
    if (mongo->tls.insecure) {
        connection_warn_insecure(env, hr_yaml_get(yaml, "tls"));
    }
    return rc;
}

/* --- http
 * ------------------------------------------------------------------------------------------ */

int
hr_http_conf_parsed(const hr_opt_env *env, hr_http_conf *conf)
{
    hr_http_address address;
    hr_error err = {0};

    if (conf->token.s != NULL && conf->token.len == 0) {
        conf->token.s = NULL; /* ${env:NAME:-} */
    }
    if (hr_http_conf_is_off(conf) || hr_http_conf_check(conf, &address, &err) == HR_OK) {
        return HR_OK;
    }
    hr_diag_error(env->diag, &err);
    return HR_ECONFIG;
}

/* A topology that names the connection must find a server, whatever the environment says. */
static int
http_check(const hr_opt_env *env, hr_http_conf *http)
{
    if (hr_http_conf_is_off(http)) {
        return connection_fail(env, &http->listen, "address", "write host:port",
                               "it cannot be off: topologies without it do not start it");
    }
    return hr_http_conf_parsed(env, http);
}

/* --- parsing
 * --------------------------------------------------------------------------------------- */

/* Which of them it is: the table depends on it. */
static int
connection_type(const hr_opt_env *env, const hr_yaml_entry *entry, hr_connection *out)
{
    const hr_yaml_node *type = hr_yaml_get(entry->value, "type");

    if (entry->value->kind != HR_YAML_MAP) {
        return connection_fail(env, &entry->key, "type",
                               "write {type: kafka, bootstrap: ...} or {type: mongo, uri: ...} or "
                               "{type: http, listen: ...}",
                               "it must be a map");
    }
    if (type == NULL) {
        return connection_fail(env, &entry->key, "missing-key",
                               "write `type: kafka`, `type: mongo` or `type: http`",
                               "it has no type");
    }
    return hr_option_value(env, &hr_kafka_connection_options[0], type, &out->type);
}

static const hr_option *const connection_tables[] = {
    [HR_CONNECTION_KAFKA] = hr_kafka_connection_options,
    [HR_CONNECTION_MONGO] = hr_mongo_connection_options,
    [HR_CONNECTION_HTTP] = hr_http_connection_options,
};

int
hr_connection_parse(const hr_opt_env *env, const hr_yaml_entry *entry, hr_connection *out)
{
    hr_opt_env own = *env;
    int rc;

    out->name = entry->key;
    own.owner = hr_arena_printf(env->arena, "connection '%s'", entry->key.s);
    own.at_width = hr_text_width(&entry->key);
    own.files_root = NULL;
    if (own.owner == NULL || entry->value->broken) {
        return HR_ECONFIG;
    }
    rc = connection_type(&own, entry, out);
    if (rc != HR_OK) {
        return rc;
    }
    if (out->type == HR_CONNECTION_KAFKA && hr_yaml_get(entry->value, "properties") != NULL) {
        rc = hr_kafka_properties_check(&own, hr_yaml_get(entry->value, "properties"));
    }
    if (hr_options_parse(&own, connection_tables[out->type], entry->value, entry->key.loc, out) !=
            HR_OK ||
        rc != HR_OK) {
        return HR_ECONFIG;
    }
    switch (out->type) {
    case HR_CONNECTION_KAFKA:
        return kafka_check(&own, &entry->key, entry->value, &out->u.kafka);
    case HR_CONNECTION_MONGO:
        return mongo_check(&own, entry->value, &out->u.mongo);
    default:
        return http_check(&own, &out->u.http);
    }
}
