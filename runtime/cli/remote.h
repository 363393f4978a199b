/* What the commands have in common that ask another process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_REMOTE_H
#define HR_CLI_REMOTE_H
#include "live/client.h"

#define HR_REMOTE_TOKEN_ARG(target)                                                                \
    {                                                                                              \
        "--token-file", HR_ARG_TEXT, (target), "FILE",                                             \
            "Its server's token; else from " HR_CLIENT_TOKEN_ENV "."                               \
    }

/* Prints the error and its remedy on stderr; returns the exit code. */
int hr_remote_fail(const char *command, const hr_error *err);

/* Whether a terminal gets colours: not with NO_COLOR, not where TERM is dumb. */
bool hr_remote_colour(void);

#endif
