/* The commands: each gets argv from its own name on and returns the exit code.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CLI_CLI_H
#define HR_CLI_CLI_H

int hr_cmd_run(int argc, char **argv);
int hr_cmd_demo(int argc, char **argv);
int hr_cmd_check(int argc, char **argv);
int hr_cmd_describe(int argc, char **argv);
int hr_cmd_operators(int argc, char **argv);
int hr_cmd_metrics(int argc, char **argv);
int hr_cmd_top(int argc, char **argv);
int hr_cmd_tap(int argc, char **argv);
int hr_cmd_schema(int argc, char **argv);
int hr_cmd_version(int argc, char **argv);

#endif
