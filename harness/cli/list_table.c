/* SPDX-License-Identifier: MIT
 *
 * See list_table.h.
 */
#include "list_table.h"

#include "utf8.h"

#define NO_LIMIT SIZE_MAX

static void print_remarks(struct output *output, const struct listing *listing,
                          const struct service *service, const char *indent)
{
    for (size_t i = listing_first_remark(listing, service); listing_is_about(listing, i, service);
         i++) {
        const struct remark *remark = &listing->remarks[i];
        output_add_format(output, "%s%s: ", indent, doctor_faults_severity_name(remark->severity));
        utf8_add_safe(output, remark->text, NO_LIMIT);
        output_add_byte(output, '\n');
    }
}

static void print_library(struct output *output, const struct listing *listing,
                          const struct service *service)
{
    char path[OS_PATH_SIZE], remark[LISTING_REMARK_SIZE];

    output_add_text(output, "  library  ");
    utf8_add_safe(output, service->library ? service->library : "(none)", NO_LIMIT);
    if (*listing_check_library(listing, service, path, remark)) {
        output_add_text(output, " -> ");
        utf8_add_safe(output, path, NO_LIMIT);
    }
    if (*remark) {
        output_add_text(output, "\n  warning: ");
        utf8_add_safe(output, remark, NO_LIMIT);
    }
    output_add_byte(output, '\n');
}

static void print_help_text(struct output *output, const struct listing *listing,
                            const struct service *service, uint32_t index, const char *indent)
{
    const char *help = listing_text(listing, NAME_TABLE_HELP, listing_help_index(service, index));

    if (!listing->help_text || !help)
        return;
    output_add_text(output, indent);
    utf8_add_safe(output, help, NO_LIMIT);
    output_add_byte(output, '\n');
}

static void print_titles(struct output *output, const struct listing *listing,
                         const struct service *service)
{
    bool is_inside = false;

    if (!service->has_indices)
        return;
    for (uint32_t index = listing_next_title(listing, service, service->first_counter);
         index != UINT32_MAX; index = listing_next_title(listing, service, index + 1)) {
        bool begins = listing_is_object(service, index);
        is_inside = is_inside || begins;
        bool is_counter = is_inside && !begins;
        output_add_format(output, "  %6u  %s", (unsigned)index, is_counter ? "  " : "");
        const char *name = listing_text(listing, NAME_TABLE_COUNTER, index);
        utf8_add_safe(output, name ? name : "", NO_LIMIT);
        output_add_byte(output, '\n');
        print_help_text(output, listing, service, index,
                        is_counter ? "              " : "            ");
    }
}

static void print_calls(struct output *output, const struct service *service)
{
    const char *const names[3] = { service->open, service->collect, service->close };

    for (size_t i = 0; i < 3; i++) {
        output_add_text(output, i ? ", " : "  calls    ");
        utf8_add_safe(output, names[i] ? names[i] : "(none)", NO_LIMIT);
    }
    output_add_byte(output, '\n');
}

static void print_service(struct output *output, const struct listing *listing,
                          const struct service *service)
{

    utf8_add_safe(output, service->name, NO_LIMIT);
    output_add_format(output, " - %s\n", listing_status_of(listing, service));
    print_library(output, listing, service);
    print_calls(output, service);
    if (service->has_indices) {
        output_add_format(output, "  indices  names %u to %u, help %u to %u",
                          (unsigned)service->first_counter, (unsigned)service->last_counter,
                          (unsigned)service->first_help, (unsigned)service->last_help);
        for (size_t i = 0; i < service->object_list_count; i++)
            output_add_format(output, "%s%u", i ? " " : "; objects ",
                              (unsigned)service->object_list[i]);
        output_add_byte(output, '\n');
    }
    print_remarks(output, listing, service, "  ");
    print_titles(output, listing, service);
}

void list_table_print(struct output *output, const struct listing *listing)
{
    const struct registration *registration = listing->registration;

    for (size_t i = 0; i < registration->service_count; i++) {
        const struct service *service = &registration->services[i];
        if (listing->only && listing->only != service)
            continue;
        if (output->size)
            output_add_byte(output, '\n');
        print_service(output, listing, service);
    }
    if (listing->only || !listing_is_about(listing, 0, NULL))
        return;
    output_add_byte(output, '\n');
    print_remarks(output, listing, NULL, "");
}
