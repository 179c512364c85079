/* SPDX-License-Identifier: MIT
 *
 * perfharness list: what is registered, what it is called, and what is wrong with it. Loads no
 * provider.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "command.h"
#include "library_path.h"
#include "json_writer.h"
#include "options.h"
#include "os.h"
#include "output.h"
#include "perf_names.h"
#include "registration_check.h"
#include "registration_read.h"
#include "symbol_file.h"
#include "text.h"
#include "utf8.h"

#define NO_LIMIT SIZE_MAX

enum { FORMAT_TABLE, FORMAT_JSON };

struct list_options {
    int format;
    bool help_text;
    const char *language;
};

static const struct command_option list_option_table[] = {
    { "format", 'f', OPTION_CHOICE, offsetof(struct list_options, format), "table|json",
      "how to print it", 0, 0 },
    { "help-text", 0, OPTION_FLAG, offsetof(struct list_options, help_text), NULL,
      "with the help text of each object and counter", 0, 0 },
    { "language", 0, OPTION_TEXT, offsetof(struct list_options, language), "009",
      "names of that language; English where it has none", 0, 0 },
    OPTIONS_END,
};

/* Remarks are collected first: each is printed beside what it is about. */
struct remark {
    const struct service *service;
    enum registration_severity severity;
    char *text;
};

struct listing {
    const struct registration *registration;
    const struct service *only; /* NULL: all */
    uint32_t language;
    bool help_text;
    const char *library_path; /* where libraries are looked for first */
    struct remark *remarks;
    size_t remark_count, remark_capacity;
    bool is_out_of_memory;
    struct output output;
    struct json_writer json;
};

static const char *const severity_words[] = { "note", "warning", "error" };

static void collect_remark(void *context, const struct registration_remark *remark)
{
    struct listing *listing = context;
    struct remark *remarks = array_reserve(listing->remarks, &listing->remark_capacity,
                                           listing->remark_count + 1, sizeof(*remarks));

    if (!remarks) {
        listing->is_out_of_memory = true;
        return;
    }
    listing->remarks = remarks;
    struct remark *added = &remarks[listing->remark_count];
    added->service = remark->service;
    added->severity = remark->severity;
    added->text = text8_copy(remark->text);
    if (!added->text) {
        listing->is_out_of_memory = true;
        return;
    }
    listing->remark_count++;
}

/* Whether the library is there, and of this program's bitness; its path, or "". */
static const char *check_library(const struct listing *listing, const struct service *service,
                                 char path[OS_PATH_SIZE], char remark[OS_PATH_SIZE + 200])
{
    const size_t size = OS_PATH_SIZE + 200;
    int own = (int)sizeof(void *) * 8;

    *remark = *path = 0;
    if (!service->library)
        return path;
    if (library_path_find(service, listing->library_path, path, OS_PATH_SIZE)) {
        snprintf(remark, size,
                 "library not found: looked at %s first; name its folder with "
                 "--library-path",
                 path);
        *path = 0;
        return path;
    }
    int bits = symbol_file_bits(path);
    if (bits == 0)
        snprintf(remark, size, "%s is no library that this system can load", path);
    else if (bits != own)
        snprintf(remark, size, "%s is a %d-bit library; this program loads %d-bit ones", path, bits,
                 own);
    return path;
}

static const char *find_text(const struct listing *listing, enum name_table_kind kind,
                             uint32_t index)
{
    const struct name_table *names = &listing->registration->names;
    const char *text = name_table_find(names, listing->language, kind, index);

    return text ? text : name_table_find(names, PERF_ENGLISH, kind, index);
}

/* Help of the name with that index: as far behind First Help as it is behind First Counter. */
static uint32_t help_index(const struct service *service, uint32_t index)
{
    return service->first_help + (index - service->first_counter);
}

/* Remarks come in the order of the services, those on the whole first: the first about one. */
static size_t first_remark(const struct listing *listing, const struct service *service)
{
    size_t low = 0, high = listing->remark_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct service *other = listing->remarks[middle].service;
        if (service && (!other || other < service))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_about(const struct listing *listing, size_t remark, const struct service *service)
{
    return remark < listing->remark_count && listing->remarks[remark].service == service;
}

static const char *status_of(const struct listing *listing, const struct service *service)
{
    if (service->problem)
        return "broken";
    if (service->disabled)
        return "disabled";
    if (!service->has_indices)
        return "not installed";
    for (size_t i = first_remark(listing, service); is_about(listing, i, service); i++)
        if (listing->remarks[i].severity == REGISTRATION_ERROR)
            return "damaged";
    return "ok";
}

static bool is_object(const struct service *service, uint32_t index)
{
    for (size_t i = 0; i < service->object_list_count; i++)
        if (service->object_list[i] == index)
            return true;
    return false;
}

/* The next title index of the service, from `index` on, that has a text; or UINT32_MAX. */
static uint32_t next_title(const struct listing *listing, const struct service *service,
                           uint32_t index)
{
    const uint32_t languages[] = { PERF_ENGLISH, listing->language };
    uint32_t next = UINT32_MAX;

    for (size_t i = 0; i < 2; i++) {
        const struct name_table_entry *entry =
            name_table_next(&listing->registration->names, languages[i], NAME_TABLE_COUNTER, index);
        if (entry && entry->index < next && entry->index <= service->last_counter)
            next = entry->index;
    }
    return next;
}

/* ---- table ------------------------------------------------------------------------------ */

static void print_remarks(struct listing *listing, const struct service *service,
                          const char *indent)
{
    for (size_t i = first_remark(listing, service); is_about(listing, i, service); i++) {
        const struct remark *remark = &listing->remarks[i];
        output_add_format(&listing->output, "%s%s: ", indent, severity_words[remark->severity]);
        utf8_add_safe(&listing->output, remark->text, NO_LIMIT);
        output_add_byte(&listing->output, '\n');
    }
}

static void print_library(struct listing *listing, const struct service *service)
{
    char path[OS_PATH_SIZE], remark[OS_PATH_SIZE + 200];
    struct output *output = &listing->output;

    output_add_text(output, "  library  ");
    utf8_add_safe(output, service->library ? service->library : "(none)", NO_LIMIT);
    if (*check_library(listing, service, path, remark)) {
        output_add_text(output, " -> ");
        utf8_add_safe(output, path, NO_LIMIT);
    }
    if (*remark) {
        output_add_text(output, "\n  warning: ");
        utf8_add_safe(output, remark, NO_LIMIT);
    }
    output_add_byte(output, '\n');
}

static void print_help_text(struct listing *listing, const struct service *service, uint32_t index,
                            const char *indent)
{
    const char *help = find_text(listing, NAME_TABLE_HELP, help_index(service, index));

    if (!listing->help_text || !help)
        return;
    output_add_text(&listing->output, indent);
    utf8_add_safe(&listing->output, help, NO_LIMIT);
    output_add_byte(&listing->output, '\n');
}

static void print_titles(struct listing *listing, const struct service *service)
{
    bool is_inside = false;

    if (!service->has_indices)
        return;
    for (uint32_t index = next_title(listing, service, service->first_counter); index != UINT32_MAX;
         index = next_title(listing, service, index + 1)) {
        bool begins = is_object(service, index);
        is_inside = is_inside || begins;
        bool is_counter = is_inside && !begins;
        output_add_format(&listing->output, "  %6u  %s", (unsigned)index, is_counter ? "  " : "");
        const char *name = find_text(listing, NAME_TABLE_COUNTER, index);
        utf8_add_safe(&listing->output, name ? name : "", NO_LIMIT);
        output_add_byte(&listing->output, '\n');
        print_help_text(listing, service, index, is_counter ? "              " : "            ");
    }
}

static void print_calls(struct listing *listing, const struct service *service)
{
    const char *const names[3] = { service->open, service->collect, service->close };

    for (size_t i = 0; i < 3; i++) {
        output_add_text(&listing->output, i ? ", " : "  calls    ");
        utf8_add_safe(&listing->output, names[i] ? names[i] : "(none)", NO_LIMIT);
    }
    output_add_byte(&listing->output, '\n');
}

static void print_service(struct listing *listing, const struct service *service)
{
    struct output *output = &listing->output;

    utf8_add_safe(output, service->name, NO_LIMIT);
    output_add_format(output, " - %s\n", status_of(listing, service));
    print_library(listing, service);
    print_calls(listing, service);
    if (service->has_indices) {
        output_add_format(output, "  indices  names %u to %u, help %u to %u",
                          (unsigned)service->first_counter, (unsigned)service->last_counter,
                          (unsigned)service->first_help, (unsigned)service->last_help);
        for (size_t i = 0; i < service->object_list_count; i++)
            output_add_format(output, "%s%u", i ? " " : "; objects ",
                              (unsigned)service->object_list[i]);
        output_add_byte(output, '\n');
    }
    print_remarks(listing, service, "  ");
    print_titles(listing, service);
}

static void print_table(struct listing *listing)
{
    const struct registration *registration = listing->registration;

    for (size_t i = 0; i < registration->service_count; i++) {
        const struct service *service = &registration->services[i];
        if (listing->only && listing->only != service)
            continue;
        if (listing->output.size)
            output_add_byte(&listing->output, '\n');
        print_service(listing, service);
    }
    if (listing->only)
        return;
    struct output whole = listing->output;
    memset(&listing->output, 0, sizeof(listing->output));
    print_remarks(listing, NULL, "");
    if (listing->output.size) {
        output_add_text(&whole, "\n");
        output_add(&whole, listing->output.data, listing->output.size);
    }
    output_release(&listing->output);
    listing->output = whole;
}

/* ---- JSON ------------------------------------------------------------------------------- */

static void write_remark(struct json_writer *json, const char *severity, const char *text)
{
    json_writer_begin_object_on_one_line(json);
    json_writer_key(json, "severity");
    json_writer_string(json, severity);
    json_writer_key(json, "message");
    json_writer_string(json, text);
    json_writer_end_object(json);
}

static void write_remarks(struct listing *listing, const struct service *service,
                          const char *library_remark)
{
    struct json_writer *json = &listing->json;

    json_writer_key(json, "remarks");
    json_writer_begin_array(json);
    if (*library_remark)
        write_remark(json, severity_words[REGISTRATION_WARNING], library_remark);
    for (size_t i = first_remark(listing, service); is_about(listing, i, service); i++)
        write_remark(json, severity_words[listing->remarks[i].severity], listing->remarks[i].text);
    json_writer_end_array(json);
}

static void write_title(struct listing *listing, const struct service *service, uint32_t index)
{
    struct json_writer *json = &listing->json;

    json_writer_key(json, "index");
    json_writer_unsigned(json, index);
    json_writer_key(json, "name");
    json_writer_string(json, find_text(listing, NAME_TABLE_COUNTER, index));
    json_writer_key(json, "help_index");
    json_writer_unsigned(json, help_index(service, index));
    json_writer_key(json, "help");
    json_writer_string(json, find_text(listing, NAME_TABLE_HELP, help_index(service, index)));
}

/* Titles from *index up to the next object, as an array; *index moves on to it. */
static void write_counters(struct listing *listing, const struct service *service, const char *key,
                           uint32_t *index)
{
    json_writer_key(&listing->json, key);
    json_writer_begin_array(&listing->json);
    for (; *index != UINT32_MAX && !is_object(service, *index);
         *index = next_title(listing, service, *index + 1)) {
        json_writer_begin_object_on_one_line(&listing->json);
        write_title(listing, service, *index);
        json_writer_end_object(&listing->json);
    }
    json_writer_end_array(&listing->json);
}

static void write_titles(struct listing *listing, const struct service *service)
{
    struct json_writer *json = &listing->json;
    uint32_t index =
        service->has_indices ? next_title(listing, service, service->first_counter) : UINT32_MAX;

    write_counters(listing, service, "titles", &index);
    json_writer_key(json, "objects");
    json_writer_begin_array(json);
    while (index != UINT32_MAX) {
        json_writer_begin_object(json);
        write_title(listing, service, index);
        index = next_title(listing, service, index + 1);
        write_counters(listing, service, "counters", &index);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
}

static void write_index(struct json_writer *json, const char *key, bool is_known, uint32_t index)
{
    json_writer_key(json, key);
    if (is_known)
        json_writer_unsigned(json, index);
    else
        json_writer_null(json);
}

static void write_service(struct listing *listing, const struct service *service)
{
    struct json_writer *json = &listing->json;
    char path[OS_PATH_SIZE], remark[OS_PATH_SIZE + 200];
    bool is_found = *check_library(listing, service, path, remark);
    const struct {
        const char *key, *text;
    } texts[] = {
        { "name", service->name },       { "status", status_of(listing, service) },
        { "library", service->library }, { "library_path", is_found ? path : NULL },
        { "open", service->open },       { "collect", service->collect },
        { "close", service->close },
    };

    json_writer_begin_object(json);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        json_writer_key(json, texts[i].key);
        json_writer_string(json, texts[i].text);
    }
    write_index(json, "first_counter", service->has_indices, service->first_counter);
    write_index(json, "last_counter", service->has_indices, service->last_counter);
    write_index(json, "first_help", service->has_indices, service->first_help);
    write_index(json, "last_help", service->has_indices, service->last_help);
    json_writer_key(json, "object_list");
    if (service->has_object_list) {
        json_writer_begin_array(json);
        for (size_t i = 0; i < service->object_list_count; i++)
            json_writer_unsigned(json, service->object_list[i]);
        json_writer_end_array(json);
    } else {
        json_writer_null(json);
    }
    write_index(json, "open_timeout_ms", true, service->open_timeout_ms);
    write_index(json, "collect_timeout_ms", true, service->collect_timeout_ms);
    json_writer_key(json, "supports_metadata");
    json_writer_bool(json, service->supports_metadata);
    write_index(json, "disabled", true, service->disabled);
    write_remarks(listing, service, remark);
    write_titles(listing, service);
    json_writer_end_object(json);
}

static void print_json(struct listing *listing)
{
    const struct registration *registration = listing->registration;
    struct json_writer *json = &listing->json;
    bool has_last = registration->has_last_counter;

    json_writer_init(json, &listing->output);
    json_writer_begin_object(json);
    json_writer_key(json, "source");
    json_writer_string(json, registration->source);
    write_index(json, "last_counter", has_last, registration->last_counter);
    write_index(json, "last_help", has_last, registration->last_help);
    write_index(json, "test_level", true, registration->test_level);
    write_index(json, "disabled", true, registration->disabled);
    write_remarks(listing, NULL, "");
    json_writer_key(json, "services");
    json_writer_begin_array(json);
    for (size_t i = 0; i < registration->service_count; i++)
        if (!listing->only || listing->only == &registration->services[i])
            write_service(listing, &registration->services[i]);
    json_writer_end_array(json);
    json_writer_end_object(json);
}

/* ---- the command ------------------------------------------------------------------------ */

static int complain_unknown_service(const struct registration *registration, const char *name)
{
    const char *nearest = NULL;
    size_t nearest_distance = 4;

    for (size_t i = 0; i < registration->service_count; i++) {
        size_t distance = options_distance(name, registration->services[i].name);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = registration->services[i].name;
        }
    }
    if (nearest)
        command_complain("%s: no service \"%s\" with a Performance key; did you mean \"%s\"?",
                         registration->source, name, nearest);
    else
        command_complain("%s: no service \"%s\" with a Performance key; `list` shows all",
                         registration->source, name);
    return EXIT_NOTHING;
}

static int print_listing(struct listing *listing, int format)
{
    int status = EXIT_FINE;

    if (registration_check(listing->registration, collect_remark, listing))
        listing->is_out_of_memory = true;
    if (format == FORMAT_JSON)
        print_json(listing);
    else
        print_table(listing);
    if (listing->is_out_of_memory || listing->output.is_lost) {
        command_complain("out of memory");
        status = EXIT_BAD_USAGE;
    } else {
        fwrite(listing->output.data, 1, listing->output.size, stdout);
    }
    for (size_t i = 0; i < listing->remark_count; i++)
        free(listing->remarks[i].text);
    free(listing->remarks);
    output_release(&listing->output);
    return status;
}

static int list_registration(const struct registration *registration,
                             const struct list_options *options, const char *library_path,
                             const char *service)
{
    struct listing listing = { .registration = registration,
                               .language = PERF_ENGLISH,
                               .help_text = options->help_text,
                               .library_path = library_path };

    if (options->language) {
        if (!registration_parse_language(options->language, &listing.language)) {
            command_complain("--language: \"%s\" is not a language such as 009 or 00C",
                             options->language);
            return EXIT_BAD_USAGE;
        }
        if (!name_table_has_language(&registration->names, listing.language)) {
            command_complain("%s: no names in language %s (no Perflib\\%03X)", registration->source,
                             options->language, (unsigned)listing.language);
            return EXIT_NOTHING;
        }
    }
    if (registration->service_count == 0) {
        command_complain("%s: no performance counters are registered: no service has a "
                         "Performance key; perfharness install registers one",
                         registration->source);
        return EXIT_NOTHING;
    }
    if (service) {
        listing.only = registration_find(registration, service);
        if (!listing.only)
            return complain_unknown_service(registration, service);
    }
    return print_listing(&listing, options->format);
}

static int run_list(const struct global_options *global, int argc, char **argv)
{
    struct list_options options = { 0 };
    struct registration registration;

    if (!options_parse(list_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc > 1) {
        command_complain("list: one service at most, not \"%s\" too", argv[1]);
        return EXIT_BAD_USAGE;
    }
    int status = command_open_registration(global, &registration);
    if (status)
        return status;
    status = list_registration(&registration, &options, command_library_path(global),
                               argc ? argv[0] : NULL);
    registration_release(&registration);
    return status;
}

const struct command command_list = {
    .name = "list",
    .usage = "[SERVICE] [--format table|json] [--help-text] [--language 009]",
    .summary = "show which providers, objects and counters are registered, and what is wrong",
    .help = "Loads no provider. Counters stand below their object where the registration has an\n"
            "Object List; their types are known only to the provider (perfharness query).\n"
            "Status of a service: ok; disabled; not installed (no title indices); damaged (its\n"
            "indices are wrong); broken (it cannot be called). The exit status is 0 all the same;\n"
            "3 when there is no service.\n",
    .options = list_option_table,
    .run = run_list,
};
