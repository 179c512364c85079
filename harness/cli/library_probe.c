/* SPDX-License-Identifier: MIT
 *
 * See library_probe.h.
 */
#include "library_probe.h"

#include <stdio.h>
#include <string.h>

#include "export_table.h"
#include "library_path.h"
#include "os.h"
#include "symbol_file.h"
#include "system_files.h"
#include "text.h"
#include "validation_code.h"

static void read_text(const struct reg_value *value, char *text, size_t size)
{
    const WCHAR *units = (const WCHAR *)(const void *)value->data;
    size_t length = value->size / sizeof(WCHAR);

    while (length && !units[length - 1])
        length--;
    text_to_utf8(units, length, text, size);
}

static bool has_export(const struct export_table *exports, const char *name)
{
    for (size_t i = 0; i < exports->count; i++)
        if (strcmp(exports->names[i], name) == 0)
            return true;
    return false;
}

static enum doctor_library look_at_exports(const struct machine_service *service, const char *path,
                                           char *detail, size_t detail_size)
{
    enum doctor_library state = DOCTOR_LIBRARY_FINE;
    struct export_table exports;

    if (export_table_read(&exports, path))
        return DOCTOR_LIBRARY_UNKNOWN;
    bool is_known = exports.is_readable && !exports.is_placeholder;
    for (size_t i = MACHINE_SERVICE_OPEN; i <= MACHINE_SERVICE_CLOSE && is_known; i++) {
        char name[256] = "";
        if (!service->values[i].value || service->values[i].value->type != REG_SZ)
            continue;
        read_text(service->values[i].value, name, sizeof(name));
        if (!*name || has_export(&exports, name))
            continue;
        snprintf(detail, detail_size, "%.700s has no export \"%.200s\" (%s)", path, name,
                 machine_service_names[i]);
        state = DOCTOR_LIBRARY_LACKS_EXPORT;
        break;
    }
    export_table_release(&exports);
    return state;
}

/* Whether this program sees all files of the system: a 32-bit program on a 64-bit Windows is shown
   another folder under the name System32. */
static bool sees_all_files(void)
{
    char folder[OS_PATH_SIZE];

    return system_files_folder(false, folder, sizeof(folder)) != ERROR_BAD_EXE_FORMAT;
}

/* Where Windows looks last for a name without a folder. */
static bool is_on_path(const char *library, char *path, size_t size)
{
    char folders[OS_PATH_SIZE];

    if (text_utf8_file_name(library) != library ||
        os_environment("PATH", folders, sizeof(folders)) != ERROR_SUCCESS)
        return false;
    for (const char *at = folders; *at;) {
        size_t length = strcspn(at, ";");
        int used = snprintf(path, size, "%.*s\\%s", (int)length, at, library);
        if (length && used > 0 && (size_t)used < size && os_file_exists(path))
            return true;
        at += length;
        at += *at == ';';
    }
    return false;
}

static DWORD find(const struct library_probe *probe, const struct reg_value *value, char *library,
                  size_t library_size, char *path)
{
    const struct service named = { .library = library,
                                   .library_is_expandable = value->type == REG_EXPAND_SZ };

    read_text(value, library, library_size);
    DWORD error = library_path_find(&named, probe->library_path, path, OS_PATH_SIZE);
    char other[OS_PATH_SIZE];
    if (error == ERROR_FILE_NOT_FOUND && is_on_path(library, other, sizeof(other))) {
        memcpy(path, other, strlen(other) + 1);
        return ERROR_SUCCESS;
    }
    return error;
}

/* Whether the library differs from the one that was registered as trusted. */
static bool is_untrusted(const struct machine_service *service, const char *path)
{
    for (const struct reg_value *value = service->performance->first_value; value;
         value = value->next) {
        struct service trusted = { .validation_code = value->data,
                                   .validation_code_size = value->size };
        if (text_utf8_equal_ignore_case(value->node.name, "Library Validation Code") &&
            value->size && value->type == REG_BINARY)
            return !validation_code_fits(&trusted, path);
    }
    return false;
}

enum doctor_library library_probe_look(void *context, const struct machine_service *service,
                                       char *detail, size_t detail_size)
{
    char library[1024] = "", path[OS_PATH_SIZE];
    DWORD error = find(context, service->values[MACHINE_SERVICE_LIBRARY].value, library,
                       sizeof(library), path);

    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_MOD_NOT_FOUND) {
        snprintf(detail, detail_size, "%.300s is not found; looked at %.600s first", library, path);
        return sees_all_files() ? DOCTOR_LIBRARY_GONE : DOCTOR_LIBRARY_UNKNOWN;
    }
    if (error)
        return DOCTOR_LIBRARY_UNKNOWN;
    int bits = symbol_file_bits(path), own = (int)sizeof(void *) * 8;
    if (bits && bits != own) {
        snprintf(detail, detail_size, "%.800s has %d bits, this program %d", path, bits, own);
        return DOCTOR_LIBRARY_OTHER_BITNESS;
    }
    if (!bits)
        return DOCTOR_LIBRARY_UNKNOWN;
    enum doctor_library state = look_at_exports(service, path, detail, detail_size);
    if (state != DOCTOR_LIBRARY_FINE || !is_untrusted(service, path))
        return state;
    snprintf(detail, detail_size, "Library Validation Code is not that of %.800s", path);
    return DOCTOR_LIBRARY_UNTRUSTED;
}

bool library_probe_is_file_gone(void *context, const struct reg_value *value)
{
    char name[1024] = "", path[OS_PATH_SIZE];

    if ((value->type != REG_SZ && value->type != REG_EXPAND_SZ) ||
        value->size / sizeof(WCHAR) >= sizeof(name) / 3)
        return false;
    return find(context, value, name, sizeof(name), path) == ERROR_FILE_NOT_FOUND && *name &&
           sees_all_files();
}
