/* SPDX-License-Identifier: MIT
 *
 * Reads and writes the encodings of registry text files: see reg_text.h.
 */
#include "reg_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os.h"
#include "reg_buffer.h"
#include "text.h"

/* Windows-1252 from 0x80 to 0x9F. Windows maps its five unassigned bytes to control characters. */
static const WCHAR ansi_high[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

WCHAR reg_text_ansi_unit(unsigned char byte)
{
    return byte >= 0x80 && byte < 0xA0 ? ansi_high[byte - 0x80] : byte;
}

int reg_text_ansi_byte(WCHAR unit)
{
    if (unit < 0x80 || (unit >= 0xA0 && unit < 0x100))
        return unit;
    for (int i = 0; i < 32; i++)
        if (ansi_high[i] == unit)
            return 0x80 + i;
    return -1;
}

void reg_text_excerpt(const WCHAR *units, size_t length, char result[168])
{
    WCHAR clean[41] = { 0 };
    size_t count = length > 40 ? 40 : length;

    for (size_t i = 0; i < count; i++)
        clean[i] = units[i] < 0x20 || (units[i] >= 0x7F && units[i] < 0xA0) ? '?' : units[i];
    text_to_utf8(clean, count, result, 164);
    if (length > count)
        memcpy(result + strlen(result), "...", 4);
}

static void fail(struct registration_error *error, const char *path, const char *message)
{
    snprintf(error->message, sizeof(error->message), "%.600s: %s", path, message);
}

static size_t line_at(const WCHAR *units, size_t length)
{
    size_t line = 1;

    for (size_t i = 0; i < length; i++)
        line += units[i] == '\n';
    return line;
}

/* Whether text without a mark is UTF-16: its first characters are ASCII, so every second byte is
   0. */
static bool looks_like_utf16(const unsigned char *bytes, size_t size)
{
    return size >= 4 && bytes[0] && !bytes[1] && bytes[2] && !bytes[3];
}

static bool is_utf8(const WCHAR *units, size_t length, const unsigned char *bytes, size_t size)
{
    size_t replaced = 0, said = 0;

    for (size_t i = 0; i < length; i++)
        replaced += units[i] == 0xFFFD;
    for (size_t i = 0; i + 2 < size; i++)
        said += bytes[i] == 0xEF && bytes[i + 1] == 0xBF && bytes[i + 2] == 0xBD;
    return replaced == said;
}

/* Decode bytes in the encoding that they appear to have. The mark is not part of the text. */
static DWORD decode(const unsigned char *bytes, size_t size, struct reg_text *text)
{
    text->has_mark = size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE;
    if (text->has_mark || looks_like_utf16(bytes, size)) {
        text->encoding = REG_ENCODING_UTF16;
        bytes += text->has_mark ? 2 : 0;
        size -= text->has_mark ? 2 : 0;
        if (size % 2)
            return ERROR_HANDLE_EOF;
        text->length = size / 2;
        memcpy(text->units, bytes, size); /* all supported systems are little-endian */
        return ERROR_SUCCESS;
    }
    if (size >= 2 && bytes[0] == 0xFE && bytes[1] == 0xFF)
        return ERROR_BAD_LENGTH;
    text->encoding = REG_ENCODING_UTF8;
    text->has_mark = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
    if (text->has_mark) {
        bytes += 3;
        size -= 3;
    }
    text->length = text_from_utf8((const char *)bytes, size, text->units, size + 1);
    if (!text->has_mark && !is_utf8(text->units, text->length, bytes, size)) {
        text->encoding = REG_ENCODING_ANSI;
        text->length = size;
        for (size_t i = 0; i < size; i++)
            text->units[i] = reg_text_ansi_unit(bytes[i]);
    }
    return ERROR_SUCCESS;
}

/* Position of the first zero unit, or `length`. Four units are looked at together, since
   exports have tens of megabytes. */
static size_t find_zero(const WCHAR *units, size_t length)
{
    const uint64_t ones = 0x0001000100010001u, tops = 0x8000800080008000u;
    size_t at = 0;

    for (uint64_t four; length - at >= 4; at += 4) {
        memcpy(&four, units + at, sizeof(four));
        if ((four - ones) & ~four & tops)
            break;
    }
    while (at < length && units[at])
        at++;
    return at;
}

/* Check a decoded text. If it is not valid, its units are freed and the error has the reason. */
static DWORD finish(struct reg_text *found, DWORD failure, const char *path, const char *what,
                    struct registration_error *error)
{
    char message[200];

    if (failure == ERROR_HANDLE_EOF) {
        fail(
            error, path,
            "is UTF-16 with half a character at its end: the file was cut short, so copy it again");
    } else if (failure) {
        fail(error, path, "is big-endian UTF-16: save it as UTF-16LE or UTF-8");
    } else {
        size_t zero = find_zero(found->units, found->length);
        if (zero < found->length) {
            snprintf(message, sizeof(message),
                     "%zu: a zero character: this is not %s, or it is damaged",
                     line_at(found->units, zero), what);
            snprintf(error->message, sizeof(error->message), "%.600s:%s", path, message);
            failure = ERROR_INVALID_DATA;
        }
    }
    if (!failure)
        return ERROR_SUCCESS;
    free(found->units);
    return ERROR_INVALID_DATA;
}

DWORD reg_text_decode(const void *data, size_t size, const char *path, const char *what,
                      struct reg_text *text, struct registration_error *error)
{
    struct reg_text found;

    found.units = calloc(size + 1, sizeof(*found.units));
    if (!found.units) {
        fail(error, path, "out of memory");
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    DWORD failure = finish(&found, decode(data, size, &found), path, what, error);
    if (!failure)
        *text = found;
    return failure;
}

DWORD reg_text_take(void *data, size_t size, const char *path, const char *what,
                    struct reg_text *text, struct registration_error *error)
{
    const unsigned char *bytes = data;
    bool has_mark = size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE;
    struct reg_text found = { .units = data,
                              .length = (size - has_mark * 2) / 2,
                              .encoding = REG_ENCODING_UTF16,
                              .has_mark = has_mark };

    if (size % 2 || !(has_mark || looks_like_utf16(bytes, size))) {
        DWORD error_of_copy = reg_text_decode(data, size, path, what, text, error);
        free(data);
        return error_of_copy;
    }
    memmove(data, bytes + has_mark * 2,
            size - has_mark * 2); /* little-endian, like all supported systems */
    DWORD failure = finish(&found, ERROR_SUCCESS, path, what, error);
    if (!failure)
        *text = found;
    return failure;
}

DWORD reg_text_read(const char *path, const char *what, size_t limit, struct reg_text *text,
                    struct registration_error *error)
{
    char message[200];
    void *data;
    size_t size;
    DWORD failure = os_file_read_all(path, &data, &size, limit);

    switch (failure) {
    case ERROR_SUCCESS:
        failure = reg_text_take(data, size, path, what, text, error);
        break;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        fail(error, path, "no such file");
        failure = ERROR_FILE_NOT_FOUND;
        break;
    case ERROR_ACCESS_DENIED:
        fail(error, path,
             "may not be read by this user: change its permissions, or run as its owner");
        break;
    case ERROR_FILE_TOO_LARGE:
        snprintf(message, sizeof(message), "is larger than %zu MiB, the limit for %s", limit >> 20,
                 what);
        fail(error, path, message);
        break;
    case ERROR_INVALID_NAME:
        fail(error, path, "is not a regular file: name a file");
        break;
    default:
        snprintf(message, sizeof(message), "cannot be read (error %lu)", (unsigned long)failure);
        fail(error, path, message);
    }
    return failure;
}

DWORD reg_text_encode(const struct reg_text *text, void **data, size_t *size)
{
    struct reg_buffer buffer = { 0 };

    switch (text->encoding) {
    case REG_ENCODING_UTF16:
        if (text->has_mark)
            reg_buffer_add(&buffer, "\xFF\xFE", 2);
        reg_buffer_add(&buffer, text->units, text->length * sizeof(*text->units));
        break;
    case REG_ENCODING_UTF8: {
        size_t capacity = text_utf8_size(text->units, text->length) + 1;
        char *narrow = malloc(capacity);
        if (!narrow)
            return ERROR_NOT_ENOUGH_MEMORY;
        if (text->has_mark)
            reg_buffer_add(&buffer, "\xEF\xBB\xBF", 3);
        reg_buffer_add(&buffer, narrow, text_to_utf8(text->units, text->length, narrow, capacity));
        free(narrow);
        break;
    }
    case REG_ENCODING_ANSI:
        for (size_t i = 0; i < text->length; i++) {
            int byte = reg_text_ansi_byte(text->units[i]);
            unsigned char narrow = (unsigned char)byte;
            if (byte < 0) {
                reg_buffer_release(&buffer);
                return ERROR_NO_UNICODE_TRANSLATION;
            }
            reg_buffer_add(&buffer, &narrow, 1);
        }
    }
    if (buffer.is_lost) {
        reg_buffer_release(&buffer);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *data = buffer.data;
    *size = buffer.size;
    return ERROR_SUCCESS;
}

void reg_text_release(struct reg_text *text)
{
    free(text->units);
    memset(text, 0, sizeof(*text));
}
