/* SPDX-License-Identifier: MIT
 *
 * perfharness heaps explain: takes samples of a process and prints the verdict of memory_verdict.h. The
 * requests to its allocator go through the private file, which only its user and root can open.
 */
#include "heaps_explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocator_figures.h"
#include "command.h"
#include "heap_choice.h"
#include "heap_profile.h"
#include "heaps_rows.h"
#include "json_writer.h"
#include "memory_verdict.h"
#include "options.h"
#include "os.h"
#include "output.h"
#include "process_diagnosis.h"
#include "process_memory.h"
#include "region_reader.h"

enum { FORMAT_TEXT, FORMAT_JSON };

#define USUAL_MS 10000   /* chosen: users wait for it; slow growth needs --seconds */
#define LEAST_STEP_MS 20 /* chosen: between two samples, at least */
#define SAMPLES 100u     /* chosen: most in the interval */
#define ANSWER_MS 1000   /* chosen: the longest wait for the allocator's last answer */
#define BAR_WIDTH 60     /* columns; chosen */

struct explain_options {
    int format;
    uint32_t milliseconds;
};

static const struct command_option explain_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct explain_options, format), "text|json",
      "a page, or JSON", 0, 0 },
    { "seconds", 's', OPTION_SECONDS, offsetof(struct explain_options, milliseconds), "N",
      "how long to look whether something grows (10)", 100, 86400000 },
    OPTIONS_END,
};

bool heaps_explain_is_word(const char *word)
{
    return strcmp(word, "explain") == 0;
}

/* The process that is explained. */
struct target {
    struct region_reader *reader;
    struct os_region_source private_file;
    bool has_private_file;
    uint32_t process_id;
    char process[HEAP_NAME_UTF8_SIZE];
    struct memory_sample samples[SAMPLES + 2];
    size_t count;
    struct process_memory memory;
    uint64_t milliseconds; /* between the first sample and the last */
};

/* ---- samples ------------------------------------------------------------------------------- */

/* The heap of malloc: the one whose allocator reports, or the one of that name. */
static const struct heaps_row *malloc_row(const struct heaps_row *rows, size_t count)
{
    const struct heaps_row *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (rows[i].statistics.figures.known && (!found || !found->statistics.figures.known ||
                                                 rows[i].bytes_in_use > found->bytes_in_use))
            found = &rows[i];
        else if (!found && strcmp(rows[i].heap, "malloc") == 0)
            found = &rows[i];
    }
    return found;
}

/* Read the figures of the process's heaps and where its memory is. */
static DWORD take_sample(struct target *target, struct memory_sample *sample)
{
    const struct heaps_filter filter = { .process_id = target->process_id, .is_local = true };
    struct heaps_row *rows;
    size_t count, all;

    *sample = (struct memory_sample){ 0 };
    if (region_reader_refresh(target->reader) ||
        heaps_rows_read(target->reader, &filter, &rows, &count, &all))
        return ERROR_NOT_ENOUGH_MEMORY;
    const struct heaps_row *row = malloc_row(rows, count);
    if (count && !target->process[0])
        snprintf(target->process, sizeof(target->process), "%s", rows[0].process);
    if (row) {
        sample->heap = row->statistics;
        sample->has_heap = true;
    }
    free(rows);
    DWORD error =
        count ? process_memory_read_kinds(target->process_id, &sample->kinds) : ERROR_NOT_FOUND;
    sample->has_kinds = error == ERROR_SUCCESS;
    return error == ERROR_NOT_SUPPORTED ? ERROR_SUCCESS : error;
}

static void ask(struct target *target)
{
    if (!target->has_private_file)
        target->has_private_file =
            heap_profile_open(&target->private_file, target->process_id) == ERROR_SUCCESS;
    if (target->has_private_file)
        heap_profile_ask_figures(&target->private_file);
}

/* Take a sample with current figures. A program that neither allocates nor frees does not answer; its sample has
   older figures. */
static DWORD take_answered(struct target *target)
{
    struct memory_sample *sample = &target->samples[target->count];
    const uint64_t begin = os_clock_ticks();
    DWORD error = take_sample(target, sample);

    ask(target);
    while (!error && target->has_private_file && sample->heap.figures.time < begin &&
           os_clock_ticks() - begin < os_clock_frequency() * ANSWER_MS / 1000) {
        os_sleep_ms(LEAST_STEP_MS);
        error = take_sample(target, sample);
    }
    if (error)
        return error;
    sample->is_answered = sample->heap.figures.known && sample->heap.figures.time >= begin;
    sample->figures_age_ms =
        (os_clock_ticks() - sample->heap.figures.time) / (os_clock_frequency() / 1000);
    target->count++;
    return ERROR_SUCCESS;
}

static DWORD take_samples(struct target *target, uint32_t time_ms)
{
    DWORD error = take_answered(target);
    const uint64_t begin = os_clock_ticks(), length = os_clock_frequency() / 1000 * time_ms;
    const uint32_t step = time_ms / SAMPLES > LEAST_STEP_MS ? time_ms / SAMPLES : LEAST_STEP_MS;
    size_t asked = 1;

    while (!error && target->count < SAMPLES) {
        os_sleep_ms(step);
        const uint64_t passed = os_clock_ticks() - begin;
        if (passed >= length)
            break;
        if (asked <= passed * EXPLANATION_WINDOWS / (length + 1)) {
            ask(target);
            asked++;
        }
        error = take_sample(target, &target->samples[target->count]);
        if (!error)
            target->count++;
    }
    if (!error)
        error = take_answered(target);
    target->milliseconds = (os_clock_ticks() - begin) * 1000 / os_clock_frequency();
    if (!error && process_memory_read(target->process_id, &target->memory))
        target->memory = (struct process_memory){ 0 };
    return error;
}

/* ---- a page -------------------------------------------------------------------------------- */

static void add_bytes(struct output *output, uint64_t bytes)
{
    if (bytes < 10 * 1024)
        output_add_format(output, "%10" PRIu64 " B  ", bytes);
    else if (bytes < UINT64_C(10) << 20)
        output_add_format(output, "%10.1f KiB", (double)bytes / 1024);
    else
        output_add_format(output, "%10.1f MiB", (double)bytes / (1 << 20));
}

static void add_change(struct output *output, const char *title, int64_t bytes)
{
    const uint64_t size = bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes;

    output_add_format(output, "  %-28s %c", title, bytes < 0 ? '-' : '+');
    add_bytes(output, size);
    output_add_byte(output, '\n');
}

static void add_line(struct output *output, const char *title, uint64_t bytes, uint64_t total)
{
    output_add_format(output, "  %-28s  ", title);
    add_bytes(output, bytes);
    if (total)
        output_add_format(output, " %3.0f %%", (double)bytes * 100 / (double)total);
    output_add_byte(output, '\n');
}

/* Draw the parts as letters, each part with its share of the bar. A part may be too small for a letter. */
static void add_bar(struct output *output, const struct memory_parts *parts)
{
    static const char letters[] = "LSFCAOTPM.";
    unsigned drawn = 0;
    uint64_t sum = 0;

    output_add_text(output, "  [");
    for (int i = 0; i < PART_COUNT; i++) {
        sum += parts->bytes[i];
        unsigned end =
            parts->total ? (unsigned)((double)sum * BAR_WIDTH / (double)parts->total + 0.5) : 0;
        for (; drawn < end && drawn < BAR_WIDTH; drawn++)
            output_add_byte(output, letters[i]);
    }
    for (; drawn < BAR_WIDTH; drawn++)
        output_add_byte(output, ' ');
    output_add_text(output, "]\n");
    for (int i = 0; i < PART_COUNT; i++)
        if (parts->bytes[i]) {
            char title[64];

            snprintf(title, sizeof(title), "%c  %s", letters[i],
                     memory_verdict_part_names[i].title);
            add_line(output, title, parts->bytes[i], parts->total);
        }
}

static void add_allocator(struct output *output, const struct memory_sample *sample)
{
    static const char *const titles[FIGURE_COUNT] = {
        "held from the system", "free inside", "in thread caches",     "free in whole pages",
        "free in other arenas", "arenas",      "the allocator itself",
    };
    const struct heap_figures *figures = &sample->heap.figures;

    if (!figures->known)
        return;
    output_add_format(output, "\nAllocator %s, asked %.1f s ago\n",
                      allocator_figures_name(figures->allocator),
                      (double)(os_clock_ticks() - figures->time) / (double)os_clock_frequency());
    for (int i = 0; i < FIGURE_COUNT; i++) {
        if (!(figures->known & 1u << i))
            continue;
        if (i == FIGURE_ARENAS) {
            output_add_format(output, "  %-28s  %10" PRIu64 "\n", titles[i], figures->values[i]);
            continue;
        }
        output_add_format(output, "  %-28s  ", titles[i]);
        add_bytes(output, figures->values[i]);
        output_add_text(output, figures->computed & 1u << i ? "  computed\n" : "\n");
    }
}

static void add_system(struct output *output, const struct process_memory *memory, bool has_kinds)
{
    if (!memory->known)
        return;
    output_add_text(output, "\nThe system says\n");
    if (!has_kinds && (memory->known & PROCESS_MEMORY_RESIDENT))
        add_line(output, "resident", memory->resident_bytes, 0);
    if (memory->known & PROCESS_MEMORY_PRIVATE) {
        add_line(output, "private", memory->private_bytes, 0);
        add_line(output, "may be shared", memory->shared_bytes, 0);
    }
    if (memory->known & PROCESS_MEMORY_SWAPPED)
        add_line(output, "in swap", memory->swapped_bytes, 0);
    if (memory->known & PROCESS_MEMORY_HUGE)
        add_line(output, "in huge pages", memory->huge_bytes, 0);
    if (memory->known & PROCESS_MEMORY_GROUP)
        add_line(output, "control group uses", memory->group_usage, 0);
    if (memory->known & PROCESS_MEMORY_LIMIT)
        add_line(output, "limit of its group or job", memory->group_limit, 0);
}

static void print_page(struct output *output, const struct target *target,
                       const struct memory_explanation *explanation)
{
    const struct memory_sample *last = &target->samples[target->count - 1];

    output_add_format(output, "%s (%" PRIu32 "): %s, %s confidence\n%s\n", target->process,
                      target->process_id, memory_verdict_names[explanation->verdict],
                      explanation->is_sure ? "high" : "low", explanation->sentence);
    if (last->has_kinds) {
        output_add_text(output, "\nResident ");
        add_bytes(output, explanation->last.total);
        output_add_byte(output, '\n');
        add_bar(output, &explanation->last);
        if (explanation->last.not_resident)
            add_line(output, "held, but in no memory", explanation->last.not_resident, 0);
    }
    if (last->has_heap) {
        output_add_text(output, "\nIn use by the program\n");
        add_line(output, "live bytes", last->heap.in_use_bytes, 0);
        output_add_format(output, "  %-28s  %10" PRIu64 "\n", "live blocks",
                          last->heap.allocation_count - last->heap.free_count);
    }
    add_allocator(output, last);
    add_system(output, &target->memory, last->has_kinds);
    output_add_format(output, "\nGrowth in %.1f s\n", (double)target->milliseconds / 1000);
    add_change(output, "live bytes", explanation->live_growth);
    if (explanation->last.is_split)
        add_change(output, "free in the allocator", explanation->free_growth);
    if (last->has_kinds) {
        add_change(output, "outside malloc", explanation->outside_growth);
        add_change(output, "resident", explanation->resident_growth);
    }
    if (explanation->reason_count)
        output_add_text(output, "\nWhy\n");
    for (size_t i = 0; i < explanation->reason_count; i++)
        output_add_format(output, "  - %s\n", explanation->reasons[i]);
    if (explanation->next_count)
        output_add_text(output, "\nWhat to do next\n");
    for (size_t i = 0; i < explanation->next_count; i++)
        output_add_format(output, "  - %s\n", explanation->next[i]);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void key_or_null(struct json_writer *json, const char *key, uint64_t value, bool is_known)
{
    json_writer_key(json, key);
    if (is_known)
        json_writer_unsigned(json, value);
    else
        json_writer_null(json);
}

static void write_kinds(struct json_writer *json, const struct memory_sample *sample)
{
    const struct memory_kinds *kinds = &sample->kinds;
    const struct {
        const char *key;
        uint64_t bytes;
    } rows[] = {
        { "heap", kinds->resident[MEMORY_HEAP] },
        { "mmap", kinds->resident[MEMORY_MMAP] + kinds->resident[MEMORY_ARENA] },
        { "stacks", kinds->resident[MEMORY_STACK] },
        { "files", kinds->resident[MEMORY_FILE] },
        { "shared_memory", kinds->resident[MEMORY_SHARED] + kinds->resident[MEMORY_OWN] },
        { "other", kinds->resident[MEMORY_OTHER] },
    };

    json_writer_key(json, "resident");
    json_writer_begin_object(json);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        key_or_null(json, rows[i].key, rows[i].bytes,
                    sample->has_kinds && (i > 0 || kinds->is_heap_known));
    json_writer_end_object(json);
}

static void write_allocator(struct json_writer *json, const struct memory_sample *sample)
{
    static const char *const keys[FIGURE_COUNT] = {
        "held", "free", "cached", "releasable", "free_elsewhere", "arenas", "overhead",
    };
    const struct heap_figures *figures = &sample->heap.figures;

    json_writer_key(json, "allocator");
    json_writer_begin_object(json);
    json_writer_key(json, "name");
    if (figures->known)
        json_writer_string(json, allocator_figures_name(figures->allocator));
    else
        json_writer_null(json);
    for (int i = 0; i < FIGURE_COUNT; i++)
        key_or_null(json, keys[i], figures->values[i], (figures->known & 1u << i) != 0);
    key_or_null(json, "live", sample->heap.in_use_bytes, sample->has_heap);
    json_writer_key(json, "age_seconds");
    if (figures->known)
        json_writer_double(json, (double)(os_clock_ticks() - figures->time) /
                                     (double)os_clock_frequency());
    else
        json_writer_null(json);
    json_writer_key(json, "computed");
    json_writer_begin_array(json);
    for (int i = 0; i < FIGURE_COUNT; i++)
        if (figures->computed & 1u << i)
            json_writer_string(json, keys[i]);
    json_writer_end_array(json);
    json_writer_end_object(json);
}

static void write_system(struct json_writer *json, const struct process_memory *memory)
{
    json_writer_key(json, "system");
    json_writer_begin_object(json);
    key_or_null(json, "private", memory->private_bytes, memory->known & PROCESS_MEMORY_PRIVATE);
    key_or_null(json, "shared", memory->shared_bytes, memory->known & PROCESS_MEMORY_PRIVATE);
    key_or_null(json, "swapped", memory->swapped_bytes, memory->known & PROCESS_MEMORY_SWAPPED);
    key_or_null(json, "huge_pages", memory->huge_bytes, memory->known & PROCESS_MEMORY_HUGE);
    key_or_null(json, "group_usage", memory->group_usage, memory->known & PROCESS_MEMORY_GROUP);
    key_or_null(json, "group_limit", memory->group_limit, memory->known & PROCESS_MEMORY_LIMIT);
    json_writer_end_object(json);
}

static void write_texts(struct json_writer *json, const char *key,
                        const char texts[][EXPLANATION_TEXT], size_t count)
{
    json_writer_key(json, key);
    json_writer_begin_array(json);
    for (size_t i = 0; i < count; i++)
        json_writer_string(json, texts[i]);
    json_writer_end_array(json);
}

static void print_json(struct output *output, const struct target *target,
                       const struct memory_explanation *explanation)
{
    const struct memory_sample *last = &target->samples[target->count - 1];
    const struct memory_parts *parts = &explanation->last;
    struct json_writer json;

    json_writer_init(&json, output);
    json_writer_begin_object(&json);
    json_writer_key(&json, "schema");
    json_writer_unsigned(&json, 1);
    json_writer_key(&json, "process");
    json_writer_string(&json, target->process);
    json_writer_key(&json, "pid");
    json_writer_unsigned(&json, target->process_id);
    write_kinds(&json, last);
    key_or_null(&json, "resident_bytes",
                last->has_kinds ? parts->total : target->memory.resident_bytes,
                last->has_kinds || target->memory.known & PROCESS_MEMORY_RESIDENT);
    json_writer_key(&json, "parts");
    json_writer_begin_object(&json);
    for (int i = 0; i < PART_COUNT; i++)
        key_or_null(&json, memory_verdict_part_names[i].key, parts->bytes[i],
                    last->has_kinds && (parts->is_split || i < PART_SLACK || i > PART_OUTSIDE));
    json_writer_end_object(&json);
    write_allocator(&json, last);
    write_system(&json, &target->memory);
    json_writer_key(&json, "growth");
    json_writer_begin_object(&json);
    json_writer_key(&json, "seconds");
    json_writer_double(&json, (double)target->milliseconds / 1000);
    json_writer_key(&json, "live");
    json_writer_signed(&json, explanation->live_growth);
    json_writer_key(&json, "free");
    if (parts->is_split)
        json_writer_signed(&json, explanation->free_growth);
    else
        json_writer_null(&json);
    json_writer_key(&json, "outside_malloc");
    if (last->has_kinds)
        json_writer_signed(&json, explanation->outside_growth);
    else
        json_writer_null(&json);
    json_writer_key(&json, "resident");
    if (last->has_kinds)
        json_writer_signed(&json, explanation->resident_growth);
    else
        json_writer_null(&json);
    json_writer_end_object(&json);
    json_writer_key(&json, "verdict");
    json_writer_string(&json, memory_verdict_names[explanation->verdict]);
    json_writer_key(&json, "confidence");
    json_writer_string(&json, explanation->is_sure ? "high" : "low");
    json_writer_key(&json, "sentence");
    json_writer_string(&json, explanation->sentence);
    write_texts(&json, "reasons", explanation->reasons, explanation->reason_count);
    write_texts(&json, "next", explanation->next, explanation->next_count);
    json_writer_end_object(&json);
}

/* ---- the command --------------------------------------------------------------------------- */

static bool is_foreign(const struct region_reader *reader, uint32_t process_id)
{
    size_t count;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    for (size_t i = 0; i < count; i++)
        if (heaps[i].process_id == process_id && !heaps[i].is_foreign)
            return false;
    for (size_t i = 0; i < count; i++)
        if (heaps[i].process_id == process_id)
            return true;
    return false;
}

static int complain(const struct target *target, DWORD error)
{
    char text[1024];

    if (error == ERROR_NOT_FOUND) {
        process_diagnosis_text(target->process_id, text, sizeof(text));
        command_complain("%s", text);
        return EXIT_NOTHING;
    }
    if (error == ERROR_INVALID_HANDLE) {
        command_complain("process %" PRIu32 " has ended; perfharness heaps shows those that live",
                         target->process_id);
        return EXIT_NOTHING;
    }
    if (error == ERROR_ACCESS_DENIED)
        command_complain("process %" PRIu32
                         " is another user's: where its memory is, is for that user and "
                         "root",
                         target->process_id);
    else if (error == ERROR_NOT_ENOUGH_MEMORY)
        command_complain_memory();
    else
        command_complain("process %" PRIu32
                         ": the system does not say where its memory is (Win32 error %u)",
                         target->process_id, (unsigned)error);
    return EXIT_BAD_USAGE;
}

/* The process that an argument means: a process id, or a heap's process. It may be in another PID namespace. */
static int find_process(struct target *target, const char *wanted, bool *is_elsewhere)
{
    char name[HEAP_NAME_UTF8_SIZE], *end;
    const unsigned long number = strtoul(wanted, &end, 10);
    size_t index, count;

    if (*wanted >= '0' && *wanted <= '9' && !*end) {
        target->process_id = number <= INT32_MAX ? (uint32_t)number : 0;
        if (!target->process_id)
            command_complain("heaps explain: \"%s\" is no process id; perfharness heaps shows "
                             "those that publish",
                             wanted);
        *is_elsewhere = is_foreign(target->reader, target->process_id);
        return target->process_id ? EXIT_FINE : EXIT_BAD_USAGE;
    }
    int status = heap_choice_find(target->reader, wanted, &index, name, sizeof(name));
    if (status == EXIT_FINE) {
        const struct heap_view *heap = &region_reader_heaps(target->reader, &count)[index];
        target->process_id = heap->process_id;
        *is_elsewhere = heap->is_foreign;
    }
    return status;
}

static int explain(struct target *target, const char *wanted, const struct explain_options *options)
{
    struct memory_explanation explanation;
    struct output output = { 0 };
    DWORD error = region_reader_refresh(target->reader);
    bool is_elsewhere = false;
    int found = error ? EXIT_FINE : find_process(target, wanted, &is_elsewhere);

    if (found != EXIT_FINE)
        return found;
    if (!error && is_elsewhere) {
        command_complain("process %" PRIu32
                         " is in another PID namespace: ask there, or by the id that it has "
                         "here",
                         target->process_id);
        return EXIT_NOTHING;
    }
    if (!error)
        error = take_samples(target, options->milliseconds ? options->milliseconds : USUAL_MS);
    if (error)
        return complain(target, error);
    memory_verdict_explain(target->samples, target->count, target->process_id, &explanation);
    if (options->format == FORMAT_JSON)
        print_json(&output, target, &explanation);
    else
        print_page(&output, target, &explanation);
    if (output.is_lost)
        command_complain_memory();
    else
        fwrite(output.data, 1, output.size, stdout);
    int status = output.is_lost ? EXIT_BAD_USAGE : EXIT_FINE;
    output_release(&output);
    return status;
}

int heaps_explain_run(int argc, char **argv)
{
    struct explain_options options = { 0 };
    struct target *target = calloc(1, sizeof(*target));
    int status = EXIT_BAD_USAGE;

    if (!target)
        return command_complain_memory();
    if (options_parse(explain_option_table, &options, &argc, argv)) {
        if (argc != 2) {
            command_complain("heaps explain: it takes a process id, or the name of a live heap");
        } else if (region_reader_open(&target->reader)) {
            command_complain_memory();
        } else {
            status = explain(target, argv[1], &options);
            region_reader_close(target->reader);
            if (target->has_private_file)
                os_region_close(&target->private_file);
        }
    }
    free(target);
    return status;
}
