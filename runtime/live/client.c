/* SPDX-License-Identifier: Apache-2.0 */
#include "live/client.h"
#include "config/file.h"
#include "live/answer.h"
#include "live/lines.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECT_MS 3000L
#define TOKEN_BYTES_MAX 4096

struct hr_client {
    CURL *curl;
    struct curl_slist *headers;
    hr_arena *arena;
    const char *url;
    bool (*stopped)(void);
    hr_buf *body; /* of the answer that is being read */
    char problem[CURL_ERROR_SIZE];
};

/* ---- making it ------------------------------------------------------------------------------- */

/* http(s)://host[:port], from what a person types; no path, and no password, which `ps` would show.
 */
static int
client_set_url(hr_client *client, const char *text, hr_error *err)
{
    bool has_scheme = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
    size_t len = strlen(text);
    const char *host = has_scheme ? strstr(text, "://") + 3 : text;

    while (len > 0 && text[len - 1] == '/') {
        len--;
    }
    if (text + len <= host || strcspn(host, "/?#@ ") < (size_t)(text + len - host)) {
        hr_fail(err, HR_ECONFIG, HR_NO_LOC, "'%s' is not the address of a server", text);
        return hr_hint(err, "write host:port, as the process logs it at its start");
    }
    client->url =
        hr_arena_printf(client->arena, "%s%.*s", has_scheme ? "" : "http://", (int)len, text);
    return client->url != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static int
client_token(hr_client *client, const char *file, const char **token, hr_error *err)
{
    size_t len = 0;
    const char *text = getenv(HR_CLIENT_TOKEN_ENV);
    int rc = HR_OK;

    if (file != NULL) {
        rc = hr_file_read(client->arena, file, TOKEN_BYTES_MAX, true, &text, &len, err);
    }
    if (rc != HR_OK || text == NULL) {
        return rc;
    }
    for (len = strlen(text); len > 0 && isspace((unsigned char)text[len - 1]); len--) {
    }
    *token = hr_arena_strndup(client->arena, text, len);
    for (size_t i = 0; *token != NULL && i < len; i++) {
        if (!isgraph((unsigned char)text[i])) {
            return hr_fail(err, HR_ECONFIG, HR_NO_LOC,
                           "the token holds characters that a header cannot carry");
        }
    }
    return *token != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static int
client_set_token(hr_client *client, const char *file, hr_error *err)
{
    const char *token = NULL;
    const char *header;
    int rc = client_token(client, file, &token, err);

    if (rc != HR_OK || token == NULL || token[0] == '\0') {
        return rc;
    }
    header = hr_arena_printf(client->arena, "Authorization: Bearer %s", token);
    client->headers = header != NULL ? curl_slist_append(NULL, header) : NULL;
    return client->headers != NULL ? HR_OK : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
}

static size_t
client_on_bytes(char *bytes, size_t size, size_t n, void *ctx)
{
    hr_client *client = ctx;

    return hr_buf_append(client->body, bytes, size * n) == HR_OK ? size * n : 0;
}

static int
client_on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const hr_client *client = ctx;

    (void)a, (void)b, (void)c, (void)d;
    return client->stopped != NULL && client->stopped();
}

static int
client_set_up(hr_client *client, hr_error *err)
{
    CURL *curl = client->curl = curl_easy_init();

    if (curl == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* the environment's would see the token */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "headrace/" HR_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->problem);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, client_on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, client_on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
    return HR_OK;
}

hr_client *
hr_client_create(const hr_client_conf *conf, hr_error *err)
{
    hr_client *client = calloc(1, sizeof *client);

    if (client == NULL || (client->arena = hr_arena_create(1024, 0)) == NULL) {
        free(client);
        hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
        return NULL;
    }
    client->stopped = conf->stopped;
    if (client_set_url(client, conf->url, err) != HR_OK ||
        client_set_token(client, conf->token_file, err) != HR_OK ||
        client_set_up(client, err) != HR_OK) {
        hr_client_destroy(client);
        return NULL;
    }
    return client;
}

void
hr_client_destroy(hr_client *client)
{
    if (client == NULL) {
        return;
    }
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    hr_arena_destroy(client->arena);
    free(client);
}

const char *
hr_client_url(const hr_client *client)
{
    return client->url;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int
client_unanswered(const hr_client *client, CURLcode rc, hr_error *err)
{
    if (rc == CURLE_WRITE_ERROR) {
        return hr_fail(err, HR_EIO, HR_NO_LOC, "%s answers more than %zu MiB", client->url,
                       HR_CLIENT_BODY_MAX >> 20);
    }
    hr_fail(err, HR_EIO, HR_NO_LOC, "%s does not answer: %s", client->url,
            client->problem[0] != '\0' ? client->problem : curl_easy_strerror(rc));
    return hr_hint(err,
                   "is it running? `headrace run` logs the address of its server at its start, "
                   "if its config has `http: {listen: ...}`");
}

/* Anything but 200; the body may hold {"message": ...}. */
static int
client_refused(const hr_client *client, long status, hr_error *err)
{
    json_t *json = json_loadb((const char *)client->body->data, client->body->len,
                              JSON_REJECT_DUPLICATES, NULL);
    hr_lines message = {0}; /* it may be anybody's text, and goes to a terminal */

    hr_lines_text(&message, HR_LOOK_PLAIN, hr_answer_text(json, "message"), 200);
    hr_fail(err, HR_ECONFIG, HR_NO_LOC, "%s answers %ld%s%.*s", client->url, status,
            message.buf.len > 0 ? ": " : "", (int)message.buf.len,
            message.buf.data != NULL ? (const char *)message.buf.data : "");
    hr_buf_finish(&message.buf);
    json_decref(json);
    if (status == 401) {
        return hr_hint(err, "give its token by --token-file FILE or in %s", HR_CLIENT_TOKEN_ENV);
    }
    return HR_ECONFIG;
}

int
hr_client_get(hr_client *client, const char *path, long limit_ms, hr_buf *body, hr_error *err)
{
    char url[512];
    long status = 0;
    CURLcode rc;

    snprintf(url, sizeof url, "%s%s", client->url, path);
    client->body = body;
    client->problem[0] = '\0';
    body->len = 0;
    body->cap_max = HR_CLIENT_BODY_MAX;
    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, limit_ms);
    rc = curl_easy_perform(client->curl);
    if (rc != CURLE_OK) {
        return client_unanswered(client, rc, err);
    }
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 ? HR_OK : client_refused(client, status, err);
}
