/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps profile and heaps top: sampled call stacks of a running process, or saved ones.
 * profile_source.c obtains them; this file interprets the arguments.
 */
#include "heaps_profile.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "leak_print.h"
#include "options.h"
#include "os.h"
#include "profile_file.h"
#include "profile_source.h"
#include "stack_pprof.h"

enum { FORMAT_TABLE, FORMAT_FOLDED, FORMAT_PPROF, FORMAT_SNAPSHOT, FORMAT_JSON };

struct profile_options {
    struct profile_source source;
    struct stack_print_options print;
    int format, by, order;
    const char *output;
};

static const struct command_option profile_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct profile_options, format),
      "table|folded|pprof|snapshot|json",
      "a table; stacks for flame graphs; a file for pprof and speedscope; one for heaps diff, top "
      "and "
      "report --profile",
      0, 0 },
    { "by", 0, OPTION_CHOICE, offsetof(struct profile_options, by), "function|stack",
      "rows of the table", 0, 0 },
    { "sort", 0, OPTION_CHOICE, offsetof(struct profile_options, order), "live|allocated|growth",
      "the largest first", 0, 0 },
    { "top", 0, OPTION_NUMBER, offsetof(struct profile_options, print.most_rows), "N",
      "only the first N rows", 1, 0 },
    { "exact", 0, OPTION_FLAG, offsetof(struct profile_options, print.is_exact), NULL,
      "a table of bytes, not of KiB and MiB", 0, 0 },
    { "all-frames", 0, OPTION_FLAG, offsetof(struct profile_options, print.has_all_frames), NULL,
      "also operator new, std::allocator, malloc's wrappers, and what starts a thread", 0, 0 },
    { "seconds", 's', OPTION_SECONDS, offsetof(struct profile_options, source.milliseconds), "N",
      "how long to take it (10; 0 if the program's profile is always on)", 1, 86400000 },
    { "rate", 0, OPTION_NUMBER, offsetof(struct profile_options, source.rate), "BYTES",
      "mean distance of samples: 1, or 4096 to 1073741824 (that of the program, or 65536)", 1,
      PROFILE_RATE_MOST },
    { "output", 'o', OPTION_TEXT, offsetof(struct profile_options, output), "FILE",
      "write there instead of stdout", 0, 0 },
    { "symbols", 0, OPTION_TEXT, offsetof(struct profile_options, source.symbols), "DIR",
      "look for modules and their linker maps there first", 0, 0 },
    { "no-symbols", 0, OPTION_FLAG, offsetof(struct profile_options, source.no_symbols), NULL,
      "do not look for names of functions", 0, 0 },
    OPTIONS_END,
};

bool heaps_profile_is_word(const char *word)
{
    return strcmp(word, "profile") == 0 || strcmp(word, "top") == 0;
}

static int show(const struct leak_snapshot *snapshot, const struct profile_options *options,
                uint32_t process_id)
{
    struct output output = { 0 };
    int status = EXIT_FINE;

    if (options->format == FORMAT_PPROF)
        stack_pprof_write(&output, snapshot, &options->print, process_id);
    else if (options->format == FORMAT_FOLDED)
        stack_print_folded(&output, snapshot, &options->print);
    else if (options->format == FORMAT_SNAPSHOT)
        leak_snapshot_write(&output, snapshot);
    else if (options->format == FORMAT_JSON)
        leak_print_json(&output, snapshot);
    else
        stack_print_table(&output, snapshot, &options->print);
    if (output.is_lost) {
        command_complain_memory();
        status = EXIT_BAD_USAGE;
    } else if (!options->output) {
        fwrite(output.data, 1, output.size, stdout);
    } else {
        const DWORD error = os_file_write_all(options->output, output.data, output.size);

        if (error)
            status = command_complain_output(options->output, error);
    }
    output_release(&output);
    return status;
}

int heaps_profile_run(int argc, char **argv)
{
    struct profile_options options = { .format = FORMAT_TABLE };
    struct leak_snapshot snapshot;
    uint32_t process_id;

    if (!options_parse(profile_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc != 2) {
        command_complain("heaps %s: it takes a process id, the name of a live heap, or a file of "
                         "heaps profile --format snapshot",
                         argv[0]);
        return EXIT_BAD_USAGE;
    }
    options.print.is_by_stack = options.by == 1;
    options.print.order = (enum stack_print_order)options.order;
    options.source.name = argv[1];
    int status = profile_source_obtain(&options.source, &snapshot, &process_id);
    if (status == EXIT_FINE)
        status = show(&snapshot, &options, process_id);
    leak_snapshot_release(&snapshot);
    return status;
}
