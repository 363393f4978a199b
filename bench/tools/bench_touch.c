/* Touches memory and gives it back. On a virtual machine the first touch of a page costs
 * microseconds, more than a record: whoever runs first pays for all, so each run is preceded by
 * this.
 *
 *   bench_touch MIB
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

#include <stdio.h>
#include <sys/mman.h>

#define PAGE 4096

int
main(int argc, char **argv)
{
    size_t bytes;
    volatile uint8_t *at;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_touch MIB\n");
        return 2;
    }
    bytes = (size_t)bench_number("MIB", argv[1], 1, 1 << 20) << 20;
    at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        bench_fail("no %s MiB to touch", argv[1]);
    }
    for (size_t i = 0; i < bytes; i += PAGE) {
        at[i] = 1;
    }
    return 0;
}
