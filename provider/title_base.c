/* SPDX-License-Identifier: MIT
 *
 * Finds where the title indices of this provider begin: see title_base.h.
 */
#include "title_base.h"

#include <stdbool.h>
#include <string.h>

#include "counter_table.h"
#include "os.h"
#include "text.h"

#define SERVICES_KEY "SYSTEM\\CurrentControlSet\\Services\\"
#define PERFORMANCE_KEY "\\Performance"

enum {
    NAME_LENGTH = 255,
    KEY_LENGTH = sizeof(SERVICES_KEY) + NAME_LENGTH + sizeof(PERFORMANCE_KEY)
};

/* Services\<service>\Performance; false if that cannot be the name of a key. */
static bool performance_key(const WCHAR *service, WCHAR key[KEY_LENGTH])
{
    size_t length = text_length(service), at;

    if (length == 0 || length > NAME_LENGTH)
        return false;
    for (size_t i = 0; i < length; i++)
        if (service[i] == '\\')
            return false;
    at = text_from_utf8(SERVICES_KEY, strlen(SERVICES_KEY), key, KEY_LENGTH);
    memcpy(key + at, service, length * sizeof(WCHAR));
    text_from_utf8(PERFORMANCE_KEY, strlen(PERFORMANCE_KEY), key + at + length,
                   KEY_LENGTH - at - length);
    return true;
}

/* Whether the service exists and has a Library, whose path is read. */
static bool service_library(const WCHAR *service, char *library, size_t size)
{
    WCHAR key[KEY_LENGTH];

    return performance_key(service, key) &&
           os_registry_string(key, TEXT16("Library"), library, size) == ERROR_SUCCESS;
}

/* Search all services for one whose Library has this library's file name. */
static bool find_by_library(WCHAR service[NAME_LENGTH + 1])
{
    char own[1024], library[1024];
    DWORD error;

    if (os_library_path_of((const void *)counter_table_objects, own, sizeof(own)))
        return false;
    for (uint32_t i = 0;; i++) {
        error = os_registry_subkey(TEXT16("SYSTEM\\CurrentControlSet\\Services"), i, service,
                                   NAME_LENGTH + 1);
        if (error == ERROR_MORE_DATA)
            continue; /* a name that is longer than a service's can be */
        if (error)
            return false;
        if (service_library(service, library, sizeof(library)) &&
            text_utf8_equal_ignore_case(text_utf8_file_name(library), text_utf8_file_name(own)))
            return true;
    }
}

static bool find_service(const WCHAR *context, WCHAR service[NAME_LENGTH + 1])
{
    char library[1024];
    size_t length = context ? text_length(context) : 0;

    if (length <= NAME_LENGTH && length > 0 && service_library(context, library, sizeof(library))) {
        memcpy(service, context, (length + 1) * sizeof(WCHAR));
        return true;
    }
    text_from_utf8("heapctrs", 8, service, NAME_LENGTH + 1);
    return service_library(service, library, sizeof(library)) || find_by_library(service);
}

/* Titles must neither wrap nor be zero, which means "no title". */
static bool is_usable(uint32_t first)
{
    return first > 0 && first <= UINT32_MAX - counter_table_last_title();
}

static bool read_number(const char *variable, uint32_t *number)
{
    char text[16];
    uint64_t value = 0;

    if (os_environment(variable, text, sizeof(text)))
        return false;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9')
            return false;
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *number = (uint32_t)value;
    return true;
}

DWORD title_base_find(const WCHAR *context, struct title_base *base)
{
    WCHAR service[NAME_LENGTH + 1], key[KEY_LENGTH];
    uint32_t first_counter, first_help;

    if (find_service(context, service)) {
        text_to_utf8(service, text_length(service), base->service, sizeof(base->service));
        performance_key(service, key);
        if (os_registry_dword(key, TEXT16("First Counter"), &first_counter) ||
            os_registry_dword(key, TEXT16("First Help"), &first_help) ||
            !is_usable(first_counter) || !is_usable(first_help))
            return ERROR_NOT_FOUND;
    } else {
        base->service[0] = 0;
        if (!read_number("PERFLIB_FIRST_COUNTER", &first_counter) ||
            !read_number("PERFLIB_FIRST_HELP", &first_help) || !is_usable(first_counter) ||
            !is_usable(first_help)) {
            first_counter = TITLE_BASE_DEFAULT_COUNTER;
            first_help = TITLE_BASE_DEFAULT_HELP;
        }
    }
    base->first_counter = first_counter;
    base->first_help = first_help;
    return ERROR_SUCCESS;
}
