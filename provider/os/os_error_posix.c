/* SPDX-License-Identifier: MIT
 *
 * The table of os_error.h.
 */
#include "os_error.h"

#include <errno.h>

DWORD os_error_of(int number)
{
    switch (number) {
    case 0:
        return ERROR_SUCCESS;
    case ENOENT:
        return ERROR_FILE_NOT_FOUND;
    case ENOTDIR:
        return ERROR_PATH_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
        return ERROR_ACCESS_DENIED;
    case EEXIST:
    case ENOTEMPTY:
        return ERROR_ALREADY_EXISTS;
    case ENOMEM:
        return ERROR_NOT_ENOUGH_MEMORY;
    case EMFILE:
    case ENFILE:
        return ERROR_TOO_MANY_OPEN_FILES;
    case ENOSPC:
    case EDQUOT:
        return ERROR_DISK_FULL;
    case EFBIG:
        return ERROR_FILE_TOO_LARGE;
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
    case ENXIO: /* a socket, or a device without a driver: not a file that can be opened */
        return ERROR_INVALID_NAME;
    default:
        return ERROR_GEN_FAILURE;
    }
}
