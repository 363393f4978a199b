/* The driver is initialised once and never cleaned up: after mongoc_cleanup() it cannot be
 * initialised again, and what it holds is global and reachable.
 *
 * Single clients instead of the driver's pool: each belongs to a writer thread that keeps it for
 * life, so a pool would only add monitoring threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/client.h"
#include "engine/log.h"
#include "mongo/driver.h"
#include "record/buf.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000
#define SELECTION_TIMEOUT_MS 5000
#define SOCKET_TIMEOUT_MS 10000 /* the driver's default is 5 minutes */
#define WRITE_CONCERN_TIMEOUT_MS 5000

#define DATABASE_NAME_MAX 63
#define COLLECTION_NAME_MAX 120

const char *
hr_mongo_version(void)
{
    return mongoc_get_version();
}

void
hr_mongo_redact(const char *text, char *out, size_t size)
{
    size_t n = 0;

    while (*text != '\0' && n + 1 < size) {
        size_t word = strcspn(text, " \t\n\"'");
        const char *at = NULL;

        if (strncmp(text, "://", 3) == 0) {
            for (const char *p = text; p < text + word; p++) {
                at = *p == '@' ? p : at;
            }
        }
        if (at != NULL && n + 7 < size) {
            memcpy(out + n, "://***", 6);
            n += 6;
            text = at;
        } else if (at != NULL) {
            break;
        } else {
            out[n++] = *text++;
        }
    }
    out[n] = '\0';
}

static void
client_log(mongoc_log_level_t level, const char *domain, const char *message, void *ctx)
{
    char text[1024];

    (void)ctx;
    hr_mongo_redact(message, text, sizeof text);
    hr_log(level <= MONGOC_LOG_LEVEL_CRITICAL ? HR_LOG_WARN : HR_LOG_DEBUG,
           "mongo driver: %s" HR_LOG_KV "domain=%s", text, domain);
}

/* The driver puts counters into shared memory under our number when it is loaded, and cannot when a
 * process of that number was killed: in containers most have the same. Nobody reads them. */
static void
client_unlink_counters(void)
{
    char name[32];

    snprintf(name, sizeof name, "/mongoc-%ld", (long)getpid());
    shm_unlink(name);
}

static void
client_init_driver_now(void)
{
    client_unlink_counters();
    mongoc_log_set_handler(client_log, NULL);
    mongoc_init();
}

static void
client_init_driver(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, client_init_driver_now);
}

static int
client_bad_uri(const hr_mongo_connection *mongo, hr_error *err, const char *what)
{
    hr_fail_as(err, mongo->uri.loc, "bad-uri", "the MongoDB URI %s", what);
    return hr_hint(err,
                   "write mongodb://host:port/, and username and password as keys of their own");
}

/* An option that the URI does not set itself. */
static bool
client_default_ms(mongoc_uri_t *uri, const char *option, int32_t value)
{
    return mongoc_uri_has_option(uri, option) || mongoc_uri_set_option_as_int32(uri, option, value);
}

static bool
client_set_timeouts(mongoc_uri_t *uri)
{
    return client_default_ms(uri, MONGOC_URI_CONNECTTIMEOUTMS, CONNECT_TIMEOUT_MS) &&
           client_default_ms(uri, MONGOC_URI_SOCKETTIMEOUTMS, SOCKET_TIMEOUT_MS) &&
           client_default_ms(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, SELECTION_TIMEOUT_MS) &&
           mongoc_uri_set_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE, false);
}

/* Anything but `majority` stands only where the URI asks for it. */
static bool
client_set_write_concern(mongoc_uri_t *uri)
{
    mongoc_write_concern_t *concern = mongoc_write_concern_copy(mongoc_uri_get_write_concern(uri));
    bool acknowledged;

    if (!mongoc_uri_has_option(uri, MONGOC_URI_W)) {
        mongoc_write_concern_set_w(concern, MONGOC_WRITE_CONCERN_W_MAJORITY);
    }
    if (!mongoc_uri_has_option(uri, MONGOC_URI_WTIMEOUTMS)) {
        mongoc_write_concern_set_wtimeout_int64(concern, WRITE_CONCERN_TIMEOUT_MS);
    }
    mongoc_uri_set_write_concern(uri, concern);
    acknowledged = mongoc_write_concern_is_acknowledged(concern);
    mongoc_write_concern_destroy(concern);
    return acknowledged;
}

static bool
client_set_login(mongoc_uri_t *uri, const hr_mongo_connection *mongo)
{
    return (mongo->password.s == NULL || mongoc_uri_set_password(uri, mongo->password.s)) &&
           (mongo->auth_source.s == NULL || mongoc_uri_set_auth_source(uri, mongo->auth_source.s));
}

static bool
client_set_tls(mongoc_uri_t *uri, const hr_mongo_connection *mongo)
{
    if (!mongo->tls.enabled) {
        return true;
    }
    return mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLS, true) &&
           (mongo->tls.ca.s == NULL ||
            mongoc_uri_set_option_as_utf8(uri, MONGOC_URI_TLSCAFILE, mongo->tls.ca.s)) &&
           (mongo->tls.certificate.s == NULL ||
            mongoc_uri_set_option_as_utf8(uri, MONGOC_URI_TLSCERTIFICATEKEYFILE,
                                          mongo->tls.certificate.s)) &&
           (!mongo->tls.insecure ||
            mongoc_uri_set_option_as_bool(uri, MONGOC_URI_TLSINSECURE, true));
}

/* The URI with the user's name in it, where the driver looks for one when it reads authMechanism;
 * its password is set later, so that no message can quote it. */
static bool
client_add_user(hr_buf *out, const char *uri, const char *hosts, const char *user)
{
    int rc = hr_buf_append(out, uri, (size_t)(hosts - uri));

    for (const char *p = user; p != NULL && *p != '\0' && rc == HR_OK; p++) {
        char hex[4];

        snprintf(hex, sizeof hex, "%%%02X", (unsigned)(unsigned char)*p);
        rc = isalnum((unsigned char)*p) ? hr_buf_append(out, p, 1) : hr_buf_append(out, hex, 3);
    }
    if (rc == HR_OK && user != NULL) {
        rc = hr_buf_append(out, "@", 1);
    }
    return rc == HR_OK && hr_buf_append(out, hosts, strlen(hosts) + 1) == HR_OK;
}

static int
client_parse_uri(const hr_mongo_connection *mongo, mongoc_uri_t **out, hr_error *err)
{
    const char *hosts = mongo->uri.s != NULL ? strstr(mongo->uri.s, "://") : NULL;
    hr_buf text = {0};
    bson_error_t problem = {0};
    char redacted[200];

    if (hosts == NULL || strncmp(mongo->uri.s, "mongodb", 7) != 0) {
        return client_bad_uri(mongo, err, "must start with mongodb:// or mongodb+srv://");
    }
    if (strchr(hosts, '@') != NULL) {
        return client_bad_uri(mongo, err, "must not hold a user or a password");
    }
    if (client_add_user(&text, mongo->uri.s, hosts + 3, mongo->username.s)) {
        *out = mongoc_uri_new_with_error((const char *)text.data, &problem);
    }
    hr_buf_finish(&text);
    if (*out == NULL) {
        hr_mongo_redact(problem.message, redacted, sizeof redacted);
        return hr_fail_as(err, mongo->uri.loc, "bad-uri", "the MongoDB URI is wrong: %s", redacted);
    }
    return HR_OK;
}

static int
client_build_uri(const hr_mongo_connection *mongo, mongoc_uri_t **out, hr_error *err)
{
    int rc = client_parse_uri(mongo, out, err);

    if (rc != HR_OK) {
        return rc;
    }
    if (!client_set_timeouts(*out) || !client_set_login(*out, mongo) ||
        !client_set_tls(*out, mongo) || !mongoc_uri_set_appname(*out, "headrace")) {
        rc = client_bad_uri(mongo, err, "or a setting beside it is not accepted by the driver");
    } else if (!client_set_write_concern(*out)) {
        rc = client_bad_uri(mongo, err, "must not ask for w=0: unacknowledged writes can be lost");
    }
    if (rc != HR_OK) {
        mongoc_uri_destroy(*out);
        *out = NULL;
    }
    return rc;
}

static void
client_warn(const hr_connection *connection, const mongoc_uri_t *uri)
{
    const mongoc_write_concern_t *concern = mongoc_uri_get_write_concern(uri);

    if (connection->u.mongo.tls.insecure ||
        mongoc_uri_get_option_as_bool(uri, MONGOC_URI_TLSINSECURE, false)) {
        hr_log(HR_LOG_WARN,
               "TLS without verification: anybody in between can read and change what "
               "is sent" HR_LOG_KV "connection=%s",
               connection->name.s);
    }
    if (!mongoc_write_concern_get_wmajority(concern)) {
        hr_log(HR_LOG_WARN,
               "the write concern is not majority: a fail-over can undo documents "
               "whose records are committed" HR_LOG_KV "connection=%s",
               connection->name.s);
    }
}

int
hr_mongo_connection_check(const hr_connection *connection, hr_error *err)
{
    mongoc_uri_t *uri = NULL;
    int rc;

    client_init_driver();
    rc = client_build_uri(&connection->u.mongo, &uri, err);
    if (rc == HR_OK) {
        client_warn(connection, uri);
        mongoc_uri_destroy(uri);
    }
    return rc;
}

static bool
client_limit_ms(mongoc_uri_t *uri, const char *option, int32_t most)
{
    return mongoc_uri_get_option_as_int32(uri, option, most) <= most ||
           mongoc_uri_set_option_as_int32(uri, option, most);
}

static int
client_limit(mongoc_uri_t *uri, int32_t most_ms, hr_error *err)
{
    return client_limit_ms(uri, MONGOC_URI_CONNECTTIMEOUTMS, most_ms) &&
                   client_limit_ms(uri, MONGOC_URI_SOCKETTIMEOUTMS, most_ms) &&
                   client_limit_ms(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, most_ms) &&
                   mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, false) &&
                   mongoc_uri_set_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE, true)
               ? HR_OK
               : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

/* most_ms 0: as the URI and the defaults say. */
static int
client_create(const hr_connection *connection, int32_t most_ms, hr_mongo_client **out,
              hr_error *err)
{
    hr_mongo_client *client = calloc(1, sizeof *client);
    mongoc_uri_t *uri = NULL;
    bson_error_t problem = {0};
    int rc;

    if (client == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    client_init_driver();
    rc = client_build_uri(&connection->u.mongo, &uri, err);
    if (rc == HR_OK && most_ms > 0) {
        rc = client_limit(uri, most_ms, err);
    }
    if (rc != HR_OK && uri != NULL) {
        mongoc_uri_destroy(uri);
    } else if (rc == HR_OK) {
        client->driver = mongoc_client_new_from_uri_with_error(uri, &problem);
        mongoc_uri_destroy(uri);
        if (client->driver == NULL) {
            rc = hr_fail(err, HR_EIO, HR_NO_LOC, "%s", problem.message);
        }
    }
    if (rc != HR_OK) {
        free(client);
        return rc;
    }
    mongoc_client_set_error_api(client->driver, MONGOC_ERROR_API_VERSION_2);
    *out = client;
    return HR_OK;
}

int
hr_mongo_client_create(const hr_connection *connection, hr_mongo_client **out, hr_error *err)
{
    return client_create(connection, 0, out, err);
}

int
hr_mongo_client_create_hasty(const hr_connection *connection, int32_t timeout_ms,
                             hr_mongo_client **out, hr_error *err)
{
    return client_create(connection, timeout_ms, out, err);
}

void
hr_mongo_client_destroy(hr_mongo_client *client)
{
    if (client != NULL) {
        mongoc_client_destroy(client->driver);
        free(client);
    }
}

const char *
hr_mongo_database_problem(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > DATABASE_NAME_MAX) {
        return "must have 1 to 63 bytes";
    }
    return strpbrk(name, "/\\. \"$*<>:|?") != NULL
               ? "must not hold a space nor any of / \\ . \" $ * < > : | ?"
               : NULL;
}

const char *
hr_mongo_collection_problem(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > COLLECTION_NAME_MAX) {
        return "must have 1 to 120 bytes";
    }
    if (strchr(name, '$') != NULL) {
        return "must not hold '$'";
    }
    if (strncmp(name, "system.", 7) == 0) {
        return "must not start with 'system.'";
    }
    return name[0] == '.' || name[len - 1] == '.' || strstr(name, "..") != NULL
               ? "must not start or end with '.' nor hold '..'"
               : NULL;
}
