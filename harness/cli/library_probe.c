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
#include "text.h"

static void read_text(const struct machine_value *value, char *text, size_t size)
{
    const WCHAR *units = (const WCHAR *)(const void *)value->value->data;
    size_t length = value->value->size / sizeof(WCHAR);

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
    for (size_t i = MACHINE_SERVICE_OPEN; i <= MACHINE_SERVICE_CLOSE && exports.is_readable; i++) {
        char name[256] = "";
        if (!service->values[i].value || service->values[i].value->type != REG_SZ)
            continue;
        read_text(&service->values[i], name, sizeof(name));
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

enum doctor_library library_probe_look(void *context, const struct machine_service *service,
                                       char *detail, size_t detail_size)
{
    const struct library_probe *probe = context;
    char library[1024] = "", path[OS_PATH_SIZE];
    const struct machine_value *value = &service->values[MACHINE_SERVICE_LIBRARY];
    const struct service named = { .library = library,
                                   .library_is_expandable = value->value->type == REG_EXPAND_SZ };

    read_text(value, library, sizeof(library));
    DWORD error = library_path_find(&named, probe->library_path, path, sizeof(path));
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_MOD_NOT_FOUND) {
        snprintf(detail, detail_size, "%.300s is not found; looked at %.600s first", library, path);
        return DOCTOR_LIBRARY_GONE;
    }
    if (error)
        return DOCTOR_LIBRARY_UNKNOWN;
    int bits = symbol_file_bits(path), own = (int)sizeof(void *) * 8;
    if (bits && bits != own) {
        snprintf(detail, detail_size, "%.800s has %d bits, this program %d", path, bits, own);
        return DOCTOR_LIBRARY_OTHER_BITNESS;
    }
    return bits ? look_at_exports(service, path, detail, detail_size) : DOCTOR_LIBRARY_UNKNOWN;
}
