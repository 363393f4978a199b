/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kept.h"
#include "engine/mailbox.h"
#include "hr_test.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WRITERS = 4, POSTS = 5000, PER_POST = 3 };

typedef struct writer {
    hr_mailbox *mailbox;
    uint64_t first;
    pthread_t thread;
} writer;

static void *
writer_main(void *arg)
{
    writer *w = arg;

    for (uint64_t i = 0; i < POSTS; i++) {
        hr_ack acks[PER_POST] = {{0}};

        for (uint64_t k = 0; k < PER_POST; k++) {
            acks[k].token = w->first + i * PER_POST + k;
        }
        if (hr_mailbox_post(w->mailbox, acks, PER_POST) != HR_OK) {
            return w;
        }
    }
    return NULL;
}

static void
every_ack_arrives_once_and_in_its_writers_order(void **state)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    hr_mailbox mailbox;
    writer writers[WRITERS];
    uint64_t next[WRITERS] = {0};
    uint64_t seen = 0;

    (void)state;
    hr_mailbox_init(&mailbox, fd);
    for (uint64_t i = 0; i < WRITERS; i++) {
        writers[i] = (writer){.mailbox = &mailbox, .first = i << 32};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, writer_main, &writers[i]), 0);
    }
    while (seen < (uint64_t)WRITERS * POSTS * PER_POST) {
        struct pollfd pfd = {.fd = fd, .events = POLLIN};
        uint64_t count;
        size_t n;
        const hr_ack *acks;

        assert_int_equal(poll(&pfd, 1, 20000), 1);
        assert_true(read(fd, &count, sizeof count) > 0);
        acks = hr_mailbox_drain(&mailbox, &n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(acks[i].token & UINT32_MAX, next[acks[i].token >> 32]++);
        }
        seen += n;
    }
    for (size_t i = 0; i < WRITERS; i++) {
        void *failed;

        pthread_join(writers[i].thread, &failed);
        assert_null(failed);
    }
    hr_mailbox_finish(&mailbox);
    close(fd);
}

static void
records_kept_by_acks_that_nobody_drained_are_freed(void **state)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    hr_record record = {.offset = 1};
    hr_ack ack = {.status = HR_ACK_REFUSED};
    hr_mailbox mailbox;
    size_t n;

    (void)state;
    hr_mailbox_init(&mailbox, fd);
    ack.kept = hr_kept_make(&record, "t", 0);
    assert_int_equal(hr_mailbox_post(&mailbox, &ack, 1), HR_OK);
    assert_ptr_equal(hr_mailbox_drain(&mailbox, &n)->kept, ack.kept);
    hr_kept_free(ack.kept);
    ack.kept = hr_kept_make(&record, "t", 0);
    assert_int_equal(hr_mailbox_post(&mailbox, &ack, 1), HR_OK);
    hr_mailbox_finish(&mailbox); /* a leak checker sees it */
    close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ack_arrives_once_and_in_its_writers_order),
        cmocka_unit_test(records_kept_by_acks_that_nobody_drained_are_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
