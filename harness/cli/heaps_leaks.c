/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps leaks, snapshot and diff: live blocks by call site, of a running publisher or
 * from snapshots. live_blocks_reader.c reads the other process, leak_snapshot.c reads snapshots,
 * and leak_print.c prints; this file interprets the arguments.
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
#include "text.h"

#define SNAPSHOT_LIMIT ((size_t)256 << 20) /* largest file, in bytes */

enum { FORMAT_TABLE, FORMAT_JSON };

/* A heap's name in UTF-8. */
typedef char heap_text[3 * HEAP_NAME_LENGTH + 1];

struct leaks_options {
    int format;
    const char *output;
    const char *symbols;
    bool no_symbols;
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
    OPTIONS_END,
};

static int complain_memory(void)
{
    command_complain("out of memory");
    return EXIT_BAD_USAGE;
}

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
                         "HEAPCTRS_BLOCKS=1 in the environment to have them listed",
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
        return complain_memory();
    command_complain("%s: what process %" PRIu32 " says of its tracker's memory is not true; its "
                     "region is damaged or forged",
                     name, process_id);
    return EXIT_BAD_USAGE;
}

/* The address at which reading begins: from the private file, or from the region where there are none. */
static DWORD read_image_address(struct region_reader *reader, size_t index, uint32_t process_id,
                                uint64_t *address)
{
    DWORD error = heap_profile_process_image(process_id, address);

    if (error == ERROR_NOT_SUPPORTED && !os_region_has_private_files()) {
        *address = region_reader_process_image(reader, index);
        return ERROR_SUCCESS;
    }
    /* The first heap with a table creates the file. */
    return error == ERROR_FILE_NOT_FOUND ? ERROR_NOT_READY : error;
}

static int read_live_blocks(struct region_reader *reader, const char *wanted, struct output *output)
{
    heap_text name;
    struct heap_totals statistics;
    struct live_blocks_text text = { 0 };
    struct os_process process;
    size_t index, count;
    uint64_t image;
    int status = EXIT_FINE;

    if (region_reader_refresh(reader))
        return complain_memory();
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
        return complain_memory();
    DWORD error = region_reader_read(reader, index, &statistics);
    if (!error)
        error = read_image_address(reader, index, heap->process_id, &image);
    if (!error)
        error = os_process_open(&process, heap->process_id);
    if (error) {
        status = complain_read(name, heap->process_id, error);
        goto free_live;
    }
    error = live_blocks_reader_read(&process, image, heap->heap_number, live);
    if (error) {
        status = complain_read(name, heap->process_id, error);
        goto close_process;
    }
    snprintf(live->name, sizeof(live->name), "%s", name);
    live->process_id = heap->process_id;
    live->unmatched_count = statistics.unmatched_count;
    live->lost_count = statistics.lost_count;
    if (live_blocks_write(live, &process, &text))
        output_add(output, text.data, text.size);
    else
        status = complain_memory();
    live_blocks_text_release(&text);

close_process:
    os_process_close(&process);
free_live:
    live_blocks_free(live);
    return status;
}

/* ---- snapshots ----------------------------------------------------------------------------- */

static int parse(const char *name, const struct output *text, struct leak_snapshot *snapshot)
{
    struct leak_parse_error wrong;
    DWORD error = leak_snapshot_parse(snapshot, text->data ? text->data : "", text->size, &wrong);

    if (error == ERROR_INVALID_DATA) {
        command_complain("%s:%zu: no snapshot of a heap: %s should stand here; make one with "
                         "perfharness heaps snapshot or HEAPCTRS_SNAPSHOT",
                         name, wrong.line, wrong.rule);
        return EXIT_BAD_USAGE;
    }
    return error ? complain_memory() : EXIT_FINE;
}

static bool is_file(const char *name)
{
    return os_file_exists(name);
}

/* A snapshot from a file, or of the live heap of that name. */
static int obtain(const char *name, const struct leaks_options *options,
                  struct leak_snapshot *snapshot, struct output *text)
{
    struct region_reader *reader;
    int status;

    if (is_file(name)) {
        void *data;
        size_t size;
        DWORD error = os_file_read_all(name, &data, &size, SNAPSHOT_LIMIT);
        if (error) {
            command_complain("%s: cannot be read (error %lu)", name, (unsigned long)error);
            return EXIT_BAD_USAGE;
        }
        output_add(text, data, size);
        free(data);
    } else {
        if (region_reader_open(&reader))
            return complain_memory();
        status = read_live_blocks(reader, name, text);
        region_reader_close(reader);
        if (status)
            return status;
    }
    if (text->is_lost)
        return complain_memory();
    status = parse(name, text, snapshot);
    if (status == EXIT_FINE && !options->no_symbols)
        leak_names_find(snapshot, options->symbols);
    return status;
}

/* ---- the words ----------------------------------------------------------------------------- */

/* Write to stdout, or to the file of --output. */
static int put(const struct leaks_options *options, const struct output *output)
{
    if (output->is_lost)
        return complain_memory();
    if (!options->output) {
        fwrite(output->data, 1, output->size, stdout);
        return EXIT_FINE;
    }
    DWORD error = os_file_write_all(options->output, output->data, output->size);
    if (error)
        command_complain("%s: cannot be written (error %lu)", options->output,
                         (unsigned long)error);
    return error ? EXIT_BAD_USAGE : EXIT_FINE;
}

static int run_leaks(const struct leaks_options *options, char **names)
{
    struct leak_snapshot snapshot = { 0 };
    struct output text = { 0 }, output = { 0 };
    int status = obtain(names[0], options, &snapshot, &text);

    if (status == EXIT_FINE) {
        if (options->format == FORMAT_JSON)
            leak_print_json(&output, &snapshot);
        else
            leak_print_table(&output, &snapshot);
        status = put(options, &output);
        if (snapshot.missed_count)
            command_complain("%s: %" PRIu64 " parts of the heap changed too fast to be read and "
                             "are left out",
                             names[0], snapshot.missed_count);
    }
    leak_snapshot_release(&snapshot);
    output_release(&text);
    output_release(&output);
    return status;
}

/* Write the text as it was made, with the names after the sites, which are in the same order. */
static int run_snapshot(const struct leaks_options *options, char **names)
{
    struct leak_snapshot snapshot = { 0 };
    struct output text = { 0 }, output = { 0 };
    int status = obtain(names[0], options, &snapshot, &text);
    size_t site = 0;

    for (const char *line = text.data; status == EXIT_FINE && line && *line;) {
        const char *end = strchr(line, '\n');
        size_t length = end ? (size_t)(end - line) : strlen(line);
        output_add(&output, line, length);
        if (strncmp(line, "site ", 5) == 0 && site < snapshot.site_count) {
            const char *symbol = snapshot.sites[site++].place.symbol;
            if (symbol && !is_file(names[0])) {
                output_add_byte(&output, ' ');
                leak_snapshot_add_name(&output, symbol);
            }
        }
        output_add_byte(&output, '\n');
        line += length + (end != NULL);
    }
    if (status == EXIT_FINE)
        status = put(options, &output);
    leak_snapshot_release(&snapshot);
    output_release(&text);
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
        return complain_memory();
    (options->format == FORMAT_JSON ? leak_print_diff_json : leak_print_diff_table)(&output, &diff);
    int status = put(options, &output);
    leak_diff_release(&diff);
    output_release(&output);
    return status;
}

static int run_diff(const struct leaks_options *options, char **names)
{
    struct leak_snapshot before = { 0 }, after = { 0 };
    struct output texts[2] = { { 0 }, { 0 } };
    int status = obtain(names[0], options, &before, &texts[0]);

    if (status == EXIT_FINE)
        status = obtain(names[1], options, &after, &texts[1]);
    if (status == EXIT_FINE)
        status = print_diff(options, &before, &after);
    leak_snapshot_release(&before);
    leak_snapshot_release(&after);
    output_release(&texts[0]);
    output_release(&texts[1]);
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
