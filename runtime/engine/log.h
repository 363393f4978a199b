/* The log: `level message key=value ...` or one JSON object a line, on stderr. Where an error stops
 * travelling it is logged once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_ENGINE_LOG_H
#define HR_ENGINE_LOG_H
#include <stdbool.h>
#include <stdint.h>

typedef enum hr_log_level { HR_LOG_ERROR, HR_LOG_WARN, HR_LOG_INFO, HR_LOG_DEBUG } hr_log_level;

/* How and what to print from now on; called before threads start. */
void hr_log_init(hr_log_level level, bool json);

/* Something that takes the terminal for itself (a live line) clears it before a log line and draws
 * it again after. NULL: nobody. Called with the log's lock held. */
void hr_log_set_terminal(void (*clear)(void));

/* A line. The text may end in `key=value` pairs: separate them by HR_LOG_KV, e.g.
 * hr_log(HR_LOG_INFO, "committed" HR_LOG_KV "topic=%s offset=%lld", ...). thread: any */
#define HR_LOG_KV "\x1f"
void hr_log(hr_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Limits a message that may repeat for every record: true at most once each interval_ms, and then
 * *suppressed says how many were left out. `gate` starts zeroed. thread: any */
typedef struct hr_log_gate {
    int64_t next_ms;
    uint64_t suppressed;
} hr_log_gate;
bool hr_log_allow(hr_log_gate *gate, int64_t interval_ms, uint64_t *suppressed);

#endif
