/* SPDX-License-Identifier: MIT
 *
 * perfharness: finds the command in commands.def, takes the options that are common to all, and
 * turns a failure to write the answer into an exit status. What a command does stands in
 * command_<id>.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "console.h"
#include "options.h"
#include "os.h"
#include "product_version.h"
#include "provider_process.h"

#define COMMAND(id) extern const struct command command_##id;
#include "commands.def"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(id) &command_##id,
#include "commands.def"
#undef COMMAND
    NULL
};

struct main_options {
    struct global_options global;
    bool help, version;
};

static const struct command_option main_option_table[] = {
    { "registry", 0, OPTION_TEXT, offsetof(struct main_options, global.registry_file), "FILE",
      "registration from a .reg file instead of the system's registry", 0, 0 },
    { "library-path", 0, OPTION_TEXT, offsetof(struct main_options, global.library_path), "DIR",
      "look for libraries here first; otherwise beside this program", 0, 0 },
    { "test-level", 0, OPTION_NUMBER, offsetof(struct main_options, global.test_level), "1..4",
      "ExtCounterTestLevel; 1 tests most; otherwise as registered", 1, 4 },
    { "trust", 0, OPTION_CHOICE, offsetof(struct main_options, global.trust), "alike|registered",
      "registered: the level is for libraries with a Library Validation Code, the others get 1", 0,
      0 },
    { "disable", 0, OPTION_FLAG, offsetof(struct main_options, global.disables), NULL,
      "as Windows, write Disable Performance Counters when a provider misbehaves", 0, 0 },
    { "event-log", 0, OPTION_TEXT, offsetof(struct main_options, global.event_log), "FILE",
      "append events there, a line of JSON each", 0, 0 },
    { "help", 'h', OPTION_FLAG, offsetof(struct main_options, help), NULL,
      "this help, or that of a command", 0, 0 },
    { "version", 0, OPTION_FLAG, offsetof(struct main_options, version), NULL, "print the version",
      0, 0 },
    OPTIONS_END,
};

static void print_help(void)
{
    printf("usage: perfharness [--registry FILE] [--library-path DIR] [--test-level 1..4]\n"
           "                   [--trust alike|registered] [--disable] [--event-log FILE] COMMAND "
           "...\n\n"
           "Tests and queries legacy (V1) performance-counter providers as Windows does.\n\n"
           "Commands:\n");
    for (size_t i = 0; commands[i]; i++)
        printf("  %-26s %s\n", commands[i]->name, commands[i]->summary);
    printf("\nOptions, in front of the command or behind it:\n");
    options_print(main_option_table);
    printf("\n--registry may also be given in the environment, as PERFHARNESS_REGISTRY.\n"
           "`perfharness COMMAND --help` tells more.\n\n"
           "Exit status: 0 fine; 1 the provider or the data broke a rule; 2 bad usage or input;\n"
           "3 nothing to query.\n");
}

static void print_command_help(const struct command *command)
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
    options_print(main_option_table);
}

static const struct command *find_command(const char *name)
{
    const struct command *nearest = NULL;
    size_t nearest_distance = 3;

    for (size_t i = 0; commands[i]; i++) {
        size_t distance = options_distance(name, commands[i]->name);
        if (distance == 0)
            return commands[i];
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = commands[i];
        }
    }
    if (nearest)
        command_complain("unknown command \"%s\"; did you mean \"%s\"?", name, nearest->name);
    else
        command_complain("unknown command \"%s\"; perfharness --help lists those there are", name);
    return NULL;
}

/* The first argument that is neither an option nor an option's value: the command's place. */
static int command_place(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const struct command_option *option = main_option_table;

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

    memset(&options, 0, sizeof(options));
    if (place > argc)
        place = before = argc;
    if (!options_parse(main_option_table, &options, &before, argv))
        return EXIT_BAD_USAGE;
    if (options.version) {
        printf("perfharness %s (commit %s)\n", product_version, product_commit);
        return EXIT_FINE;
    }
    if (place == argc) {
        if (options.help) {
            print_help();
            return EXIT_FINE;
        }
        command_complain("no command given; perfharness --help lists them");
        return EXIT_BAD_USAGE;
    }
    command = find_command(argv[place]);
    if (!command)
        return EXIT_BAD_USAGE;
    argc -= place + 1;
    argv += place + 1;
    if (!options_take(main_option_table, &options, command->options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (options.help) {
        print_command_help(command);
        return EXIT_FINE;
    }
    if (!options.global.registry_file && os_environment("PERFHARNESS_REGISTRY", registry_file,
                                                        sizeof(registry_file)) == ERROR_SUCCESS)
        options.global.registry_file = registry_file;
    return command->run(&options.global, argc, argv);
}

int main(int argc, char **argv)
{
    int status;

    if (provider_process_main(argc, argv, &status))
        return status;
    if (!console_open(&argc, &argv)) {
        command_complain("out of memory");
        return EXIT_BAD_USAGE;
    }

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
