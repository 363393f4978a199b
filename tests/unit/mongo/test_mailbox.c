/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/mailbox.h"
#include "engine/kept.h"
#include "hr_test.h"

static hr_mongo_letter
letter(hr_token token, const char *key, const char *filter, const char *body)
{
    return (hr_mongo_letter){token, hr_span_str(key), hr_span_str(filter), hr_span_str(body), NULL};
}

static void
assert_span(hr_span span, const char *text)
{
    assert_int_equal(span.len, strlen(text));
    assert_memory_equal(span.data, text, span.len);
}

static void
letters_come_out_as_they_went_in(void **unused)
{
    hr_mongo_mailbox mailbox;
    hr_mongo_letter a = letter(7, "k", "", "body"), b = letter(8, "", "filter", "12345678"), out;
    hr_buf letters = {0};
    bool refused;
    size_t at = 0;

    (void)unused;
    hr_mongo_mailbox_init(&mailbox, 1024);
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &a), HR_OK);
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &b), HR_OK);
    assert_int_equal(atomic_load(&mailbox.open), 2);
    assert_true(hr_mongo_mailbox_take(&mailbox, &letters, &refused));
    assert_false(refused);
    assert_true(hr_mongo_mailbox_next(&letters, &at, &out));
    assert_int_equal(out.token, 7);
    assert_span(out.key, "k");
    assert_span(out.filter, "");
    assert_span(out.body, "body");
    assert_true(hr_mongo_mailbox_next(&letters, &at, &out));
    assert_int_equal(out.token, 8);
    assert_span(out.filter, "filter");
    assert_span(out.body, "12345678");
    assert_false(hr_mongo_mailbox_next(&letters, &at, &out));
    hr_buf_finish(&letters);
    hr_mongo_mailbox_finish(&mailbox);
}

static void
a_full_mailbox_refuses_and_the_next_take_says_so(void **unused)
{
    hr_mongo_mailbox mailbox;
    hr_mongo_letter a = letter(1, "k", "", "a body that fills half of the mailbox");
    hr_buf letters = {0};
    bool refused;

    (void)unused;
    hr_mongo_mailbox_init(&mailbox, 64);
    assert_true(hr_mongo_mailbox_room(&mailbox));
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &a), HR_OK);
    assert_false(hr_mongo_mailbox_room(&mailbox));
    assert_true(hr_mongo_mailbox_take(&mailbox, &letters, &refused));
    assert_true(refused);
    assert_true(hr_mongo_mailbox_room(&mailbox));
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &a), HR_OK);
    assert_true(hr_mongo_mailbox_take(&mailbox, &letters, &refused));
    assert_false(refused);
    hr_buf_finish(&letters);
    hr_mongo_mailbox_finish(&mailbox);
}

static hr_kept *
keep(size_t len)
{
    static const uint8_t bytes[2000];
    hr_record record = {.value = {bytes, len}};
    hr_kept *kept = hr_kept_make(&record, "t", 0);

    assert_non_null(kept);
    return kept;
}

static void
what_letters_keep_comes_along_and_takes_room(void **unused)
{
    hr_mongo_mailbox mailbox;
    hr_mongo_letter a = letter(1, "k", "", "b"), b = a, c = a, out;
    hr_buf letters = {0};
    bool refused;
    size_t at = 0;

    (void)unused;
    a.kept = keep(10);
    b.kept = keep(2000);
    c.kept = keep(10);
    hr_mongo_mailbox_init(&mailbox, 2048);
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &a), HR_OK);
    assert_true(hr_mongo_mailbox_room(&mailbox));
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &b), HR_OK);
    assert_false(hr_mongo_mailbox_room(&mailbox));
    assert_true(hr_mongo_mailbox_take(&mailbox, &letters, &refused));
    assert_true(hr_mongo_mailbox_room(&mailbox));
    assert_true(hr_mongo_mailbox_next(&letters, &at, &out));
    assert_ptr_equal(out.kept, a.kept);
    hr_kept_free(out.kept);
    hr_mongo_mailbox_discard(&letters, at); /* b; a leak checker sees what is missed */
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &c), HR_OK);
    hr_buf_finish(&letters);
    hr_mongo_mailbox_finish(&mailbox); /* c */
}

static void
a_huge_letter_does_not_keep_its_memory(void **unused)
{
    hr_mongo_mailbox mailbox;
    static char big[100000];
    hr_mongo_letter a = {1, {0}, {0}, {(const uint8_t *)big, sizeof big}, NULL};
    hr_mongo_letter b = letter(2, "k", "", "small");
    hr_buf letters = {0};
    bool refused;

    (void)unused;
    hr_mongo_mailbox_init(&mailbox, 1024);
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &a), HR_OK);
    assert_true(hr_mongo_mailbox_take(&mailbox, &letters, &refused));
    assert_true(letters.cap >= sizeof big);
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &b), HR_OK);
    assert_true(hr_mongo_mailbox_take(&mailbox, &letters, &refused));
    assert_true(letters.cap < sizeof big);
    assert_true(mailbox.filling.cap < sizeof big);
    hr_buf_finish(&letters);
    hr_mongo_mailbox_finish(&mailbox);
}

static void
a_closed_mailbox_gives_no_letters_and_no_pause(void **unused)
{
    hr_mongo_mailbox mailbox;
    hr_mongo_letter a = letter(1, "k", "", "b");
    hr_buf letters = {0};
    bool refused;

    (void)unused;
    hr_mongo_mailbox_init(&mailbox, 1024);
    assert_true(hr_mongo_mailbox_pause(&mailbox, 1));
    assert_int_equal(hr_mongo_mailbox_put(&mailbox, &a), HR_OK);
    hr_mongo_mailbox_close(&mailbox);
    assert_false(hr_mongo_mailbox_take(&mailbox, &letters, &refused));
    assert_false(hr_mongo_mailbox_pause(&mailbox, 100000));
    hr_buf_finish(&letters);
    hr_mongo_mailbox_finish(&mailbox);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_come_out_as_they_went_in),
        cmocka_unit_test(a_full_mailbox_refuses_and_the_next_take_says_so),
        cmocka_unit_test(what_letters_keep_comes_along_and_takes_room),
        cmocka_unit_test(a_huge_letter_does_not_keep_its_memory),
        cmocka_unit_test(a_closed_mailbox_gives_no_letters_and_no_pause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
