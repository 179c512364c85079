/* SPDX-License-Identifier: MIT
 *
 * `Library Validation Code`: identifies the library that was registered as trusted.
 */
#ifndef VALIDATION_CODE_H
#define VALIDATION_CODE_H

#include <stdbool.h>

#include "registration.h"

/**
 * Whether a service's Library Validation Code was made from this library; false without a code. The
 * format of a code is not documented. Known codes have 16 bytes, which can be read as a file time and the
 * size of the library. Only the size is compared, because copies and some file systems do not keep
 * the time of creation. A code of another length matches no library.
 */
bool validation_code_fits(const struct service *service, const char *library);

#endif /* VALIDATION_CODE_H */
