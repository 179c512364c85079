/* SPDX-License-Identifier: MIT
 *
 * The query: which services are asked for what, in which order, and how their answers become one.
 * hosted_provider.c has what happens between the host and one provider.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "data_block.h"
#include "hosted_provider.h"
#include "name_query.h"
#include "os.h"
#include "query_string.h"
#include "test_level.h"
#include "text.h"

/* Buffers for an answer, in bytes. The last is chosen, far above any known answer. */
#define FIRST_SIZE (64u * 1024)
#define LAST_SIZE (1u << 30)
#define NAME_COUNT 256 /* units of the computer's name; a DNS label has at most 63 */

struct host {
    const struct registration *registration;
    struct host_options options;
    struct hosting hosting;
    struct hosted_provider **providers; /* one for each service, in the registration's order */
    struct hosted_provider *refused_by; /* the last one that returned ERROR_MORE_DATA; NULL: the
                                           header does not fit */
    DWORD refused_size;                 /* the size of its buffer then */
    WCHAR system_name[NAME_COUNT];
};

DWORD host_open(struct host **host, const struct registration *registration,
                const struct host_options *options)
{
    char name[NAME_COUNT];

    if (options->test_level > 4)
        return ERROR_INVALID_PARAMETER;
    struct host *made = calloc(1, sizeof(*made));
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    uint32_t level = options->test_level ? options->test_level : registration->test_level;
    made->registration = registration;
    made->options = *options;
    made->hosting.options = &made->options;
    made->hosting.test_level = level >= 1 && level <= 4 ? level : TEST_LEVEL_DEFAULT;
    made->hosting.flags = registration->configuration_flags;
    made->hosting.event_log_level = registration->event_log_level;
    os_computer_name(name, sizeof(name));
    text_from_utf8(name, strlen(name), made->system_name, NAME_COUNT);

    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    made->providers = calloc(registration->service_count + 1, sizeof(struct hosted_provider *));
    if (!made->providers)
        goto close;
    for (size_t i = 0; i < registration->service_count; i++) {
        error =
            hosted_provider_open(&made->providers[i], &made->hosting, &registration->services[i]);
        if (error)
            goto close;
    }
    *host = made;
    return ERROR_SUCCESS;

close:
    host_close(made);
    return error;
}

static DWORD query_data(struct host *host, const struct query_string *query, BYTE *data,
                        DWORD *size)
{
    const struct registration *registration = host->registration;
    struct data_block block;
    const DWORD buffer_size = *size;

    host->refused_by = NULL;
    host->refused_size = buffer_size;
    if (!data) {
        *size = 0;
        return ERROR_MORE_DATA;
    }
    if (data_block_begin(&block, data, buffer_size, host->system_name))
        return ERROR_MORE_DATA;
    for (size_t i = 0; i < registration->service_count; i++) {
        const struct service *service = &registration->services[i];
        struct hosted_provider *provider = host->providers[i];
        DWORD left, used, count;

        if (registration->disabled || (service->is_v2 && query->is_v1_only) ||
            !query_string_concerns(query, service->has_object_list, service->object_list,
                                   service->object_list_count))
            continue;
        hosted_provider_report_registration(provider);
        if (!hosted_provider_is_usable(provider))
            continue;
        BYTE *at = data_block_at(&block, &left);
        DWORD error = hosted_provider_collect(
            provider, service->supports_metadata ? query->text : query->plain_text, at, left, &used,
            &count);
        if (host->options.lifecycle == HOST_LIFECYCLE_WINE)
            hosted_provider_unload(provider);
        if (error == ERROR_MORE_DATA) {
            host->refused_by = provider;
            host->refused_size = left;
        }
        if (error)
            return error;
        data_block_add(&block, used, count);
    }
    *size = data_block_end(&block);
    return ERROR_SUCCESS;
}

DWORD host_query_value(struct host *host, const WCHAR *value_name, DWORD *type, BYTE *data,
                       DWORD *size)
{
    struct query_string query;

    DWORD error = query_string_parse(&query, value_name);
    if (error)
        return error;
    if (query.kind == QUERY_STRING_DATA) {
        if (type)
            *type = REG_BINARY;
        error = query_data(host, &query, data, size);
    } else {
        if (type)
            *type = REG_MULTI_SZ;
        error = name_query_answer(
            host->registration, query.language,
            query.kind == QUERY_STRING_NAMES ? NAME_TABLE_COUNTER : NAME_TABLE_HELP, data, size);
    }
    query_string_release(&query);
    return error;
}

void host_close_key(struct host *host)
{
    for (size_t i = 0; i < host->registration->service_count; i++)
        hosted_provider_unload(host->providers[i]);
}

void host_close(struct host *host)
{
    if (!host)
        return;
    for (size_t i = 0; host->providers && i < host->registration->service_count; i++)
        hosted_provider_close(host->providers[i]);
    free(host->providers);
    free(host);
}

DWORD host_query_growing(struct host *host, const WCHAR *value_name, DWORD *type, BYTE **data,
                         DWORD *size)
{
    struct hosted_provider *wants_more = NULL; /* has returned ERROR_MORE_DATA before */
    DWORD buffer_size = FIRST_SIZE, wanted_from = 0;

    for (;;) {
        BYTE *answer = malloc(buffer_size);
        DWORD used = buffer_size, error = ERROR_NOT_ENOUGH_MEMORY;

        if (answer)
            error = host_query_value(host, value_name, type, answer, &used);
        if (!error) {
            *data = answer;
            *size = used;
            return ERROR_SUCCESS;
        }
        free(answer);
        if (error == ERROR_MORE_DATA) {
            wants_more = host->refused_by;
            wanted_from = host->refused_size;
            if (buffer_size < LAST_SIZE) {
                buffer_size *= 2;
                continue;
            }
        } else if (error != ERROR_NOT_ENOUGH_MEMORY) {
            return error;
        }
        /* No buffer is large enough for this provider. The others are queried without it. */
        if (!wants_more)
            return error;
        hosted_provider_give_up(wants_more, wanted_from);
        wants_more = NULL;
        buffer_size = FIRST_SIZE;
    }
}
