/* SPDX-License-Identifier: MIT
 *
 * perfharness decode: a saved blob as query would show it.
 */
#include <stdlib.h>

#include "command.h"
#include "options.h"
#include "os.h"
#include "presenter.h"

/* As large as an answer's lengths can say. */
#define BLOB_LIMIT UINT32_MAX

struct decode_options {
    struct presenter_options presenter;
    bool keeps_going;
    bool is_cooked;
};

static const struct command_option decode_option_table[] = {
    PRESENTER_OPTION_FORMAT(struct decode_options, presenter, PRESENTER_FORMATS),
    PRESENTER_OPTION_OUTPUT(struct decode_options, presenter),
    PRESENTER_OPTIONS_SELECT(struct decode_options, presenter),
    { "keep-going", 'k', OPTION_FLAG, offsetof(struct decode_options, keeps_going), NULL,
      "show what can still be read of malformed data", 0, 0 },
    { "cooked", 0, OPTION_FLAG, offsetof(struct decode_options, is_cooked), NULL,
      "cooked values; with two files, an earlier and a later sample", 0, 0 },
    OPTIONS_END,
};

static int read_blob(const char *path, struct span *bytes)
{
    void *data;
    size_t size;
    const DWORD error = os_file_read_all(path, &data, &size, BLOB_LIMIT);

    if (!error) {
        *bytes = (struct span){ data, size };
        return EXIT_FINE;
    }
    command_complain("%s cannot be read: %s", path,
                     error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND
                         ? "there is no such file"
                     : error == ERROR_ACCESS_DENIED     ? "access denied"
                     : error == ERROR_INVALID_NAME      ? "it is not a regular file"
                     : error == ERROR_FILE_TOO_LARGE    ? "it is larger than any answer"
                     : error == ERROR_NOT_ENOUGH_MEMORY ? "out of memory"
                                                        : "the system refused it");
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? EXIT_NOTHING
                                                                          : EXIT_BAD_USAGE;
}

static int show(const struct decode_options *options, const struct name_table *names,
                const char *path, struct span newer, struct span older)
{
    struct breach_teller teller = { path, !options->keeps_going, 0 };
    const size_t breaches = decoder_check(newer, presenter_tell_breach, &teller);
    struct presenter presenter;
    int status;

    if (breaches && !options->keeps_going) {
        command_complain("%s is malformed; --keep-going shows what can still be read", path);
        return EXIT_BROKEN_RULE;
    }
    status = presenter_init(&presenter, &options->presenter, names);
    if (status)
        return status;
    presenter.input.newer = newer;
    presenter.input.older = older;
    presenter.format.is_cooked = options->is_cooked;
    if (options->presenter.counters.count)
        status = presenter_find(&presenter);
    if (!status)
        status = presenter_show(&presenter, &options->presenter);
    presenter_release(&presenter);
    return status ? status : breaches ? EXIT_BROKEN_RULE : EXIT_FINE;
}

static int decode_run(const struct global_options *global, int argc, char **argv)
{
    struct decode_options options = { 0 };
    struct registration registration = { 0 };
    struct span older = { 0 }, newer = { 0 };
    int status;

    if (!options_parse(decode_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc < 1 || argc > (options.is_cooked ? 2 : 1)) {
        command_complain(argc < 1 ? "decode needs a file: perfharness decode FILE"
                                  : "decode takes one file, or with --cooked two");
        return EXIT_BAD_USAGE;
    }

    /* Names are a help, not a need: without a registration there are only indices. */
    status = command_open_registration(global, &registration);
    if (status == EXIT_BAD_USAGE || (status && global->registry_file))
        return status;
    status = read_blob(argv[argc - 1], &newer);
    if (!status && argc == 2)
        status = read_blob(argv[0], &older);
    if (!status)
        status = show(&options, &registration.names, argv[argc - 1], newer, older);
    free((void *)(uintptr_t)newer.data);
    free((void *)(uintptr_t)older.data);
    registration_release(&registration);
    return status;
}

const struct command command_decode = {
    .name = "decode",
    .usage = "FILE [--format FORMAT] [--counter PATH]... [--keep-going]",
    .summary = "show a saved blob as query would show it",
    .help =
        "FILE is what a consumer's buffer of HKEY_PERFORMANCE_DATA held, as `query --format raw\n"
        "-o FILE` saves it. The first rule of structure that it breaks is named with its\n"
        "offset, and nothing is shown unless --keep-going asks for it; the exit status is 1\n"
        "then. Names come from the registration.\n\n"
        "  perfharness decode blob.bin --format json\n"
        "  perfharness decode --cooked older.bin newer.bin\n",
    .options = decode_option_table,
    .run = decode_run,
};
