/* Command lines: one table of flags per command feeds parser and --help.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_ARGS_H
#define HR_CLI_ARGS_H
#include <stdbool.h>
#include <stddef.h>

typedef enum hr_arg_kind {
    HR_ARG_FLAG,   /* bool * */
    HR_ARG_TEXT,   /* const char **: --name VALUE or --name=VALUE; the last one counts */
    HR_ARG_LIST,   /* hr_arg_list *: may be given several times */
    HR_ARG_CHOICE, /* int *: which of value_name, "text|json" */
} hr_arg_kind;

#define HR_ARG_LIST_MAX 64

typedef struct hr_arg_list {
    const char *v[HR_ARG_LIST_MAX];
    size_t n;
} hr_arg_list;

typedef struct hr_arg {
    const char *name; /* "--config" */
    hr_arg_kind kind;
    void *target;
    const char *value_name; /* "FILE" in help; of a choice: what it can be */
    const char *help;
} hr_arg;

/* What a command looks like on its command line. */
typedef struct hr_command {
    const char *name;
    const char *synopsis; /* behind the name: "TOPOLOGY... [options]" */
    const char *summary;
    const hr_arg *args; /* ends with {0} */
    size_t operands_min, operands_max;
} hr_command;

/* Parses argv[1..]; operands go to `operands`. 0: go on. 1: --help was printed, exit 0. 2: wrong
 * usage was reported on stderr, exit 2. */
int hr_args_parse(const hr_command *command, int argc, char **argv, hr_arg_list *operands);

/* Splits "a,b,c" in place of `text` (which is changed) into the list. False: too many. */
bool hr_args_split(char *text, hr_arg_list *out);

#endif
