/* SPDX-License-Identifier: MIT
 *
 * The emulation of PERFLIB between a V2 provider's library and a V1 query: the checks, the manifest
 * in the catalog, the bridge while the provider is open, and what the provider leaves after it
 * stops.
 */
#include "v2_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "manifest.h"
#include "manifest_catalog.h"
#include "os.h"
#include "perflib_catalog.h"
#include "perflib_report.h"
#include "perflib_share.h"
#include "perflib_state.h"
#include "query_string.h"
#include "v1_bridge.h"
#include "v2_redirect.h"

static struct findings findings; /* findings that were not taken yet */
static struct v1_bridge *bridge; /* while the provider is open */
static uint32_t first_title_index;
static bool has_catalog;
static bool reads_others; /* the countersets are those of other processes */

/* ---- the manifest ------------------------------------------------------------------------ */

static DWORD read_manifest(const char *path, struct manifest *manifest, char *detail, size_t size)
{
    static const struct manifest_options options = { .is_vista = true };
    struct manifest_messages *messages = calloc(1, sizeof(*messages));
    const DWORD error = messages ? manifest_parser_parse_file(path, &options, manifest, messages)
                                 : ERROR_NOT_ENOUGH_MEMORY;
    if (error && messages && messages->has_error) {
        const struct manifest_message *reason = messages->items;
        while (reason->is_warning)
            reason++;
        snprintf(detail, size, "%.200s:%u: %s", path, (unsigned)reason->place.line, reason->text);
    } else if (error) {
        snprintf(detail, size, "the manifest %.300s cannot be read%s", path,
                 error == ERROR_NOT_ENOUGH_MEMORY ? ": out of memory" : "");
    }
    free(messages);
    return error;
}

static DWORD take_manifest(const char *path, char *detail, size_t size)
{
    struct manifest manifest = { 0 };

    perflib_catalog_clear();
    has_catalog = false;
    if (!path)
        return ERROR_SUCCESS;
    DWORD error = read_manifest(path, &manifest, detail, size);
    if (!error) {
        error = manifest_catalog_register(&manifest);
        has_catalog = !error;
        manifest_parser_release(&manifest);
    }
    return error;
}

/* The difference between a counterset and its description, or NULL. */
static const char *compare_counters(const struct perflib_counterset *set,
                                    const struct catalog_set *registered, ULONG *id)
{
    for (ULONG i = 0; i < set->info.NumCounters; i++) {
        const PERF_COUNTER_INFO *counter = &set->counters[i];
        const PERF_COUNTER_REG_INFO *info = NULL;

        *id = counter->CounterId;
        for (ULONG j = 0; j < registered->counter_count && !info; j++)
            if (registered->counters[j].info.CounterId == counter->CounterId)
                info = &registered->counters[j].info;
        if (!info)
            return "is not in the manifest";
        if (info->Type != counter->Type)
            return "has another type in the manifest";
        if (info->Attrib != counter->Attrib)
            return "has other attributes in the manifest";
    }
    return NULL;
}

/* Compare the current sets with the catalog. */
static void compare_with_manifest(void)
{
    perflib_state_lock();
    for (struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next) {
        for (const struct perflib_counterset *set = provider->first_set; set; set = set->next) {
            const GUID *guid = &set->info.CounterSetGuid;
            const struct catalog_set *registered = perflib_catalog_find(guid);
            const unsigned char *tail = guid->Data4;
            char name[40];
            ULONG id = 0;

            snprintf(name, sizeof(name), "{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
                     (unsigned long)guid->Data1, guid->Data2, guid->Data3, tail[0], tail[1],
                     tail[2], tail[3], tail[4], tail[5], tail[6], tail[7]);
            if (!registered) {
                perflib_report(&findings, RULE_v2_manifest, name,
                               "counterset %s is not in the manifest", name);
                continue;
            }
            const char *difference = compare_counters(set, registered, &id);
            if (set->info.InstanceType != registered->instance_type)
                perflib_report(&findings, RULE_v2_manifest, name,
                               "counterset %s has instance type %u, in the manifest %u", name,
                               (unsigned)set->info.InstanceType,
                               (unsigned)registered->instance_type);
            else if (difference)
                perflib_report(&findings, RULE_v2_manifest, name, "counter %u of counterset %s %s",
                               (unsigned)id, name, difference);
        }
    }
    perflib_state_unlock();
}

/* ---- the provider ------------------------------------------------------------------------ */

static size_t count_providers(bool with_sets)
{
    size_t count = 0;

    perflib_state_lock();
    for (const struct perflib_provider *provider = perflib_state_first_provider(); provider;
         provider = provider->next)
        count += !with_sets || provider->first_set;
    perflib_state_unlock();
    return count;
}

DWORD v2_session_begin(const char *manifest, uint32_t first_index, bool is_elsewhere, char *detail,
                       size_t size)
{
    first_title_index = first_index;
    reads_others = is_elsewhere;
    perflib_share(false, is_elsewhere);
    perflib_state_watch(&(struct perflib_watch){ .findings = &findings });
    v2_redirect_begin();
    return take_manifest(manifest, detail, size);
}

DWORD v2_session_open(v2_procedure *start, uint64_t failing_allocation)
{
    perflib_state_watch(
        &(struct perflib_watch){ .findings = &findings, .failing_allocation = failing_allocation });
    const DWORD result = start ? start() : ERROR_SUCCESS;

    if (result) {
        const size_t left = start ? count_providers(false) : 0;
        if (left)
            perflib_report(&findings, RULE_v2_provider_left, NULL,
                           "the start returned %u, but %zu provider%s remained", (unsigned)result,
                           left, left == 1 ? "" : "s");
        return result;
    }
    if (failing_allocation && perflib_state_watched_refusals())
        perflib_report(&findings, RULE_v2_error_ignored, NULL,
                       "PERFLIB refused a provider or a counterset because memory ran out, but the "
                       "start returned 0");
    if (!failing_allocation && !reads_others && !count_providers(true))
        perflib_report(&findings, RULE_v2_no_counterset, NULL,
                       count_providers(false) ? "the provider has no counterset"
                                              : "the library has started no provider");
    if (has_catalog && !reads_others)
        compare_with_manifest();
    return bridge ? ERROR_SUCCESS : v1_bridge_open(&bridge, first_title_index);
}

DWORD APIENTRY v2_session_collect(WCHAR *text, void **data, DWORD *total_bytes, DWORD *object_types)
{
    struct query_string query;

    if (!bridge || query_string_parse(&query, text)) {
        *total_bytes = *object_types = 0;
        return ERROR_SUCCESS;
    }
    const struct v1_selection selection = {
        .all = query.words & (QUERY_STRING_GLOBAL | QUERY_STRING_METADATA_GLOBAL),
        .indices = query.indices,
        .index_count = query.index_count,
    };
    const DWORD error = v1_bridge_collect(bridge, &selection, data, total_bytes, object_types);
    query_string_release(&query);
    return error == ERROR_NOT_ENOUGH_MEMORY ? ERROR_SUCCESS : error;
}

DWORD v2_session_close(v2_procedure *stop)
{
    v1_bridge_close(bridge);
    bridge = NULL;
    if (!stop)
        return ERROR_SUCCESS;
    stop(); /* CounterCleanup returns nothing */
    const size_t left = count_providers(false);

    if (left)
        perflib_report(&findings, RULE_v2_provider_left, NULL,
                       "%zu provider%s left when the library had stopped", left,
                       left == 1 ? " is" : "s are");
    return ERROR_SUCCESS;
}

void v2_session_end(void)
{
    const size_t left = perflib_state_forget_providers();

    v1_bridge_close(bridge);
    bridge = NULL;
    perflib_share(false, false);
    if (left)
        perflib_report(&findings, RULE_v2_provider_left, NULL,
                       "%zu provider%s left when the library had been unloaded", left,
                       left == 1 ? " is" : "s are");
    perflib_state_watch(NULL);
}

uint64_t v2_session_allocations(void)
{
    return perflib_state_watched_allocations();
}

size_t v2_session_take_findings(unsigned char *data, size_t data_size)
{
    /* Threads of the provider may add findings meanwhile. */
    struct findings taken = perflib_report_take(&findings);
    size_t used = 0;

    for (size_t i = 0; i < taken.count; i++) {
        const struct finding *finding = &taken.items[i];
        const char *const subject = finding->subject ? finding->subject : "";
        const size_t text_size = strlen(finding->message) + 1, subject_size = strlen(subject) + 1;
        const size_t size =
            (sizeof(struct v2_session_finding) + text_size + subject_size + 7) & ~(size_t)7;
        const struct v2_session_finding head = { finding->rule, (uint32_t)size, finding->count };

        if (size > data_size - used)
            break;
        memset(data + used, 0, size);
        memcpy(data + used, &head, sizeof(head));
        memcpy(data + used + sizeof(head), finding->message, text_size);
        memcpy(data + used + sizeof(head) + text_size, subject, subject_size);
        used += size;
    }
    findings_release(&taken);
    return used;
}
