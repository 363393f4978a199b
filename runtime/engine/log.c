/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log.h"
#include "engine/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOG_LINE_MAX 2048

static struct {
    pthread_mutex_t lock;
    hr_log_level level;
    bool json;
    void (*clear)(void);
} logger = {PTHREAD_MUTEX_INITIALIZER, HR_LOG_INFO, false, NULL};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void
hr_log_init(hr_log_level level, bool json)
{
    logger.level = level;
    logger.json = json;
}

void
hr_log_set_terminal(void (*clear)(void))
{
    pthread_mutex_lock(&logger.lock);
    logger.clear = clear;
    pthread_mutex_unlock(&logger.lock);
}

/* Writes a JSON string without what would break the line. */
static void
log_json_string(FILE *out, const char *text, size_t len)
{
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\') {
            fputc('\\', out);
            fputc(c, out);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

/* "a=1 b=two words c=3" -> ,"a":"1",... ; a value runs to the next ` name=`. */
static void
log_json_pairs(FILE *out, const char *kv)
{
    while (*kv != '\0') {
        const char *eq = strchr(kv, '=');
        const char *end = kv + strlen(kv);

        if (eq == NULL) {
            return;
        }
        for (const char *p = eq + 1; *p != '\0'; p++) {
            const char *name = p + 1;

            if (*p != ' ') {
                continue;
            }
            name += strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");
            if (*name == '=' && name > p + 1) {
                end = p;
                break;
            }
        }
        fputc(',', out);
        log_json_string(out, kv, (size_t)(eq - kv));
        fputc(':', out);
        log_json_string(out, eq + 1, (size_t)(end - eq - 1));
        kv = *end == ' ' ? end + 1 : end;
    }
}

static void
log_time(char *text, size_t size)
{
    int64_t ms = hr_clock_wall_ms();
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, size - n, ".%03dZ", (int)(ms % 1000));
}

static void
log_print(hr_log_level level, const char *line)
{
    const char *kv = strchr(line, HR_LOG_KV[0]);
    size_t len = kv != NULL ? (size_t)(kv - line) : strlen(line);
    char when[40];

    log_time(when, sizeof when);
    if (logger.json) {
        fprintf(stderr, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", when, level_names[level]);
        log_json_string(stderr, line, len);
        log_json_pairs(stderr, kv != NULL ? kv + 1 : "");
        fputs("}\n", stderr);
        return;
    }
    fprintf(stderr, "%s %-5s %.*s", when, level_names[level], (int)len, line);
    fprintf(stderr, "%s%s\n", kv != NULL ? " " : "", kv != NULL ? kv + 1 : "");
}

void
hr_log(hr_log_level level, const char *fmt, ...)
{
    char line[LOG_LINE_MAX];
    va_list ap;

    if (level > logger.level) {
        return;
    }
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    for (char *p = line; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 && *p != HR_LOG_KV[0]) {
            *p = ' '; /* a line stays a line, whatever a server's message holds */
        }
    }
    pthread_mutex_lock(&logger.lock);
    if (logger.clear != NULL) {
        logger.clear();
    }
    log_print(level, line);
    pthread_mutex_unlock(&logger.lock);
}

bool
hr_log_allow(hr_log_gate *gate, int64_t interval_ms, uint64_t *suppressed)
{
    int64_t now = hr_clock_ms();
    int64_t next = __atomic_load_n(&gate->next_ms, __ATOMIC_RELAXED);

    if (now < next || !__atomic_compare_exchange_n(&gate->next_ms, &next, now + interval_ms, false,
                                                   __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        __atomic_fetch_add(&gate->suppressed, 1, __ATOMIC_RELAXED);
        return false;
    }
    *suppressed = __atomic_exchange_n(&gate->suppressed, 0, __ATOMIC_RELAXED);
    return true;
}
