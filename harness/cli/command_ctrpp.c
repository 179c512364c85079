/* SPDX-License-Identifier: MIT
 *
 * perfharness ctrpp: makes the code of a V2 provider from a manifest, with the options of the
 * Windows SDK's CTRPP, which begin with a dash or a slash and may be in any case. Either all files
 * are written or none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "ctrpp.h"
#include "manifest_file.h"
#include "os.h"
#include "output.h"
#include "text.h"

enum {
    FILE_HEADER,
    FILE_RESOURCE,
    FILE_CONSUMER,
    FILE_MIGRATED,
    FILE_LEGACY_HEADER,
    FILE_LEGACY_SOURCE,
    FILE_LEGACY_RESOURCE,
    FILE_LEGACY_IDS,
    FILE_COUNT
};

struct ctrpp_arguments {
    const char *manifest;
    const char *paths[FILE_COUNT]; /* NULL: not requested */
    const char *prefix;
    const char *summary_path;
    bool notification_callback, memory_routines, legacy, back_compat, summary;
};

static const struct {
    const char *name;
    size_t target;
    bool takes_value;
} ctrpp_options[] = {
    { "o", offsetof(struct ctrpp_arguments, paths[FILE_HEADER]), true },
    { "rc", offsetof(struct ctrpp_arguments, paths[FILE_RESOURCE]), true },
    { "ch", offsetof(struct ctrpp_arguments, paths[FILE_CONSUMER]), true },
    { "migrate", offsetof(struct ctrpp_arguments, paths[FILE_MIGRATED]), true },
    { "prefix", offsetof(struct ctrpp_arguments, prefix), true },
    { "NotificationCallback", offsetof(struct ctrpp_arguments, notification_callback), false },
    { "MemoryRoutines", offsetof(struct ctrpp_arguments, memory_routines), false },
    { "Legacy", offsetof(struct ctrpp_arguments, legacy), false },
    { "summary", offsetof(struct ctrpp_arguments, summary), false },
    { "sumPath", offsetof(struct ctrpp_arguments, summary_path), true },
    { "BackCompat", offsetof(struct ctrpp_arguments, back_compat), false },
};

#define OPTION_COUNT (sizeof(ctrpp_options) / sizeof(*ctrpp_options))

/* A slash begins an option only if the text after it is one, because it also begins a path. */
static size_t find_option(const char *argument)
{
    size_t i = 0;

    argument += *argument == '-' && argument[1] == '-' ? 2 : 1;
    while (i < OPTION_COUNT && !text_utf8_equal_ignore_case(ctrpp_options[i].name, argument))
        i++;
    return i;
}

static bool parse_arguments(struct ctrpp_arguments *arguments, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const bool is_option = *argv[i] == '-' || *argv[i] == '/';
        const size_t option = is_option ? find_option(argv[i]) : OPTION_COUNT;

        if (option < OPTION_COUNT) {
            void *target = (char *)arguments + ctrpp_options[option].target;

            if (!ctrpp_options[option].takes_value) {
                *(bool *)target = true;
            } else if (i + 1 == argc || !*argv[i + 1]) {
                command_complain("ctrpp: %s needs a value after it; see perfharness ctrpp --help",
                                 argv[i]);
                return false;
            } else {
                *(const char **)target = argv[++i];
            }
        } else if (*argv[i] == '-') {
            command_complain("ctrpp: there is no option %s; see perfharness ctrpp --help", argv[i]);
            return false;
        } else if (arguments->manifest) {
            command_complain("ctrpp: one manifest at a time, not both %s and %s; run it for each",
                             arguments->manifest, argv[i]);
            return false;
        } else {
            arguments->manifest = argv[i];
        }
    }
    return true;
}

/* Check which options require or exclude each other, and what the manifest's mode allows. */
static bool check_arguments(const struct ctrpp_arguments *arguments)
{
    const char *const *paths = arguments->paths;
    const char *wrong = NULL;

    if (!arguments->manifest)
        wrong = "which manifest? usage: perfharness ctrpp MANIFEST -o FILE.h -rc FILE.rc";
    else if (arguments->back_compat)
        wrong =
            "-BackCompat is for kernel-mode providers (their Pcw functions are looked up at run "
            "time), which are not generated here: leave it out";
    else if (arguments->legacy && (paths[FILE_HEADER] || paths[FILE_RESOURCE]))
        wrong = "-Legacy names its files after the manifest: leave out -o and -rc";
    else if (arguments->legacy && (paths[FILE_CONSUMER] || *arguments->prefix))
        wrong = "-Legacy does not go with -ch and -prefix: leave one of them out";
    else if (paths[FILE_MIGRATED] && (arguments->legacy || paths[FILE_HEADER] ||
                                      paths[FILE_RESOURCE] || paths[FILE_CONSUMER]))
        wrong = "-migrate cannot be combined: call ctrpp again for the code";
    else if (!arguments->legacy && !paths[FILE_MIGRATED] && !paths[FILE_HEADER] &&
             !paths[FILE_RESOURCE] && !paths[FILE_CONSUMER])
        wrong = "nothing to write: give -o FILE.h, -rc FILE.rc, -ch FILE.h, -Legacy or -migrate";
    for (const char *at = arguments->prefix; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", *at) &&
            (at == arguments->prefix || !strchr("0123456789", *at)))
            wrong = "-prefix must be the begin of a C identifier";
    if (wrong)
        command_complain("ctrpp: %s", wrong);
    return !wrong;
}

/* Make a C identifier of a file's name without its suffix, and the paths of the files of
   -Legacy. */
static void derive_legacy(struct ctrpp_arguments *arguments, char identifier[256],
                          char paths[FILE_COUNT][OS_PATH_SIZE])
{
    static const char *const suffixes[FILE_COUNT] = {
        [FILE_LEGACY_HEADER] = ".h",
        [FILE_LEGACY_SOURCE] = ".c",
        [FILE_LEGACY_RESOURCE] = ".rc",
        [FILE_LEGACY_IDS] = "_r.h",
    };
    const char *name = text_utf8_file_name(arguments->manifest);
    const char *dot = strrchr(name, '.');
    const size_t length = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    size_t i = 0;

    for (; i < length && i < 255; i++) {
        const bool is_letter =
            strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", name[i]) != NULL;
        const bool is_digit = i > 0 && strchr("0123456789", name[i]);
        identifier[i] = is_letter || is_digit ? name[i] : '_';
    }
    identifier[i] = 0;
    for (i = FILE_LEGACY_HEADER; i < FILE_COUNT; i++) {
        snprintf(paths[i], OS_PATH_SIZE, "%.*s%s%s", (int)(name - arguments->manifest),
                 arguments->manifest, identifier, suffixes[i]);
        arguments->paths[i] = paths[i];
    }
}

static void generate(struct output outputs[FILE_COUNT], const struct ctrpp_arguments *arguments,
                     const struct manifest *manifest, const struct ctrpp_options *options)
{
    if (arguments->paths[FILE_HEADER])
        ctrpp_header_write(&outputs[FILE_HEADER], manifest, options);
    if (arguments->paths[FILE_RESOURCE])
        ctrpp_resource_write(&outputs[FILE_RESOURCE], manifest, options);
    if (arguments->paths[FILE_CONSUMER])
        ctrpp_header_write_consumer(&outputs[FILE_CONSUMER], manifest, options);
    if (arguments->paths[FILE_MIGRATED])
        ctrpp_manifest_write(&outputs[FILE_MIGRATED], manifest);
    if (arguments->legacy) {
        ctrpp_legacy_write_header(&outputs[FILE_LEGACY_HEADER], manifest, options);
        ctrpp_legacy_write_source(&outputs[FILE_LEGACY_SOURCE], manifest, options);
        ctrpp_legacy_write_resource(&outputs[FILE_LEGACY_RESOURCE], manifest, options);
        ctrpp_legacy_write_ids(&outputs[FILE_LEGACY_IDS], manifest, options);
    }
}

static int write_files(struct output outputs[FILE_COUNT], const struct ctrpp_arguments *arguments)
{
    for (size_t i = 0; i < FILE_COUNT; i++)
        if (outputs[i].is_lost) {
            command_complain("ctrpp: there is no memory for %s", arguments->paths[i]);
            return EXIT_BAD_USAGE;
        }
    for (size_t i = 0; i < FILE_COUNT; i++) {
        DWORD error = arguments->paths[i]
                          ? os_file_write_all(arguments->paths[i], outputs[i].data, outputs[i].size)
                          : ERROR_SUCCESS;
        if (!error)
            continue;
        command_complain("%s: cannot be written (error %u): does the folder exist, and may it be "
                         "written to?",
                         arguments->paths[i], (unsigned)error);
        while (i-- > 0) /* all files or none */
            if (arguments->paths[i])
                os_file_remove(arguments->paths[i]);
        return EXIT_BAD_USAGE;
    }
    return EXIT_FINE;
}

/* Check that the names in the generated code are distinct. */
static int check_names(const char *path, const struct manifest *manifest,
                       const struct ctrpp_options *options)
{
    struct manifest_messages *messages = calloc(1, sizeof(*messages));

    if (!messages || ctrpp_collisions_check(manifest, options, messages)) {
        free(messages);
        return command_complain_memory();
    }
    manifest_file_complain(path, messages);
    const int status = messages->has_error ? EXIT_BAD_USAGE : EXIT_FINE;
    free(messages);
    return status;
}

static int run_ctrpp(const struct global_options *global, int argc, char **argv)
{
    static char legacy_paths[FILE_COUNT][OS_PATH_SIZE];
    struct ctrpp_arguments arguments = { .prefix = "" };
    struct output outputs[FILE_COUNT] = { 0 };
    struct manifest manifest = { 0 };
    char name[256] = "";

    (void)global;
    if (!parse_arguments(&arguments, argc, argv) || !check_arguments(&arguments))
        return EXIT_BAD_USAGE;
    if (arguments.summary || arguments.summary_path)
        command_complain(
            "ctrpp: warning: no summary is written: what CTRPP writes for -summary and "
            "-sumPath is not published");
    const struct manifest_options reading = {
        .is_user_mode_only = !arguments.paths[FILE_MIGRATED],
        .is_vista = arguments.legacy,
    };
    int status = manifest_file_read(arguments.manifest, &reading, &manifest);
    if (status)
        return status;
    if (arguments.legacy)
        derive_legacy(&arguments, name, legacy_paths);
    const struct ctrpp_options options = {
        .source = text_utf8_file_name(arguments.manifest),
        .prefix = arguments.prefix,
        .legacy_name = arguments.legacy ? name : NULL,
        .has_callback = arguments.notification_callback || arguments.memory_routines ||
                        manifest.has_custom_callback,
        .has_memory_routines = arguments.memory_routines,
    };
    if (!arguments.paths[FILE_MIGRATED])
        status = check_names(arguments.manifest, &manifest, &options);
    if (!status) {
        generate(outputs, &arguments, &manifest, &options);
        status = write_files(outputs, &arguments);
    }
    for (size_t i = 0; i < FILE_COUNT; i++)
        output_release(&outputs[i]);
    manifest_parser_release(&manifest);
    return status;
}

const struct command command_ctrpp = {
    .name = "ctrpp",
    .usage = "MANIFEST [-o FILE.h] [-rc FILE.rc] [-ch FILE.h] [-Legacy] [-migrate NEW.man] ...",
    .summary = "generate the code of a V2 provider from its manifest, as the SDK's CTRPP does",
    .help =
        "  -o FILE.h              the provider's code: GUIDs, templates, CounterInitialize\n"
        "  -rc FILE.rc            names and descriptions as string resources\n"
        "  -ch FILE.h             for consumers: names and GUIDs of the sets, ids of counters\n"
        "  -prefix PREFIX         before the names of functions and variables: handle, "
        "GUIDs,\n"
        "                         templates, CounterInitialize, CounterCleanup; not of macros\n"
        "  -NotificationCallback  CounterInitialize takes a callback, AllocateMemory,\n"
        "                         FreeMemory and a context (as callback=\"custom\")\n"
        "                         with -Legacy: a template of the control callback\n"
        "  -MemoryRoutines        the same; with -Legacy, templates of memory routines, too\n"
        "  -Legacy                Vista's templates beside the manifest: NAME.h, NAME.c,\n"
        "                         NAME.rc, NAME_r.h with PerfAutoInitialize; not with -ch, "
        "-prefix\n"
        "  -migrate NEW.man       the manifest in schema 2.0, nothing else\n"
        "  -summary, -sumPath DIR accepted, but no summary is written: its form is not published\n"
        "Symbols become macros, variables and functions. A manifest in which two of these have "
        "one\n"
        "name, or one has the name of something in Windows' headers or the C library, is refused.\n"
        "Kernel mode (providerType=\"kernelMode\", -BackCompat) is refused: its code needs the\n"
        "Windows Driver Kit, which has its own ctrpp.\n"
        "Errors name line and column of the element: MANIFEST:12:5: error: ...; exit status 2,\n"
        "and no file is written. The code compiles with mingw-w64 and MSVC, and natively with\n"
        "include/ and libperflib.a.\n",
    .run = run_ctrpp,
};
