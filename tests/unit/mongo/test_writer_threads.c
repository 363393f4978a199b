/* Writer threads against a database that the test plays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "mongo/writer.h"
#include "engine/clock.h"
#include "engine/kept.h"
#include "hr_test.h"

#include <stdio.h>
#include <stdlib.h>

#define TOKENS 20000
#define WAIT_MS 20000

/* What the database does with a document, by the first byte of its body. */
enum {
    GOOD = 'g',
    BAD = 'b',        /* refused */
    POISON = 'p',     /* spoils the whole command, and is refused alone */
    TAKEN_ONCE = 't', /* another document has the key, the first time */
    TAKEN = 'T',
    CLASH = 'c', /* another unique index is in the way */
};

typedef struct world {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* the database */
    int fail_prepare, fail_writes; /* this often */
    int writes, prepared;
    size_t stored;
    char last[64]; /* body stored last under a key */
    bool taken_before;
    bool held; /* write() blocks */
    /* the sink */
    int acks[TOKENS];
    hr_ack_status status[TOKENS];
    int64_t kept[TOKENS]; /* offset of the record that came back; -1: none did */
    char reason[120];
    size_t n_acks;
    int wakes, troubles, troubles_over;
    char trouble[200];
} world;

static world w;

static void *
fake_create(const void *target)
{
    (void)target;
    return &w;
}

static void
fake_destroy(void *ctx)
{
    (void)ctx;
}

static int
fake_prepare(void *ctx, hr_error *err)
{
    int rc = HR_OK;

    (void)ctx;
    pthread_mutex_lock(&w.lock);
    if (w.fail_prepare > 0) {
        w.fail_prepare--;
        rc = hr_fail(err, HR_EIO, HR_NO_LOC, "no index yet");
    } else {
        w.prepared++;
    }
    pthread_mutex_unlock(&w.lock);
    return rc;
}

static void
fake_store(hr_mongo_op *op, size_t n, hr_mongo_next *next)
{
    switch (op->body.data[0]) {
    case BAD:
        op->outcome = HR_MONGO_REFUSED;
        op->reason = "too ugly";
        return;
    case POISON:
        *next = HR_MONGO_ALONE;
        if (n == 1) {
            *next = HR_MONGO_SETTLED;
            op->outcome = HR_MONGO_REFUSED;
            op->reason = "poison";
        }
        return;
    case TAKEN_ONCE:
        op->outcome = w.taken_before ? HR_MONGO_DONE : HR_MONGO_TAKEN;
        w.taken_before = true;
        return;
    case CLASH:
        op->outcome = HR_MONGO_CLASH;
        return;
    case TAKEN:
        op->outcome = HR_MONGO_TAKEN;
        return;
    default:
        op->outcome = HR_MONGO_DONE;
        w.stored++;
        snprintf(w.last, sizeof w.last, "%.*s", (int)op->body.len, (const char *)op->body.data);
    }
}

static hr_mongo_next
fake_write(void *ctx, hr_mongo_op *ops, size_t n, hr_arena *arena, hr_error *err)
{
    hr_mongo_next next = HR_MONGO_SETTLED;

    (void)ctx;
    (void)arena;
    pthread_mutex_lock(&w.lock);
    w.writes++;
    pthread_cond_broadcast(&w.changed);
    while (w.held) {
        pthread_cond_wait(&w.changed, &w.lock);
    }
    if (w.fail_writes > 0) {
        w.fail_writes--;
        next = HR_MONGO_WAIT;
        hr_fail(err, HR_EIO, HR_NO_LOC, "connection reset");
    }
    for (size_t i = 0; i < n; i++) {
        ops[i].outcome = HR_MONGO_OPEN;
        if (next != HR_MONGO_WAIT) {
            fake_store(&ops[i], n, &next);
        }
    }
    for (size_t i = 0; i < n && next == HR_MONGO_ALONE; i++) {
        ops[i].outcome = HR_MONGO_OPEN;
    }
    pthread_mutex_unlock(&w.lock);
    return next;
}

static const hr_mongo_backend fake_backend = {fake_create, fake_prepare, fake_write, fake_destroy};

static void
sink_post(void *ctx, const hr_ack *acks, size_t n)
{
    (void)ctx;
    pthread_mutex_lock(&w.lock);
    for (size_t i = 0; i < n; i++) {
        w.acks[acks[i].token]++;
        w.status[acks[i].token] = acks[i].status;
        w.kept[acks[i].token] = acks[i].kept != NULL ? acks[i].kept->record.offset : -1;
        hr_kept_free(acks[i].kept);
        if (acks[i].status != HR_ACK_OK) {
            memcpy(w.reason, acks[i].reason, sizeof w.reason);
        }
    }
    w.n_acks += n;
    pthread_cond_broadcast(&w.changed);
    pthread_mutex_unlock(&w.lock);
}

static void
sink_wake(void *ctx)
{
    (void)ctx;
    pthread_mutex_lock(&w.lock);
    w.wakes++;
    pthread_cond_broadcast(&w.changed);
    pthread_mutex_unlock(&w.lock);
}

static void
sink_trouble(void *ctx, const char *text)
{
    (void)ctx;
    pthread_mutex_lock(&w.lock);
    if (text != NULL) {
        w.troubles++;
        snprintf(w.trouble, sizeof w.trouble, "%s", text);
    } else {
        w.troubles_over++;
    }
    pthread_cond_broadcast(&w.changed);
    pthread_mutex_unlock(&w.lock);
}

static hr_mongo_writers_config
usual(void)
{
    return (hr_mongo_writers_config){
        .backend = &fake_backend,
        .taken = HR_MONGO_TAKEN_IS_REFUSED,
        .n = 1,
        .batch_documents = 1000,
        .batch_bytes = 1u << 20,
        .mailbox_bytes = 1u << 20,
        .backoff_min_ms = 1,
        .backoff_max_ms = 4,
        .events = {NULL, sink_post, sink_wake, sink_trouble},
    };
}

static hr_mongo_writers *
start(hr_mongo_writers_config config)
{
    hr_mongo_writers *writers = NULL;
    hr_error err = {0};

    assert_int_equal(hr_mongo_writers_start(&config, &writers, &err), HR_OK);
    return writers;
}

static int
fresh_world(void **unused)
{
    (void)unused;
    memset(&w, 0, sizeof w);
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.changed, NULL);
    return 0;
}

static void
put(hr_mongo_writers *writers, hr_token token, const char *key, const char *body)
{
    hr_mongo_letter letter = {.token = token, .key = hr_span_str(key), .body = hr_span_str(body)};
    hr_record record = {.value = letter.body, .offset = (int64_t)token};
    size_t i = hr_mongo_writers_pick(writers, hr_hash64(letter.key, 0));

    while (!hr_mongo_writers_room(writers, i)) {
        pthread_mutex_lock(&w.lock);
        while (w.wakes == 0) {
            pthread_cond_wait(&w.changed, &w.lock);
        }
        w.wakes = 0;
        pthread_mutex_unlock(&w.lock);
    }
    letter.kept = token % 8 != 7 ? hr_kept_make(&record, "t", 0) : NULL;
    assert_int_equal(hr_mongo_writers_put(writers, i, &letter), HR_OK);
}

/* Waits until `*what` is at least n. */
static void
await(const size_t *what, size_t n)
{
    int64_t until = hr_clock_ms() + WAIT_MS;

    pthread_mutex_lock(&w.lock);
    while (*what < n && hr_clock_ms() < until) {
        struct timespec at;

        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_sec++;
        pthread_cond_timedwait(&w.changed, &w.lock, &at);
    }
    assert_true(*what >= n);
    pthread_mutex_unlock(&w.lock);
}

static void
hold(bool held)
{
    pthread_mutex_lock(&w.lock);
    w.held = held;
    pthread_cond_broadcast(&w.changed);
    pthread_mutex_unlock(&w.lock);
}

static void
await_writes(int n)
{
    pthread_mutex_lock(&w.lock);
    while (w.writes < n) {
        pthread_cond_wait(&w.changed, &w.lock);
    }
    pthread_mutex_unlock(&w.lock);
}

static void
every_document_is_acknowledged_once(void **unused)
{
    hr_mongo_writers_config config = usual();
    hr_mongo_writers *writers;
    char key[16];

    (void)unused;
    config.n = 4;
    config.mailbox_bytes = 65536; /* so that it fills up again and again */
    writers = start(config);
    for (size_t i = 0; i < TOKENS; i++) {
        snprintf(key, sizeof key, "%zu", i % 3000);
        put(writers, i, key, "good");
    }
    await(&w.n_acks, TOKENS);
    hr_mongo_writers_stop(writers);
    for (size_t i = 0; i < TOKENS; i++) {
        assert_int_equal(w.acks[i], 1);
        assert_int_equal(w.status[i], HR_ACK_OK);
        assert_int_equal(w.kept[i], -1);
    }
    assert_int_equal(w.troubles, 0);
}

static void
trouble_is_retried_in_place_and_its_end_told_once(void **unused)
{
    hr_mongo_writers *writers;

    (void)unused;
    w.fail_prepare = 3;
    w.fail_writes = 5;
    writers = start(usual());
    put(writers, 0, "a", "good");
    put(writers, 1, "b", "good");
    await(&w.n_acks, 2);
    hr_mongo_writers_stop(writers);
    assert_int_equal(w.status[0], HR_ACK_OK);
    assert_int_equal(w.acks[0] + w.acks[1], 2);
    assert_int_equal(w.prepared, 1);
    assert_int_equal(w.troubles, 8);
    assert_int_equal(w.troubles_over, 2); /* of preparing, of writing */
    assert_string_equal(w.trouble, "mongo connection reset");
}

/* The first batch is held, so that the others come together. */
static hr_mongo_writers *
start_held(hr_mongo_writers_config config)
{
    hr_mongo_writers *writers;

    w.held = true;
    writers = start(config);
    put(writers, TOKENS - 1, "first", "good");
    await_writes(1);
    return writers;
}

static void
a_refused_document_leaves_the_others_alone(void **unused)
{
    hr_mongo_writers *writers = start_held(usual());

    (void)unused;
    put(writers, 0, "a", "good");
    put(writers, 1, "b", "bad");
    put(writers, 2, "c", "good");
    hold(false);
    await(&w.n_acks, 4);
    hr_mongo_writers_stop(writers);
    assert_int_equal(w.status[0], HR_ACK_OK);
    assert_int_equal(w.status[1], HR_ACK_REFUSED);
    assert_int_equal(w.status[2], HR_ACK_OK);
    assert_string_equal(w.reason, "too ugly");
    assert_int_equal(w.kept[0], -1);
    assert_int_equal(w.kept[1], 1);
    assert_int_equal(w.kept[2], -1);
    assert_int_equal(w.writes, 2);
}

static void
superseded_writes_are_acknowledged_with_the_last(void **unused)
{
    hr_mongo_writers *writers = start_held(usual());

    (void)unused;
    put(writers, 0, "a", "good 0");
    put(writers, 1, "a", "good 1");
    put(writers, 2, "a", "good 2");
    hold(false);
    await(&w.n_acks, 4);
    hr_mongo_writers_stop(writers);
    assert_int_equal(w.stored, 2);
    assert_string_equal(w.last, "good 2");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(w.acks[i], 1);
        assert_int_equal(w.status[i], HR_ACK_OK);
    }
}

static void
a_write_superseded_by_a_refused_one_is_written_after_all(void **unused)
{
    hr_mongo_writers *writers = start_held(usual());

    (void)unused;
    put(writers, 0, "a", "good 0");
    put(writers, 1, "a", "good 1");
    put(writers, 2, "a", "bad");
    hold(false);
    await(&w.n_acks, 4);
    hr_mongo_writers_stop(writers);
    assert_string_equal(w.last, "good 1");
    assert_int_equal(w.status[0], HR_ACK_OK);
    assert_int_equal(w.status[1], HR_ACK_OK);
    assert_int_equal(w.status[2], HR_ACK_REFUSED);
    assert_int_equal(w.kept[2], 2);
    assert_int_equal(w.kept[0] + w.kept[1], -2);
}

static void
a_refusal_of_what_was_not_kept_comes_without(void **unused)
{
    hr_mongo_writers *writers = start(usual());

    (void)unused;
    put(writers, 7, "a", "bad");
    await(&w.n_acks, 1);
    hr_mongo_writers_stop(writers);
    assert_int_equal(w.status[7], HR_ACK_REFUSED);
    assert_int_equal(w.kept[7], -1);
}

static void
what_spoils_a_whole_command_is_found_by_sending_one_by_one(void **unused)
{
    hr_mongo_writers *writers = start_held(usual());
    char key[16];

    (void)unused;
    for (size_t i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "%zu", i);
        put(writers, i, key, i == 7 ? "poison" : "good");
    }
    hold(false);
    await(&w.n_acks, 21);
    hr_mongo_writers_stop(writers);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(w.acks[i], 1);
        assert_int_equal(w.status[i], i == 7 ? HR_ACK_REFUSED : HR_ACK_OK);
    }
    assert_int_equal(w.writes, 22);
}

static void
a_taken_key_is_tried_twice_and_then_judged(void **unused)
{
    hr_mongo_writers *writers = start_held(usual());

    (void)unused;
    put(writers, 0, "a", "taken by a race the first time");
    put(writers, 1, "b", "Taken always");
    hold(false);
    await(&w.n_acks, 3);
    hr_mongo_writers_stop(writers);
    assert_int_equal(w.status[0], HR_ACK_OK);
    assert_int_equal(w.status[1], HR_ACK_REFUSED);
    assert_has_text(w.reason, "duplicate key");
    assert_int_equal(w.writes, 3);
}

static void
a_guarded_write_that_finds_a_newer_one_is_done(void **unused)
{
    hr_mongo_writers_config config = usual();
    hr_mongo_writers *writers;

    (void)unused;
    config.taken = HR_MONGO_TAKEN_IS_NEWER;
    writers = start(config);
    put(writers, 0, "a", "Taken");
    await(&w.n_acks, 1);
    hr_mongo_writers_stop(writers);
    assert_int_equal(w.status[0], HR_ACK_OK);
    assert_int_equal(w.writes, 2);
}

static void
an_insert_that_is_there_already_is_done_at_once(void **unused)
{
    hr_mongo_writers_config config = usual();
    hr_mongo_writers *writers;

    (void)unused;
    config.taken = HR_MONGO_TAKEN_IS_SELF;
    writers = start(config);
    put(writers, 0, "", "Taken");
    await(&w.n_acks, 1);
    hr_mongo_writers_stop(writers);
    assert_int_equal(w.status[0], HR_ACK_OK);
    assert_int_equal(w.writes, 1);
}

static void
a_clash_in_another_unique_index_is_tried_twice_and_refused(void **unused)
{
    static const hr_mongo_taken modes[] = {HR_MONGO_TAKEN_IS_NEWER, HR_MONGO_TAKEN_IS_SELF,
                                           HR_MONGO_TAKEN_IS_REFUSED};

    for (size_t i = 0; i < 3; i++) {
        hr_mongo_writers_config config = usual();
        hr_mongo_writers *writers;

        fresh_world(unused);
        config.taken = modes[i];
        writers = start(config);
        put(writers, 0, "a", "clash");
        await(&w.n_acks, 1);
        hr_mongo_writers_stop(writers);
        assert_int_equal(w.status[0], HR_ACK_REFUSED);
        assert_has_text(w.reason, "unique index");
        assert_int_equal(w.writes, 2);
    }
}

static void
stopping_in_trouble_ends_soon_and_acknowledges_nothing(void **unused)
{
    hr_mongo_writers_config config = usual();
    hr_mongo_writers *writers;
    int64_t began;

    (void)unused;
    w.fail_writes = 1000000;
    config.backoff_min_ms = config.backoff_max_ms = 3600000;
    writers = start(config);
    put(writers, 0, "a", "good");
    await_writes(1);
    put(writers, 1, "b", "good");
    began = hr_clock_ms();
    assert_int_equal(hr_mongo_writers_open(writers), 2);
    hr_mongo_writers_stop(writers);
    assert_true(hr_clock_ms() - began < WAIT_MS);
    assert_int_equal(w.n_acks, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_document_is_acknowledged_once, fresh_world),
        cmocka_unit_test_setup(trouble_is_retried_in_place_and_its_end_told_once, fresh_world),
        cmocka_unit_test_setup(a_refused_document_leaves_the_others_alone, fresh_world),
        cmocka_unit_test_setup(superseded_writes_are_acknowledged_with_the_last, fresh_world),
        cmocka_unit_test_setup(a_write_superseded_by_a_refused_one_is_written_after_all,
                               fresh_world),
        cmocka_unit_test_setup(a_refusal_of_what_was_not_kept_comes_without, fresh_world),
        cmocka_unit_test_setup(what_spoils_a_whole_command_is_found_by_sending_one_by_one,
                               fresh_world),
        cmocka_unit_test_setup(a_taken_key_is_tried_twice_and_then_judged, fresh_world),
        cmocka_unit_test_setup(a_guarded_write_that_finds_a_newer_one_is_done, fresh_world),
        cmocka_unit_test_setup(an_insert_that_is_there_already_is_done_at_once, fresh_world),
        cmocka_unit_test_setup(a_clash_in_another_unique_index_is_tried_twice_and_refused,
                               fresh_world),
        cmocka_unit_test_setup(stopping_in_trouble_ends_soon_and_acknowledges_nothing, fresh_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
