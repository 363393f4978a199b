/* A batch is retried in place until all of it is stored or refused, however long that takes:
 * nothing is handed back, so the order per key holds, and the stream thread feels it by a full
 * mailbox.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/writer.h"
#include "engine/clock.h"
#include "mongo/batch_plan.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ACKS_AT_ONCE 128
#define REASONS_BLOCK 4096
#define REASONS_MAX (1u << 20)

typedef struct writer {
    hr_mongo_writers *group;
    hr_mongo_mailbox mailbox;
    pthread_t thread;
    bool started;
    void *backend;
    hr_buf letters;
    hr_mongo_batch batch;
    hr_mongo_op sent[HR_MONGO_BATCH_MAX];
    hr_arena *reasons; /* of the batch */
    hr_ack acks[ACKS_AT_ONCE];
    size_t n_acks;
    bool alone; /* the batch's operations go one by one */
    bool troubled;
    int64_t backoff_ms; /* 0: no trouble */
    uint64_t random;
} writer;

struct hr_mongo_writers {
    hr_mongo_writers_config config;
    pthread_mutex_t lock;
    size_t n_troubled; /* writers in trouble */
    writer *writers[HR_MONGO_WRITERS_MAX];
};

/* Told each time: whoever listens limits what is logged, and the cause may change. */
static void
writer_trouble(writer *w, const hr_error *err)
{
    hr_mongo_writers *group = w->group;
    char text[sizeof err->msg + 8];

    snprintf(text, sizeof text, "mongo %s", err->msg);
    pthread_mutex_lock(&group->lock);
    group->n_troubled += w->troubled ? 0 : 1;
    group->config.events.trouble(group->config.events.ctx, text);
    pthread_mutex_unlock(&group->lock);
    w->troubled = true;
}

static void
writer_trouble_over(writer *w)
{
    hr_mongo_writers *group = w->group;

    w->backoff_ms = 0;
    if (!w->troubled) {
        return;
    }
    w->troubled = false;
    pthread_mutex_lock(&group->lock);
    if (--group->n_troubled == 0) {
        group->config.events.trouble(group->config.events.ctx, NULL);
    }
    pthread_mutex_unlock(&group->lock);
}

static uint64_t
writer_random(writer *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

/* Waits between half the delay and all of it; the delay doubles each time. false: closed. */
static bool
writer_back_off(writer *w)
{
    const hr_mongo_writers_config *config = &w->group->config;
    int64_t delay = w->backoff_ms * 2;

    delay = delay < config->backoff_min_ms ? config->backoff_min_ms : delay;
    w->backoff_ms = delay > config->backoff_max_ms ? config->backoff_max_ms : delay;
    delay = w->backoff_ms / 2;
    delay += (int64_t)(writer_random(w) % (uint64_t)(w->backoff_ms - delay + 1));
    return hr_mongo_mailbox_pause(&w->mailbox, delay);
}

static void
writer_flush_acks(writer *w)
{
    const hr_mongo_events *events = &w->group->config.events;

    if (w->n_acks > 0) {
        events->post(events->ctx, w->acks, w->n_acks);
        atomic_fetch_sub(&w->mailbox.open, w->n_acks);
        w->n_acks = 0;
    }
}

static void
writer_tell(writer *w, hr_mongo_entry *entry)
{
    hr_ack *ack;

    if (entry->told) {
        return;
    }
    entry->told = true;
    if (w->n_acks == ACKS_AT_ONCE) {
        writer_flush_acks(w);
    }
    ack = &w->acks[w->n_acks++];
    ack->token = entry->token;
    ack->status = entry->op.outcome == HR_MONGO_DONE ? HR_ACK_OK : HR_ACK_REFUSED;
    ack->kept = NULL;
    ack->reason[0] = '\0';
    if (ack->status == HR_ACK_REFUSED) {
        ack->kept = entry->kept;
        snprintf(ack->reason, sizeof ack->reason, "%s", entry->op.reason);
    } else {
        hr_kept_free(entry->kept);
    }
    entry->kept = NULL;
}

/* A unique index was in the way: the first time it may be a race that the next try wins. */
static void
writer_judge_duplicate(const writer *w, hr_mongo_entry *entry)
{
    bool own = entry->op.outcome == HR_MONGO_TAKEN;
    hr_mongo_taken taken = w->group->config.taken;

    entry->duplicates++;
    if (own && taken == HR_MONGO_TAKEN_IS_SELF) {
        entry->op.outcome = HR_MONGO_DONE;
    } else if (entry->duplicates < 2) {
        entry->op.outcome = HR_MONGO_OPEN;
    } else if (own && taken == HR_MONGO_TAKEN_IS_NEWER) {
        entry->op.outcome = HR_MONGO_DONE;
    } else {
        entry->op.outcome = HR_MONGO_REFUSED;
        entry->op.reason = own ? "another document has the key (duplicate key, code 11000)"
                               : "another document has the same value in a unique index "
                                 "(duplicate key, code 11000)";
    }
}

static void
writer_settle(writer *w, hr_mongo_entry *entry)
{
    hr_mongo_batch *batch = &w->batch;

    if (entry->op.outcome == HR_MONGO_TAKEN || entry->op.outcome == HR_MONGO_CLASH) {
        writer_judge_duplicate(w, entry);
    }
    if (entry->op.outcome == HR_MONGO_OPEN) {
        return;
    }
    writer_tell(w, entry);
    if (entry->op.outcome == HR_MONGO_REFUSED) {
        return;
    }
    for (int32_t i = entry->before; i >= 0; i = batch->entries[i].before) {
        batch->entries[i].op.outcome = HR_MONGO_DONE;
        writer_tell(w, &batch->entries[i]);
    }
}

/* Sends active[first..first+n) and settles what became of them. */
static hr_mongo_next
writer_send(writer *w, size_t first, size_t n, hr_error *err)
{
    hr_mongo_batch *batch = &w->batch;
    hr_mongo_next next;

    for (size_t i = 0; i < n; i++) {
        w->sent[i] = batch->entries[batch->active[first + i]].op;
    }
    next = w->group->config.backend->write(w->backend, w->sent, n, w->reasons, err);
    for (size_t i = 0; i < n; i++) {
        hr_mongo_entry *entry = &batch->entries[batch->active[first + i]];

        entry->op = w->sent[i];
        writer_settle(w, entry);
    }
    return next;
}

static hr_mongo_next
writer_round(writer *w, hr_error *err)
{
    size_t n = w->batch.n_active;

    if (!w->alone) {
        return writer_send(w, 0, n, err);
    }
    for (size_t i = 0; i < n; i++) {
        if (writer_send(w, i, 1, err) != HR_MONGO_SETTLED) {
            return HR_MONGO_WAIT;
        }
    }
    return HR_MONGO_SETTLED;
}

/* Sends the batch until all of it has ended. false: closed before that. */
static bool
writer_batch(writer *w)
{
    w->alone = false;
    hr_arena_reset(w->reasons);
    while (w->batch.n_active > 0) {
        hr_error err = {0};
        hr_mongo_next next = writer_round(w, &err);

        writer_flush_acks(w);
        w->alone |= next == HR_MONGO_ALONE;
        if (next != HR_MONGO_WAIT) {
            writer_trouble_over(w);
        } else {
            writer_trouble(w, &err);
            if (!writer_back_off(w)) {
                return false;
            }
        }
        hr_mongo_batch_refresh(&w->batch);
    }
    return true;
}

static bool
writer_letters(writer *w)
{
    const hr_mongo_writers_config *config = &w->group->config;
    size_t at = 0;

    while (hr_mongo_batch_fill(&w->batch, &w->letters, &at, config->batch_documents,
                               config->batch_bytes)) {
        if (!writer_batch(w)) {
            hr_mongo_batch_discard(&w->batch);
            hr_mongo_mailbox_discard(&w->letters, at);
            return false;
        }
    }
    return true;
}

static bool
writer_prepare(writer *w)
{
    hr_error err = {0};

    while (w->group->config.backend->prepare(w->backend, &err) != HR_OK) {
        writer_trouble(w, &err);
        if (!writer_back_off(w)) {
            return false;
        }
    }
    writer_trouble_over(w);
    if (w->group->config.events.ready != NULL) {
        w->group->config.events.ready(w->group->config.events.ctx);
    }
    return true;
}

static void *
writer_main(void *arg)
{
    writer *w = arg;
    const hr_mongo_events *events = &w->group->config.events;
    bool refused, open = writer_prepare(w);

    while (open && hr_mongo_mailbox_take(&w->mailbox, &w->letters, &refused)) {
        if (refused) {
            events->wake(events->ctx);
        }
        open = writer_letters(w);
    }
    return NULL;
}

/* Signals are for the main thread. */
static int
writer_start_thread(writer *w)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&w->thread, NULL, writer_main, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->started = rc == 0;
    return rc == 0 ? HR_OK : HR_ENOMEM;
}

static void
writer_destroy(writer *w)
{
    if (w == NULL) {
        return;
    }
    if (w->backend != NULL) {
        w->group->config.backend->destroy(w->backend);
    }
    hr_mongo_mailbox_finish(&w->mailbox);
    hr_buf_finish(&w->letters);
    hr_arena_destroy(w->reasons);
    free(w);
}

static writer *
writer_create(hr_mongo_writers *group)
{
    writer *w = calloc(1, sizeof *w);

    if (w == NULL) {
        return NULL;
    }
    w->group = group;
    w->random = (uint64_t)hr_clock_us() ^ (uint64_t)(uintptr_t)w ^ 0x9e3779b97f4a7c15u;
    hr_mongo_mailbox_init(&w->mailbox, group->config.mailbox_bytes / group->config.n);
    w->reasons = hr_arena_create(REASONS_BLOCK, REASONS_MAX);
    w->backend = group->config.backend->create(group->config.target);
    if (w->reasons == NULL || w->backend == NULL) {
        writer_destroy(w);
        return NULL;
    }
    return w;
}

int
hr_mongo_writers_start(const hr_mongo_writers_config *config, hr_mongo_writers **out, hr_error *err)
{
    hr_mongo_writers *group = calloc(1, sizeof *group);

    if (group == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    group->config = *config;
    pthread_mutex_init(&group->lock, NULL);
    for (size_t i = 0; i < config->n; i++) {
        group->writers[i] = writer_create(group);
        if (group->writers[i] == NULL || writer_start_thread(group->writers[i]) != HR_OK) {
            hr_mongo_writers_stop(group);
            return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "no memory for a writer thread");
        }
    }
    *out = group;
    return HR_OK;
}

size_t
hr_mongo_writers_pick(const hr_mongo_writers *writers, uint64_t key_hash)
{
    return (size_t)(key_hash % writers->config.n);
}

bool
hr_mongo_writers_room(hr_mongo_writers *writers, size_t i)
{
    return hr_mongo_mailbox_room(&writers->writers[i]->mailbox);
}

int
hr_mongo_writers_put(hr_mongo_writers *writers, size_t i, const hr_mongo_letter *letter)
{
    return hr_mongo_mailbox_put(&writers->writers[i]->mailbox, letter);
}

void
hr_mongo_writers_held(const hr_mongo_writers *writers, size_t *bytes, size_t *limit)
{
    *bytes = 0;
    *limit = writers->config.mailbox_bytes;
    for (size_t i = 0; i < writers->config.n; i++) {
        *bytes += hr_mongo_mailbox_held(&writers->writers[i]->mailbox);
    }
}

size_t
hr_mongo_writers_open(const hr_mongo_writers *writers)
{
    size_t open = 0;

    for (size_t i = 0; i < writers->config.n; i++) {
        open += atomic_load(&writers->writers[i]->mailbox.open);
    }
    return open;
}

void
hr_mongo_writers_stop(hr_mongo_writers *writers)
{
    if (writers == NULL) {
        return;
    }
    for (size_t i = 0; i < writers->config.n && writers->writers[i] != NULL; i++) {
        hr_mongo_mailbox_close(&writers->writers[i]->mailbox);
    }
    for (size_t i = 0; i < writers->config.n && writers->writers[i] != NULL; i++) {
        if (writers->writers[i]->started) {
            pthread_join(writers->writers[i]->thread, NULL);
        }
        writer_destroy(writers->writers[i]);
    }
    pthread_mutex_destroy(&writers->lock);
    free(writers);
}
