/* SPDX-License-Identifier: MIT
 *
 * Reads a snapshot line by line and word by word, and writes it: see leak_snapshot.h. The text is copied once
 * and cut in place.
 */
#include "leak_snapshot.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "live_blocks.h"
#include "text.h"
#include "utf8.h"

#define CALLER_LIMIT 4096u /* of one site; chosen: 64 frames and functions inlined into them */

struct parser {
    struct leak_snapshot *snapshot;
    char *at; /* the rest of the line */
    const char *rule;
    size_t module_capacity, site_capacity, fault_capacity;
    size_t caller_capacity; /* of the last site */
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
        /* Characters before '0' and after 'f' give numbers that are too large as well. */
        unsigned d = *digit <= '9'   ? (unsigned)(*digit - '0')
                     : *digit >= 'a' ? (unsigned)(*digit - 'a' + 10)
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

/* The value of a hexadecimal digit; negative for another character, also for the zero at the end. */
static int hex_digit(char digit)
{
    return digit <= '9'                   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

/* Undo the escapes of a name, in place. */
static char *unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        const int high = from[0] == '%' ? hex_digit(from[1]) : -1;
        const int low = high >= 0 ? hex_digit(from[2]) : -1;

        if (low >= 0 && (high || low)) {
            *to++ = (char)(high << 4 | low);
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = 0;
    return text;
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
    struct leak_site site = { 0 };

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
        site.place.symbol = unescape(parser->at);
    sites[snapshot->site_count++] = site;
    parser->caller_capacity = 0;
    return true;
}

/* The site to which the following lines belong; NULL before the first. */
static struct leak_site *last_site(struct parser *parser)
{
    struct leak_snapshot *snapshot = parser->snapshot;

    return snapshot->site_count ? &snapshot->sites[snapshot->site_count - 1] : NULL;
}

static bool take_caller(struct parser *parser, bool is_inlined)
{
    struct leak_site *site = last_site(parser);
    struct leak_place caller;

    parser->rule = "after a site, \"caller MODULE OFFSET [SYMBOL]\" or \"inlined MODULE OFFSET "
                   "[SYMBOL]\", at most 4096 of them";
    if (!site || site->caller_count >= CALLER_LIMIT || !place(parser, &caller))
        return false;
    struct leak_place *callers =
        grow(parser, site->callers, site->caller_count, &parser->caller_capacity, sizeof(*callers));
    if (!callers)
        return false;
    site->callers = callers;
    caller.is_inlined = is_inlined;
    if (parser->at[0])
        caller.symbol = unescape(parser->at);
    callers[site->caller_count++] = caller;
    return true;
}

static bool take_allocated(struct parser *parser)
{
    struct leak_site *site = last_site(parser);

    parser->rule = "after a site, \"allocated COUNT BYTES\"";
    return site && number(parser, 10, &site->allocated_count) &&
           number(parser, 10, &site->allocated_bytes) && !parser->at[0];
}

static bool take_growth(struct parser *parser)
{
    struct leak_site *site = last_site(parser);
    uint64_t bytes;
    const bool is_negative = parser->at[0] == '-';

    parser->rule = "after a site, \"growth BYTES\"";
    parser->at += is_negative;
    if (!site || !number(parser, 10, &bytes) || parser->at[0])
        return false;
    site->growth = (int64_t)(is_negative ? 0 - bytes : bytes);
    parser->snapshot->has_growth = true;
    return true;
}

static bool take_rate(struct parser *parser)
{
    parser->rule = "\"rate BYTES\"";
    return number(parser, 10, &parser->snapshot->rate) && !parser->at[0];
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

    parser->rule = "\"rate\", \"module\", \"site\", \"caller\", \"fault\" or \"end\"";
    return strcmp(keyword, "rate") == 0        ? take_rate(parser)
           : strcmp(keyword, "module") == 0    ? take_module(parser)
           : strcmp(keyword, "site") == 0      ? take_site(parser)
           : strcmp(keyword, "caller") == 0    ? take_caller(parser, false)
           : strcmp(keyword, "inlined") == 0   ? take_caller(parser, true)
           : strcmp(keyword, "allocated") == 0 ? take_allocated(parser)
           : strcmp(keyword, "growth") == 0    ? take_growth(parser)
           : strcmp(keyword, "fault") == 0     ? take_fault(parser)
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
    for (char *next = snapshot->text; !has_ended; line++) {
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
        if (line >= HEAD_COUNT && strcmp(begin, "end") == 0)
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

/* ---- writing ------------------------------------------------------------------------------ */

/* Add a name: % and characters that control a terminal become %XX. */
static void add_name(struct output *output, const char *name)
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

static void add_place(struct output *output, const struct leak_place *place)
{
    if (place->module == LEAK_NO_MODULE)
        output_add_text(output, " -");
    else
        output_add_format(output, " %" PRIu32, place->module);
    output_add_format(output, " 0x%" PRIx64, place->offset);
}

static void add_named_place(struct output *output, const struct leak_place *place)
{
    add_place(output, place);
    if (place->symbol) {
        output_add_byte(output, ' ');
        add_name(output, place->symbol);
    }
    output_add_byte(output, '\n');
}

static void add_site(struct output *output, const struct leak_snapshot *snapshot,
                     const struct leak_site *site)
{
    output_add_format(output, "site %" PRIu64 " %" PRIu64, site->count, site->bytes);
    add_named_place(output, &site->place);
    for (size_t i = 0; i < site->caller_count; i++) {
        output_add_text(output, site->callers[i].is_inlined ? "inlined" : "caller");
        add_named_place(output, &site->callers[i]);
    }
    if (snapshot->rate)
        output_add_format(output, "allocated %" PRIu64 " %" PRIu64 "\n", site->allocated_count,
                          site->allocated_bytes);
    if (snapshot->has_growth)
        output_add_format(output, "growth %" PRId64 "\n", site->growth);
}

void leak_snapshot_write(struct output *output, const struct leak_snapshot *snapshot)
{
    output_add_text(output, "heapctrs-snapshot 1\nheap ");
    add_name(output, snapshot->heap);
    output_add_format(output,
                      "\nprocess %" PRIu64 "\ntime %" PRIu64 "\nblocks %" PRIu64 " %" PRIu64
                      "\nunmatched %" PRIu64 "\nlost %" PRIu64 "\nmissed %" PRIu64 "\n",
                      snapshot->process_id, snapshot->time_100ns, snapshot->count, snapshot->bytes,
                      snapshot->unmatched_count, snapshot->lost_count, snapshot->missed_count);
    if (snapshot->rate)
        output_add_format(output, "rate %" PRIu64 "\n", snapshot->rate);
    for (size_t i = 0; i < snapshot->module_count; i++) {
        output_add_format(output, "module %zu 0x%" PRIx64 " ", i, snapshot->modules[i].begin);
        add_name(output, snapshot->modules[i].path);
        output_add_byte(output, '\n');
    }
    for (size_t i = 0; i < snapshot->site_count; i++)
        add_site(output, snapshot, &snapshot->sites[i]);
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        const struct leak_fault *fault = &snapshot->faults[i];
        output_add_format(output, "fault %s %" PRIu64 " 0x%" PRIx64, fault->kind, fault->count,
                          fault->address);
        add_place(output, &fault->place);
        add_place(output, &fault->first);
        output_add_byte(output, '\n');
    }
    output_add_text(output, "end\n");
}

void leak_snapshot_keep_live(struct leak_snapshot *snapshot)
{
    size_t kept = 0;

    for (size_t i = 0; i < snapshot->site_count; i++)
        if (snapshot->sites[i].count || snapshot->sites[i].bytes)
            snapshot->sites[kept++] = snapshot->sites[i];
        else
            free(snapshot->sites[i].callers);
    snapshot->site_count = kept;
}

const char *leak_snapshot_keep_name(struct leak_snapshot *snapshot, const char *name)
{
    char **names = array_reserve(snapshot->names, &snapshot->name_capacity,
                                 snapshot->name_count + 1, sizeof(*names));
    char *copy;

    if (!names)
        return NULL;
    snapshot->names = names;
    copy = text_utf8_copy(name);
    if (copy)
        names[snapshot->name_count++] = copy;
    return copy;
}

void leak_snapshot_release(struct leak_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->site_count; i++)
        free(snapshot->sites[i].callers);
    for (size_t i = 0; i < snapshot->name_count; i++)
        free(snapshot->names[i]);
    free(snapshot->names);
    free(snapshot->text);
    free(snapshot->modules);
    free(snapshot->sites);
    free(snapshot->faults);
    memset(snapshot, 0, sizeof(*snapshot));
}
