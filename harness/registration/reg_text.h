/* SPDX-License-Identifier: MIT
 *
 * A text file of the registry's world (.reg, .ini, .h) as UTF-16 in memory, with its encoding, so
 * that it can be written back in the same form.
 */
#ifndef REG_TEXT_H
#define REG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "registration.h"
#include "wintypes.h"

enum reg_encoding {
    REG_ENCODING_UTF16, /* little-endian */
    REG_ENCODING_UTF8,
    REG_ENCODING_ANSI, /* Windows-1252 */
};

struct reg_text {
    WCHAR *units;
    size_t length;
    enum reg_encoding encoding;
    bool has_mark; /* the file began with a byte-order mark */
};

/**
 * Read and decode a file: UTF-16LE by its mark or by zero bytes, otherwise UTF-8, otherwise
 * Windows-1252.
 *
 * @param what   the expected kind of file, for messages: "a .reg file"
 * @param limit  most bytes accepted
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND; ERROR_ACCESS_DENIED; ERROR_FILE_TOO_LARGE;
 *         ERROR_INVALID_DATA (UTF-16 of the wrong byte order or cut in the middle, a zero
 *         character); ERROR_NOT_ENOUGH_MEMORY; others of os_file_read_all. After an error,
 *         error->message has the reason and *text is unchanged
 */
DWORD reg_text_read(const char *path, const char *what, size_t limit, struct reg_text *text,
                    struct registration_error *error);

/** The same from memory; `path` is for messages only. */
DWORD reg_text_decode(const void *data, size_t size, const char *path, const char *what,
                      struct reg_text *text, struct registration_error *error);

/** The same. Takes over `data`, which is from malloc, so that large files are not copied. */
DWORD reg_text_take(void *data, size_t size, const char *path, const char *what,
                    struct reg_text *text, struct registration_error *error);

/**
 * Encode a text in the encoding in which it was read.
 *
 * @param data  receives memory from malloc
 * @return ERROR_SUCCESS; ERROR_NO_UNICODE_TRANSLATION: Windows-1252 lacks a character;
 *         ERROR_NOT_ENOUGH_MEMORY
 */
DWORD reg_text_encode(const struct reg_text *text, void **data, size_t *size);

/** The Windows-1252 byte of a character, or -1; and the character of a byte. */
int reg_text_ansi_byte(WCHAR unit);
WCHAR reg_text_ansi_unit(unsigned char byte);

/**
 * A short excerpt as UTF-8 for messages: at most 40 characters, control characters as "?".
 *
 * @param result  receives it, terminated
 */
void reg_text_excerpt(const WCHAR *units, size_t length, char result[168]);

/** Free; the struct is empty again. */
void reg_text_release(struct reg_text *text);

#endif /* REG_TEXT_H */
