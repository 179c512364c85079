/* SPDX-License-Identifier: MIT
 *
 * Compares a library with its registration.
 */
#include "validation_code.h"

#include <stdlib.h>

#include "os.h"
#include "span.h"

#define CODE_SIZE 16
#define SIZE_OFFSET 8
#define LIBRARY_LIMIT ((size_t)1 << 30) /* bytes; chosen, far above any provider */

bool validation_code_fits(const struct service *service, const char *library)
{
    void *data;
    size_t size;

    if (!service->validation_code || service->validation_code_size != CODE_SIZE ||
        os_file_read_all(library, &data, &size, LIBRARY_LIMIT))
        return false;
    free(data);
    return read_u64(service->validation_code + SIZE_OFFSET) == size;
}
