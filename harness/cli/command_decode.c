/* SPDX-License-Identifier: MIT
 *
 * perfharness decode: shows saved blobs and recordings as query would show them.
 */
#include <stdlib.h>

#include "command.h"
#include "csv_columns.h"
#include "input_file.h"
#include "options.h"
#include "presenter.h"
#include "recording.h"

/* Bytes; chosen, because a recording may be long. */
#define FILE_LIMIT ((size_t)UINT32_MAX)

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
      "cooked values; of several samples, each beside the one before", 0, 0 },
    OPTIONS_END,
};

/* The state that is kept from one sample to the next. */
struct decoding {
    const struct decode_options *options;
    struct presenter presenter;
    struct output output; /* output of a series; a single sample has its own */
    struct delivery delivery;
    struct csv_columns columns;
    struct output older; /* the previous sample, for cooked values */
    size_t count, shown_count, breach_count;
};

/* Show a sample of a series. Every line of CSV has the columns of the first sample; in other
   formats each sample is independent. */
static int show_in_series(struct decoding *decoding)
{
    const struct decode_options *options = decoding->options;
    const struct decoder_input *input = &decoding->presenter.input;
    struct csv_columns *columns = &decoding->columns;
    DWORD error = ERROR_SUCCESS;

    if (!decoding->shown_count++) {
        int status = presenter_check_raw(&options->presenter);

        if (!status)
            status =
                presenter_begin(&decoding->delivery, &decoding->output, options->presenter.output);
        if (status)
            return status;
    }
    if (options->presenter.format != FORMAT_csv) {
        error = formats[options->presenter.format].write(&decoding->output, input,
                                                         &decoding->presenter.format);
        return error ? presenter_complain(error) : EXIT_FINE;
    }
    if (!columns->count) {
        error = csv_columns_add(columns, input);
        if (!error)
            csv_columns_add_heading(columns, decoding->presenter.format.is_file, &decoding->output);
    }
    if (!error)
        error = csv_columns_add_line(columns, input, options->is_cooked, &decoding->output);
    return error ? presenter_complain(error) : EXIT_FINE;
}

/* Process one sample. Cooked values of a series begin with its second sample. */
static int take(struct decoding *decoding, const char *path, struct span blob, bool is_single)
{
    const struct decode_options *options = decoding->options;
    struct breach_callback callback = { path, !options->keeps_going, 0 };
    const size_t breaches = decoder_check(blob, presenter_report_breach, &callback);
    int status = EXIT_FINE;

    decoding->breach_count += breaches;
    if (breaches && !options->keeps_going) {
        command_complain("%s is malformed; --keep-going shows what can still be read", path);
        return EXIT_BROKEN_RULE;
    }
    decoding->presenter.input.newer = blob;
    decoding->presenter.input.older =
        (struct span){ (BYTE *)decoding->older.data, decoding->older.size };
    if (decoding->count++ == 0 && decoding->presenter.texts.count)
        status = presenter_find(&decoding->presenter);
    if (!status && is_single) {
        decoding->shown_count++;
        status = presenter_show(&decoding->presenter, &options->presenter);
    } else if (!status && (!options->is_cooked || decoding->count > 1)) {
        status = show_in_series(decoding);
    }
    if (options->is_cooked && !is_single) {
        output_clear(&decoding->older);
        output_add(&decoding->older, blob.data, blob.size);
        if (decoding->older.is_lost && !status)
            status = presenter_complain(ERROR_NOT_ENOUGH_MEMORY);
    }
    return status;
}

/* Process all samples of a file, which is a recording or a blob. */
static int take_file(struct decoding *decoding, const char *path, bool is_only)
{
    struct recorded_sample sample;
    struct recording_error damage = { 0, NULL };
    struct span file;
    size_t offset = 0;
    int status = input_file_read(path, &file, FILE_LIMIT);

    if (status)
        return status;
    while (!status && recording_next(file, &offset, &sample, &damage))
        status = take(decoding, path, sample.blob,
                      is_only && !sample.time_100ns && sample.blob.size == file.size);
    if (!status && damage.message) {
        command_complain("%s, offset %zu: %s", path, damage.offset, damage.message);
        status = EXIT_BROKEN_RULE;
    }
    free((void *)(uintptr_t)file.data);
    return status;
}

static int take_all(struct decoding *decoding, int argc, char **argv)
{
    const struct decode_options *options = decoding->options;
    int status = EXIT_FINE;

    for (int i = 0; !status && i < argc; i++)
        status = take_file(decoding, argv[i], argc == 1);
    if (!status && decoding->count && !decoding->shown_count)
        command_complain("there is only one sample, and it has no rates; without --cooked its raw "
                         "values are shown");
    if (decoding->output.drain) {
        status = presenter_end(&decoding->delivery, &decoding->output, status);
        if (!status && options->presenter.format == FORMAT_csv)
            presenter_remark_totals(&decoding->presenter);
    }
    return status ? status : decoding->breach_count ? EXIT_BROKEN_RULE : EXIT_FINE;
}

static int decode_run(const struct global_options *global, int argc, char **argv)
{
    struct decode_options options = { 0 };
    struct registration registration = { 0 };
    struct decoding decoding = { .options = &options };
    int status;

    if (!options_parse(decode_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc < 1) {
        command_complain("decode needs a file: perfharness decode FILE; - is stdin");
        return EXIT_BAD_USAGE;
    }

    /* Names are optional: without a registration, only indices are shown. */
    status = default_registration_open(global, &registration);
    if (status == EXIT_BAD_USAGE || (status && global->registry_file))
        return status;
    status = presenter_init(&decoding.presenter, &options.presenter, &registration.names);
    if (!status) {
        decoding.presenter.format.is_cooked = options.is_cooked;
        status = take_all(&decoding, argc, argv);
        presenter_release(&decoding.presenter);
    }
    output_release(&decoding.output);
    output_release(&decoding.older);
    csv_columns_release(&decoding.columns);
    registration_release(&registration);
    return status;
}

const struct command command_decode = {
    .name = "decode",
    .usage = "FILE... [--format FORMAT] [--counter PATH]... [--cooked] [--keep-going]",
    .summary = "show saved blobs and recordings as query would show them",
    .help =
        "FILE is a blob, which is what a consumer's buffer of HKEY_PERFORMANCE_DATA held, as\n"
        "`query --format raw -o FILE` saves it, or a recording, as `watch --record FILE` does; - "
        "is\n"
        "stdin, and pipes can be read. All samples are shown, one after the other; with --cooked\n"
        "each beside the one before it. The first rule of structure that a sample breaks is\n"
        "named with its offset, and nothing of it is shown unless --keep-going asks for it; the\n"
        "exit status is 1 then. Names come from the registration.\n\n"
        "To use saved samples in place of providers, in a query, a report or for scrapes, give\n"
        "`--replay FILE` to query, watch, report, export or serve.\n\n"
        "  perfharness decode blob.bin --format json\n"
        "  perfharness decode --cooked older.bin newer.bin\n"
        "  perfharness decode --cooked incident.rec --format csv -o incident.csv\n"
        "  ssh host perfharness query --format raw | perfharness decode -\n",
    .options = decode_option_table,
    .run = decode_run,
};
