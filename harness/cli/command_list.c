/* SPDX-License-Identifier: MIT
 *
 * perfharness list: shows what is registered, under which names, and what is wrong with it. It
 * loads no provider.
 */
#include <stdio.h>

#include "command.h"
#include "list_json.h"
#include "list_table.h"
#include "options.h"
#include "perf_names.h"
#include "registration.h"

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
    struct output output = { 0 };
    int status = EXIT_FINE;

    if (listing_check(listing))
        (format == FORMAT_JSON ? list_json_print : list_table_print)(&output, listing);
    if (listing->is_out_of_memory || output.is_lost) {
        command_complain_memory();
        status = EXIT_BAD_USAGE;
    } else {
        fwrite(output.data, 1, output.size, stdout);
    }
    listing_release(listing);
    output_release(&output);
    return status;
}

static int list_registration(const struct registration *registration,
                             const struct diagnosis *diagnosis, const struct list_options *options,
                             const char *library_path, const char *service)
{
    struct listing listing = { .registration = registration,
                               .diagnosis = diagnosis,
                               .language = PERF_ENGLISH,
                               .help_text = options->help_text,
                               .library_path = library_path };

    if (options->language) {
        if (!registration_parse_language(options->language, &listing.language)) {
            command_complain(
                "--language: \"%s\" is not a language; give its number, such as 009 or 00C",
                options->language);
            return EXIT_BAD_USAGE;
        }
        if (!name_table_has_language(&registration->names, listing.language)) {
            command_complain("%s: no names in language %s (no Perflib\\%03X); 009 is "
                             "English",
                             registration->source, options->language, (unsigned)listing.language);
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
    struct registry_findings findings = { 0 };
    struct registration registration;

    if (!options_parse(list_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc > 1) {
        command_complain("list: name one service, or none for all; \"%s\" is too much", argv[1]);
        return EXIT_BAD_USAGE;
    }
    char path[OS_PATH_SIZE];
    struct registration_error error;
    int status = default_registration_find_file(global, path, sizeof(path), &error);
    if (status == EXIT_FINE && registry_findings_open(&findings, path, &error))
        status = EXIT_BAD_USAGE;
    if (status != EXIT_FINE) {
        command_complain("%s", error.message);
        return status;
    }
    if (registration_read(&findings.input.tree, findings.input.name, &registration)) {
        command_complain_memory();
        status = EXIT_BAD_USAGE;
    } else {
        status = list_registration(&registration, &findings.diagnosis, &options,
                                   command_library_path(global), argc ? argv[0] : NULL);
        registration_release(&registration);
    }
    registry_findings_close(&findings);
    return status;
}

const struct command command_list = {
    .name = "list",
    .usage = "[SERVICE] [--format table|json] [--help-text] [--language 009]",
    .summary = "show which providers, objects and counters are registered, and what is wrong",
    .help = "Loads no provider. Counters are below their object where the registration has an\n"
            "Object List; their types are known only to the provider (perfharness query).\n"
            "Status of a service: ok; disabled; not installed (no title indices); damaged (its\n"
            "indices are wrong); broken (it cannot be called). The exit status is 0 all the same;\n"
            "3 when there is no service. In brackets: the id of the fault, of which perfharness\n"
            "doctor shows the cause and the repair.\n",
    .options = list_option_table,
    .run = run_list,
};
