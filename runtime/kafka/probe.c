/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka/probe.h"

#define ASK_TIMEOUT_MS 5000
#define ASK_AGAIN_MS 1000

void
hr_kafka_probe_note(hr_kafka_probe *probe, rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        probe->wanted = true;
        break;
    default:
        break;
    }
}

static void
probe_ask(hr_kafka_probe *probe, rd_kafka_t *rk, int64_t now_ms)
{
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER);
    char text[128];

    probe->ask_at_ms = now_ms + ASK_AGAIN_MS;
    if (probe->answers == NULL) {
        probe->answers = rd_kafka_queue_new(rk);
    }
    if (options == NULL) {
        return;
    }
    rd_kafka_AdminOptions_set_request_timeout(options, ASK_TIMEOUT_MS, text, sizeof text);
    rd_kafka_DescribeCluster(rk, options, probe->answers);
    rd_kafka_AdminOptions_destroy(options);
    probe->under_way = true;
}

/* A refusal is an answer too; what the client itself says (a negative code) is none, but that the
 * broker does not know the question. */
static bool
probe_is_answer(rd_kafka_resp_err_t code)
{
    return (int)code >= 0 || code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
}

bool
hr_kafka_probe_turn(hr_kafka_probe *probe, rd_kafka_t *rk, int64_t now_ms)
{
    rd_kafka_event_t *event;
    bool answers;

    if (!probe->wanted && !probe->under_way) {
        return false;
    }
    if (!probe->under_way) {
        if (now_ms >= probe->ask_at_ms) {
            probe_ask(probe, rk, now_ms);
        }
        return false;
    }
    event = rd_kafka_queue_poll(probe->answers, 0);
    if (event == NULL) {
        return false;
    }
    answers = probe_is_answer(rd_kafka_event_error(event)) && probe->wanted;
    rd_kafka_event_destroy(event);
    probe->under_way = false;
    probe->wanted = probe->wanted && !answers;
    return answers;
}

void
hr_kafka_probe_finish(hr_kafka_probe *probe)
{
    if (probe->answers != NULL) {
        rd_kafka_queue_destroy(probe->answers);
    }
    probe->answers = NULL;
    probe->under_way = false;
}
