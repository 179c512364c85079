/* SPDX-License-Identifier: MIT
 *
 * Cleaning, cutting and joining names: see heap_name.h. A cut never splits a surrogate pair.
 */
#include "heap_name.h"

#include <string.h>

#include "text.h"

#define PROCESS_LENGTH 60 /* most units of the process's part */

/* Whether a unit is replaced by an underscore: path syntax of PDH, controls, and characters that
   change the direction or the lines of the text around them. */
static bool is_forbidden(WCHAR unit)
{
    static const struct {
        uint16_t first, last;
    } ranges[] = {
        { 0x0000, 0x001F }, { '#', '#' },       { '(', '*' },       { '/', '/' },
        { '\\', '\\' },     { 0x007F, 0x009F }, { 0x061C, 0x061C }, { 0x200B, 0x200F },
        { 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF }, { 0xFFFE, 0xFFFF },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (unit >= ranges[i].first && unit <= ranges[i].last)
            return true;
    return false;
}

static bool is_blank(WCHAR unit)
{
    return unit == ' ' || unit == 0x00A0 || unit == 0x3000 || (unit >= 0x2000 && unit <= 0x200A);
}

size_t heap_name_cut(const WCHAR *name, size_t length, size_t capacity)
{
    if (length <= capacity)
        return length;
    if (capacity > 0 && name[capacity - 1] >= 0xD800 && name[capacity - 1] <= 0xDBFF)
        capacity--;
    return capacity;
}

static size_t append(WCHAR *name, size_t at, const WCHAR *text, size_t length)
{
    memcpy(name + at, text, length * sizeof(*text));
    name[at + length] = 0;
    return at + length;
}

/* Write ":" and the number. */
static size_t number_text(uint32_t number, WCHAR text[12])
{
    char digits[10];
    size_t count = 0, length = 0;

    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    text[length++] = ':';
    while (count > 0)
        text[length++] = (WCHAR)digits[--count];
    text[length] = 0;
    return length;
}

size_t heap_name_clean(const char *text, const char *otherwise, heap_name clean)
{
    /* A unit takes 1 to 3 bytes, so bytes after the longest name need not be read. */
    const char *from = text && *text ? text : otherwise;
    size_t size = 0;
    while (size < 4 * (HEAP_NAME_LENGTH + 1) && from[size])
        size++;
    size_t length = text_from_utf8(from, size, clean, HEAP_NAME_LENGTH + 1);

    for (size_t i = 0; i < length; i++)
        if (is_forbidden(clean[i]))
            clean[i] = '_';
    for (size_t i = 0; i < length && is_blank(clean[i]); i++)
        clean[i] = '_';
    for (size_t i = length; i-- > 0 && is_blank(clean[i]);)
        clean[i] = '_';
    return length;
}

size_t heap_name_add_suffix(heap_name name, uint32_t suffix)
{
    WCHAR text[12];
    size_t more = number_text(suffix, text);
    size_t length = heap_name_cut(name, text_length(name), HEAP_NAME_LENGTH - more);

    return append(name, length, text, more);
}

size_t heap_name_compose(const WCHAR *process, uint32_t process_id, const WCHAR *heap,
                         uint32_t suffix, heap_name name)
{
    WCHAR id[12];
    size_t length =
        append(name, 0, process, heap_name_cut(process, text_length(process), PROCESS_LENGTH));

    length = append(name, length, id, number_text(process_id, id));
    name[length++] = ':';
    length = append(name, length, heap,
                    heap_name_cut(heap, text_length(heap), HEAP_NAME_LENGTH - length));
    /* After the cut, a blank may be last. */
    if (is_blank(name[length - 1]))
        name[length - 1] = '_';
    return suffix ? heap_name_add_suffix(name, suffix) : length;
}

bool heap_name_is_of(const WCHAR *name, size_t length, uint32_t process_id)
{
    WCHAR id[12];
    size_t id_length = number_text(process_id, id);

    for (size_t i = 1; i + id_length < length && i <= PROCESS_LENGTH; i++)
        if (memcmp(name + i, id, id_length * sizeof(*id)) == 0 && name[i + id_length] == ':')
            return true;
    return false;
}

bool heap_name_is_clean(const WCHAR *name, size_t length)
{
    if (length == 0 || length > HEAP_NAME_LENGTH || !text_is_valid(name, length) ||
        is_blank(name[0]) || is_blank(name[length - 1]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (is_forbidden(name[i]))
            return false;
    return true;
}

uint32_t heap_name_hash(const WCHAR *name, size_t length)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint16_t)name[i]) * 16777619u;
    return hash ^ hash >> 15;
}
