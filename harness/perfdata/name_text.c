/* SPDX-License-Identifier: MIT
 *
 * Converts names and texts of a data block to UTF-8.
 */
#include "name_text.h"

#include <string.h>

#include "utf8.h"

/* Convert four ASCII units, none of them 0, to four bytes. */
static bool take_ascii(const unsigned char *units, char bytes[4])
{
    uint64_t four = read_u64(units);
    uint32_t packed;

    if (four & UINT64_C(0xFF80FF80FF80FF80) ||
        ((four - UINT64_C(0x0001000100010001)) & UINT64_C(0x8000800080008000)))
        return false;
    four = (four | four >> 8) & UINT64_C(0x0000FFFF0000FFFF);
    packed = (uint32_t)(four | four >> 16);
    memcpy(bytes, &packed, sizeof(packed));
    return true;
}

static void add_utf16(struct output *output, struct span name)
{
    /* One unit becomes at most 3 bytes, a pair of units 4. */
    char *begin = output_reserve(output, name.size / 2 * 3), *to = begin;

    if (!begin)
        return;
    for (size_t at = 0; at + 2 <= name.size; at += 2) {
        for (; at + 8 <= name.size && take_ascii(name.data + at, to); at += 8)
            to += 4;
        if (at + 2 > name.size)
            break;
        uint32_t c = read_u16(name.data + at);
        if (!c)
            break;
        if (c >= 0xD800 && c < 0xDC00 && at + 4 <= name.size &&
            (read_u16(name.data + at + 2) & 0xFC00) == 0xDC00) {
            c = 0x10000 + ((c & 0x3FF) << 10) + (read_u16(name.data + at + 2) & 0x3FF);
            at += 2;
        } else if (c >= 0xD800 && c < 0xE000) {
            c = 0xFFFD;
        }
        to += utf8_encode(c, to);
    }
    output_took(output, (size_t)(to - begin));
}

void name_text_add(struct output *output, struct span name, uint32_t code_page)
{
    const char *bytes = (const char *)name.data;
    const unsigned char *end = name.size ? memchr(name.data, 0, name.size) : NULL;
    const size_t size = end ? (size_t)(end - name.data) : name.size;
    bool is_utf8 = true;
    char encoded[4];

    if (code_page == 0) {
        add_utf16(output, name);
        return;
    }

    for (size_t at = 0; at < size && is_utf8;)
        is_utf8 = utf8_next(bytes, size, &at) != 0xFFFD;
    if (is_utf8)
        output_add(output, bytes, size);
    else
        for (size_t at = 0; at < size; at++)
            output_add(output, encoded, utf8_encode(name.data[at], encoded));
}
