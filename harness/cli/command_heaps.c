/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps: the live heaps straight from the regions, no provider asked; so also what the
 * provider does not publish, and a second opinion on what it does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "csv_text.h"
#include "heaps_leaks.h"
#include "json_writer.h"
#include "options.h"
#include "os.h"
#include "os_region.h"
#include "output.h"
#include "region_reader.h"
#include "region_warnings.h"
#include "text.h"
#include "text_table.h"

#define NAME_SIZE (3 * HEAP_NAME_LENGTH + 1) /* bytes of a heap's name in UTF-8 */

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct heaps_options {
    int format;
    const char *process, *heap;
    uint32_t process_id;
};

static const struct command_option heaps_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct heaps_options, format), "table|json|csv",
      "how to print them; json and csv have every statistic", 0, 0 },
    { "process", 0, OPTION_TEXT, offsetof(struct heaps_options, process), "NAME",
      "only of processes of that name; * and ? are allowed", 0, 0 },
    { "pid", 0, OPTION_NUMBER, offsetof(struct heaps_options, process_id), "N",
      "only of the process with that id", 1, 0 },
    { "heap", 0, OPTION_TEXT, offsetof(struct heaps_options, heap), "NAME",
      "only heaps of that name; * and ? are allowed", 0, 0 },
    OPTIONS_END,
};

/* One row: a heap, or the sum of those shown. */
struct row {
    char name[NAME_SIZE];
    char process[NAME_SIZE]; /* its three parts */
    char heap[NAME_SIZE];
    uint32_t process_id;
    uint64_t bytes_in_use, blocks_in_use;
    struct heap_totals statistics;
};

/* Every statistic: its key, where it stands, and whether a sum of it means anything. */
static const struct {
    const char *key;
    size_t offset;
    bool has_sum;
} fields[] = {
#define FIELD(name, has_sum)                                                                       \
    {                                                                                              \
#name, offsetof(struct row, statistics.name), has_sum                                      \
    }
    { "bytes_in_use", offsetof(struct row, bytes_in_use), true },
    { "blocks_in_use", offsetof(struct row, blocks_in_use), true },
    FIELD(allocation_count, true),
    FIELD(free_count, true),
    FIELD(reallocation_count, true),
    FIELD(allocated_bytes, true),
    FIELD(usable_bytes, true),
    FIELD(freed_bytes, true),
    FIELD(requested_bytes, true),
    FIELD(reallocated_bytes, true),
    FIELD(peak_bytes, false),
    FIELD(peak_blocks, false),
    FIELD(largest_bytes, false),
    FIELD(failure_count, true),
    FIELD(reserved_bytes, true),
    FIELD(committed_bytes, true),
    FIELD(unmatched_count, true),
    FIELD(lost_count, true),
    FIELD(open_time, false),
#undef FIELD
};
#define FIELD_COUNT (sizeof(fields) / sizeof(*fields))

/* What the table shows: the rest is for machines. */
static const struct {
    const char *title;
    size_t offset;
    bool has_sum;
} columns[] = {
    { "bytes in use", offsetof(struct row, bytes_in_use), true },
    { "peak", offsetof(struct row, statistics.peak_bytes), false },
    { "blocks", offsetof(struct row, blocks_in_use), true },
    { "allocations", offsetof(struct row, statistics.allocation_count), true },
    { "frees", offsetof(struct row, statistics.free_count), true },
    { "resized", offsetof(struct row, statistics.reallocation_count), true },
    { "failed", offsetof(struct row, statistics.failure_count), true },
    { "lost", offsetof(struct row, statistics.lost_count), true },
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(*columns))

static uint64_t number_at(const struct row *row, size_t offset)
{
    uint64_t number;

    memcpy(&number, (const char *)row + offset, sizeof(number));
    return number;
}

/* Whether a name matches a pattern in which * is any text and ? any byte; case as in ASCII. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;

    while (*name) {
        char p[2] = { *pattern, 0 }, n[2] = { *name, 0 };
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern && (*pattern == '?' || text8_equal_ignore_case(p, n))) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

/* "<process>:<pid>:<heap>" into its parts; a name of another shape is the heap's as a whole. */
static void split_name(struct row *row)
{
    char middle[16];
    const char *found;
    size_t length = (size_t)snprintf(middle, sizeof(middle), ":%" PRIu32 ":", row->process_id);

    row->process[0] = 0;
    memcpy(row->heap, row->name, sizeof(row->heap));
    found = strstr(row->name, middle);
    if (!found)
        return;
    memcpy(row->process, row->name, (size_t)(found - row->name));
    row->process[found - row->name] = 0;
    memmove(row->heap, row->heap + (found - row->name) + length, strlen(found + length) + 1);
}

static bool is_wanted(const struct heaps_options *options, const struct row *row)
{
    return (!options->process || matches(options->process, row->process)) &&
           (!options->process_id || options->process_id == row->process_id) &&
           (!options->heap || matches(options->heap, row->heap));
}

/* The wanted heaps as they are now; those that close meanwhile are left out. */
static DWORD read_rows(struct region_reader *reader, const struct heaps_options *options,
                       struct row **rows, size_t *row_count, size_t *heap_count)
{
    const struct heap_view *heaps = region_reader_heaps(reader, heap_count);
    struct row *found = calloc(*heap_count + 1, sizeof(*found));

    if (!found)
        return ERROR_NOT_ENOUGH_MEMORY;
    *row_count = 0;
    for (size_t i = 0; i < *heap_count; i++) {
        struct row *row = &found[*row_count];
        text_to_utf8(heaps[i].name, heaps[i].name_length, row->name, sizeof(row->name));
        row->process_id = heaps[i].process_id;
        split_name(row);
        if (!is_wanted(options, row) || region_reader_read(reader, i, &row->statistics))
            continue;
        row->bytes_in_use = row->statistics.in_use_bytes;
        row->statistics.unmatched_count += row->statistics.excess_free_count;
        row->blocks_in_use = row->statistics.allocation_count - row->statistics.free_count;
        (*row_count)++;
    }
    *rows = found;
    return ERROR_SUCCESS;
}

static void add_up(const struct row *rows, size_t count, struct row *total)
{
    memset(total, 0, sizeof(*total));
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < FIELD_COUNT; k++) {
            uint64_t sum = number_at(total, fields[k].offset);
            uint64_t more = number_at(&rows[i], fields[k].offset);
            sum = !fields[k].has_sum ? 0 : more > UINT64_MAX - sum ? UINT64_MAX : sum + more;
            memcpy((char *)total + fields[k].offset, &sum, sizeof(sum));
        }
}

/* ---- formats ----------------------------------------------------------------------------- */

static void add_number(struct text_table *table, bool is_known, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    text_table_add(table, is_known ? text : "-");
}

static void print_table(struct output *output, const struct row *rows, size_t count)
{
    struct text_table table = { .column_count = 1 + COLUMN_COUNT, .heading_rows = 1 };
    struct row total;

    add_up(rows, count, &total);
    text_table_add(&table, "heap");
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        text_table_add(&table, columns[i].title);
    for (size_t k = 0; k <= count; k++) {
        const struct row *row = k < count ? &rows[k] : &total;
        text_table_add(&table, k < count ? row->name : "total");
        for (size_t i = 0; i < COLUMN_COUNT; i++)
            add_number(&table, k < count || columns[i].has_sum, number_at(row, columns[i].offset));
    }
    text_table_write(&table, output, 0, false);
    output->is_lost = output->is_lost || table.is_lost;
    text_table_release(&table);
}

static void print_json(struct output *output, const struct row *rows, size_t count,
                       const struct region_counts *counts, const struct region_refusals *refusals)
{
    struct json_writer json;
    struct row total;

    add_up(rows, count, &total);
    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "clock_ticks");
    json_writer_unsigned(&json, os_clock_ticks());
    json_writer_key(&json, "clock_frequency");
    json_writer_unsigned(&json, os_clock_frequency());
    json_writer_key(&json, "regions");
    json_writer_unsigned(&json, counts->seen);
    json_writer_key(&json, "regions_rejected");
    json_writer_unsigned(&json, counts->rejected);
    json_writer_key(&json, "heaps");
    json_writer_begin_array(&json);
    for (size_t i = 0; i <= count; i++) {
        const struct row *row = i < count ? &rows[i] : &total;
        if (i == count) {
            json_writer_end_array(&json);
            json_writer_key(&json, "total");
        }
        json_writer_begin_object(&json);
        if (i < count) {
            json_writer_key(&json, "name");
            json_writer_string(&json, row->name);
            json_writer_key(&json, "process");
            json_writer_string(&json, row->process);
            json_writer_key(&json, "pid");
            json_writer_unsigned(&json, row->process_id);
            json_writer_key(&json, "heap");
            json_writer_string(&json, row->heap);
        }
        for (size_t k = 0; k < FIELD_COUNT; k++) {
            if (i == count && !fields[k].has_sum)
                continue;
            json_writer_key(&json, fields[k].key);
            json_writer_unsigned(&json, number_at(row, fields[k].offset));
        }
        json_writer_end_object(&json);
    }
    region_warnings_json(refusals, &json);
    json_writer_end_object(&json);
}

static void print_csv(struct output *output, const struct row *rows, size_t count)
{
    output_add_text(output, "name,process,pid,heap");
    for (size_t k = 0; k < FIELD_COUNT; k++)
        output_add_format(output, ",%s", fields[k].key);
    output_add_text(output, "\r\n");
    for (size_t i = 0; i < count; i++) {
        csv_text_add(output, rows[i].name);
        output_add_byte(output, ',');
        csv_text_add(output, rows[i].process);
        output_add_format(output, ",%" PRIu32 ",", rows[i].process_id);
        csv_text_add(output, rows[i].heap);
        for (size_t k = 0; k < FIELD_COUNT; k++)
            output_add_format(output, ",%" PRIu64, number_at(&rows[i], fields[k].offset));
        output_add_text(output, "\r\n");
    }
}

/* ---- the command --------------------------------------------------------------------------- */

static void complain_refusals(const struct region_refusals *refusals)
{
    char line[REGION_WARNING_SIZE];

    for (uint32_t i = 0; i < refusals->count; i++) {
        region_warnings_line(&refusals->refusals[i], line);
        command_complain("%s", line);
    }
}

/* Where one looks in vain: nobody publishes there, or nobody that is asked for. */
static int complain_nothing(size_t heap_count, const struct region_counts *counts)
{
    char path[OS_PATH_SIZE], places[OS_PATH_SIZE] = "";
    struct os_region_places listing;
    struct os_region_place place;
    size_t used = 0;
    DWORD error;

    if (heap_count) {
        command_complain("none of the %zu live heaps is asked for; perfharness heaps shows all",
                         heap_count);
        return EXIT_NOTHING;
    }
    if (os_region_places_open(&listing) == ERROR_SUCCESS) {
        while ((error = os_region_places_next(&listing, &place)) != ERROR_NO_MORE_FILES)
            if (error == ERROR_SUCCESS && used < sizeof(places))
                used += (size_t)snprintf(places + used, sizeof(places) - used, "%s%s",
                                         used ? ", " : "", place.path);
        os_region_places_close(&listing);
    }
    bool is_set = os_environment("HEAPCTRS_DIR", path, sizeof(path)) == ERROR_SUCCESS;
    command_complain("no live heaps: nobody publishes in %s%s; start a program that links "
                     "libheaptracker, or runs under libheaptracker-preload.so, %s; with "
                     "HEAPCTRS_DEBUG=1 it says why it does not publish",
                     used     ? places
                     : is_set ? path
                              : "the usual directory, which is not there yet",
                     counts->rejected ? " (what is there is refused: see above)" : "",
                     is_set ? "with the same HEAPCTRS_DIR" : "without HEAPCTRS_DIR, as here");
    return EXIT_NOTHING;
}

static int print_heaps(struct region_reader *reader, const struct heaps_options *options)
{
    struct output output = { 0 };
    struct region_counts counts;
    static struct region_refusals refusals;
    struct row *rows;
    size_t row_count, heap_count;
    int status = EXIT_FINE;

    if (region_reader_refresh(reader) ||
        read_rows(reader, options, &rows, &row_count, &heap_count)) {
        command_complain("out of memory");
        return EXIT_BAD_USAGE;
    }
    region_reader_counts(reader, &counts);
    region_reader_refusals(reader, &refusals);
    if (options->format != FORMAT_JSON || !row_count)
        complain_refusals(&refusals);
    if (!row_count) {
        status = complain_nothing(heap_count, &counts);
    } else {
        if (options->format == FORMAT_JSON)
            print_json(&output, rows, row_count, &counts, &refusals);
        else if (options->format == FORMAT_CSV)
            print_csv(&output, rows, row_count);
        else
            print_table(&output, rows, row_count);
        if (output.is_lost) {
            command_complain("out of memory");
            status = EXIT_BAD_USAGE;
        } else {
            fwrite(output.data, 1, output.size, stdout);
        }
    }
    output_release(&output);
    free(rows);
    return status;
}

static int run_heaps(const struct global_options *global, int argc, char **argv)
{
    struct heaps_options options = { 0 };
    struct region_reader *reader;

    (void)global;
    if (argc > 0 && heaps_leaks_is_word(argv[0]))
        return heaps_leaks_run(argc, argv);
    if (!options_parse(heaps_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc > 0) {
        command_complain("heaps: \"%s\" is no option; --heap, --process and --pid choose heaps",
                         argv[0]);
        return EXIT_BAD_USAGE;
    }
    if (region_reader_open(&reader)) {
        command_complain("out of memory");
        return EXIT_BAD_USAGE;
    }
    int status = print_heaps(reader, &options);
    region_reader_close(reader);
    return status;
}

const struct command command_heaps = {
    .name = "heaps",
    .usage = "[--format table|json|csv] [--process NAME] [--pid N] [--heap NAME] |\n"
             "  leaks INSTANCE|FILE | snapshot INSTANCE [-o FILE] | diff FILE FILE",
    .summary = "show the live heaps straight from the regions that programs publish",
    .help =
        "No provider is asked, and no registration needed. Exit status 3 when there are none.\n"
        "\n"
        "  heaps leaks INSTANCE|FILE [--format table|json]   live blocks by call site, and faults\n"
        "  heaps snapshot INSTANCE -o FILE                   the same into a file\n"
        "  heaps diff FILE FILE                              growth by call site between two\n"
        "\n"
        "INSTANCE is a name as heaps shows it, or PROCESS/HEAP, the process by name or id.\n"
        "These read the publisher's memory and need the right to debug it. Call sites are known\n"
        "when it runs with HEAPCTRS_CALL_SITES=1 or opened its heap so (2 to 9: callers above, "
        "where\n"
        "all blocks come from one allocator function); names of functions come\n"
        "from addr2line where there is one, or from a linker's map beside the module (FILE.map),\n"
        "also in another folder (--symbols DIR). --no-symbols looks for none.\n",
    .options = heaps_option_table,
    .run = run_heaps,
};
