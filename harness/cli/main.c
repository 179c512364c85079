/* SPDX-License-Identifier: MIT
 *
 * perfharness: parses the options that all commands have, runs one command, and turns a failure to
 * write the answer into an exit status. command_<id>.c contains what a command does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "command_table.h"
#include "console.h"
#include "options.h"
#include "help_text.h"
#include "os.h"
#include "product_version.h"
#include "provider_output.h"
#include "provider_process.h"
#include "symbolizer.h"
#include "text.h"

#define COMMAND(id) extern const struct command command_##id;
#include "commands.def"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(id) &command_##id,
#include "commands.def"
#undef COMMAND
    NULL
};

/* The position of the command: the first argument that is neither an option nor an option's
   value. */
static int command_place(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const struct command_option *option = command_table_main_options;

        if (argv[i][0] != '-' || !argv[i][1])
            return i;
        if (strcmp(argv[i], "--") == 0)
            return i + 1;
        while (option->name && strcmp(argv[i] + 2, option->name) != 0)
            option++;
        if (option->name && option->kind != OPTION_FLAG)
            i++;
    }
    return argc;
}

static int run(int argc, char **argv)
{
    static char registry_file[OS_PATH_SIZE];
    struct main_options options;
    const struct command *command;
    int place = command_place(argc, argv), before = place;

    command_table = commands;
    memset(&options, 0, sizeof(options));
    if (place > argc)
        place = before = argc;
    if (!options_parse(command_table_main_options, &options, &before, argv))
        return EXIT_BAD_USAGE;
    if (options.version) {
        printf("perfharness %s (commit %s)\n", product_version, product_version_commit);
        return EXIT_FINE;
    }
    if (place == argc) {
        if (options.help) {
            help_text_print_program();
            return EXIT_FINE;
        }
        command_complain("no command given; perfharness --help lists them");
        return EXIT_BAD_USAGE;
    }
    command = command_table_find(argv[place]);
    if (!command)
        return EXIT_BAD_USAGE;
    argc -= place + 1;
    argv += place + 1;
    if (!options_take(command_table_main_options, &options, command->options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (options.help) {
        help_text_print_command(command);
        return EXIT_FINE;
    }
    if (!options.global.registry_file && os_environment("PERFHARNESS_REGISTRY", registry_file,
                                                        sizeof(registry_file)) == ERROR_SUCCESS)
        options.global.registry_file = registry_file;
    return command->run(&options.global, argc, argv);
}

/* The output of a provider is for users, but it is not ours, so each line names the provider. */
static void show_output(const char *library, const char *line)
{
    fprintf(stderr, "output of %s: %s\n", text_utf8_file_name(library), line);
}

int main(int argc, char **argv)
{
    int status;

    if (provider_child_main(argc, argv, &status) || symbolizer_main(argc, argv, &status))
        return status;
    if (!console_open(&argc, &argv))
        return command_complain_memory();

    provider_output_listen(show_output);
    status = run(argc > 0 ? argc - 1 : 0, argv + 1);

    errno = 0;
    if (!command_flush()) {
        if (!console_reader_is_gone())
            command_complain("the answer could not be written: %s",
                             errno ? strerror(errno) : "an earlier write failed");
        return EXIT_BAD_USAGE;
    }
    return status;
}
