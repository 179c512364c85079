/* SPDX-License-Identifier: MIT
 *
 * Interprets a registry tree: services with a Performance key, Perflib's own values, the name
 * tables. The faults of a service are reported in its `problem`, joined with "; ".
 */
#include "registration.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printf_like.h"
#include "text.h"

/* The values that Windows uses if nothing is registered. */
#define DEFAULT_TIMEOUT_MS 10000
#define DEFAULT_TEST_LEVEL 4
#define DEFAULT_EVENT_LOG_LEVEL 1

/* The parser of values. The first failure to allocate memory is stored. */
struct registration_parser {
    const struct reg_tree *tree;
    const struct reg_key *key; /* the key whose values are read */
    char **problem;            /* receives the faults */
    uint32_t *faults;          /* receives their kinds (enum service_fault) */
    bool is_out_of_memory;
};

static void add_fault(struct registration_parser *parser, enum service_fault fault,
                      const char *format, va_list arguments)
{
    char text[512];

    *parser->faults |= fault;
    vsnprintf(text, sizeof(text), format, arguments);
    size_t before = *parser->problem ? strlen(*parser->problem) : 0;
    if (before > 2000)
        return;
    /* Not array_reserve: `problem` is a plain string of the caller, and stays below 3000 bytes. */
    char *joined = realloc(*parser->problem, before + strlen(text) + 3);
    if (!joined) {
        parser->is_out_of_memory = true;
        return;
    }
    snprintf(joined + before, strlen(text) + 3, "%s%s", before ? "; " : "", text);
    *parser->problem = joined;
}

PRINTF_LIKE(2, 3)
static void add_problem(struct registration_parser *parser, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_fault(parser, SERVICE_VALUE_DAMAGED, format, arguments);
    va_end(arguments);
}

PRINTF_LIKE(3, 4)
static void add_problem_of(struct registration_parser *parser, enum service_fault fault,
                           const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_fault(parser, fault, format, arguments);
    va_end(arguments);
}

bool registration_parse_dword(const struct reg_value *value, uint32_t *number)
{
    if (value->type != REG_DWORD || value->size != 4)
        return false;
    *number = (uint32_t)value->data[0] | (uint32_t)value->data[1] << 8 |
              (uint32_t)value->data[2] << 16 | (uint32_t)value->data[3] << 24;
    return true;
}

static const struct reg_value *find_value(const struct registration_parser *parser,
                                          const char *name)
{
    return parser->key ? reg_tree_value(parser->tree, parser->key, name) : NULL;
}

/* Read a REG_DWORD into *number, which is unchanged if it is missing. Returns whether it exists. */
static bool read_dword(struct registration_parser *parser, const char *name, uint32_t *number)
{
    const struct reg_value *value = find_value(parser, name);

    if (!value)
        return false;
    if (registration_parse_dword(value, number))
        return true;
    add_problem(parser, "%s is not a REG_DWORD of 4 bytes (type %u, %zu bytes)", name,
                (unsigned)value->type, value->size);
    return false;
}

/* The units of a string value without terminators; false if there is a problem. */
static bool string_units(struct registration_parser *parser, const struct reg_value *value,
                         const WCHAR **units, size_t *length)
{
    const char *name = value->node.name;

    if (value->type != REG_SZ && value->type != REG_EXPAND_SZ) {
        add_problem(parser, "%s is not a REG_SZ (type %u)", name, (unsigned)value->type);
        return false;
    }
    if (value->size % sizeof(WCHAR)) {
        add_problem(parser,
                    "%s has an odd number of bytes (%zu), but each character of a text has two",
                    name, value->size);
        return false;
    }
    *units = (const WCHAR *)(const void *)value->data;
    *length = value->size / sizeof(WCHAR);
    while (*length > 0 && !(*units)[*length - 1])
        (*length)--;
    if (*length > 0 && !text_is_valid(*units, *length)) {
        add_problem(parser, "%s holds a zero or half a character", name);
        return false;
    }
    return true;
}

static char *to_utf8(struct registration_parser *parser, const WCHAR *units, size_t length)
{
    size_t size = text_utf8_size(units, length) + 1;
    char *text = malloc(size);

    if (text)
        text_to_utf8(units, length, text, size);
    else
        parser->is_out_of_memory = true;
    return text;
}

static char *copy(struct registration_parser *parser, const char *text)
{
    char *result = text_utf8_copy(text);

    if (!result)
        parser->is_out_of_memory = true;
    return result;
}

/* Read a text that is required. `fault` is what its absence is. */
static char *read_text(struct registration_parser *parser, const char *name,
                       enum service_fault fault, bool *is_expandable)
{
    const struct reg_value *value = find_value(parser, name);
    const WCHAR *units;
    size_t length;

    if (!value) {
        add_problem_of(parser, fault, "%s is missing", name);
        return NULL;
    }
    if (!string_units(parser, value, &units, &length))
        return NULL;
    if (length == 0) {
        add_problem(parser, "%s is empty", name);
        return NULL;
    }
    if (is_expandable)
        *is_expandable = value->type == REG_EXPAND_SZ;
    return to_utf8(parser, units, length);
}

static void read_indices(struct registration_parser *parser, struct service *service)
{
    static const char *const names[4] = { "First Counter", "Last Counter", "First Help",
                                          "Last Help" };
    uint32_t *const numbers[4] = { &service->first_counter, &service->last_counter,
                                   &service->first_help, &service->last_help };
    int found = 0;

    for (int i = 0; i < 4; i++)
        found += read_dword(parser, names[i], numbers[i]);
    service->has_indices = found == 4;
    for (int i = 0; i < 4 && found > 0 && found < 4; i++)
        if (!find_value(parser, names[i]))
            add_problem_of(parser, SERVICE_VALUE_MISSING,
                           "%s is missing, although others of First/Last Counter/Help exist",
                           names[i]);
}

/* Read decimal numbers separated by blanks or zeros, from a REG_SZ or a REG_MULTI_SZ. */
static void read_object_list(struct registration_parser *parser, struct service *service)
{
    const struct reg_value *value = find_value(parser, "Object List");

    if (!value)
        return;
    if (value->type != REG_SZ && value->type != REG_EXPAND_SZ && value->type != REG_MULTI_SZ) {
        add_problem(parser, "Object List is not a REG_SZ or REG_MULTI_SZ (type %u)",
                    (unsigned)value->type);
        return;
    }
    const WCHAR *units = (const WCHAR *)(const void *)value->data;
    size_t length = value->size / sizeof(WCHAR);
    uint32_t *list = malloc((length / 2 + 1) * sizeof(*list));
    if (!list) {
        parser->is_out_of_memory = true;
        return;
    }
    service->object_list = list;
    service->has_object_list = true;
    for (size_t i = 0; i < length;) {
        uint64_t number = 0;
        size_t start = i;

        if (units[i] == ' ' || units[i] == '\t' || !units[i]) {
            i++;
            continue;
        }
        while (i < length && units[i] >= '0' && units[i] <= '9' && number <= UINT32_MAX)
            number = number * 10 + (uint64_t)(units[i++] - '0');
        bool ends_well = i == length || units[i] == ' ' || units[i] == '\t' || !units[i];
        if (i == start || !ends_well || number > UINT32_MAX) {
            add_problem(parser, "Object List contains something other than decimal numbers");
            return;
        }
        if (service->object_list_count == SERVICE_OBJECTS_LIMIT) {
            add_problem_of(parser, SERVICE_OBJECTS_TOO_MANY, "Object List has more than %d indices",
                           SERVICE_OBJECTS_LIMIT);
            return;
        }
        list[service->object_list_count++] = (uint32_t)number;
    }
    if (!service->object_list_count)
        add_problem(parser, "Object List is empty: remove it, or name the objects");
}

/* Read Linkage\Export, which Open receives. */
static void read_linkage(struct registration_parser *parser, struct service *service)
{
    const struct reg_value *value = find_value(parser, "Export");

    if (!value)
        return;
    if (value->type != REG_MULTI_SZ || value->size % sizeof(WCHAR)) {
        add_problem(parser, "Linkage\\Export is not a REG_MULTI_SZ (type %u, %zu bytes)",
                    (unsigned)value->type, value->size);
        return;
    }
    size_t length = value->size / sizeof(WCHAR);
    service->linkage_export = calloc(length + 2, sizeof(WCHAR));
    if (!service->linkage_export) {
        parser->is_out_of_memory = true;
        return;
    }
    if (length)
        memcpy(service->linkage_export, value->data, value->size);
    while (length < 2 || service->linkage_export[length - 1] || service->linkage_export[length - 2])
        length++; /* both terminators are in the memory from calloc */
    service->linkage_export_length = length;
}

/* Read the code of the trusted library. Only the host interprets these bytes, if it is asked to. */
static void read_validation_code(struct registration_parser *parser, struct service *service)
{
    const struct reg_value *value = find_value(parser, "Library Validation Code");

    if (!value)
        return;
    if (value->type != REG_BINARY) {
        add_problem(parser, "Library Validation Code is not a REG_BINARY (type %u)",
                    (unsigned)value->type);
        return;
    }
    service->validation_code = malloc(value->size + 1);
    if (!service->validation_code) {
        parser->is_out_of_memory = true;
        return;
    }
    memcpy(service->validation_code, value->data, value->size);
    service->validation_code_size = value->size;
}

static void read_service(struct registration_parser *parser, const struct reg_key *key,
                         const struct reg_key *performance, struct service *service)
{
    service->open_timeout_ms = service->collect_timeout_ms = DEFAULT_TIMEOUT_MS;
    service->name = copy(parser, key->node.name);
    parser->problem = &service->problem;
    parser->faults = &service->faults;
    parser->key = performance;
    service->library =
        read_text(parser, "Library", SERVICE_VALUE_MISSING, &service->library_is_expandable);
    service->open = read_text(parser, "Open", SERVICE_OPEN_MISSING, NULL);
    service->collect = read_text(parser, "Collect", SERVICE_COLLECT_MISSING, NULL);
    service->close = read_text(parser, "Close", SERVICE_CLOSE_MISSING, NULL);
    read_indices(parser, service);
    read_object_list(parser, service);
    read_dword(parser, "Open Timeout", &service->open_timeout_ms);
    read_dword(parser, "Collect Timeout", &service->collect_timeout_ms);
    read_dword(parser, "Close Timeout", &service->close_timeout_ms);
    uint32_t supports_metadata = 0;
    read_dword(parser, "Collect Supports Metadata", &supports_metadata);
    service->supports_metadata = supports_metadata != 0;
    read_dword(parser, "Disable Performance Counters", &service->disabled);
    read_validation_code(parser, service);
    parser->key = reg_tree_child(parser->tree, key, "Linkage");
    read_linkage(parser, service);
}

static void read_services(struct registration_parser *parser, struct registration *registration)
{
    const struct reg_key *services = reg_tree_find(parser->tree, REG_SERVICES);
    size_t count = 0;

    for (const struct reg_key *key = services ? services->first_child : NULL; key; key = key->next)
        count += reg_tree_child(parser->tree, key, "Performance") != NULL;
    if (!count)
        return;
    registration->services = calloc(count, sizeof(*registration->services));
    if (!registration->services) {
        parser->is_out_of_memory = true;
        return;
    }
    registration->service_capacity = count;
    for (const struct reg_key *key = services->first_child; key; key = key->next) {
        const struct reg_key *performance = reg_tree_child(parser->tree, key, "Performance");
        if (performance)
            read_service(parser, key, performance,
                         &registration->services[registration->service_count++]);
    }
}

bool registration_parse_language(const char *name, uint32_t *language)
{
    uint32_t number = 0;
    size_t length = strlen(name);

    if (length == 0 || length > 4)
        return false;
    for (; *name; name++) {
        uint32_t digit = *name >= '0' && *name <= '9'   ? (uint32_t)(*name - '0')
                         : *name >= 'a' && *name <= 'f' ? (uint32_t)(*name - 'a' + 10)
                         : *name >= 'A' && *name <= 'F' ? (uint32_t)(*name - 'A' + 10)
                                                        : 16;
        if (digit == 16)
            return false;
        number = number * 16 + digit;
    }
    *language = number;
    return true;
}

/* Read the value of one name table, e.g. Perflib\009 Counter. */
static void read_names(struct registration_parser *parser, struct registration *registration,
                       uint32_t language, const struct reg_value *value, enum name_table_kind kind)
{
    size_t broken;

    if (value->type != REG_MULTI_SZ || value->size % sizeof(WCHAR)) {
        add_problem(parser, "Perflib\\%03X %s is not a REG_MULTI_SZ (type %u, %zu bytes)",
                    (unsigned)language, value->node.name, (unsigned)value->type, value->size);
        return;
    }
    size_t length = value->size / sizeof(WCHAR);
    if (name_table_add(&registration->names, language, kind,
                       (const WCHAR *)(const void *)value->data, length, &broken))
        parser->is_out_of_memory = true;
    else if (broken == length)
        add_problem(parser, "Perflib\\%03X %s lacks its terminators", (unsigned)language,
                    value->node.name);
    else if (broken != SIZE_MAX)
        add_problem(parser, "Perflib\\%03X %s has no pair of index and text at character %zu",
                    (unsigned)language, value->node.name, broken);
}

static void read_languages(struct registration_parser *parser, const struct reg_key *perflib,
                           struct registration *registration)
{
    static const struct {
        const char *name;
        enum name_table_kind kind;
    } tables[] = {
        { "Counter", NAME_TABLE_COUNTER },
        { "Counters", NAME_TABLE_COUNTER }, /* the name in Microsoft's current documentation */
        { "Help", NAME_TABLE_HELP },
    };

    for (const struct reg_key *key = perflib->first_child; key; key = key->next) {
        uint32_t language;
        if (!registration_parse_language(key->node.name, &language))
            continue;
        for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
            const struct reg_value *value = reg_tree_value(parser->tree, key, tables[i].name);
            if (value)
                read_names(parser, registration, language, value, tables[i].kind);
        }
    }
}

static void read_perflib(struct registration_parser *parser, struct registration *registration)
{
    const struct reg_key *perflib = reg_tree_find(parser->tree, REG_PERFLIB);

    registration->test_level = DEFAULT_TEST_LEVEL;
    registration->event_log_level = DEFAULT_EVENT_LOG_LEVEL;
    parser->problem = &registration->problem;
    parser->key = perflib;
    if (!perflib)
        return;
    read_dword(parser, "ExtCounterTestLevel", &registration->test_level);
    if (registration->test_level < 1 || registration->test_level > 4) {
        add_problem(parser, "ExtCounterTestLevel is %u; only 1 to 4 are valid, 4 is assumed",
                    (unsigned)registration->test_level);
        registration->test_level = DEFAULT_TEST_LEVEL;
    }
    read_dword(parser, "Configuration Flags", &registration->configuration_flags);
    read_dword(parser, "Disable Performance Counters", &registration->disabled);
    read_dword(parser, "EventLogLevel", &registration->event_log_level);
    read_dword(parser, "Base Index", &registration->base_index);
    registration->has_last_counter =
        read_dword(parser, "Last Counter", &registration->last_counter);
    read_dword(parser, "Last Help", &registration->last_help);
    read_languages(parser, perflib, registration);
}

/* Whether `path` is `base`, above it, or at most `levels` keys below it. */
static bool is_near(const char *path, const char *base, int levels)
{
    for (; *base && *path; path++, base++)
        if (text_utf8_lower(*path) != text_utf8_lower(*base))
            return false;
    if (!*path)
        return !*base || *base == '\\';
    if (*path != '\\')
        return false;
    for (; *path; path++)
        levels -= *path == '\\';
    return levels >= 0;
}

bool registration_wants_key(const char *path)
{
    return is_near(path, REG_SERVICES, 2) || is_near(path, REG_PERFLIB, 3) || /* _V2Providers */
           is_near(path, REG_LANGUAGE, 0);
}

DWORD registration_read(const struct reg_tree *tree, const char *source,
                        struct registration *registration)
{
    struct registration found;
    uint32_t faults_of_perflib = 0; /* they make no service unusable */
    struct registration_parser parser = { .tree = tree, .faults = &faults_of_perflib };

    memset(&found, 0, sizeof(found));
    found.source = copy(&parser, source);
    read_perflib(&parser, &found);
    read_services(&parser, &found);
    if (parser.is_out_of_memory) {
        registration_release(&found);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *registration = found;
    return ERROR_SUCCESS;
}

void registration_release(struct registration *registration)
{
    for (size_t i = 0; i < registration->service_count; i++) {
        struct service *service = &registration->services[i];
        free(service->name);
        free(service->library);
        free(service->open);
        free(service->collect);
        free(service->close);
        free(service->object_list);
        free(service->validation_code);
        free(service->linkage_export);
        free(service->problem);
        free(service->manifest);
    }
    free(registration->services);
    name_table_release(&registration->names);
    free(registration->problem);
    free(registration->source);
    memset(registration, 0, sizeof(*registration));
}

const struct service *registration_find(const struct registration *registration, const char *name)
{
    for (size_t i = 0; i < registration->service_count; i++)
        if (text_utf8_equal_ignore_case(registration->services[i].name, name))
            return &registration->services[i];
    return NULL;
}
