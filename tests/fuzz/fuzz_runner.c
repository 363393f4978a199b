/* Any bytes as a runner's configuration; what stands behind the first zero byte is an override of
 * the command line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "config/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_load(const char *path, const char *set)
{
    hr_diag *diag = hr_diag_create();
    hr_runner *runner = hr_runner_load(path, &set, set != NULL ? 1 : 0, diag);
    FILE *out = fopen("/dev/null", "w");

    if (out == NULL || (runner == NULL) != (hr_diag_errors(diag) > 0)) {
        abort(); /* nothing without a reason, no configuration with errors */
    }
    hr_diag_print(diag, out, HR_DIAG_TEXT);
    fclose(out);
    hr_runner_destroy(runner);
    hr_diag_destroy(diag);
}

/* The bytes as a string of their own; it ends at the first zero. */
static char *
fuzz_text(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);

    if (text == NULL) {
        abort();
    }
    memcpy(text, data, len);
    text[len] = '\0';
    return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
    size_t len = zero != NULL ? (size_t)(zero - data) : size;
    char *set = zero != NULL ? fuzz_text(zero + 1, size - len - 1) : NULL;
    int fd = memfd_create("runner", MFD_CLOEXEC);
    char path[64];

    if (fd < 0 || write(fd, data, len) != (ssize_t)len) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    setenv("HR_FUZZ_URI", "mongodb://u%41:p%zz@h", 1);
    fuzz_load(path, set);
    fuzz_load(NULL, set);
    close(fd);
    free(set);
    return 0;
}
