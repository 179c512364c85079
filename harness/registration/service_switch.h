/* SPDX-License-Identifier: MIT
 *
 * The switch with which Windows takes a service that misbehaved out of use:
 * `Disable Performance Counters` in its Performance key.
 */
#ifndef SERVICE_SWITCH_H
#define SERVICE_SWITCH_H

#include "registration.h"

/**
 * Set it to 1.
 *
 * @param registry_file  the .reg file to change; NULL: the system's registry
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND (no such service there), errors of
 *         registration_store.h; nothing was changed then, and error->message says why
 */
DWORD service_switch_disable(const char *registry_file, const char *service,
                             struct registration_error *error);

#endif /* SERVICE_SWITCH_H */
