/* The contract of sources.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_SOURCE_H
#define HR_SOURCE_H
#include "config/runner.h"
#include "hr_node.h"

#define HR_SOURCE_KAFKA 0x1u /* partitions come from a consumer group */

typedef struct hr_source hr_source;       /* a source of a stream thread while it runs */
typedef struct hr_partition hr_partition; /* one of its partitions: the input of a task */

/* compile() on the main thread at check time, all others on the stream thread. */
typedef struct hr_source_type {
    uint32_t abi, flags;
    const char *name, *summary;
    const hr_option *options;
    size_t options_size, shared_size;
    size_t state_size; /* one block per stream thread, zeroed */
    /* Optional. Checks options; may declare fields (node->fields) when there is no schema. */
    int (*compile)(hr_node *node, const void *options, void *shared, hr_error *err);
    /* Mandatory. Starts; partitions come and go by hr_source_assign() and hr_source_revoke(). */
    int (*open)(hr_source *source, void *state, hr_error *err);
    /* Mandatory; never waits. Up to max records of a partition, in order; 0: none just now. */
    size_t (*fetch)(hr_source *source, void *state, hr_partition *partition, hr_record *records,
                    size_t max);
    /* Optional. The records' bytes are not needed any more. */
    void (*done)(hr_source *source, void *state, hr_record *records, size_t n);
    /* Mandatory. Reading goes on at this offset. */
    int (*seek)(hr_source *source, void *state, hr_partition *partition, int64_t offset,
                hr_error *err);
    /* Optional. Stores that everything below the offset is done. */
    int (*commit)(hr_source *source, void *state, hr_partition *partition, int64_t offset,
                  bool wait, hr_error *err);
    /* Optional. Once per turn of the loop: serves rebalances, timers. */
    void (*poll)(hr_source *source, void *state);
    /* Optional. Stops taking in; partitions that are left are revoked by the runtime. */
    void (*close)(hr_source *source, void *state);
    void (*release)(void *shared);
} hr_source_type;

extern const hr_source_type *const hr_builtin_sources[];
#endif
