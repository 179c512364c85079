/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps profile and heaps top: sampled call stacks of a running process. The profile is
 * requested, unless the process takes one already, and ends when this command ends.
 */
#include "heaps_profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "heap_profile.h"
#include "options.h"
#include "os.h"

enum { FORMAT_TABLE, FORMAT_FOLDED, FORMAT_PPROF };

struct profile_options {
    int format;
    uint32_t milliseconds;
    uint32_t rate;
    const char *output;
    bool no_symbols;
};

static const struct command_option profile_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct profile_options, format), "table|folded|pprof",
      "by function; stacks for flame graphs; a file for pprof and speedscope", 0, 0 },
    { "seconds", 's', OPTION_SECONDS, offsetof(struct profile_options, milliseconds), "N",
      "how long to take it (10)", 1, 86400000 },
    { "rate", 0, OPTION_NUMBER, offsetof(struct profile_options, rate), "BYTES",
      "mean distance of samples: 1, or 4096 to 1073741824 (65536)", 1, PROFILE_RATE_MOST },
    { "output", 'o', OPTION_TEXT, offsetof(struct profile_options, output), "FILE",
      "write there instead of stdout", 0, 0 },
    { "no-symbols", 0, OPTION_FLAG, offsetof(struct profile_options, no_symbols), NULL,
      "do not look for names of functions", 0, 0 },
    OPTIONS_END,
};

bool heaps_profile_is_word(const char *word)
{
    return strcmp(word, "profile") == 0 || strcmp(word, "top") == 0;
}

static int complain_open(uint32_t process_id, DWORD error)
{
    if (error == ERROR_ACCESS_DENIED) {
        command_complain("process %" PRIu32 " is another user's: its call stacks are for that user "
                         "and root",
                         process_id);
        return EXIT_BAD_USAGE;
    }
    if (error == ERROR_NOT_SUPPORTED)
        command_complain("this system has no profiles of running processes");
    else
        command_complain("process %" PRIu32 " has no profile: it must run under "
                         "libheaptracker-preload.so or link libheaptracker, with the same "
                         "HEAPCTRS_DIR, and have allocated 64 KiB in one thread",
                         process_id);
    return EXIT_NOTHING;
}

/* Request a profile, wait until the owner has seen the request, and take samples for the
   requested time. `asked` receives the number of the request; 0: there is none. */
static int take(const struct os_region_source *source, const struct profile_options *options,
                uint32_t process_id, uint64_t *asked)
{
    const uint64_t rate = options->rate ? options->rate : PROFILE_RATE_USUAL;
    uint32_t time_ms = options->milliseconds ? options->milliseconds : 10000;
    struct profile_answer answer;
    uint64_t number = 0;

    if (!heap_profile_read_answer(source, &answer)) {
        command_complain("process %" PRIu32 ": its private file is of another version than this "
                         "program; use the perfharness that belongs to it",
                         process_id);
        return EXIT_BAD_USAGE;
    }
    /* The owner notices the end of a request only at its next events, so an idle owner still has
       its rate. */
    const bool is_always_on = answer.rate && answer.number == 0;

    if (is_always_on && !options->rate && !options->milliseconds)
        return EXIT_FINE;
    if (!(is_always_on && !options->rate) && !heap_profile_ask(source, rate, &number)) {
        command_complain("process %" PRIu32 ": the profile cannot be asked for", process_id);
        return EXIT_BAD_USAGE;
    }
    *asked = number;
    for (; time_ms > 0; time_ms -= time_ms < 50 ? time_ms : 50)
        os_sleep_ms(time_ms < 50 ? time_ms : 50);
    if (number && (!heap_profile_read_answer(source, &answer) || answer.number != number)) {
        command_complain("process %" PRIu32 " is idle: no thread has allocated another 64 KiB, so "
                         "there is nothing to show",
                         process_id);
        return EXIT_NOTHING;
    }
    return EXIT_FINE;
}

static int show(const struct heap_profile *profile, const struct profile_options *options)
{
    struct output output = { 0 };
    int status = EXIT_FINE;

    if (options->format == FORMAT_PPROF)
        heap_profile_print_pprof(&output, profile);
    else if (options->format == FORMAT_FOLDED)
        heap_profile_print_folded(&output, profile);
    else
        heap_profile_print_table(&output, profile);
    if (output.is_lost) {
        command_complain("out of memory");
        status = EXIT_BAD_USAGE;
    } else if (!options->output) {
        fwrite(output.data, 1, output.size, stdout);
    } else if (os_file_write_all(options->output, output.data, output.size)) {
        command_complain("%s: cannot be written", options->output);
        status = EXIT_BAD_USAGE;
    }
    output_release(&output);
    if (profile->lost_count || profile->skip_count)
        command_complain("%" PRIu64 " samples were beyond the limit of live ones, and %" PRIu64
                         " beyond that of one second: the profile is too low",
                         profile->lost_count, profile->skip_count);
    return status;
}

int heaps_profile_run(int argc, char **argv)
{
    struct profile_options options = { 0 };
    struct os_region_source source;
    struct heap_profile profile;

    if (!options_parse(profile_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    uint32_t process_id = argc == 2 ? heap_profile_process_of(argv[1]) : 0;
    if (!process_id) {
        command_complain("heaps %s: it takes a process id, or the name of a live heap", argv[0]);
        return EXIT_BAD_USAGE;
    }
    if (options.rate > PROFILE_RATE_ALL && options.rate < PROFILE_RATE_LEAST) {
        command_complain("heaps %s: --rate is 1, or %u to %u", argv[0], PROFILE_RATE_LEAST,
                         PROFILE_RATE_MOST);
        return EXIT_BAD_USAGE;
    }
    DWORD error = os_private_open(&source, process_id);
    if (error)
        return complain_open(process_id, error);
    uint64_t asked = 0;
    int status = take(&source, &options, process_id, &asked);
    if (status == EXIT_FINE) {
        error = heap_profile_read(&profile, &source, process_id, !options.no_symbols);
        if (!error) {
            status = show(&profile, &options);
            heap_profile_release(&profile);
        } else {
            command_complain(error == ERROR_NOT_READY ? "process %" PRIu32 " has no profile"
                             : error == ERROR_NOT_ENOUGH_MEMORY
                                 ? "process %" PRIu32 ": out of memory"
                                 : "process %" PRIu32 ": its private file is damaged",
                             process_id);
            status = error == ERROR_NOT_READY ? EXIT_NOTHING : EXIT_BAD_USAGE;
        }
    }
    if (asked)
        heap_profile_withdraw(&source, asked);
    os_region_close(&source);
    return status;
}
