/* SPDX-License-Identifier: MIT
 *
 * See list_json.h.
 */
#include "list_json.h"

#include "json_writer.h"

static void write_remark(struct json_writer *json, const char *id, const char *severity,
                         const char *text)
{
    json_writer_begin_object_on_one_line(json);
    json_writer_key(json, "id");
    json_writer_string(json, id);
    json_writer_key(json, "severity");
    json_writer_string(json, severity);
    json_writer_key(json, "message");
    json_writer_string(json, text);
    json_writer_end_object(json);
}

static void write_remarks(struct json_writer *json, const struct listing *listing,
                          const struct service *service, const char *library_remark)
{
    json_writer_key(json, "remarks");
    json_writer_begin_array(json);
    if (*library_remark)
        write_remark(json, NULL, doctor_faults_severity_name(FAULT_WARNING), library_remark);
    for (size_t i = listing_first_remark(listing, service); listing_is_about(listing, i, service);
         i++)
        write_remark(json, listing->remarks[i].id,
                     doctor_faults_severity_name(listing->remarks[i].severity),
                     listing->remarks[i].text);
    json_writer_end_array(json);
}

static void write_title(struct json_writer *json, const struct listing *listing,
                        const struct service *service, uint32_t index)
{
    json_writer_key(json, "index");
    json_writer_unsigned(json, index);
    json_writer_key(json, "name");
    json_writer_string(json, listing_text(listing, NAME_TABLE_COUNTER, index));
    json_writer_key(json, "help_index");
    json_writer_unsigned(json, listing_help_index(service, index));
    json_writer_key(json, "help");
    json_writer_string(json,
                       listing_text(listing, NAME_TABLE_HELP, listing_help_index(service, index)));
}

/* Write titles from *index up to the next object, as an array. *index advances to that object. */
static void write_counters(struct json_writer *json, const struct listing *listing,
                           const struct service *service, const char *key, uint32_t *index)
{
    json_writer_key(json, key);
    json_writer_begin_array(json);
    for (; *index != UINT32_MAX && !listing_is_object(service, *index);
         *index = listing_next_title(listing, service, *index + 1)) {
        json_writer_begin_object_on_one_line(json);
        write_title(json, listing, service, *index);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
}

static void write_titles(struct json_writer *json, const struct listing *listing,
                         const struct service *service)
{
    uint32_t index = service->has_indices
                         ? listing_next_title(listing, service, service->first_counter)
                         : UINT32_MAX;

    write_counters(json, listing, service, "titles", &index);
    json_writer_key(json, "objects");
    json_writer_begin_array(json);
    while (index != UINT32_MAX) {
        json_writer_begin_object(json);
        write_title(json, listing, service, index);
        index = listing_next_title(listing, service, index + 1);
        write_counters(json, listing, service, "counters", &index);
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

static void write_service(struct json_writer *json, const struct listing *listing,
                          const struct service *service)
{
    char path[OS_PATH_SIZE], remark[LISTING_REMARK_SIZE];
    bool is_found = *listing_check_library(listing, service, path, remark);
    const struct {
        const char *key, *text;
    } texts[] = {
        { "name", service->name },       { "status", listing_status_of(listing, service) },
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
    write_remarks(json, listing, service, remark);
    write_titles(json, listing, service);
    json_writer_end_object(json);
}

void list_json_print(struct output *output, const struct listing *listing)
{
    const struct registration *registration = listing->registration;
    bool has_last = registration->has_last_counter;
    struct json_writer writer = { 0 }, *json = &writer;

    json_writer_init(json, output);
    json_writer_begin_object(json);
    json_writer_key(json, "source");
    json_writer_string(json, registration->source);
    write_index(json, "last_counter", has_last, registration->last_counter);
    write_index(json, "last_help", has_last, registration->last_help);
    write_index(json, "test_level", true, registration->test_level);
    write_index(json, "disabled", true, registration->disabled);
    write_remarks(json, listing, NULL, "");
    json_writer_key(json, "services");
    json_writer_begin_array(json);
    for (size_t i = 0; i < registration->service_count; i++)
        if (!listing->only || listing->only == &registration->services[i])
            write_service(json, listing, &registration->services[i]);
    json_writer_end_array(json);
    json_writer_end_object(json);
}
