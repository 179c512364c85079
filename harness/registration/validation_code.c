/* SPDX-License-Identifier: MIT
 *
 * Compares a library with its registration.
 */
#include "validation_code.h"

#include "os.h"
#include "span.h"

#define CODE_SIZE 16
#define SIZE_OFFSET 8

bool validation_code_fits(const struct service *service, const char *library)
{
    uint64_t size;

    return service->validation_code && service->validation_code_size == CODE_SIZE &&
           !os_file_size(library, &size) &&
           read_u64(service->validation_code + SIZE_OFFSET) == size;
}
