/* An inline password is an error, and errors show the line they are in: in a terminal that others
 * see, in the log of a build. So it is hidden, also where the error is about something else in the
 * line. Hiding too much costs nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/diag_redact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const secret_words[] = {"pass", "pwd", "secret", "token", "key.pem"};

static size_t
redact_word(const char *at, size_t left)
{
    for (size_t i = 0; i < sizeof secret_words / sizeof secret_words[0]; i++) {
        size_t n = strlen(secret_words[i]);

        if (n <= left && strncasecmp(at, secret_words[i], n) == 0) {
            return n;
        }
    }
    return 0;
}

static void
redact_stars(char *line, size_t from, size_t to)
{
    memset(line + from, '*', to - from);
}

/* line[i] is behind the word. Returns where to go on. */
static size_t
redact_value(char *line, size_t len, size_t i)
{
    size_t end;
    char quote = '\0';

    while (i < len && (isalnum((unsigned char)line[i]) || strchr("_.-\"'", line[i]) != NULL)) {
        i++;
    }
    while (i < len && line[i] == ' ') {
        i++;
    }
    if (i >= len || (line[i] != ':' && line[i] != '=')) {
        return i;
    }
    i++;
    while (i < len && line[i] == ' ') {
        i++;
    }
    if (i < len && (line[i] == '"' || line[i] == '\'')) {
        quote = line[i++];
    }
    if (i + 1 < len && line[i] == '$' && line[i + 1] == '{') {
        return i;
    }
    for (end = i; end < len; end++) {
        if (quote != '\0' ? line[end] == quote : strchr(",} &", line[end]) != NULL) {
            break;
        }
    }
    redact_stars(line, i, end);
    return end;
}

/* line[i] is behind "://". */
static void
redact_user_info(char *line, size_t len, size_t i)
{
    size_t colon = 0, at = 0;

    for (size_t k = i; k < len && strchr("/ ?'\"", line[k]) == NULL; k++) {
        if (line[k] == ':' && colon == 0) {
            colon = k;
        } else if (line[k] == '@') {
            at = k;
        }
    }
    if (colon > 0 && at > colon) {
        redact_stars(line, colon + 1, at);
    }
}

void
hr_diag_redact(char *line, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t word = redact_word(line + i, len - i);

        if (word > 0) {
            i = redact_value(line, len, i + word);
        } else {
            if (len - i > 3 && memcmp(line + i, "://", 3) == 0) {
                redact_user_info(line, len, i + 3);
            }
            i++;
        }
    }
}
