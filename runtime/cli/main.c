/* headrace: finds the command and calls it. Each command reads its own line (args.h) and returns
 * the exit code: 0 fine, 1 something is wrong with what was given or met, 2 wrong usage.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "config/diag.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct cli_command {
    const char *name;
    int (*main)(int argc, char **argv);
    bool serves; /* goes on until told to stop, with sockets: SIGPIPE must not end it */
    const char *summary;
} cli_command;

static const cli_command cli_commands[] = {
    {"run", hr_cmd_run, true, "Runs topologies."},
    {"demo", hr_cmd_demo, true, "Predicts the delay of real flights on an embedded broker."},
    {"check", hr_cmd_check, false, "Finds all mistakes in topology files; needs no network."},
    {"describe", hr_cmd_describe, false, "Shows what a topology does: nodes, fields, guarantees."},
    {"operators", hr_cmd_operators, false,
     "Lists sources, tables, steps, sinks, endpoints, or the options of one."},
    {"metrics", hr_cmd_metrics, false, "Lists the metrics that a running process shows."},
    {"top", hr_cmd_top, true, "Shows what a running process does, each second."},
    {"tap", hr_cmd_tap, true, "Shows records before and after a step of a running process."},
    {"schema", hr_cmd_schema, false, "Prints the JSON Schema of topology files."},
    {"version", hr_cmd_version, false, "Prints the versions of headrace and its libraries."},
};

#define N_COMMANDS (sizeof cli_commands / sizeof cli_commands[0])

static const cli_command *
cli_find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(cli_commands[i].name, name) == 0) {
            return &cli_commands[i];
        }
    }
    return NULL;
}

static void
cli_help(FILE *out)
{
    fputs("usage: headrace COMMAND [ARGUMENTS]\n\ncommands:\n", out);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        fprintf(out, "  %-10s  %s\n", cli_commands[i].name, cli_commands[i].summary);
    }
    fprintf(out, "  %-10s  %s\n\n", "help", "This text; `headrace help COMMAND` for one of them.");
    fputs("`headrace COMMAND --help` tells how a command is used.\n", out);
}

static int
cli_unknown(const char *name)
{
    const char *names[N_COMMANDS];
    const char *nearest;

    for (size_t i = 0; i < N_COMMANDS; i++) {
        names[i] = cli_commands[i].name;
    }
    nearest = hr_diag_nearest(name, names, N_COMMANDS);
    fprintf(stderr, "headrace: there is no command '%s'", name);
    if (nearest != NULL) {
        fprintf(stderr, "; did you mean '%s'?\n", nearest);
    } else {
        fputs("; see `headrace help`\n", stderr);
    }
    return 2;
}

/* What prints and ends dies quietly of a closed pipe (`headrace describe ... | head`), whatever the
 * parent process left in place; what serves must see the error instead. */
static int
cli_call(const cli_command *command, int argc, char **argv)
{
    signal(SIGPIPE, command->serves ? SIG_IGN : SIG_DFL);
    return command->main(argc, argv);
}

static int
cli_command_help(const char *name)
{
    char *argv[] = {"", "--help", NULL};
    const cli_command *command = cli_find(name);

    return command != NULL ? cli_call(command, 2, argv) : cli_unknown(name);
}

static int
cli_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    const cli_command *command;

    if (name == NULL) {
        cli_help(stderr);
        return 2;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        if (argc > 2) {
            return cli_command_help(argv[2]);
        }
        cli_help(stdout);
        return 0;
    }
    command = cli_find(strcmp(name, "--version") == 0 ? "version" : name);
    return command != NULL ? cli_call(command, argc - 1, argv + 1) : cli_unknown(name);
}

int
main(int argc, char **argv)
{
    int status = cli_main(argc, argv);

    /* A full disk behind `headrace describe ... > file` must not look like success. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0) {
        fprintf(stderr, "headrace: cannot write the output: %s\n", strerror(errno));
        status = 1;
    }
    return status;
}
