/* SPDX-License-Identifier: MIT
 *
 * The value with which Windows disables a service that misbehaved: `Disable Performance Counters`
 * in its Performance key.
 */
#ifndef SERVICE_SWITCH_H
#define SERVICE_SWITCH_H

#include "registration.h"

/**
 * Set the value to 1.
 *
 * @param registry_file  the .reg file to change; NULL: the system's registry
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND (the service does not exist), errors of
 *         registration_store.h. After an error nothing is changed, and error->message has the
 *         reason.
 */
DWORD service_switch_disable(const char *registry_file, const char *service,
                             struct registration_error *error);

#endif /* SERVICE_SWITCH_H */
