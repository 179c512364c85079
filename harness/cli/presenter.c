/* SPDX-License-Identifier: MIT
 *
 * Turns options into a decoder's input, and brings an output to its reader.
 */
#include "presenter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input_file.h"
#include "os.h"
#include "perf_names.h"
#include "terminal.h"
#include "utf8.h"
#include "walk_rule.h"

const char presenter_formats[] =
#define FORMAT(id) "|" #id
#include "formats.def"
#undef FORMAT
    ;

/* Columns of a table for a log or a file; chosen. */
#define DEFAULT_WIDTH 120

/* Bytes of a file of counter paths; chosen: DECODER_PATHS paths are far smaller. */
#define COUNTER_FILE_LIMIT ((size_t)1 << 20)

/* Breaches that are reported one by one; chosen, about a screen. */
#define MOST_BREACHES 20

static size_t table_width(void)
{
    unsigned columns, rows;
    char text[16];

    if (terminal_size(&columns, &rows))
        return columns;
    /* strtoul would skip blanks and a sign. */
    if (os_environment("COLUMNS", text, sizeof(text)) == ERROR_SUCCESS &&
        !text[strspn(text, "0123456789")]) {
        const unsigned long width = strtoul(text, NULL, 10);
        if (width >= 20 && width <= 10000)
            return width;
    }
    return DEFAULT_WIDTH;
}

_Static_assert(DECODER_PATHS == sizeof(((struct option_texts *)0)->items) / sizeof(char *),
               "as many texts as a decoder has paths");

/* Read a path from each line. Blank lines and lines that begin with ";" are left out. */
static bool read_counter_file(struct presenter *presenter, const char *path)
{
    struct span bytes;
    char *text;
    int status = input_file_read(path, &bytes, COUNTER_FILE_LIMIT);

    if (status)
        return false;
    text = malloc(bytes.size + 1);
    if (text) {
        memcpy(text, bytes.data, bytes.size);
        text[bytes.size] = '\0';
    }
    free((void *)(uintptr_t)bytes.data);
    presenter->file = text;
    if (!text) {
        command_complain_memory();
        return false;
    }
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    for (char *line = text; line;) {
        char *end = line + strcspn(line, "\r\n");
        char *next = *end ? end + 1 : NULL;

        *end = '\0';
        line += strspn(line, " \t");
        if (*line && *line != ';') {
            if (presenter->texts.count == DECODER_PATHS) {
                command_complain("%s: more than %d counter paths; a path with * chooses several "
                                 "counters",
                                 path, DECODER_PATHS);
                return false;
            }
            presenter->texts.items[presenter->texts.count++] = line;
        }
        line = next;
    }
    if (presenter->texts.count)
        return true;
    command_complain("%s has no counter path", path);
    return false;
}

void presenter_use_names(struct presenter *presenter, const struct presenter_options *options,
                         const struct name_table *names)
{
    presenter->input.names = names;
    if (options->language && !name_table_has_language(names, presenter->input.language))
        command_complain("the registration has no names in language %s; the English ones are used",
                         options->language);
}

int presenter_init(struct presenter *presenter, const struct presenter_options *options,
                   const struct name_table *names)
{
    unsigned columns, rows;

    *presenter = (struct presenter){
        .texts = options->counters,
        .input = { .language = PERF_ENGLISH,
                   .paths = presenter->paths,
                   .cook.is_multi_timer_in_seconds = options->is_multi_timer_in_seconds },
        .format = { .width = table_width(),
                    .is_file = !presenter_is_stdout(options->output),
                    .is_cut = !options->output && terminal_size(&columns, &rows) },
    };
    if (options->language &&
        (!registration_parse_language(options->language, &presenter->input.language) ||
         presenter->input.language == 0)) {
        command_complain("--language \"%s\" is not a language id: three hexadecimal digits, such "
                         "as 009 (English) or 407",
                         options->language);
        return EXIT_BAD_USAGE;
    }
    if (names)
        presenter_use_names(presenter, options, names);
    if (options->counter_file && !read_counter_file(presenter, options->counter_file)) {
        presenter_release(presenter);
        return EXIT_BAD_USAGE;
    }
    for (size_t i = 0; i < presenter->texts.count; i++) {
        const char *text = presenter->texts.items[i];
        struct counter_path_error error = { 0, "out of memory" };

        if (counter_path_parse(text, &presenter->paths[i], &error)) {
            command_complain("--counter \"%s\", position %zu: %s", text, error.position,
                             error.message);
            presenter_release(presenter);
            return EXIT_BAD_USAGE;
        }
        presenter->input.path_count = i + 1;
    }
    return EXIT_FINE;
}

void presenter_release(struct presenter *presenter)
{
    for (size_t i = 0; i < presenter->input.path_count; i++)
        counter_path_release(&presenter->paths[i]);
    presenter->input.path_count = 0;
    free(presenter->file);
    presenter->file = NULL;
}

bool presenter_report_breach(void *context, const struct walk_breach *breach)
{
    struct breach_callback *callback = context;
    const char *source = callback->source;

    if (callback->count++ < MOST_BREACHES)
        command_complain("%s%srule %s, offset %zu, %s: %s", source ? source : "",
                         source ? ": " : "", walk_rule_name(breach->rule), breach->offset,
                         breach->structure, breach->message);
    else if (callback->count == MOST_BREACHES + 1)
        command_complain("further breaches are not shown; `perfharness check` finds them all");
    return !callback->stops;
}

int presenter_complain(DWORD error)
{
    if (error == ERROR_NOT_ENOUGH_MEMORY)
        command_complain_memory();
    else if (error == ERROR_INVALID_DATA)
        command_complain("there is no data block in it that can be read");
    else
        command_complain("the sample cannot be shown (error %lu); decode shows a saved one",
                         (unsigned long)error);
    return error == ERROR_INVALID_DATA ? EXIT_BROKEN_RULE : EXIT_BAD_USAGE;
}

int presenter_find(const struct presenter *presenter)
{
    struct decoder_input input = presenter->input;
    const struct decoded_object *object;
    const struct decoded_instance *instance;
    uint64_t objects = 0, counters = 0, found = 0;
    size_t object_count = 0;
    struct decoder *decoder;
    DWORD error;

    input.on_breach = NULL;
    input.older.size = 0;
    error = decoder_open(&decoder, &input);
    if (error)
        return presenter_complain(error);
    while ((object = decoder_next_object(decoder))) {
        uint64_t of_object = 0, described = 0;

        object_count++;
        for (size_t i = 0; i < object->counter_count; i++)
            of_object |= object->counters[i].paths;
        /* Only the object's counters show which paths select it, so the patterns are asked. */
        for (size_t i = 0; i < input.path_count; i++) {
            char index[16];

            snprintf(index, sizeof(index), "%" PRIu32, object->definition.name_index);
            if (counter_path_pattern_matches(&input.paths[i].object,
                                             object->name ? object->name : index) ||
                counter_path_pattern_matches(&input.paths[i].object, index))
                described |= UINT64_C(1) << i;
        }
        objects |= described;
        counters |= of_object;
        while ((instance = decoder_next_instance(decoder)))
            found |= instance->paths & of_object;
    }
    error = decoder_error(decoder);
    decoder_close(decoder);
    if (error)
        return presenter_complain(error);

    for (size_t i = 0; i < input.path_count; i++) {
        const uint64_t bit = UINT64_C(1) << i;

        if (found & bit)
            continue;
        command_complain("nothing in the answer matches --counter \"%s\": it has no such %s",
                         presenter->texts.items[i],
                         !(objects & bit)    ? "object"
                         : !(counters & bit) ? "counter"
                                             : "instance");
        return EXIT_NOTHING;
    }
    return object_count || input.path_count ? EXIT_FINE : EXIT_NOTHING;
}

bool presenter_is_stdout(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

static bool drain(void *context, const char *data, size_t size)
{
    struct delivery *delivery = context;

    if (!delivery->file)
        return fwrite(data, 1, size, stdout) == size; /* main reports what went wrong with stdout */
    delivery->error = file_replace_add(delivery->file, data, size);
    return !delivery->error;
}

int presenter_begin(struct delivery *delivery, struct output *output, const char *path)
{
    *delivery = (struct delivery){ .path = presenter_is_stdout(path) ? NULL : path };
    output->drain = drain;
    output->drain_context = delivery;
    if (delivery->path)
        delivery->error = file_replace_open(&delivery->file, path);
    return delivery->error ? command_complain_output(path, delivery->error) : EXIT_FINE;
}

int presenter_end(struct delivery *delivery, struct output *output, int status)
{
    const bool is_kept = status != EXIT_BAD_USAGE && status != EXIT_NOTHING;

    if (is_kept)
        output_flush(output);
    if (is_kept && output->is_lost && !delivery->error && delivery->file)
        delivery->error = ERROR_NOT_ENOUGH_MEMORY;
    if (delivery->file) {
        const DWORD error = delivery->error ? delivery->error : !is_kept ? ERROR_CANCELLED : 0;
        const DWORD closed = file_replace_close(delivery->file, error);

        delivery->file = NULL;
        if (closed && is_kept)
            return command_complain_output(delivery->path, closed);
    } else if (is_kept && output->is_lost && !ferror(stdout)) {
        return presenter_complain(ERROR_NOT_ENOUGH_MEMORY);
    }
    return status;
}

int presenter_check_raw(const struct presenter_options *options)
{
    if (options->format != FORMAT_raw || options->output || !os_is_terminal(1))
        return EXIT_FINE;
    command_complain(
        "raw bytes are not for a terminal: -o FILE saves them, -o - shows them all the "
        "same, --format hex shows them in digits");
    return EXIT_BAD_USAGE;
}

void presenter_remark_totals(const struct presenter *presenter)
{
    struct decoder_input input = presenter->input;
    const struct decoded_object *object;
    struct decoder *decoder;
    const char *name = NULL;
    char text[128];

    input.on_breach = NULL;
    if (presenter->format.is_cooked || decoder_open(&decoder, &input))
        return;
    while (!name && (object = decoder_next_object(decoder)))
        for (size_t i = 0; !name && i < object->counter_count; i++) {
            const struct decoded_counter *counter = &object->counters[i];

            if (counter->type && counter->type->unit == COOK_UNIT_PER_SECOND && counter->name &&
                (!input.path_count || counter->paths))
                name = counter->name;
        }
    if (name) {
        snprintf(text, sizeof(text), "%s", name);
        command_complain("these are raw values: \"%s\" and its like are running totals here; "
                         "--cooked shows rates",
                         text);
    }
    decoder_close(decoder);
}

int presenter_deliver(const struct output *output, const char *path)
{
    DWORD error;

    if (output->is_lost)
        return presenter_complain(ERROR_NOT_ENOUGH_MEMORY);
    if (presenter_is_stdout(path)) {
        if (output->size)
            fwrite(output->data, 1, output->size, stdout);
        return EXIT_FINE;
    }
    error = os_file_write_all(path, output->data ? output->data : "", output->size);
    return error ? command_complain_output(path, error) : EXIT_FINE;
}

/* CSV of a large answer is many times as large as the answer, so it is written while it grows. */
static int show_csv(const struct presenter *presenter, const struct presenter_options *options)
{
    struct output output = { 0 };
    struct delivery delivery;
    int status = presenter_begin(&delivery, &output, options->output);

    if (!status) {
        const DWORD error = format_csv_write(&output, &presenter->input, &presenter->format);

        status = error && !output.is_lost ? presenter_complain(error) : EXIT_FINE;
        status = presenter_end(&delivery, &output, status);
    }
    if (!status)
        presenter_remark_totals(presenter);
    output_release(&output);
    return status;
}

int presenter_show(const struct presenter *presenter, const struct presenter_options *options)
{
    struct output output = { 0 };
    DWORD error;
    int status = presenter_check_raw(options);

    if (status)
        return status;
    if (options->format == FORMAT_csv)
        return show_csv(presenter, options);
    error = formats[options->format].write(&output, &presenter->input, &presenter->format);
    status = error ? presenter_complain(error) : presenter_deliver(&output, options->output);
    output_release(&output);
    return status;
}
