/* SPDX-License-Identifier: MIT
 *
 * The texts of `--help`: lists and options from the tables, the other texts from each command.
 */
#include "help_text.h"

#include <stdio.h>
#include <string.h>

#include "command_table.h"

void help_text_print_program(void)
{
    printf("usage: perfharness [--registry FILE] [--library-path DIR] [--test-level 1..4]\n"
           "                   [--trust alike|registered] [--disable] [--event-log FILE] COMMAND "
           "...\n\n"
           "Tests and queries legacy (V1) performance-counter providers as Windows does.\n\n"
           "Commands:\n");
    for (size_t i = 0; command_table[i]; i++)
        printf("  %-26s %s\n", command_table[i]->name, command_table[i]->summary);
    printf("\nOptions, before or after the command:\n");
    options_print(command_table_main_options);
    printf("\n--registry may also be given in the environment, as PERFHARNESS_REGISTRY.\n"
           "`perfharness help COMMAND` says more.\n\n"
           "Exit status: 0 fine; 1 the provider or the data broke a rule; 2 bad usage or input;\n"
           "3 nothing to query.\n");
}

void help_text_print_command(const struct command *command)
{
    printf("usage: perfharness %s%s%s\n\n%s\n", command->name, *command->usage ? " " : "",
           command->usage, command->summary);
    if (command->help && *command->help) {
        size_t length = strlen(command->help);
        printf("\n%s%s", command->help, command->help[length - 1] == '\n' ? "" : "\n");
    }
    if (command->options) {
        printf("\nOptions:\n");
        options_print(command->options);
    }
    printf("\nOptions of all commands:\n");
    options_print(command_table_main_options);
}
