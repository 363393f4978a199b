/* "did you mean": the nearest name by edit distance, two neighbours swapped counting once, because
 * that is how people mistype.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/diag.h"

#include <string.h>

#define NEAREST_LEN_MAX 64u
#define NEAREST_DISTANCE_MAX 2u

static unsigned
nearest_min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Distance of two texts of at most NEAREST_LEN_MAX characters. */
static unsigned
nearest_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][NEAREST_LEN_MAX + 1];
    unsigned *two = rows[0], *one = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b_len; j++) {
        one[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *spare = two;

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = one[j - 1] + (a[i - 1] != b[j - 1]);

            best = nearest_min(best, nearest_min(one[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = nearest_min(best, two[j - 2] + 1);
            }
            now[j] = best;
        }
        two = one;
        one = now;
        now = spare;
    }
    return one[b_len];
}

const char *
hr_diag_nearest(const char *wrong, const char *const *names, size_t n)
{
    size_t len = strlen(wrong);
    unsigned best = NEAREST_DISTANCE_MAX + 1;
    const char *nearest = NULL;

    for (size_t i = 0; len <= NEAREST_LEN_MAX && i < n; i++) {
        size_t name_len = strlen(names[i]);
        unsigned distance;

        if (name_len > NEAREST_LEN_MAX) {
            continue;
        }
        distance = nearest_distance(wrong, len, names[i], name_len);
        if (distance < best && distance * (size_t)2 < len) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
