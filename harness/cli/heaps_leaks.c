/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps leaks, snapshot and diff: live blocks by call site of a running publisher, or
 * out of snapshots. Reading the other process is census_reader.c's, reading snapshots
 * leak_snapshot.c's; here is what is asked for and how it is shown.
 */
#include "heaps_leaks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "census_reader.h"
#include "command.h"
#include "json_writer.h"
#include "leak_snapshot.h"
#include "output.h"
#include "text.h"
#include "text_table.h"

#define SNAPSHOT_LIMIT ((size_t)256 << 20) /* bytes of a file */

enum { FORMAT_TABLE, FORMAT_JSON };

struct leaks_options {
    int format;
    const char *output;
    bool no_symbols;
};

static const struct command_option leaks_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct leaks_options, format), "table|json",
      "how to print them", 0, 0 },
    { "output", 'o', OPTION_TEXT, offsetof(struct leaks_options, output), "FILE",
      "write there instead of stdout", 0, 0 },
    { "no-symbols", 0, OPTION_FLAG, offsetof(struct leaks_options, no_symbols), NULL,
      "do not ask addr2line for names", 0, 0 },
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

/* The heap of that name among the live ones; `index` of it. */
static bool find_heap(struct region_reader *reader, const char *name, size_t *index)
{
    char text[3 * HEAP_NAME_LENGTH + 1];
    size_t count;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    for (size_t i = 0; i < count; i++) {
        text_to_utf8(heaps[i].name, heaps[i].name_length, text, sizeof(text));
        if (strcmp(text, name) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

static int read_census(struct region_reader *reader, const char *name, struct output *output)
{
    struct heap_statistics statistics;
    struct census_text text = { 0 };
    struct os_process process;
    size_t index, count;
    int status = EXIT_FINE;

    if (region_reader_refresh(reader))
        return complain_memory();
    const struct heap_view *heaps = region_reader_heaps(reader, &count);
    if (!find_heap(reader, name, &index)) {
        command_complain("no live heap is called \"%s\"; perfharness heaps shows those that are",
                         name);
        return EXIT_NOTHING;
    }
    const struct heap_view *heap = &heaps[index];
    struct heap_census *census = heap_census_new();
    if (!census)
        return complain_memory();
    DWORD error = region_reader_read(reader, index, &statistics);
    if (!error)
        error = os_process_open(&process, heap->process_id);
    if (error) {
        status = complain_read(name, heap->process_id, error);
        goto free_census;
    }
    error = census_read(&process, region_reader_process_image(reader, index), heap->heap_number,
                        census);
    if (error) {
        status = complain_read(name, heap->process_id, error);
        goto close_process;
    }
    snprintf(census->name, sizeof(census->name), "%s", name);
    census->process_id = heap->process_id;
    census->unmatched_count = statistics.unmatched_count;
    census->lost_count = statistics.lost_count;
    if (heap_census_write(census, &process, &text))
        output_add(output, text.data, text.size);
    else
        status = complain_memory();
    census_text_release(&text);

close_process:
    os_process_close(&process);
free_census:
    heap_census_free(census);
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

/* A snapshot out of a file, or of the live heap of that name. */
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
        status = read_census(reader, name, text);
        region_reader_close(reader);
        if (status)
            return status;
    }
    if (text->is_lost)
        return complain_memory();
    status = parse(name, text, snapshot);
    if (status == EXIT_FINE && !options->no_symbols)
        leak_snapshot_resolve(snapshot);
    return status;
}

/* ---- showing ------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *back = strrchr(path, '\\');
    const char *last = slash > back ? slash : back;

    return last ? last + 1 : path;
}

static void place_text(const struct leak_snapshot *snapshot, const struct leak_place *place,
                       char *text, size_t size)
{
    if (place->symbol)
        snprintf(text, size, "%s", place->symbol);
    else if (place->module != LEAK_NO_MODULE)
        snprintf(text, size, "%s+0x%" PRIx64, base_name(snapshot->modules[place->module].path),
                 place->offset);
    else if (place->offset)
        snprintf(text, size, "0x%" PRIx64, place->offset);
    else
        snprintf(text, size, "(not recorded)");
}

static void add_number(struct text_table *table, const char *format, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), format, number);
    text_table_add(table, text);
}

static void put_table(struct text_table *table, struct output *output)
{
    text_table_write(table, output, 0, false);
    output->is_lost = output->is_lost || table->is_lost;
    text_table_release(table);
}

static void show_faults(struct output *output, const struct leak_snapshot *snapshot)
{
    struct text_table table = { .column_count = 5, .heading_rows = 1 };
    char text[1200];

    if (!snapshot->fault_count)
        return;
    output_add_byte(output, '\n');
    text_table_add(&table, "fault at");
    text_table_add(&table, "kind");
    text_table_add(&table, "times");
    text_table_add(&table, "address");
    text_table_add(&table, "freed or allocated first at");
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        const struct leak_fault *fault = &snapshot->faults[i];
        place_text(snapshot, &fault->place, text, sizeof(text));
        text_table_add(&table, text);
        text_table_add(&table, fault->kind);
        add_number(&table, "%" PRIu64, fault->count);
        add_number(&table, "0x%" PRIx64, fault->address);
        place_text(snapshot, &fault->first, text, sizeof(text));
        text_table_add(&table, text);
    }
    put_table(&table, output);
}

static void show_table(struct output *output, const struct leak_snapshot *snapshot)
{
    struct text_table table = { .column_count = 3, .heading_rows = 1 };
    char text[1200];

    text_table_add(&table, "call site");
    text_table_add(&table, "bytes");
    text_table_add(&table, "blocks");
    for (size_t i = 0; i <= snapshot->site_count; i++) {
        bool is_total = i == snapshot->site_count;
        if (is_total)
            snprintf(text, sizeof(text), "total");
        else
            place_text(snapshot, &snapshot->sites[i].place, text, sizeof(text));
        text_table_add(&table, text);
        add_number(&table, "%" PRIu64, is_total ? snapshot->bytes : snapshot->sites[i].bytes);
        add_number(&table, "%" PRIu64, is_total ? snapshot->count : snapshot->sites[i].count);
    }
    put_table(&table, output);
    show_faults(output, snapshot);
}

static void json_place(struct json_writer *json, const struct leak_snapshot *snapshot,
                       const struct leak_place *place)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, place->offset);
    json_writer_key(json, "module");
    if (place->module == LEAK_NO_MODULE)
        json_writer_null(json);
    else
        json_writer_string(json, snapshot->modules[place->module].path);
    json_writer_key(json, "offset");
    json_writer_string(json, text);
    json_writer_key(json, "symbol");
    if (place->symbol)
        json_writer_string(json, place->symbol);
    else
        json_writer_null(json);
}

static void json_number(struct json_writer *json, const char *key, uint64_t number)
{
    json_writer_key(json, key);
    json_writer_unsigned(json, number);
}

static void show_json(struct output *output, const struct leak_snapshot *snapshot)
{
    struct json_writer json;
    char text[24];

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "heap");
    json_writer_string(&json, snapshot->heap);
    json_number(&json, "pid", snapshot->process_id);
    json_number(&json, "time_100ns", snapshot->time_100ns);
    json_number(&json, "blocks", snapshot->count);
    json_number(&json, "bytes", snapshot->bytes);
    json_number(&json, "unmatched_count", snapshot->unmatched_count);
    json_number(&json, "lost_count", snapshot->lost_count);
    json_number(&json, "missed_count", snapshot->missed_count);
    json_writer_key(&json, "sites");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < snapshot->site_count; i++) {
        json_writer_begin_object(&json);
        json_number(&json, "blocks", snapshot->sites[i].count);
        json_number(&json, "bytes", snapshot->sites[i].bytes);
        json_place(&json, snapshot, &snapshot->sites[i].place);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_key(&json, "faults");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        const struct leak_fault *fault = &snapshot->faults[i];
        json_writer_begin_object(&json);
        json_writer_key(&json, "kind");
        json_writer_string(&json, fault->kind);
        json_number(&json, "count", fault->count);
        snprintf(text, sizeof(text), "0x%" PRIx64, fault->address);
        json_writer_key(&json, "address");
        json_writer_string(&json, text);
        json_place(&json, snapshot, &fault->place);
        json_writer_key(&json, "first");
        json_writer_begin_object(&json);
        json_place(&json, snapshot, &fault->first);
        json_writer_end_object(&json);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

/* ---- the difference ------------------------------------------------------------------------ */

struct growth {
    const struct leak_snapshot *snapshot; /* that `site` is of */
    const struct leak_site *site;
    int64_t count, bytes;
};

/* Programs lie at other addresses in each run: module and offset say what is the same. */
static int compare_places(const struct growth *a, const struct growth *b)
{
    const struct leak_place *p = &a->site->place, *q = &b->site->place;
    bool has_p = p->module != LEAK_NO_MODULE, has_q = q->module != LEAK_NO_MODULE;
    int order = has_p - has_q;

    if (!order && has_p)
        order = strcmp(a->snapshot->modules[p->module].path, b->snapshot->modules[q->module].path);
    return order ? order : (p->offset > q->offset) - (p->offset < q->offset);
}

static int by_place(const void *a, const void *b)
{
    return compare_places(a, b);
}

static int by_growth(const void *left, const void *right)
{
    const struct growth *a = left, *b = right;

    return a->bytes != b->bytes   ? (a->bytes < b->bytes) - (a->bytes > b->bytes)
           : a->count != b->count ? (a->count < b->count) - (a->count > b->count)
                                  : compare_places(a, b);
}

static size_t add_sites(struct growth *all, size_t count, const struct leak_snapshot *snapshot,
                        bool is_new)
{
    for (size_t i = 0; i < snapshot->site_count; i++) {
        const struct leak_site *site = &snapshot->sites[i];
        uint64_t blocks = is_new ? site->count : 0 - site->count;
        uint64_t bytes = is_new ? site->bytes : 0 - site->bytes;
        all[count++] = (struct growth){ snapshot, site, (int64_t)blocks, (int64_t)bytes };
    }
    return count;
}

/* Sites that changed, most growth first. */
static size_t subtract(struct growth *all, const struct leak_snapshot *before,
                       const struct leak_snapshot *after)
{
    size_t count = add_sites(all, add_sites(all, 0, before, false), after, true), kept = 0;

    qsort(all, count, sizeof(*all), by_place);
    for (size_t i = 0; i < count;) {
        struct growth sum = all[i++];
        for (; i < count && compare_places(&sum, &all[i]) == 0; i++) {
            sum.count = (int64_t)((uint64_t)sum.count + (uint64_t)all[i].count);
            sum.bytes = (int64_t)((uint64_t)sum.bytes + (uint64_t)all[i].bytes);
        }
        if (sum.count || sum.bytes)
            all[kept++] = sum;
    }
    qsort(all, kept, sizeof(*all), by_growth);
    return kept;
}

static void add_signed(struct text_table *table, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), number ? "%+" PRId64 : "%" PRId64, number);
    text_table_add(table, text);
}

static void show_growth(struct output *output, const struct growth *all, size_t count,
                        int64_t blocks, int64_t bytes)
{
    struct text_table table = { .column_count = 3, .heading_rows = 1 };
    char text[1200];

    text_table_add(&table, "call site");
    text_table_add(&table, "bytes");
    text_table_add(&table, "blocks");
    for (size_t i = 0; i < count; i++) {
        place_text(all[i].snapshot, &all[i].site->place, text, sizeof(text));
        text_table_add(&table, text);
        add_signed(&table, all[i].bytes);
        add_signed(&table, all[i].count);
    }
    text_table_add(&table, "total");
    add_signed(&table, bytes);
    add_signed(&table, blocks);
    put_table(&table, output);
}

static void json_signed(struct json_writer *json, const char *key, int64_t number)
{
    json_writer_key(json, key);
    json_writer_signed(json, number);
}

static void growth_json(struct output *output, const struct growth *all, size_t count,
                        int64_t blocks, int64_t bytes)
{
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_signed(&json, "blocks", blocks);
    json_signed(&json, "bytes", bytes);
    json_writer_key(&json, "sites");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        json_writer_begin_object(&json);
        json_signed(&json, "blocks", all[i].count);
        json_signed(&json, "bytes", all[i].bytes);
        json_place(&json, all[i].snapshot, &all[i].site->place);
        json_writer_end_object(&json);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
}

/* ---- the words ----------------------------------------------------------------------------- */

/* stdout, or the file that was asked for. */
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
            show_json(&output, &snapshot);
        else
            show_table(&output, &snapshot);
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

/* The text as it was made, with the names behind the sites, which stand in the same order. */
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
            if (symbol && !is_file(names[0]))
                output_add_format(&output, " %s", symbol);
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

static int run_diff(const struct leaks_options *options, char **names)
{
    struct leak_snapshot before = { 0 }, after = { 0 };
    struct output texts[2] = { { 0 }, { 0 } }, output = { 0 };
    struct growth *all = NULL;
    int status = obtain(names[0], options, &before, &texts[0]);

    if (status == EXIT_FINE)
        status = obtain(names[1], options, &after, &texts[1]);
    if (status == EXIT_FINE) {
        all = calloc(before.site_count + after.site_count + 1, sizeof(*all));
        status = all ? EXIT_FINE : complain_memory();
    }
    if (status == EXIT_FINE) {
        size_t count = subtract(all, &before, &after);
        int64_t blocks = (int64_t)(after.count - before.count);
        int64_t bytes = (int64_t)(after.bytes - before.bytes);
        (options->format == FORMAT_JSON ? growth_json : show_growth)(&output, all, count, blocks,
                                                                     bytes);
        status = put(options, &output);
    }
    free(all);
    leak_snapshot_release(&before);
    leak_snapshot_release(&after);
    output_release(&texts[0]);
    output_release(&texts[1]);
    output_release(&output);
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
    { "diff", 2, "two snapshots, the older one first", run_diff },
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
