/* SPDX-License-Identifier: MIT
 *
 * UTF-16 and UTF-8: conversion, comparison and length of the 16-bit text that Windows' interfaces
 * carry, the same on every system. Only text_utf8_copy allocates; no function reads past a terminator
 * or past the given length.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wintypes.h"

/** UTF-16 units before the terminator. */
size_t text_length(const WCHAR *text);

/** The small letter of an ASCII capital; any other unit unchanged. */
static inline WCHAR text_lower(WCHAR unit)
{
    return unit >= 'A' && unit <= 'Z' ? (WCHAR)(unit + ('a' - 'A')) : unit;
}

/** The same for UTF-8. */
static inline char text_utf8_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

/** Whether two texts are equal, without regard to the case of ASCII letters. */
bool text_equal_ignore_case(const WCHAR *left, const WCHAR *right);

/** The same for UTF-8 (ASCII letters only). */
bool text_utf8_equal_ignore_case(const char *left, const char *right);

/**
 * Compare two UTF-8 texts, without regard to the case of ASCII letters.
 *
 * @param left, right  need not be terminated
 * @return below, equal to or above 0; a prefix of another text comes first
 */
int text_utf8_compare_ignore_case(const char *left, size_t left_size, const char *right,
                                  size_t right_size);

/** The file name at the end of a path of any system: what follows the last slash or backslash. */
const char *text_utf8_file_name(const char *path);

/**
 * A copy of a UTF-8 text in memory of its own.
 *
 * @param text  may be NULL
 * @return the caller frees it; NULL if there is no memory, or for NULL
 */
char *text_utf8_copy(const char *text);

/**
 * UTF-8 to UTF-16.
 *
 * Bytes that are not UTF-8 (truncated, overlong, surrogates, above U+10FFFF) become U+FFFD, one for
 * each maximal bad part, as Unicode recommends.
 *
 * @param text    source, `size` bytes; need not be terminated
 * @param result  receives at most count - 1 units and a terminator; cut at a whole character
 * @param count   size of `result` in units, at least 1
 * @return units written, terminator not counted
 */
size_t text_from_utf8(const char *text, size_t size, WCHAR *result, size_t count);

/**
 * UTF-16 to UTF-8. Unpaired surrogates become U+FFFD.
 *
 * @param text    source, `length` units; need not be terminated
 * @param result  receives at most size - 1 bytes and a terminator; cut at a whole character
 * @param size    size of `result` in bytes, at least 1
 * @return bytes written, terminator not counted
 */
size_t text_to_utf8(const WCHAR *text, size_t length, char *result, size_t size);

/** Bytes that text_to_utf8 would write without a limit, terminator not counted. */
size_t text_utf8_size(const WCHAR *text, size_t length);

/**
 * Parse a title index: a decimal number below 2^32, and nothing else.
 *
 * @param number  changed only on success
 */
bool text_parse_number(const WCHAR *text, size_t length, uint32_t *number);

/** Whether `length` units are valid UTF-16 without a zero unit. */
bool text_is_valid(const WCHAR *text, size_t length);

#endif /* TEXT_H */
