/* SPDX-License-Identifier: MIT
 *
 * The common options, the environment variables from environment.def, and finding a command.
 */
#include "command_table.h"

const struct command *const *command_table;

const struct command_option command_table_main_options[] = {
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

const struct environment_variable command_table_environment[] = {
#define ENVIRONMENT(name, reader, value, help) { name, reader, value, help },
#include "environment.def"
#undef ENVIRONMENT
    { NULL, NULL, NULL, NULL }
};

const struct command *command_table_find(const char *name)
{
    const struct command *nearest = NULL;
    size_t nearest_distance = 3;

    for (size_t i = 0; command_table[i]; i++) {
        size_t distance = options_distance(name, command_table[i]->name);
        if (distance == 0)
            return command_table[i];
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = command_table[i];
        }
    }
    if (nearest)
        command_complain("unknown command \"%s\"; did you mean \"%s\"?", name, nearest->name);
    else
        command_complain("unknown command \"%s\"; perfharness --help lists those there are", name);
    return NULL;
}
