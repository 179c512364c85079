/* SPDX-License-Identifier: MIT
 *
 * An .ini file as private-profile files are: sections, and keys with values in them. Comments begin
 * a line with ; or //. Blanks around names and values, and quotation marks around a whole value, do
 * not count. Sections and keys are compared without regard to the case of ASCII letters.
 */
#ifndef INI_FILE_H
#define INI_FILE_H

#include <stddef.h>

#include "reg_text.h"
#include "registration.h"

/** The largest .ini or symbol file that is read. */
#define INI_FILE_LIMIT (16u << 20)

struct ini_entry {
    char *section, *key, *value; /* UTF-8 */
    size_t line;                 /* from 1 */
};

/** Zeroed, it is empty. */
struct ini_file {
    char *path; /* for messages */
    struct ini_entry *entries;
    size_t count;
};

/**
 * Parse.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: neither [section] nor key=value, a key before any
 *         section, one key twice in a section, a tab or another control character in a value;
 *         ERROR_NOT_ENOUGH_MEMORY. On failure *ini is untouched, error->message says where and why
 */
DWORD ini_file_parse(const struct reg_text *text, const char *path, struct ini_file *ini,
                     struct registration_error *error);

/** Read and parse; errors of reg_text_read too. */
DWORD ini_file_read(const char *path, struct ini_file *ini, struct registration_error *error);

/** The entry of a key, or NULL. */
const struct ini_entry *ini_file_find(const struct ini_file *ini, const char *section,
                                      const char *key);

/** Free all; a zeroed one is allowed. */
void ini_file_release(struct ini_file *ini);

#endif /* INI_FILE_H */
