/* SPDX-License-Identifier: MIT
 *
 * Recognises what an input is by its bytes, and reads it, see machine_input.h.
 */
#include "machine_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup_file.h"
#include "lodctr_output.h"
#include "machine_table.h"
#include "os.h"
#include "perf_names.h"
#include "reg_scan.h"
#include "reg_text.h"
#include "registration_file.h"
#include "registration.h"
#include "registration_system.h"
#include "text.h"

static WCHAR unit_at(const unsigned char *bytes, size_t at)
{
    return (WCHAR)(bytes[2 * at] | bytes[2 * at + 1] << 8);
}

static bool is_answer(const unsigned char *bytes, size_t size)
{
    return size >= 8 && memcmp(bytes, "P\0E\0R\0F\0", 8) == 0;
}

/* UTF-16 text that begins with an index and its terminator: a table. */
static bool is_table(const unsigned char *bytes, size_t size)
{
    size_t length = size / 2, at = 0;

    while (at < length && at < 11 && unit_at(bytes, at) >= '0' && unit_at(bytes, at) <= '9')
        at++;
    return at > 0 && at < length && unit_at(bytes, at) == 0;
}

/* The length of a prefix in lower case if a name begins with it; 0 if not. */
static size_t prefix_length(const char *name, const char *prefix)
{
    size_t length = 0;

    while (prefix[length] && text_utf8_lower(name[length]) == prefix[length])
        length++;
    return prefix[length] ? 0 : length;
}

/* Take kind and language from the file's name: perfc009.dat, perfh009.dat, prfc0804.dat. */
static bool read_table_name(const char *path, uint32_t *language, bool *is_help)
{
    const char *name = text_utf8_file_name(path);
    size_t prefix = prefix_length(name, "perf") + prefix_length(name, "prf");
    char digits[5] = "";

    if (!prefix)
        return false;
    char kind = text_utf8_lower(name[prefix]);
    if (kind != 'c' && kind != 'h')
        return false;
    size_t length = strcspn(name + prefix + 1, ".");
    if (length < 3 || length > 4)
        return false;
    memcpy(digits, name + prefix + 1, length);
    *is_help = kind == 'h';
    return registration_parse_language(digits, language);
}

/* Find the kind if the file's name does not show it: most indices of names are even, those of
   help texts odd. */
static DWORD find_kind(const void *data, size_t size, bool *is_help)
{
    struct machine_table table = { .is_help = false };
    size_t odd = 0;
    DWORD failure = machine_table_read(&table, data, size);

    for (size_t i = 0; i < table.count; i++)
        odd += table.names[i].index % 2;
    *is_help = odd > table.count / 2;
    machine_table_release(&table);
    return failure;
}

static DWORD parse_table(const void *data, size_t size, const char *path,
                         struct machine_input *input)
{
    char key_path[200];
    size_t mark = size >= 2 && memcmp(data, "\xFF\xFE", 2) == 0 ? 2 : 0;

    data = (const unsigned char *)data + mark; /* an editor may have written one */
    size -= mark;

    input->kind = MACHINE_INPUT_TABLE;
    if (!read_table_name(path, &input->language, &input->is_help)) {
        input->language = PERF_ENGLISH;
        DWORD failure = find_kind(data, size, &input->is_help);
        if (failure)
            return failure;
    }
    snprintf(key_path, sizeof(key_path), "%s\\%03X", REG_PERFLIB, (unsigned)input->language);
    struct reg_key *key = reg_tree_add_key(&input->tree, key_path);
    if (!key)
        return ERROR_NOT_ENOUGH_MEMORY;
    return reg_tree_set(&input->tree, key, input->is_help ? "Help" : "Counter", REG_MULTI_SZ, data,
                        size);
}

static DWORD parse_answer(const void *data, size_t size, struct machine_input *input)
{
    input->kind = MACHINE_INPUT_ANSWER;
    input->answer = malloc(size);
    if (!input->answer)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(input->answer, data, size);
    input->answer_size = size;
    return ERROR_SUCCESS;
}

/* Whether bytes are UTF-16 that is cut inside its last unit. Windows' own backup has no mark. */
static bool is_cut_utf16(const unsigned char *bytes, size_t size)
{
    return size % 2 && size >= 9 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || !bytes[1]);
}

/* Whether a text begins like a .reg file. The rest may look like another form. */
static bool is_registry(const struct reg_text *text)
{
    static const char *const headers[] = { "Windows Registry Editor", "REGEDIT4" };

    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        size_t at = 0;
        while (at < text->length && headers[i][at] &&
               text->units[at] == (unsigned char)headers[i][at])
            at++;
        if (!headers[i][at])
            return true;
    }
    return false;
}

static DWORD parse_text(const struct reg_text *text, const char *path, struct machine_input *input,
                        struct registration_error *error)
{
    if (!is_registry(text) && backup_file_is(text)) {
        input->kind = MACHINE_INPUT_BACKUP;
        return backup_file_parse(text, input);
    }
    if (!is_registry(text) && lodctr_output_is(text)) {
        input->kind = MACHINE_INPUT_QUERY;
        return lodctr_output_parse(text, input);
    }
    input->kind = MACHINE_INPUT_REGISTRY;
    DWORD failure = registration_file_load(text, path, &input->tree, error);
    if (!input->tree.has_other_paths) /* as after a failure, when the tree is empty */
        return failure;
    registration_file_find_path(text, REG_SERVICES, input->services_path,
                                sizeof(input->services_path));
    registration_file_find_path(text, REG_PERFLIB, input->perflib_path,
                                sizeof(input->perflib_path));
    return ERROR_SUCCESS;
}

/* Text of any form; takes over `data`. */
static DWORD take_text(void *data, size_t size, const char *path, struct machine_input *input,
                       struct registration_error *error)
{
    struct reg_text text = { 0 };
    bool is_cut = is_cut_utf16(data, size);
    DWORD failure =
        reg_text_take(data, size - is_cut, path,
                      "a .reg file, a backup, output of lodctr /q or a name table", &text, error);

    if (!failure)
        failure = parse_text(&text, path, input, error);
    reg_text_release(&text);
    if (failure || !is_cut)
        return failure;
    if (input->kind == MACHINE_INPUT_REGISTRY) {
        snprintf(error->message, sizeof(error->message),
                 "%.600s: is UTF-16 with half a character at its end: the file was cut short",
                 path);
        return ERROR_INVALID_DATA;
    }
    input->is_cut = true;
    if (!*input->damage)
        snprintf(input->damage, sizeof(input->damage), "it ends within a character");
    return ERROR_SUCCESS;
}

/* Bytes of any form; takes over `data`. */
static DWORD take(void *data, size_t size, const char *path, struct machine_input *input,
                  struct registration_error *error)
{
    uint32_t language;
    bool is_help;
    DWORD failure;

    memset(input, 0, sizeof(*input));
    input->name = path;
    error->message[0] = 0;
    if (is_answer(data, size)) {
        failure = parse_answer(data, size, input);
        free(data);
    } else if (is_table(data, size) || read_table_name(path, &language, &is_help)) {
        failure = parse_table(data, size, path, input);
        free(data);
    } else {
        failure = take_text(data, size, path, input, error);
    }
    if (failure == ERROR_NOT_ENOUGH_MEMORY)
        snprintf(error->message, sizeof(error->message), "%.600s: out of memory", path);
    if (failure)
        machine_input_release(input);
    return failure;
}

DWORD machine_input_parse(const void *data, size_t size, const char *path,
                          struct machine_input *input, struct registration_error *error)
{
    void *copy = malloc(size + 1);

    if (!copy) {
        snprintf(error->message, sizeof(error->message), "%.600s: out of memory", path);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    memcpy(copy, size ? data : "", size);
    return take(copy, size, path, input, error);
}

DWORD machine_input_read(const char *path, struct machine_input *input,
                         struct registration_error *error)
{
    void *data;
    size_t size;
    DWORD failure = os_file_read_all(path, &data, &size, MACHINE_INPUT_LIMIT);

    if (!failure)
        return take(data, size, path, input, error);
    snprintf(error->message, sizeof(error->message), "%.600s: %s", path,
             failure == ERROR_FILE_NOT_FOUND || failure == ERROR_PATH_NOT_FOUND ? "no such file"
             : failure == ERROR_ACCESS_DENIED  ? "may not be read by this user"
             : failure == ERROR_FILE_TOO_LARGE ? "is larger than 64 MiB"
             : failure == ERROR_INVALID_NAME   ? "is not a regular file"
                                               : "cannot be read");
    return failure;
}

const char *const machine_input_file_names[MACHINE_FILE_COUNT] = {
    [MACHINE_FILE_NAMES] = "perfc009.dat",
    [MACHINE_FILE_HELP] = "perfh009.dat",
    [MACHINE_FILE_BACKUP] = "PerfStringBackup.INI",
    [MACHINE_FILE_PENDING] = "PerfStringBackup.TMP",
};

static enum machine_file_state look_at_file(const char *name)
{
    char path[OS_PATH_SIZE];
    void *data;
    size_t size;

    if (!registration_system_file(name, path, sizeof(path)))
        return MACHINE_FILE_UNKNOWN;
    DWORD error = os_file_read_all(path, &data, &size, MACHINE_INPUT_LIMIT);
    if (error == ERROR_FILE_NOT_FOUND)
        return MACHINE_FILE_GONE;
    if (error)
        return MACHINE_FILE_UNKNOWN;
    free(data);
    return size < 2 * sizeof(WCHAR) ? MACHINE_FILE_EMPTY : MACHINE_FILE_THERE;
}

DWORD machine_input_read_system(struct machine_input *input, struct registration_error *error)
{
    memset(input, 0, sizeof(*input));
    input->name = "the registry";
    input->kind = MACHINE_INPUT_REGISTRY;
    input->is_system = true;
    input->is_live = registration_system_has_name_files();
    DWORD failure = registration_system_load(&input->tree, error);
    if (failure)
        return failure;
    input->names_error = registration_system_names_error();
    for (size_t i = 0; i < MACHINE_FILE_COUNT && input->is_live; i++)
        input->files[i] = look_at_file(machine_input_file_names[i]);
    return ERROR_SUCCESS;
}

const char *machine_input_kind_name(enum machine_input_kind kind)
{
    static const char *const names[] = {
        [MACHINE_INPUT_REGISTRY] = "registry",   [MACHINE_INPUT_QUERY] = "output of lodctr /q",
        [MACHINE_INPUT_TABLE] = "name table",    [MACHINE_INPUT_BACKUP] = "backup",
        [MACHINE_INPUT_ANSWER] = "saved answer",
    };

    return names[kind];
}

void machine_input_release(struct machine_input *input)
{
    reg_tree_release(&input->tree);
    free(input->answer);
    memset(input, 0, sizeof(*input));
}
