/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/batch_plan.h"
#include "hr_test.h"

#include <stdio.h>

static hr_mongo_batch batch;

/* Letters with these keys, one per character ('-': none), and 10-byte bodies. */
static hr_buf
letters_of(const char *keys)
{
    hr_mongo_mailbox mailbox;
    hr_buf letters = {0};
    bool refused;

    hr_mongo_mailbox_init(&mailbox, 1u << 20);
    for (size_t i = 0; keys[i] != '\0'; i++) {
        hr_mongo_letter letter = {.token = i, .body = HR_SPAN_LIT("0123456789")};

        if (keys[i] != '-') {
            letter.key = (hr_span){(const uint8_t *)&keys[i], 1};
        }
        assert_int_equal(hr_mongo_mailbox_put(&mailbox, &letter), HR_OK);
    }
    assert_true(hr_mongo_mailbox_take(&mailbox, &letters, &refused));
    hr_mongo_mailbox_finish(&mailbox);
    return letters;
}

/* "0 2 3": the active entries. */
static void
assert_active(const char *expected)
{
    char text[256] = "";
    size_t n = 0;

    for (size_t i = 0; i < batch.n_active; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, i > 0 ? " %d" : "%d", batch.active[i]);
    }
    assert_string_equal(text, expected);
}

static void
only_the_last_write_of_a_key_is_sent(void **unused)
{
    hr_buf letters = letters_of("abacab");
    size_t at = 0;

    (void)unused;
    assert_true(hr_mongo_batch_fill(&batch, &letters, &at, 1000, 1u << 20));
    assert_int_equal(batch.n, 6);
    assert_active("3 4 5");
    assert_int_equal(batch.entries[4].before, 2);
    assert_int_equal(batch.entries[2].before, 0);
    assert_false(hr_mongo_batch_fill(&batch, &letters, &at, 1000, 1u << 20));
    hr_buf_finish(&letters);
}

static void
writes_without_a_key_are_all_sent(void **unused)
{
    hr_buf letters = letters_of("---");
    size_t at = 0;

    (void)unused;
    assert_true(hr_mongo_batch_fill(&batch, &letters, &at, 1000, 1u << 20));
    assert_active("0 1 2");
    hr_buf_finish(&letters);
}

static void
when_the_last_write_is_refused_the_one_before_comes_back(void **unused)
{
    hr_buf letters = letters_of("aaab");
    size_t at = 0;

    (void)unused;
    assert_true(hr_mongo_batch_fill(&batch, &letters, &at, 1000, 1u << 20));
    assert_active("2 3");
    batch.entries[2].op.outcome = HR_MONGO_REFUSED;
    batch.entries[3].op.outcome = HR_MONGO_DONE;
    hr_mongo_batch_refresh(&batch);
    assert_active("1");
    batch.entries[1].op.outcome = HR_MONGO_REFUSED;
    hr_mongo_batch_refresh(&batch);
    assert_active("0");
    batch.entries[0].op.outcome = HR_MONGO_DONE;
    hr_mongo_batch_refresh(&batch);
    assert_active("");
    hr_buf_finish(&letters);
}

static void
a_batch_is_cut_by_documents_and_by_bytes(void **unused)
{
    hr_buf letters = letters_of("abcdefgh");
    size_t at = 0;

    (void)unused;
    assert_true(hr_mongo_batch_fill(&batch, &letters, &at, 3, 1u << 20));
    assert_int_equal(batch.n, 3);
    assert_true(hr_mongo_batch_fill(&batch, &letters, &at, 1000, 22));
    assert_int_equal(batch.n, 2);
    assert_int_equal(batch.entries[0].token, 3);
    assert_true(hr_mongo_batch_fill(&batch, &letters, &at, 1000, 1)); /* the first always */
    assert_int_equal(batch.n, 1);
    assert_int_equal(batch.entries[0].token, 5);
    hr_buf_finish(&letters);
}

/* Against a plain search, over many keys and hashes. */
static void
a_full_batch_of_few_keys_keeps_the_last_of_each(void **unused)
{
    static char keys[HR_MONGO_BATCH_MAX + 1];
    hr_buf letters;
    size_t at = 0;

    (void)unused;
    for (size_t i = 0; i < HR_MONGO_BATCH_MAX; i++) {
        keys[i] = (char)('0' + (i * 7919) % 77);
    }
    letters = letters_of(keys);
    assert_true(hr_mongo_batch_fill(&batch, &letters, &at, HR_MONGO_BATCH_MAX, 1u << 20));
    assert_int_equal(batch.n, HR_MONGO_BATCH_MAX);
    assert_int_equal(batch.n_active, 77);
    for (size_t i = 0; i < batch.n_active; i++) {
        assert_null(strchr(keys + batch.active[i] + 1, keys[batch.active[i]]));
    }
    hr_buf_finish(&letters);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_last_write_of_a_key_is_sent),
        cmocka_unit_test(writes_without_a_key_are_all_sent),
        cmocka_unit_test(when_the_last_write_is_refused_the_one_before_comes_back),
        cmocka_unit_test(a_batch_is_cut_by_documents_and_by_bytes),
        cmocka_unit_test(a_full_batch_of_few_keys_keeps_the_last_of_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
