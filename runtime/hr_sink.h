/* The contract of sinks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_SINK_H
#define HR_SINK_H
#include "codec/codec.h"
#include "config/runner.h"
#include "hr_node.h"
#include "hr_operator.h"

#define HR_SINK_ENCODES 0x1u    /* the runtime makes an encoder from `format` and `fields` */
#define HR_SINK_ACKS_LATER 0x2u /* acknowledges asynchronously */
#define HR_SINK_IDEMPOTENT 0x4u /* a redelivered record changes nothing */
#define HR_SINK_IS_KAFKA 0x8u

typedef struct hr_sink hr_sink; /* a sink of a stream thread while it runs */

#define HR_LETTER_CUT_BYTES (16u * 1024)

/* A record on its way to the dead letters: the source's bytes and why. Everything lives until
 * write_letter() returns. */
typedef struct hr_letter {
    const hr_record *record;
    const char *topic;
    int32_t partition;
    const hr_header *headers; /* the record's own, then those that say why (KIP-1034 names) */
    size_t n_headers;
    hr_token token; /* taken already; acknowledge it as any other */
    bool cut;       /* it was refused before: send at most HR_LETTER_CUT_BYTES of the value */
} hr_letter;

/* compile() on the main thread at check time, all others on the stream thread that owns the sink.
 */
typedef struct hr_sink_type {
    uint32_t abi, flags;
    const char *name, *summary;
    /* The value of its key in a topology, as YAML on one line: shown by `headrace operators`. */
    const char *example;
    const hr_option *options;
    size_t options_size, shared_size;
    size_t state_size; /* one block per stream thread, zeroed */
    /* Optional. Checks options and fields (node->fields). No network. */
    int (*compile)(hr_node *node, const void *options, void *shared, hr_error *err);
    /* Optional. Words for `describe`, on one line: what a redelivered record does to what was
     * written before. Without it: it is written again. Check time. */
    void (*redelivery)(const hr_node *node, char *text, size_t size);
    /* Optional. Opens clients; returns at once (a server that is away is not an error). */
    int (*open)(hr_sink *sink, void *state, hr_error *err);
    /* Mandatory; must not block. Takes rows in order: for each it calls hr_sink_take() and hands
     * the bytes on, or hr_sink_fail(). Stops at the first row there is no room for: *done says how
     * many rows were dealt with, HR_EAGAIN. The runtime calls again with the rest when
     * hr_sink_wake() or time says so. */
    int (*write)(hr_sink *sink, void *state, hr_batch *batch, hr_rows rows, size_t *done,
                 hr_error *err);
    /* Optional; a sink without it cannot take dead letters. As write(), for one record as it came:
     * HR_OK, HR_EAGAIN (again later) or another error (logged, tried again later). */
    int (*write_letter)(hr_sink *sink, void *state, const hr_letter *letter, hr_error *err);
    /* Optional. Called once per turn of the loop: polls for acknowledgements. */
    void (*poll)(hr_sink *sink, void *state);
    /* Optional. Shutdown and commit: hand over whatever is held back, without waiting. */
    void (*flush)(hr_sink *sink, void *state);
    /* Optional. Bytes on their way to writer threads, and their limit. */
    void (*held)(hr_sink *sink, void *state, size_t *bytes, size_t *limit);
    /* Optional. Describes what is still open, for the shutdown log. */
    void (*holding)(hr_sink *sink, void *state, char *text, size_t size);
    /* Optional. Frees the state; must accept a zeroed one. */
    void (*close)(hr_sink *sink, void *state);
    void (*release)(void *shared);
} hr_sink_type;

/* How an output ended. */
typedef enum hr_ack_status {
    HR_ACK_OK,
    HR_ACK_RETRY,   /* not delivered, may be later: the partition is rewound */
    HR_ACK_REFUSED, /* refused for good: dead-lettered, at once if its record was kept and else when
                     * the partition is replayed */
    HR_ACK_SUSPECT, /* refused together with others (a Kafka batch): replayed alone to find out */
} hr_ack_status;

/* A copy of a source record, in one block: for an output that may be refused when its batch is
 * gone.
 */
typedef struct hr_kept {
    hr_record record; /* key, value and headers are in the block; no token, no origin */
    const char *topic;
    int32_t partition;
    size_t size; /* bytes of the block: counts where a sink's memory is bounded */
} hr_kept;

typedef struct hr_ack {
    hr_token token;
    hr_ack_status status;
    hr_kept *kept; /* of REFUSED; NULL: none. Whoever takes the ack takes it too */
    char reason[120];
} hr_ack;

const hr_node *hr_sink_node(const hr_sink *sink);
const hr_runner *hr_sink_runner(const hr_sink *sink);
/* The connection that the node's option `connection` names; exists, or the run would not start. */
const hr_connection *hr_sink_connection(const hr_sink *sink);

/* One more output of the row's source record is under way; the token comes back by hr_sink_ack().
 */
hr_token hr_sink_take(hr_sink *sink, const hr_batch *batch, hr_row row);

/* Takes back a hr_sink_take(): the output did not begin after all. */
void hr_sink_untake(hr_sink *sink, hr_token token);

/* The row is refused before it was taken. */
void hr_sink_fail(hr_sink *sink, hr_row row, const char *code, const char *reason);

/* Copies the row's source record, to be given back with an ack that refuses it: then it becomes a
 * dead letter without a replay. Otherwise the sink frees it. NULL: there is no use for it (the
 * sink's on_error, no dead letters), or no memory; the ack goes without. */
hr_kept *hr_sink_keep(hr_sink *sink, const hr_batch *batch, hr_row row);
void hr_kept_free(hr_kept *kept); /* accepts NULL. thread: any */

/* An output ended. thread: the sink's own. */
void hr_sink_ack(hr_sink *sink, hr_token token, hr_ack_status status, const char *reason);

/* Outputs ended, told from a writer thread; copied, coalesced, and the loop is woken. What was kept
 * is the engine's from here on. thread: any */
void hr_sink_post(hr_sink *sink, const hr_ack *acks, size_t n);

/* There may be room again. thread: any */
void hr_sink_wake(hr_sink *sink);

/* Its server has answered. Sinks without HR_SINK_ACKS_LATER are ready once open() has returned.
 * thread: any */
void hr_sink_ready(hr_sink *sink);

/* Bytes were encoded and handed on; once per write(), or less often. thread: the sink's own */
void hr_sink_wrote(hr_sink *sink, size_t bytes);

/* Logs trouble once until it is over ("waiting for mongo: ..."; NULL: it is over). thread: any */
void hr_sink_trouble(hr_sink *sink, const char *text);

extern const hr_sink_type *const hr_builtin_sinks[];
#endif
