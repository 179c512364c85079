/* SPDX-License-Identifier: MIT
 *
 * Reads a snapshot line by line and word by word: see leak_snapshot.h. The text is copied once and
 * cut in place.
 */
#include "leak_snapshot.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "live_blocks.h"
#include "text.h"
#include "utf8.h"

struct parser {
    struct leak_snapshot *snapshot;
    char *at; /* the rest of the line */
    const char *rule;
    size_t module_capacity, site_capacity, fault_capacity;
    bool has_no_memory;
};

/* ---- words -------------------------------------------------------------------------------- */

/* The next word; "" at the end of the line. */
static char *word(struct parser *parser)
{
    char *begin = parser->at;
    char *end = strchr(begin, ' ');

    if (end) {
        *end = 0;
        parser->at = end + 1;
    } else {
        parser->at = begin + strlen(begin);
    }
    return begin;
}

static bool number(struct parser *parser, unsigned base, uint64_t *result)
{
    const char *digit = word(parser);
    uint64_t value = 0;

    if (base == 16 && strncmp(digit, "0x", 2) != 0)
        return false;
    if (base == 16)
        digit += 2;
    if (!*digit)
        return false;
    for (; *digit; digit++) {
        unsigned d = *digit >= '0' && *digit <= '9'   ? (unsigned)(*digit - '0')
                     : *digit >= 'a' && *digit <= 'f' ? (unsigned)(*digit - 'a' + 10)
                                                      : 16;
        if (d >= base || value > (UINT64_MAX - d) / base)
            return false;
        value = value * base + d;
    }
    *result = value;
    return true;
}

static bool is_keyword(struct parser *parser, const char *keyword)
{
    return strcmp(word(parser), keyword) == 0;
}

/* Undo the escapes of a name, in place. */
static char *unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        char digits[3] = { 0 }, *end = digits;
        if (from[0] == '%' && from[1] && from[2]) {
            memcpy(digits, from + 1, 2);
            unsigned long byte = strtoul(digits, &end, 16);
            if (end == digits + 2 && byte != 0) {
                *to++ = (char)byte;
                from += 2;
                continue;
            }
        }
        *to++ = *from;
    }
    *to = 0;
    return text;
}

void leak_snapshot_add_name(struct output *output, const char *name)
{
    const size_t size = strlen(name);

    for (size_t at = 0, begin = 0; at < size; begin = at) {
        uint32_t character = utf8_next(name, size, &at);
        if (character != '%' && !utf8_is_unsafe(character))
            output_add(output, name + begin, at - begin);
        else
            for (; begin < at; begin++)
                output_add_format(output, "%%%02X", (unsigned)(unsigned char)name[begin]);
    }
}

/* Parse "<i> <offset>". */
static bool place(struct parser *parser, struct leak_place *result)
{
    uint64_t module = LEAK_NO_MODULE;

    *result = (struct leak_place){ .module = LEAK_NO_MODULE };
    if (parser->at[0] == '-')
        word(parser);
    else if (!number(parser, 10, &module) || module >= parser->snapshot->module_count)
        return false;
    result->module = (uint32_t)module;
    return number(parser, 16, &result->offset);
}

/* ---- lines -------------------------------------------------------------------------------- */

/* Reserve memory for one more element; NULL if there is no memory. */
static void *grow(struct parser *parser, void *array, size_t count, size_t *capacity, size_t size)
{
    void *larger = array_reserve(array, capacity, count + 1, size);

    if (!larger)
        parser->has_no_memory = true;
    return larger;
}

static bool take_module(struct parser *parser)
{
    struct leak_snapshot *snapshot = parser->snapshot;
    struct leak_module module;
    uint64_t index;

    parser->rule = "\"module I BEGIN PATH\", I counting from 0";
    if (!number(parser, 10, &index) || index != snapshot->module_count ||
        !number(parser, 16, &module.begin) || !parser->at[0])
        return false;
    module.path = unescape(parser->at);
    struct leak_module *modules = grow(parser, snapshot->modules, snapshot->module_count,
                                       &parser->module_capacity, sizeof(*modules));
    if (!modules)
        return false;
    snapshot->modules = modules;
    modules[snapshot->module_count++] = module;
    return true;
}

static bool take_site(struct parser *parser)
{
    struct leak_snapshot *snapshot = parser->snapshot;
    struct leak_site site;

    parser->rule = "\"site COUNT BYTES MODULE OFFSET [SYMBOL]\", MODULE announced before";
    if (!number(parser, 10, &site.count) || !number(parser, 10, &site.bytes) ||
        !place(parser, &site.place))
        return false;
    struct leak_site *sites =
        grow(parser, snapshot->sites, snapshot->site_count, &parser->site_capacity, sizeof(*sites));
    if (!sites)
        return false;
    snapshot->sites = sites;
    if (parser->at[0])
        site.place.symbol = text_utf8_copy(unescape(parser->at));
    sites[snapshot->site_count++] = site;
    return true;
}

static bool take_fault(struct parser *parser)
{
    struct leak_snapshot *snapshot = parser->snapshot;
    struct leak_fault fault = { .kind = word(parser) };
    bool is_known = false;

    parser->rule = "\"fault KIND COUNT ADDRESS MODULE OFFSET FIRST_MODULE FIRST_OFFSET\"";
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
        is_known = is_known || (live_blocks_fault_name(kind) &&
                                strcmp(live_blocks_fault_name(kind), fault.kind) == 0);
    if (!is_known || !number(parser, 10, &fault.count) || !number(parser, 16, &fault.address) ||
        !place(parser, &fault.place) || !place(parser, &fault.first) || parser->at[0])
        return false;
    struct leak_fault *faults = grow(parser, snapshot->faults, snapshot->fault_count,
                                     &parser->fault_capacity, sizeof(*faults));
    if (!faults)
        return false;
    snapshot->faults = faults;
    faults[snapshot->fault_count++] = fault;
    return true;
}

static bool take_rest(struct parser *parser)
{
    const char *keyword = word(parser);

    parser->rule = "\"module\", \"site\", \"fault\" or \"end\"";
    return strcmp(keyword, "module") == 0  ? take_module(parser)
           : strcmp(keyword, "site") == 0  ? take_site(parser)
           : strcmp(keyword, "fault") == 0 ? take_fault(parser)
                                           : false;
}

/* The first lines of a snapshot, in this order: a keyword and one or two numbers. */
static const struct {
    const char *keyword, *rule;
    size_t first, second; /* offsets of the members; 0: there is no second number */
} heads[] = {
    { "heapctrs-snapshot", "\"heapctrs-snapshot 1\": another file, or of another version", 0, 0 },
    { "heap", "\"heap NAME\"", 0, 0 },
    { "process", "\"process PID\"", offsetof(struct leak_snapshot, process_id), 0 },
    { "time", "\"time N\"", offsetof(struct leak_snapshot, time_100ns), 0 },
    { "blocks", "\"blocks COUNT BYTES\"", offsetof(struct leak_snapshot, count),
      offsetof(struct leak_snapshot, bytes) },
    { "unmatched", "\"unmatched N\"", offsetof(struct leak_snapshot, unmatched_count), 0 },
    { "lost", "\"lost N\"", offsetof(struct leak_snapshot, lost_count), 0 },
    { "missed", "\"missed N\"", offsetof(struct leak_snapshot, missed_count), 0 },
};
#define HEAD_COUNT (sizeof(heads) / sizeof(*heads))

static bool take_head(struct parser *parser, size_t index)
{
    uint64_t values[2] = { 0 };

    parser->rule = heads[index].rule;
    if (!is_keyword(parser, heads[index].keyword))
        return false;
    if (index == 0)
        return strcmp(parser->at, "1") == 0;
    if (index == 1) {
        parser->snapshot->heap = unescape(parser->at);
        return parser->snapshot->heap[0] != 0;
    }
    if (!number(parser, 10, &values[0]) || (heads[index].second && !number(parser, 10, &values[1])))
        return false;
    memcpy((char *)parser->snapshot + heads[index].first, &values[0], sizeof(values[0]));
    if (heads[index].second)
        memcpy((char *)parser->snapshot + heads[index].second, &values[1], sizeof(values[1]));
    return parser->at[0] == 0;
}

DWORD leak_snapshot_parse(struct leak_snapshot *snapshot, const char *text, size_t size,
                          struct leak_parse_error *error)
{
    struct parser parser = { .snapshot = snapshot };
    size_t line = 0;
    bool is_fine = true, has_ended = false;

    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->text = malloc(size + 1);
    if (!snapshot->text)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(snapshot->text, text, size);
    snapshot->text[size] = 0;
    for (char *next = snapshot->text; is_fine && !has_ended; line++) {
        char *begin = next, *end = strchr(begin, '\n');
        parser.rule = "a line that ends, of a snapshot that ends with \"end\"";
        if (!end) {
            is_fine = false;
            break;
        }
        *end = 0;
        next = end + 1;
        for (const char *byte = begin; *byte; byte++)
            is_fine = is_fine && (unsigned char)*byte >= 0x20 && *byte != 0x7F;
        parser.at = begin;
        if (is_fine && line >= HEAD_COUNT && strcmp(begin, "end") == 0)
            has_ended = true;
        else if (is_fine)
            is_fine = line < HEAD_COUNT ? take_head(&parser, line) : take_rest(&parser);
        if (!is_fine)
            break;
    }
    if (is_fine)
        return ERROR_SUCCESS;
    leak_snapshot_release(snapshot);
    if (parser.has_no_memory)
        return ERROR_NOT_ENOUGH_MEMORY;
    *error = (struct leak_parse_error){ line + 1, parser.rule };
    return ERROR_INVALID_DATA;
}

void leak_snapshot_release(struct leak_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->site_count; i++)
        free(snapshot->sites[i].place.symbol);
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        free(snapshot->faults[i].place.symbol);
        free(snapshot->faults[i].first.symbol);
    }
    free(snapshot->text);
    free(snapshot->modules);
    free(snapshot->sites);
    free(snapshot->faults);
    memset(snapshot, 0, sizeof(*snapshot));
}
