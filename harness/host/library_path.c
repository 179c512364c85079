/* SPDX-License-Identifier: MIT
 *
 * See library_path.h.
 */
#include "library_path.h"

#include <stdio.h>
#include <string.h>

#include "os.h"
#include "text.h"

/* Replace %NAME% by the value in the environment. A name that is not set stays unchanged. */
static DWORD expand(const char *text, char *path, size_t size)
{
    size_t used = 0;

    while (*text) {
        char name[128], value[OS_PATH_SIZE];
        const char *end = *text == '%' ? strchr(text + 1, '%') : NULL;
        size_t length = end ? (size_t)(end - text - 1) : 0;

        if (end && length > 0 && length < sizeof(name)) {
            memcpy(name, text + 1, length);
            name[length] = 0;
            if (os_environment(name, value, sizeof(value)) == ERROR_SUCCESS) {
                size_t count = strlen(value);
                if (count >= size - used)
                    return ERROR_INVALID_NAME;
                memcpy(path + used, value, count);
                used += count;
                text = end + 1;
                continue;
            }
        }
        if (used + 1 >= size)
            return ERROR_INVALID_NAME;
        path[used++] = *text++;
    }
    path[used] = 0;
    return ERROR_SUCCESS;
}

/* Replace the suffix .dll by the one that libraries have on this system. */
static void use_own_suffix(char *path, size_t size)
{
    const char *suffix = os_library_suffix();
    size_t length = strlen(path), suffix_length = strlen(suffix);

    if (length < 4 || !text_utf8_equal_ignore_case(path + length - 4, ".dll") ||
        length - 4 + suffix_length >= size)
        return;
    memcpy(path + length - 4, suffix, suffix_length + 1);
}

static bool is_there(const char *folder, const char *name, char *path, size_t size)
{
    int length = snprintf(path, size, "%s/%s", folder, name);

    return length > 0 && (size_t)length < size && os_file_exists(path);
}

/* The folder of this program. */
static bool program_folder(char *folder, size_t size)
{
    if (os_program_path(folder, size))
        return false;
    const char *base = text_utf8_file_name(folder);
    if (base == folder)
        return false;
    folder[base - folder - 1] = 0;
    return true;
}

DWORD library_path_find(const struct service *service, const char *library_path, char *path,
                        size_t size)
{
    char expanded[OS_PATH_SIZE], name[OS_PATH_SIZE], folder[OS_PATH_SIZE], tried[OS_PATH_SIZE];
    char first[OS_PATH_SIZE] = "";
    DWORD error = ERROR_FILE_NOT_FOUND;

    if (!service->library || !*service->library ||
        (service->library_is_expandable ? expand(service->library, expanded, sizeof(expanded)) != 0
                                        : strlen(service->library) >= sizeof(expanded))) {
        snprintf(path, size, "%s", service->library ? service->library : "");
        return ERROR_FILE_NOT_FOUND;
    }
    if (!service->library_is_expandable)
        memcpy(expanded, service->library, strlen(service->library) + 1);
    snprintf(name, sizeof(name), "%s", text_utf8_file_name(expanded));
    use_own_suffix(name, sizeof(name));
    bool has_folder = text_utf8_file_name(expanded) != expanded;

    if (library_path) {
        if (is_there(library_path, name, tried, sizeof(tried)))
            goto found;
        snprintf(first, sizeof(first), "%s", tried);
    }
    if (!has_folder && program_folder(folder, sizeof(folder))) {
        if (is_there(folder, name, tried, sizeof(tried)))
            goto found;
        if (!*first)
            snprintf(first, sizeof(first), "%s", tried);
    }
    /* Windows looks here for a name without a folder. */
    if (!has_folder && os_environment("SystemRoot", folder, sizeof(folder)) == ERROR_SUCCESS &&
        strlen(folder) + sizeof("/system32") <= sizeof(folder)) {
        strcat(folder, "/system32");
        if (is_there(folder, name, tried, sizeof(tried)))
            goto found;
    }
    if (!has_folder)
        goto done; /* any user may have put a file into the current directory */
    /* Try the path itself, then with this system's suffix, then in the program's folder: the
       registration may have been made on another machine. */
    snprintf(tried, sizeof(tried), "%s", expanded);
    if (os_file_exists(tried))
        goto found;
    if (!*first)
        snprintf(first, sizeof(first), "%s", tried);
    use_own_suffix(tried, sizeof(tried));
    if (os_file_exists(tried))
        goto found;
    if (program_folder(folder, sizeof(folder)) && is_there(folder, name, tried, sizeof(tried)))
        goto found;
    goto done;

found:
    error = ERROR_SUCCESS;
done:
    snprintf(path, size, "%s", error ? first : tried);
    return error;
}
