/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <stdio.h>
#include <string.h>

static void
args_help(const hr_command *command)
{
    char left[64];

    printf("usage: headrace %s %s\n\n%s\n\noptions:\n", command->name, command->synopsis,
           command->summary);
    for (const hr_arg *arg = command->args; arg->name != NULL; arg++) {
        snprintf(left, sizeof left, "%s%s%s", arg->name, arg->value_name != NULL ? " " : "",
                 arg->value_name != NULL ? arg->value_name : "");
        printf("  %-22s %s\n", left, arg->help);
    }
    printf("  %-22s %s\n", "--help", "This text.");
}

static int
args_wrong(const hr_command *command, const char *text, const char *what)
{
    fprintf(stderr, "headrace %s: %s '%s'; see `headrace %s --help`\n", command->name, text, what,
            command->name);
    return 2;
}

static const hr_arg *
args_find(const hr_command *command, const char *word, size_t len)
{
    for (const hr_arg *arg = command->args; arg->name != NULL; arg++) {
        if (strlen(arg->name) == len && strncmp(arg->name, word, len) == 0) {
            return arg;
        }
    }
    return NULL;
}

static bool
args_add(hr_arg_list *list, const char *value)
{
    if (list->n == HR_ARG_LIST_MAX) {
        return false;
    }
    list->v[list->n++] = value;
    return true;
}

/* The place of the word in "a|b|c"; -1: not there. */
static int
args_choice(const char *choices, const char *word)
{
    size_t len = strlen(word);

    for (int i = 0; choices != NULL; i++) {
        const char *bar = strchr(choices, '|');
        size_t n = bar != NULL ? (size_t)(bar - choices) : strlen(choices);

        if (n == len && strncmp(choices, word, n) == 0) {
            return i;
        }
        choices = bar != NULL ? bar + 1 : NULL;
    }
    return -1;
}

static int
args_set(const hr_command *command, const hr_arg *arg, const char *value)
{
    int choice;

    switch (arg->kind) {
    case HR_ARG_LIST:
        return args_add(arg->target, value) ? 0 : args_wrong(command, "too many", arg->name);
    case HR_ARG_CHOICE:
        choice = args_choice(arg->value_name, value);
        if (choice < 0) {
            fprintf(stderr, "headrace %s: %s is %s, not '%s'\n", command->name, arg->name,
                    arg->value_name, value);
            return 2;
        }
        *(int *)arg->target = choice;
        return 0;
    default:
        *(const char **)arg->target = value;
        return 0;
    }
}

/* One word that begins with a dash; *i moves on where its value is the next word. */
static int
args_option(const hr_command *command, int argc, char **argv, int *i)
{
    const char *word = argv[*i];
    const char *eq = strchr(word, '=');
    const hr_arg *arg = args_find(command, word, eq != NULL ? (size_t)(eq - word) : strlen(word));
    const char *value = eq != NULL ? eq + 1 : NULL;

    if (arg == NULL) {
        return args_wrong(command, "unknown option", word);
    }
    if (arg->kind == HR_ARG_FLAG) {
        if (value != NULL) {
            return args_wrong(command, "no value goes with", arg->name);
        }
        *(bool *)arg->target = true;
        return 0;
    }
    if (value == NULL && *i + 1 < argc) {
        value = argv[++*i];
    }
    if (value == NULL) {
        return args_wrong(command, "a value is missing behind", arg->name);
    }
    return args_set(command, arg, value);
}

int
hr_args_parse(const hr_command *command, int argc, char **argv, hr_arg_list *operands)
{
    bool only_operands = false;
    int rc = 0;

    for (int i = 1; i < argc && rc == 0; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands &&
                   (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            args_help(command);
            return 1;
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
            rc = args_option(command, argc, argv, &i);
        } else if (operands->n == command->operands_max || !args_add(operands, argv[i])) {
            rc = args_wrong(command, "unexpected", argv[i]);
        }
    }
    if (rc == 0 && operands->n < command->operands_min) {
        fprintf(stderr, "usage: headrace %s %s\n", command->name, command->synopsis);
        rc = 2;
    }
    return rc;
}

bool
hr_args_split(char *text, hr_arg_list *out)
{
    for (char *word = text; word != NULL;) {
        char *comma = strchr(word, ',');

        if (comma != NULL) {
            *comma++ = '\0';
        }
        if (!args_add(out, word)) {
            return false;
        }
        word = comma;
    }
    return true;
}
