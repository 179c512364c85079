/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps leaks, snapshot and diff: live blocks by call site or stack, of a running
 * publisher or from snapshots. live_blocks_reader.c and heap_profile.c read the other process,
 * leak_snapshot.c reads snapshots, and leak_print.c prints; this file interprets the arguments.
 */
#include "heaps_leaks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live_blocks_reader.h"
#include "command.h"
#include "heap_choice.h"
#include "heap_profile.h"
#include "leak_names.h"
#include "leak_print.h"
#include "options.h"
#include "output.h"
#include "profile_source.h"
#include "text.h"

enum { FORMAT_TABLE, FORMAT_JSON };

struct leaks_options {
    int format;
    const char *output;
    const char *symbols;
    bool no_symbols;
    bool all_frames;
};

static const struct command_option leaks_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct leaks_options, format), "table|json",
      "how to print them", 0, 0 },
    { "output", 'o', OPTION_TEXT, offsetof(struct leaks_options, output), "FILE",
      "write there instead of stdout", 0, 0 },
    { "symbols", 0, OPTION_TEXT, offsetof(struct leaks_options, symbols), "DIR",
      "look for modules and their linker maps there first", 0, 0 },
    { "no-symbols", 0, OPTION_FLAG, offsetof(struct leaks_options, no_symbols), NULL,
      "do not look for names of functions", 0, 0 },
    { "all-frames", 0, OPTION_FLAG, offsetof(struct leaks_options, all_frames), NULL,
      "also operator new, std::allocator, malloc's wrappers, and what starts a thread", 0, 0 },
    OPTIONS_END,
};

/* ---- a snapshot of a running process ------------------------------------------------------- */

static int complain_read(const char *name, uint32_t process_id, DWORD error)
{
    if (error == ERROR_ACCESS_DENIED) {
        command_complain("%s: no permission to read the memory of process %" PRIu32
                         ": that needs the right to debug it (the same user and ptrace_scope 0, "
                         "or root)",
                         name, process_id);
        return EXIT_BAD_USAGE;
    }
    if (error == ERROR_NOT_FOUND) {
        command_complain("%s: the heap or its process went away", name);
        return EXIT_NOTHING;
    }
    if (error == ERROR_NOT_READY) {
        command_complain("%s: the heap keeps no table of its live blocks; start its program with "
                         "HEAPCTRS_PROFILE=1 in the environment to have them listed by stack, or "
                         "with HEAPCTRS_BLOCKS=1 without stacks; heaps profile shows what it "
                         "allocates from now on",
                         name);
        return EXIT_NOTHING;
    }
    if (error == ERROR_NOT_SUPPORTED) {
        command_complain("%s: its tracker is of another version or pointer size than this "
                         "program; use the perfharness that belongs to it",
                         name);
        return EXIT_BAD_USAGE;
    }
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        return command_complain_memory();
    if (error != ERROR_INVALID_DATA) {
        command_complain(
            "%s: the system could not be asked (Win32 error %u); end other programs and try again",
            name, (unsigned)error);
        return EXIT_BAD_USAGE;
    }
    command_complain("%s: what process %" PRIu32 " says of its tracker's memory is not true; its "
                     "region is damaged or forged",
                     name, process_id);
    return EXIT_BAD_USAGE;
}

/* The address at which reading begins, from the private file. */
static DWORD read_image_address(uint32_t process_id, uint64_t *address)
{
    DWORD error = heap_profile_process_image(process_id, address);

    /* The first heap with a table creates the file. */
    return error == ERROR_FILE_NOT_FOUND ? ERROR_NOT_READY : error;
}

/* Read the stacks of a heap, if they cover its whole life. With `has_table`, the live blocks are known by
   call site, and only stacks of every block are better. */
static bool read_stacks(const struct heap_view *heap, bool has_table, struct heap_profile *profile,
                        struct live_blocks *live)
{
    struct os_region_source file;

    if (heap_profile_open(&file, heap->process_id))
        return false;
    DWORD error = heap_profile_read(profile, &file);
    const uint64_t rate = error ? 0 : heap_profile_rate_of(profile, heap->heap_number);
    const bool is_used = rate == PROFILE_RATE_ALL || (rate && !has_table);

    if (is_used)
        heap_profile_list(profile, NULL, heap->heap_number, live);
    if (is_used && (profile->lost_count || profile->skip_count))
        command_complain(
            "%" PRIu64
            " samples were beyond the limit of live ones or of ending threads, and %" PRIu64
            " beyond that of one second: the figures are too low",
            profile->lost_count, profile->skip_count);
    os_region_close(&file);
    return is_used;
}

static int read_live_blocks(struct region_reader *reader, const char *wanted,
                            struct leak_snapshot *snapshot)
{
    char name[HEAP_NAME_UTF8_SIZE];
    struct heap_totals statistics;
    struct live_blocks_text text = { 0 };
    struct heap_profile profile = { 0 };
    struct os_process process;
    size_t index, count;
    uint64_t image;
    int status = EXIT_FINE;

    if (region_reader_refresh(reader))
        return command_complain_memory();
    const struct heap_view *heaps = region_reader_heaps(reader, &count);
    status = heap_choice_find(reader, wanted, &index, name, sizeof(name));
    if (status)
        return status;
    const struct heap_view *heap = &heaps[index];
    if (heap->is_foreign) {
        command_complain("%s: the process is in another PID namespace (a container); run "
                         "perfharness there to read its blocks",
                         name);
        return EXIT_NOTHING;
    }
    struct live_blocks *live = live_blocks_new();
    if (!live)
        return command_complain_memory();
    DWORD error = region_reader_read(reader, index, &statistics);
    if (!error)
        error = read_image_address(heap->process_id, &image);
    if (!error)
        error = os_process_open(&process, heap->process_id);
    if (error) {
        status = complain_read(name, heap->process_id, error);
        goto free_live;
    }
    error = live_blocks_reader_read(&process, image, heap->heap_number, live);
    if ((!error || error == ERROR_NOT_READY) && read_stacks(heap, !error, &profile, live))
        error = ERROR_SUCCESS;
    if (error) {
        status = complain_read(name, heap->process_id, error);
        goto close_process;
    }
    snprintf(live->name, sizeof(live->name), "%s", name);
    live->process_id = heap->process_id;
    live->unmatched_count = statistics.unmatched_count;
    live->lost_count = statistics.lost_count;
    if (live_blocks_write(live, &process, &text))
        status = profile_source_parse(name, text.data, text.size, snapshot);
    else
        status = command_complain_memory();
    live_blocks_text_release(&text);
    heap_profile_release(&profile);

close_process:
    os_process_close(&process);
free_live:
    live_blocks_free(live);
    return status;
}

/* ---- snapshots ----------------------------------------------------------------------------- */

static bool is_file(const char *name)
{
    return os_file_exists(name);
}

/* A snapshot from a file, or of the live heap of that name. */
static int obtain(const char *name, const struct leaks_options *options,
                  struct leak_snapshot *snapshot)
{
    struct region_reader *reader;
    int status;

    if (is_file(name)) {
        status = profile_source_read_file(name, snapshot);
    } else {
        if (region_reader_open(&reader))
            return command_complain_memory();
        status = read_live_blocks(reader, name, snapshot);
        region_reader_close(reader);
    }
    if (status == EXIT_FINE && !options->no_symbols)
        leak_names_find(snapshot, options->symbols);
    return status;
}

/* ---- the words ----------------------------------------------------------------------------- */

/* Write to stdout, or to the file of --output. */
static int put(const struct leaks_options *options, const struct output *output)
{
    if (output->is_lost)
        return command_complain_memory();
    if (!options->output) {
        fwrite(output->data, 1, output->size, stdout);
        return EXIT_FINE;
    }
    DWORD error = os_file_write_all(options->output, output->data, output->size);
    return error ? command_complain_output(options->output, error) : EXIT_FINE;
}

static int run_leaks(const struct leaks_options *options, char **names)
{
    struct leak_snapshot snapshot = { 0 };
    struct output output = { 0 };
    int status = obtain(names[0], options, &snapshot);

    if (status == EXIT_FINE) {
        leak_snapshot_keep_live(&snapshot);
        if (options->format == FORMAT_JSON)
            leak_print_json(&output, &snapshot);
        else
            leak_print_table(&output, &snapshot, options->all_frames);
        status = put(options, &output);
        if (snapshot.rate > PROFILE_RATE_ALL)
            command_complain("%s: the figures are estimated from samples, one for each %" PRIu64
                             " bytes",
                             names[0], snapshot.rate);
        if (snapshot.missed_count)
            command_complain("%s: %" PRIu64 " parts of the heap changed too fast to be read and "
                             "are left out",
                             names[0], snapshot.missed_count);
    }
    leak_snapshot_release(&snapshot);
    output_release(&output);
    return status;
}

static int run_snapshot(const struct leaks_options *options, char **names)
{
    struct leak_snapshot snapshot = { 0 };
    struct output output = { 0 };
    int status = obtain(names[0], options, &snapshot);

    if (status == EXIT_FINE) {
        leak_snapshot_write(&output, &snapshot);
        status = put(options, &output);
    }
    leak_snapshot_release(&snapshot);
    output_release(&output);
    return status;
}

/* The part of a heap's name after its process; the whole name if it has no process. */
static const char *heap_part(const char *name)
{
    const char *colon = strchr(name, ':');

    colon = colon ? strchr(colon + 1, ':') : NULL;
    return colon ? colon + 1 : name;
}

static int print_diff(const struct leaks_options *options, const struct leak_snapshot *before,
                      const struct leak_snapshot *after)
{
    struct output output = { 0 };
    struct leak_diff diff;

    if (strcmp(heap_part(before->heap), heap_part(after->heap)) != 0)
        command_complain("these are two heaps, %s and %s: what follows is hardly growth",
                         before->heap, after->heap);
    else if (after->time_100ns < before->time_100ns)
        command_complain("the first snapshot is the later one: what follows runs backwards");
    if (leak_diff_init(&diff, before, after))
        return command_complain_memory();
    if (options->format == FORMAT_JSON)
        leak_print_diff_json(&output, &diff);
    else
        leak_print_diff_table(&output, &diff, options->all_frames);
    int status = put(options, &output);
    leak_diff_release(&diff);
    output_release(&output);
    return status;
}

static int run_diff(const struct leaks_options *options, char **names)
{
    struct leak_snapshot before = { 0 }, after = { 0 };
    int status = obtain(names[0], options, &before);

    if (status == EXIT_FINE)
        status = obtain(names[1], options, &after);
    if (status == EXIT_FINE)
        status = print_diff(options, &before, &after);
    leak_snapshot_release(&before);
    leak_snapshot_release(&after);
    return status;
}

static const struct {
    const char *word;
    int name_count;
    const char *names;
    int (*run)(const struct leaks_options *options, char **names);
} words[] = {
    { "leaks", 1, "the name of a live heap, or a snapshot's file", run_leaks },
    { "snapshot", 1, "the name of a live heap", run_snapshot },
    { "diff", 2, "two snapshots, the older one first; a live heap's name is its state now",
      run_diff },
};
#define WORD_COUNT (sizeof(words) / sizeof(*words))

bool heaps_leaks_is_word(const char *word)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (strcmp(words[i].word, word) == 0)
            return true;
    return false;
}

int heaps_leaks_run(int argc, char **argv)
{
    struct leaks_options options = { 0 };
    size_t i = 0;

    if (!options_parse(leaks_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    while (strcmp(words[i].word, argv[0]) != 0)
        i++;
    if (argc - 1 != words[i].name_count) {
        command_complain("heaps %s: it takes %s", words[i].word, words[i].names);
        return EXIT_BAD_USAGE;
    }
    return words[i].run(&options, argv + 1);
}
