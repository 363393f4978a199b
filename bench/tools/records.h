/* The records of a workload: a few thousand distinct values in memory, which a load generator sends
 * over and over.
 *
 *   flight_real  the requests of topologies/flight_delay/data/requests.jsonl as they are (~230 B)
 *   flight       the same, filled up to 300 B with one more string field ("Note")
 *   flight_100   the fields that are needed, and a UUID of eight digits
 *   flight_1k, flight_10k  filled up to 1,000 and 10,000 B
 *   yahoo        ad events of the Yahoo streaming benchmark, ads from
 * bench/workloads/yahoo/ads.jsonl nexmark_bid  bids of Nexmark
 *
 * Files are named from the current folder, which is the root of the tree. The same bytes each time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_RECORDS_H
#define BENCH_RECORDS_H
#include <stddef.h>
#include <stdint.h>

typedef struct bench_record {
    const uint8_t *data;
    size_t len;
} bench_record;

typedef struct bench_records {
    bench_record *v;
    size_t n;
    size_t room;
} bench_records;

/* Fails for a workload that there is not. Never freed: a tool needs them to its end. */
void bench_records_load(const char *workload, bench_records *out);

#endif
