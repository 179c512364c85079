/* SPDX-License-Identifier: MIT
 *
 * perfharness help: the help of a command, and manual pages and completions from the same tables.
 */
#include <stdio.h>

#include "command.h"
#include "command_table.h"
#include "completion.h"
#include "help_text.h"
#include "manual.h"

enum help_format { HELP_TEXT, HELP_MAN, HELP_BASH, HELP_ZSH, HELP_FISH };

struct help_options {
    int format;
    bool list;
};

static const struct command_option help_option_table[] = {
    { "format", 0, OPTION_CHOICE, offsetof(struct help_options, format), "text|man|bash|zsh|fish",
      "help as text, as a manual page, or a shell's completions", 0, 0 },
    { "list", 0, OPTION_FLAG, offsetof(struct help_options, list), NULL,
      "the names of all manual pages and their sections", 0, 0 },
    OPTIONS_END,
};

/* Print one subject: a command, or the subject of a manual page of its own. */
static int print_subject(enum help_format format, const char *name)
{
    if (format == HELP_MAN && manual_print_topic(name))
        return EXIT_FINE;

    const struct command *command = command_table_find(name);
    if (!command)
        return EXIT_BAD_USAGE;
    if (format == HELP_MAN)
        manual_print_command(command);
    else
        help_text_print_command(command);
    return EXIT_FINE;
}

static int run_help(const struct global_options *global, int argc, char **argv)
{
    struct help_options options = { 0 };

    (void)global;
    if (!options_parse(help_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc > 1 || (argc == 1 && options.format > HELP_MAN)) {
        command_complain("help: %s",
                         argc > 1 ? "name one command: perfharness help COMMAND"
                                  : "this format is for all commands together: name no command");
        return EXIT_BAD_USAGE;
    }
    if (options.list) {
        manual_list();
        return EXIT_FINE;
    }
    if (argc == 1)
        return print_subject(options.format, argv[0]);
    switch ((enum help_format)options.format) {
    case HELP_TEXT:
        help_text_print_program();
        break;
    case HELP_MAN:
        manual_print_program();
        break;
    case HELP_BASH:
        completion_print_bash();
        break;
    case HELP_ZSH:
        completion_print_zsh();
        break;
    case HELP_FISH:
        completion_print_fish();
        break;
    }
    return EXIT_FINE;
}

const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND] [--format text|man|bash|zsh|fish] [--list]",
    .summary = "show the help of a command; make manual pages and completions",
    .help = "  perfharness help check\n"
            "  perfharness help check --format man | man -l -\n"
            "  perfharness help --format bash >/etc/bash_completion.d/perfharness\n"
            "\n"
            "`help --list` names all manual pages; the format man writes each of them.\n",
    .options = help_option_table,
    .run = run_help,
};
