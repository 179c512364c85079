/* SPDX-License-Identifier: MIT
 *
 * An .ini file (a private-profile file): sections with keys and their values. A comment line begins
 * with ; or //. Blanks around names and values are ignored, and so are quotation marks around a
 * whole value. The case of ASCII letters in sections and keys is ignored.
 */
#ifndef INI_FILE_H
#define INI_FILE_H

#include <stddef.h>

#include "reg_text.h"
#include "registration.h"

/**
 * The largest .ini or symbol file that is read; our own choice, far above the largest known file.
 */
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
 * Parse an .ini file.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_DATA: a line is neither [section] nor key=value, a key is
 *         before the first section or twice in a section, or a value has a control character (also
 *         a tab); ERROR_NOT_ENOUGH_MEMORY. After an error *ini is unchanged, and error->message
 *         names the place and the reason.
 */
DWORD ini_file_parse(const struct reg_text *text, const char *path, struct ini_file *ini,
                     struct registration_error *error);

/** Read and parse an .ini file; also returns errors of reg_text_read. */
DWORD ini_file_read(const char *path, struct ini_file *ini, struct registration_error *error);

/** The entry of a key, or NULL. */
const struct ini_entry *ini_file_find(const struct ini_file *ini, const char *section,
                                      const char *key);

/** Free all memory. A zeroed struct is allowed. */
void ini_file_release(struct ini_file *ini);

#endif /* INI_FILE_H */
