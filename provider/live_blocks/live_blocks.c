/* SPDX-License-Identifier: MIT
 *
 * Live blocks as text: see live_blocks.h. Everything is in pages of its own, because the heap to be
 * counted may be malloc.
 */
#include "live_blocks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "printf_like.h"

#define NO_MODULE UINT32_MAX

struct module {
    uint64_t begin, end;
    size_t path; /* offset in the list's text */
    bool is_used;
    uint32_t number; /* in the snapshot */
};

struct module_list {
    struct module *modules;
    size_t count, capacity;
    struct live_blocks_text paths;
    bool is_lost;
};

const char *live_blocks_fault_name(unsigned kind)
{
    static const char *const names[FAULT_KINDS] = {
        [FAULT_UNKNOWN_FREE] = "unknown-free",
        [FAULT_SECOND_FREE] = "second-free",
        [FAULT_WRONG_SIZE] = "wrong-size",
        [FAULT_MISSED_FREE] = "missed-free",
    };

    return kind < FAULT_KINDS ? names[kind] : NULL;
}

struct live_blocks *live_blocks_new(void)
{
    struct live_blocks *live = os_pages_allocate(sizeof(*live));

    if (live) {
        live->process_id = os_process_id();
        live->time_100ns = os_time_100ns();
    }
    return live;
}

void live_blocks_free(struct live_blocks *live)
{
    os_pages_free(live, sizeof(*live));
}

void live_blocks_begin_stacks(struct live_blocks *live, uint64_t rate)
{
    live->rate = rate;
    live->stack_count = 0;
    memset(live->sites, 0, sizeof(live->sites));
}

void live_blocks_add_stack(struct live_blocks *live, const uint64_t *frames, uint32_t count,
                           const struct live_blocks_site *sums)
{
    if (live->stack_count == CALL_SITE_COUNT)
        return;
    struct live_blocks_site *site = &live->sites[live->stack_count++];
    *site = *sums;
    site->address = count ? frames[0] : 0;
    site->callers = count ? frames + 1 : NULL;
    site->caller_count = count ? count - 1 : 0;
}

void live_blocks_take_faults(struct live_blocks *live, const struct fault_table *table,
                             uint32_t heap)
{
    live->fault_count = 0;
    for (uint32_t i = 0; i < FAULT_COUNT; i++) {
        const struct fault *fault = &table->faults[i];
        uint32_t kind = atomic_load_explicit(&fault->kind, memory_order_acquire);
        if (!live_blocks_fault_name(kind) ||
            atomic_load_explicit(&fault->heap, memory_order_relaxed) != heap)
            continue;
        live->faults[live->fault_count++] = (struct live_blocks_fault){
            .kind = (enum fault_kind)kind,
            .count = atomic_load_explicit(&fault->count, memory_order_relaxed),
            .address = atomic_load_explicit(&fault->address, memory_order_relaxed),
            .site = atomic_load_explicit(&fault->site, memory_order_relaxed),
            .first_site = atomic_load_explicit(&fault->first_site, memory_order_relaxed),
        };
    }
}

/* ---- text ---------------------------------------------------------------------------- */

/* Make sure that `size` more bytes fit. False: no memory. Not array_reserve, which uses malloc. */
static bool reserve(struct live_blocks_text *text, size_t size)
{
    if (text->is_lost || size > SIZE_MAX / 4 - text->size) {
        text->is_lost = true;
        return false;
    }
    if (text->capacity - text->size >= size)
        return true;
    size_t capacity = 2 * (text->size + size) + 65536;
    char *data = os_pages_allocate(capacity);
    if (!data) {
        text->is_lost = true;
        return false;
    }
    if (text->size)
        memcpy(data, text->data, text->size);
    os_pages_free(text->data, text->capacity);
    text->data = data;
    text->capacity = capacity;
    return true;
}

PRINTF_LIKE(2, 3)
static void add(struct live_blocks_text *text, const char *format, ...)
{
    char line[256]; /* longer than any line without its name */
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < sizeof(line) && reserve(text, (size_t)length)) {
        memcpy(text->data + text->size, line, (size_t)length);
        text->size += (size_t)length;
    }
}

/* Whether a byte begins a character that may control a terminal (C1 controls, U+061C, U+200E to
   U+2069). Some harmless characters are escaped as well. */
static bool may_steer(unsigned char byte)
{
    return byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE2;
}

static void add_escaped(struct live_blocks_text *text, const char *name)
{
    bool is_inside = false; /* inside a character that is being escaped */

    for (; *name; name++) {
        unsigned char byte = (unsigned char)*name;
        is_inside = may_steer(byte) || (is_inside && (byte & 0xC0) == 0x80);
        if (is_inside || byte == '%')
            add(text, "%%%02X", byte);
        else
            add(text, "%c", byte);
    }
}

void live_blocks_text_release(struct live_blocks_text *text)
{
    os_pages_free(text->data, text->capacity);
    memset(text, 0, sizeof(*text));
}

/* ---- modules ------------------------------------------------------------------------- */

static bool add_module(void *context, const struct os_process_module *found)
{
    struct module_list *list = context;
    size_t length = strlen(found->path) + 1;

    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 128;
        struct module *modules = os_pages_allocate(capacity * sizeof(*modules));
        if (!modules)
            return false;
        if (list->count)
            memcpy(modules, list->modules, list->count * sizeof(*modules));
        os_pages_free(list->modules, list->capacity * sizeof(*modules));
        list->modules = modules;
        list->capacity = capacity;
    }
    if (!reserve(&list->paths, length))
        return false;
    memcpy(list->paths.data + list->paths.size, found->path, length);
    list->modules[list->count++] =
        (struct module){ found->begin, found->end, list->paths.size, false, 0 };
    list->paths.size += length;
    return true;
}

static struct module *module_of(const struct module_list *list, uint64_t address)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (address >= list->modules[middle].end)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && address >= list->modules[low].begin ? &list->modules[low] : NULL;
}

static void mark_module(const struct module_list *list, uint64_t address)
{
    struct module *module = module_of(list, address);

    if (module)
        module->is_used = true;
}

/* Add "<i> <offset>". */
static void add_place(struct live_blocks_text *text, const struct module_list *list,
                      uint64_t address)
{
    const struct module *module = module_of(list, address);

    if (module)
        add(text, " %" PRIu32 " 0x%" PRIx64, module->number, address - module->begin);
    else
        add(text, " - 0x%" PRIx64, address);
}

static void add_modules(struct live_blocks_text *text, struct live_blocks *live, size_t site_count,
                        struct module_list *list)
{
    uint32_t number = 0;

    for (size_t i = 0; i < site_count; i++) {
        mark_module(list, live->sites[i].address);
        for (uint32_t k = 0; k < live->sites[i].caller_count; k++)
            mark_module(list, live->sites[i].callers[k]);
    }
    for (uint32_t i = 0; i < live->fault_count; i++) {
        mark_module(list, live->faults[i].site);
        mark_module(list, live->faults[i].first_site);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!list->modules[i].is_used)
            continue;
        list->modules[i].number = number++;
        add(text, "module %" PRIu32 " 0x%" PRIx64 " ", list->modules[i].number,
            list->modules[i].begin);
        add_escaped(text, list->paths.data + list->modules[i].path);
        add(text, "\n");
    }
}

/* ---- sites --------------------------------------------------------------------------- */

static bool is_before(const struct live_blocks_site *a, const struct live_blocks_site *b)
{
    return a->bytes != b->bytes                       ? a->bytes > b->bytes
           : a->count != b->count                     ? a->count > b->count
           : a->allocated_bytes != b->allocated_bytes ? a->allocated_bytes > b->allocated_bytes
                                                      : a->address < b->address;
}

/* Move the sites in use to the front, then sort them by heap sort. The last in order is at the
   top of the heap. */
static size_t sort_sites(struct live_blocks_site *sites)
{
    size_t count = 0;

    for (size_t i = 0; i < CALL_SITE_COUNT; i++)
        if (sites[i].count || sites[i].allocated_count || sites[i].growth)
            sites[count++] = sites[i];
    for (size_t begin = count / 2, end = count; end > 1;) {
        struct live_blocks_site sinking;
        if (begin > 0) {
            sinking = sites[--begin];
        } else {
            sinking = sites[--end];
            sites[end] = sites[0];
        }
        size_t at = begin, child;
        while ((child = 2 * at + 1) < end) {
            if (child + 1 < end && is_before(&sites[child], &sites[child + 1]))
                child++;
            if (!is_before(&sinking, &sites[child]))
                break;
            sites[at] = sites[child];
            at = child;
        }
        sites[at] = sinking;
    }
    return count;
}

static void add_site(struct live_blocks_text *text, const struct module_list *list,
                     const struct live_blocks *live, const struct live_blocks_site *site)
{
    add(text, "site %" PRIu64 " %" PRIu64, site->count, site->bytes);
    add_place(text, list, site->address);
    add(text, "\n");
    for (uint32_t k = 0; k < site->caller_count; k++) {
        add(text, "caller");
        add_place(text, list, site->callers[k]);
        add(text, "\n");
    }
    if (live->rate)
        add(text, "allocated %" PRIu64 " %" PRIu64 "\n", site->allocated_count,
            site->allocated_bytes);
    if (live->has_growth)
        add(text, "growth %" PRId64 "\n", site->growth);
}

bool live_blocks_write(struct live_blocks *live, const struct os_process *process,
                       struct live_blocks_text *text)
{
    struct module_list list = { 0 };
    size_t site_count = sort_sites(live->sites);
    uint64_t count = 0, bytes = 0;

    /* without modules, only addresses are written */
    os_process_modules(process, add_module, &list);
    for (size_t i = 0; i < site_count; i++) {
        count += live->sites[i].count;
        bytes += live->sites[i].bytes;
    }
    add(text, "heapctrs-snapshot 1\nheap ");
    add_escaped(text, live->name);
    add(text, "\nprocess %" PRIu32 "\ntime %" PRIu64 "\nblocks %" PRIu64 " %" PRIu64 "\n",
        live->process_id, live->time_100ns, count, bytes);
    add(text, "unmatched %" PRIu64 "\nlost %" PRIu64 "\nmissed %" PRIu64 "\n",
        live->unmatched_count, live->lost_count, live->missed_count);
    if (live->rate)
        add(text, "rate %" PRIu64 "\n", live->rate);
    add_modules(text, live, site_count, &list);
    for (size_t i = 0; i < site_count; i++)
        add_site(text, &list, live, &live->sites[i]);
    for (uint32_t i = 0; i < live->fault_count; i++) {
        const struct live_blocks_fault *fault = &live->faults[i];
        add(text, "fault %s %" PRIu64 " 0x%" PRIx64, live_blocks_fault_name(fault->kind),
            fault->count, fault->address);
        add_place(text, &list, fault->site);
        add_place(text, &list, fault->first_site);
        add(text, "\n");
    }
    add(text, "end\n");
    os_pages_free(list.modules, list.capacity * sizeof(*list.modules));
    live_blocks_text_release(&list.paths);
    return !text->is_lost;
}
