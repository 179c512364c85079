/* SPDX-License-Identifier: MIT
 *
 * `Library Validation Code`: which library was registered as trusted.
 */
#ifndef VALIDATION_CODE_H
#define VALIDATION_CODE_H

#include <stdbool.h>

#include "registration.h"

/**
 * Whether a library is the one that a service's Library Validation Code was made of; false without
 * a code. Its format is not documented. Those that are seen have 16 bytes, which read as a file
 * time and the size of the library; only the size is compared: no copy, and not every file system,
 * keeps the time of creation. A code of another size fits nothing.
 */
bool validation_code_fits(const struct service *service, const char *library);

#endif /* VALIDATION_CODE_H */
