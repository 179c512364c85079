/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps: shows the live heaps directly from the regions, without a provider. So it also
 * shows what the provider does not, and can confirm what it does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocator_figures.h"
#include "command.h"
#include "csv_text.h"
#include "format_text.h"
#include "grid.h"
#include "heaps_explain.h"
#include "heaps_leaks.h"
#include "heaps_profile.h"
#include "heaps_rows.h"
#include "json_writer.h"
#include "options.h"
#include "os.h"
#include "os_region.h"
#include "output.h"
#include "process_diagnosis.h"
#include "region_reader.h"
#include "region_warnings.h"
#include "terminal.h"
#include "text_map.h"
#include "text_table.h"

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct heaps_options {
    int format;
    struct heaps_filter filter;
    int sort; /* a position in `columns`, plus 1; 0: the order of the regions */
    uint32_t top;
    bool is_exact;
    bool is_watched;
    uint32_t interval_ms;
    uint32_t sample_count;
};

#define SORT_WORDS "none|bytes|peak|blocks|allocations|frees|resized|failed|lost"

static const struct command_option heaps_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct heaps_options, format), "table|json|csv",
      "how to print them; json and csv have every statistic", 0, 0 },
    { "process", 0, OPTION_TEXT, offsetof(struct heaps_options, filter.process), "NAME",
      "only of processes of that name; * and ? are allowed", 0, 0 },
    { "pid", 0, OPTION_NUMBER, offsetof(struct heaps_options, filter.process_id), "N",
      "only of the process with that id; says why if it shows none", 1, 0 },
    { "heap", 0, OPTION_TEXT, offsetof(struct heaps_options, filter.heap), "NAME",
      "only heaps of that name; * and ? are allowed", 0, 0 },
    { "sort", 0, OPTION_CHOICE, offsetof(struct heaps_options, sort), SORT_WORDS,
      "the largest first; with --top and --watch the default is by bytes", 0, 0 },
    { "top", 0, OPTION_NUMBER, offsetof(struct heaps_options, top), "N", "only the first N", 1, 0 },
    { "exact", 0, OPTION_FLAG, offsetof(struct heaps_options, is_exact), NULL,
      "a table of bytes, not of KiB and MiB", 0, 0 },
    { "watch", 'w', OPTION_FLAG, offsetof(struct heaps_options, is_watched), NULL,
      "refresh the table in place; q ends it", 0, 0 },
    { "interval", 'i', OPTION_SECONDS, offsetof(struct heaps_options, interval_ms), "SECONDS",
      "with --watch: time between two refreshes; default 1", 10, 86400000 },
    { "samples", 'n', OPTION_NUMBER, offsetof(struct heaps_options, sample_count), "N",
      "with --watch: stop after this many", 1, UINT32_MAX },
    OPTIONS_END,
};

/* The columns of the table; JSON and CSV have more. */
static const struct {
    const char *title;
    size_t offset;
    bool has_sum, is_bytes;
} columns[] = {
    { "bytes in use", offsetof(struct heaps_row, bytes_in_use), true, true },
    { "peak", offsetof(struct heaps_row, statistics.peak_bytes), false, true },
    { "blocks", offsetof(struct heaps_row, blocks_in_use), true, false },
    { "allocations", offsetof(struct heaps_row, statistics.allocation_count), true, false },
    { "frees", offsetof(struct heaps_row, statistics.free_count), true, false },
    { "resized", offsetof(struct heaps_row, statistics.reallocation_count), true, false },
    { "failed", offsetof(struct heaps_row, statistics.failure_count), true, false },
    { "lost", offsetof(struct heaps_row, statistics.lost_count), true, false },
};
#define COLUMN_COUNT (sizeof(columns) / sizeof(*columns))

/* ---- formats ----------------------------------------------------------------------------- */

/* A number for users: bytes in the largest unit that gives at least 1; other numbers with their
   digits in groups. */
static void number_text(char *text, size_t size, uint64_t number, bool is_bytes)
{
    struct output grouped = { 0 };

    if (is_bytes) {
        format_text_size(text, size, number);
        return;
    }
    format_text_add_whole(&grouped, number);
    snprintf(text, size, "%s", grouped.data ? grouped.data : "");
    output_release(&grouped);
}

static void print_table(struct output *output, const struct heaps_row *rows, size_t count,
                        const struct heaps_options *options)
{
    struct text_table table = { .column_count = 1 + COLUMN_COUNT, .heading_rows = 1 };
    const size_t shown = options->top && options->top < count ? options->top : count;
    unsigned width = 0, height;
    struct heaps_row total;
    char text[48];

    heaps_rows_add_up(rows, count, &total);
    text_table_add(&table, "heap");
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        text_table_add(&table, columns[i].title);
    for (size_t k = 0; k <= shown; k++) {
        const struct heaps_row *row = k < shown ? &rows[k] : &total;

        if (k == shown && shown < count)
            snprintf(text, sizeof(text), "total of %zu", count);
        text_table_add(&table, k < shown ? row->name : shown < count ? text : "total");
        for (size_t i = 0; i < COLUMN_COUNT; i++) {
            number_text(text, sizeof(text), heaps_row_number(row, columns[i].offset),
                        columns[i].is_bytes && !options->is_exact);
            text_table_add(&table, k < shown || columns[i].has_sum ? text : "-");
        }
    }
    if (!terminal_size(&width, &height))
        width = 0;
    text_table_write(&table, output, width, width != 0);
    output->is_lost = output->is_lost || table.is_lost;
    text_table_release(&table);
}

static void print_json(struct output *output, const struct heaps_row *rows, size_t count,
                       const struct region_counts *counts, const struct region_refusals *refusals)
{
    struct json_writer json;
    struct heaps_row total;

    heaps_rows_add_up(rows, count, &total);
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
        const struct heaps_row *row = i < count ? &rows[i] : &total;
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
            json_writer_key(&json, "allocator");
            if (row->statistics.figures.known)
                json_writer_string(&json,
                                   allocator_figures_name(row->statistics.figures.allocator));
            else
                json_writer_null(&json);
        }
        for (size_t k = 0; heaps_rows_fields[k].key; k++) {
            if (i == count && !heaps_rows_fields[k].has_sum)
                continue;
            json_writer_key(&json, heaps_rows_fields[k].key);
            if (heaps_row_is_known(row, &heaps_rows_fields[k]))
                json_writer_unsigned(&json, heaps_row_number(row, heaps_rows_fields[k].offset));
            else
                json_writer_null(&json);
        }
        json_writer_end_object(&json);
    }
    region_warnings_json(refusals, &json);
    json_writer_end_object(&json);
}

static void print_csv(struct output *output, const struct heaps_row *rows, size_t count)
{
    output_add_text(output, "name,process,pid,heap");
    for (size_t k = 0; heaps_rows_fields[k].key; k++)
        output_add_format(output, ",%s", heaps_rows_fields[k].key);
    output_add_text(output, "\r\n");
    for (size_t i = 0; i < count; i++) {
        csv_text_add(output, rows[i].name);
        output_add_byte(output, ',');
        csv_text_add(output, rows[i].process);
        output_add_format(output, ",%" PRIu32 ",", rows[i].process_id);
        csv_text_add(output, rows[i].heap);
        for (size_t k = 0; heaps_rows_fields[k].key; k++)
            if (heaps_row_is_known(&rows[i], &heaps_rows_fields[k]))
                output_add_format(output, ",%" PRIu64,
                                  heaps_row_number(&rows[i], heaps_rows_fields[k].offset));
            else
                output_add_byte(output, ',');
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

/* Report that there are no heaps to show: either no program publishes, or no heap matches. */
static int complain_nothing(size_t heap_count, const struct region_counts *counts,
                            uint32_t process_id)
{
    char path[OS_PATH_SIZE], places[OS_PATH_SIZE] = "";
    struct os_region_places listing;
    struct os_region_place place;
    size_t used = 0;
    DWORD error;

    if (process_id) {
        process_diagnosis_text(process_id, path, sizeof(path));
        command_complain("%s", path);
        return EXIT_NOTHING;
    }
    if (heap_count) {
        command_complain("none of the %zu live heaps matches; perfharness heaps shows all",
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
    command_complain("no live heaps: no program publishes in %s%s; start a program that links "
                     "libheaptracker, or runs under libheaptracker-preload.so, %s; with "
                     "HEAPCTRS_DEBUG=1 it says why it does not publish",
                     used     ? places
                     : is_set ? path
                              : "the usual directory, which is not there yet",
                     counts->rejected ? " (what is there is refused: see above)" : "",
                     is_set ? "with the same HEAPCTRS_DIR" : "without HEAPCTRS_DIR, as here");
    return EXIT_NOTHING;
}

static DWORD read_rows(struct region_reader *reader, const struct heaps_options *options,
                       struct heaps_row **rows, size_t *row_count, size_t *heap_count)
{
    DWORD error = region_reader_refresh(reader);

    if (!error)
        error = heaps_rows_read(reader, &options->filter, rows, row_count, heap_count);
    if (!error && (options->sort || options->top))
        heaps_rows_sort(*rows, *row_count, columns[options->sort ? options->sort - 1 : 0].offset);
    return error;
}

static int print_heaps(struct region_reader *reader, const struct heaps_options *options)
{
    struct output output = { 0 };
    struct region_counts counts;
    static struct region_refusals refusals;
    struct heaps_row *rows;
    size_t row_count, heap_count;
    int status = EXIT_FINE;

    if (read_rows(reader, options, &rows, &row_count, &heap_count))
        return command_complain_memory();
    region_reader_counts(reader, &counts);
    region_reader_refusals(reader, &refusals);
    if (options->format != FORMAT_JSON || !row_count)
        complain_refusals(&refusals);
    if (!row_count) {
        status = complain_nothing(heap_count, &counts, options->filter.process_id);
    } else {
        const size_t shown = options->top && options->top < row_count ? options->top : row_count;

        if (options->format == FORMAT_JSON)
            print_json(&output, rows, shown, &counts, &refusals);
        else if (options->format == FORMAT_CSV)
            print_csv(&output, rows, shown);
        else
            print_table(&output, rows, row_count, options);
        if (output.is_lost) {
            command_complain_memory();
            status = EXIT_BAD_USAGE;
        } else {
            fwrite(output.data, 1, output.size, stdout);
        }
    }
    output_release(&output);
    free(rows);
    return status;
}

/* ---- --watch ------------------------------------------------------------------------------- */

struct watching {
    const struct heaps_options *options;
    struct grid grid;
    struct text_map first_of; /* rows by name, as they were when the heap was first seen */
};

/* The row of a heap when it was first seen; NULL if there is no memory. */
static const struct heaps_row *first_of(struct watching *watching, const struct heaps_row *row)
{
    const struct span name = { (const BYTE *)row->name, strlen(row->name) };
    const struct heaps_row *first = text_map_find(&watching->first_of, name);
    struct heaps_row *copy;

    if (first)
        return first;
    copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *row;
    if (!text_map_add(&watching->first_of, (struct span){ (const BYTE *)copy->name, name.size },
                      copy)) {
        free(copy);
        return NULL;
    }
    return copy;
}

static void fill_grid(struct watching *watching, const struct heaps_row *rows, size_t count)
{
    struct grid *grid = &watching->grid;
    char text[48];

    grid_clear(grid);
    grid_add_title(grid, "heap");
    grid_add_title(grid, columns[0].title);
    grid_add_title(grid, "growth");
    for (size_t i = 1; i < COLUMN_COUNT; i++)
        grid_add_title(grid, columns[i].title);
    for (size_t k = 0; k < count; k++) {
        const struct heaps_row *row = &rows[k], *first = first_of(watching, row);
        const uint64_t before = first ? first->bytes_in_use : row->bytes_in_use;
        const bool has_grown = row->bytes_in_use >= before;
        const uint64_t growth = has_grown ? row->bytes_in_use - before : before - row->bytes_in_use;
        char number[40];

        grid_add_name(grid, row->name);
        for (size_t i = 0; i < COLUMN_COUNT; i++) {
            const uint64_t value = heaps_row_number(row, columns[i].offset);

            number_text(text, sizeof(text), value,
                        columns[i].is_bytes && !watching->options->is_exact);
            grid_add_cell(grid, (double)value, text);
            if (i)
                continue;
            number_text(number, sizeof(number), growth, !watching->options->is_exact);
            snprintf(text, sizeof(text), "%s%s", !growth ? "" : has_grown ? "+" : "-", number);
            grid_add_cell(grid, has_grown ? (double)growth : -(double)growth, text);
        }
    }
}

/* Draw once. If stdout is not a terminal, each time adds a table below the others. */
static int show_totals(struct watching *watching, struct region_reader *reader, bool is_live)
{
    struct output output = { 0 };
    struct heaps_row *rows, total;
    size_t count, heap_count;
    char heading[128], bytes[40];
    int status = EXIT_FINE;

    if (!is_live) {
        status = print_heaps(reader, watching->options);
        return status == EXIT_NOTHING ? EXIT_FINE : status;
    }
    if (read_rows(reader, watching->options, &rows, &count, &heap_count))
        return EXIT_BAD_USAGE;
    heaps_rows_add_up(rows, count, &total);
    number_text(bytes, sizeof(bytes), total.bytes_in_use, true);
    snprintf(heading, sizeof(heading), "%zu heaps, %s in use; growth since this began", count,
             bytes);
    if (watching->options->top && watching->options->top < count)
        count = watching->options->top;
    fill_grid(watching, rows, count);
    grid_draw(&watching->grid, &output, heading, NULL);
    if (output.is_lost)
        status = EXIT_BAD_USAGE;
    else
        fwrite(output.data, 1, output.size, stdout);
    output_release(&output);
    free(rows);
    return status;
}

static int watch_heaps(struct region_reader *reader, const struct heaps_options *options)
{
    struct watching watching = { .options = options };
    const uint32_t interval_ms = options->interval_ms ? options->interval_ms : 1000;
    const bool is_live = terminal_use_sequences();
    bool goes_on = true;
    int status = EXIT_FINE;

    watching.grid.sort_column = options->sort > 1 ? (size_t)options->sort + 1 : 1;
    terminal_catch_interrupt();
    if (is_live) {
        fputs(GRID_BEGIN, stdout);
        terminal_keys_open();
    }
    for (uint32_t i = 0; goes_on && !status; i++) {
        const uint64_t next =
            os_clock_ticks() + os_clock_frequency() / 1000 * (uint64_t)interval_ms;

        status = show_totals(&watching, reader, is_live);
        if (status || !command_flush() || (options->sample_count && i + 1 >= options->sample_count))
            break;
        for (uint64_t now = os_clock_ticks(); goes_on && now < next; now = os_clock_ticks()) {
            const int key =
                terminal_wait_key((uint32_t)((next - now) * 1000 / os_clock_frequency() + 1));

            goes_on = key != TERMINAL_KEY_INTERRUPT && grid_key(&watching.grid, key);
            if (key > 0)
                break; /* the next drawing comes at once */
        }
    }
    if (is_live) {
        terminal_keys_close();
        fputs(GRID_END, stdout);
    }
    if (status == EXIT_BAD_USAGE)
        command_complain_memory();
    for (size_t i = 0; i < watching.first_of.count; i++)
        free((void *)(uintptr_t)watching.first_of.entries[i].item);
    text_map_release(&watching.first_of);
    grid_release(&watching.grid);
    return status;
}

static int run_heaps(const struct global_options *global, int argc, char **argv)
{
    struct heaps_options options = { 0 };
    struct region_reader *reader;

    (void)global;
    if (argc > 0 && heaps_leaks_is_word(argv[0]))
        return heaps_leaks_run(argc, argv);
    if (argc > 0 && heaps_explain_is_word(argv[0]))
        return heaps_explain_run(argc, argv);
    if (argc > 0 && heaps_profile_is_word(argv[0]))
        return heaps_profile_run(argc, argv);
    if (!options_parse(heaps_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc > 0) {
        command_complain("heaps: \"%s\" is no option; --heap, --process and --pid choose heaps",
                         argv[0]);
        return EXIT_BAD_USAGE;
    }
    if (options.is_watched ? options.format != FORMAT_TABLE
                           : options.interval_ms || options.sample_count) {
        command_complain(options.is_watched
                             ? "--watch shows a table; perfharness watch writes JSON "
                               "lines and CSV"
                             : "--interval and --samples are for --watch");
        return EXIT_BAD_USAGE;
    }
    if (region_reader_open(&reader))
        return command_complain_memory();
    int status = options.is_watched ? watch_heaps(reader, &options) : print_heaps(reader, &options);
    region_reader_close(reader);
    return status;
}

const struct command command_heaps = {
    .name = "heaps",
    .usage = "[--format table|json|csv] [--process NAME] [--pid N] [--heap NAME]\n"
             "  [--sort WORD] [--top N] [--watch] |\n"
             "  explain PID|INSTANCE | profile PID|INSTANCE | top PID|INSTANCE |\n"
             "  leaks INSTANCE|FILE | snapshot INSTANCE [-o FILE] | diff FILE FILE",
    .summary = "show the live heaps straight from the regions that programs publish",
    .help =
        "No provider is asked, and no registration needed. Exit status 3 when there are none.\n"
        "--watch refreshes the table in place, with the growth of each heap since it began: "
        "arrows\n"
        "scroll, < and > choose the column to sort by, r reverses, q ends it.\n"
        "\n"
        "  heaps explain PID|INSTANCE [--seconds N] [--format text|json]\n"
        "                                  where its memory is: does it leak, or does malloc hold "
        "it?\n"
        "  heaps leaks INSTANCE|FILE [--format table|json]   live blocks by stack or call site, "
        "and "
        "faults\n"
        "  heaps snapshot INSTANCE -o FILE                   the same into a file\n"
        "  heaps diff FILE FILE                              growth by stack between two\n"
        "  heaps profile PID|INSTANCE|FILE [--seconds N] [--rate BYTES]\n"
        "                [--format table|folded|pprof|snapshot|json] [--by function|stack]\n"
        "                [--sort live|allocated|growth]\n"
        "                                  sampled call stacks of what is allocated from now on\n"
        "  heaps top PID|INSTANCE|FILE     another name for heaps profile\n"
        "\n"
        "INSTANCE is a name as heaps shows it, or PROCESS/HEAP, the process by name or id.\n"
        "These read the publisher's memory and need the right to debug it. Stacks are known when\n"
        "it runs with HEAPCTRS_PROFILE or opened its heap with HEAP_TRACKER_PROFILE; with the "
        "value 1\n"
        "of every block, otherwise estimated from samples. FILE is of heaps snapshot, heaps "
        "profile\n"
        "--format snapshot, or HEAPCTRS_SNAPSHOT. Stacks begin and end at the program's "
        "functions:\n"
        "--all-frames shows operator new, std::allocator, malloc's wrappers and what starts a "
        "thread.\n"
        "Names of functions, also of inlined ones, come from addr2line or llvm-symbolizer, or from "
        "a\n"
        "linker's map beside the module (FILE.map), also in another folder (--symbols DIR).\n"
        "--no-symbols looks for none.\n",
    .options = heaps_option_table,
    .run = run_heaps,
};
