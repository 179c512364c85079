/* SPDX-License-Identifier: MIT
 *
 * Changes one value in a store.
 */
#include "service_switch.h"

#include <stdio.h>

#include "registration.h"
#include "registration_store.h"

DWORD service_switch_disable(const char *registry_file, const char *service,
                             struct registration_error *error)
{
    static const unsigned char one[] = { 1, 0, 0, 0 };
    struct registration_store store = { 0 };
    struct registration_changes changes = { 0 };
    char path[1024];

    if ((size_t)snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, service) >=
        sizeof(path)) {
        snprintf(error->message, sizeof(error->message),
                 "the service's name is too long; perfharness list shows the names");
        return ERROR_INVALID_NAME;
    }

    DWORD failure = registration_store_open(&store, registry_file, false, error);
    if (failure)
        return failure;
    if (!reg_tree_find(&store.tree, path)) {
        snprintf(error->message, sizeof(error->message),
                 "%.900s: there is no such key; perfharness list shows the services", path);
        failure = ERROR_FILE_NOT_FOUND;
        goto close;
    }
    registration_changes_set_value(&changes, path, "Disable Performance Counters", REG_DWORD, one,
                                   sizeof(one));
    failure = registration_store_apply(&store, &changes, error);
    registration_changes_release(&changes);

close:
    registration_store_close(&store);
    return failure;
}
