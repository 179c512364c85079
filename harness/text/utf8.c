/* SPDX-License-Identifier: MIT
 *
 * The characters of UTF-8 text in order, and their width. text.c converts from and to UTF-16.
 */
#include "utf8.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT 0xFFFDu

uint32_t utf8_next(const char *text, size_t size, size_t *at)
{
    const unsigned char *bytes = (const unsigned char *)text + *at;
    const size_t left = size - *at;
    const unsigned char lead = bytes[0];
    const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t character = length < 2 ? lead : lead & (0x7Fu >> length);

    (*at)++;
    if (length == 1)
        return lead;
    if (length == 0 || lead > 0xF4 || left < length)
        return REPLACEMENT;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return REPLACEMENT;
        character = character << 6 | (bytes[i] & 0x3Fu);
    }
    if (character < least[length] || character > 0x10FFFF ||
        (character >= 0xD800 && character < 0xE000))
        return REPLACEMENT;
    *at += length - 1;
    return character;
}

size_t utf8_encode(uint32_t character, char bytes[4])
{
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        bytes[0] = (char)(0xC0 | character >> 6);
        bytes[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        bytes[0] = (char)(0xE0 | character >> 12);
        bytes[1] = (char)(0x80 | (character >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    bytes[0] = (char)(0xF0 | character >> 18);
    bytes[1] = (char)(0x80 | (character >> 12 & 0x3F));
    bytes[2] = (char)(0x80 | (character >> 6 & 0x3F));
    bytes[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

uint32_t utf8_fold(uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) || /* Latin 1 */
        (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))          /* Greek, Cyrillic */
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40F)
        return c + 0x50;
    if ((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14A && c <= 0x177)) /* Latin A */
        return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c + (c & 1);
    return c == 0x178 ? 0xFF : c;
}

struct range {
    uint32_t first, last;
};

/* Combining marks and format characters, by blocks. They are shown on the character before them. */
static const struct range zero_wide[] = {
    { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD },   { 0x0610, 0x061A },
    { 0x064B, 0x065F }, { 0x06D6, 0x06DC }, { 0x0E31, 0x0E31 },   { 0x0E34, 0x0E3A },
    { 0x0E47, 0x0E4E }, { 0x1AB0, 0x1AFF }, { 0x1DC0, 0x1DFF },   { 0x200B, 0x200F },
    { 0x20D0, 0x20FF }, { 0x302A, 0x302D }, { 0x3099, 0x309A },   { 0xFE00, 0xFE0F },
    { 0xFE20, 0xFE2F }, { 0xFEFF, 0xFEFF }, { 0xE0100, 0xE01EF },
};

/* East Asian Width W and F (Unicode Standard Annex 11), and emoji, by blocks. */
static const struct range double_wide[] = {
    { 0x1100, 0x115F },   { 0x231A, 0x231B },   { 0x23E9, 0x23EC },   { 0x2E80, 0x303E },
    { 0x3041, 0x33FF },   { 0x3400, 0x4DBF },   { 0x4E00, 0x9FFF },   { 0xA000, 0xA4CF },
    { 0xA960, 0xA97F },   { 0xAC00, 0xD7A3 },   { 0xF900, 0xFAFF },   { 0xFE30, 0xFE6F },
    { 0xFF00, 0xFF60 },   { 0xFFE0, 0xFFE6 },   { 0x16FE0, 0x18AFF }, { 0x1B000, 0x1B2FF },
    { 0x1F004, 0x1F004 }, { 0x1F0CF, 0x1F0CF }, { 0x1F18E, 0x1F18E }, { 0x1F191, 0x1F19A },
    { 0x1F200, 0x1F320 }, { 0x1F32D, 0x1F335 }, { 0x1F337, 0x1F37C }, { 0x1F37E, 0x1F393 },
    { 0x1F3A0, 0x1F3CA }, { 0x1F3E0, 0x1F3F0 }, { 0x1F3F4, 0x1F3F4 }, { 0x1F3F8, 0x1F43E },
    { 0x1F440, 0x1F440 }, { 0x1F442, 0x1F4FC }, { 0x1F4FF, 0x1F53D }, { 0x1F550, 0x1F567 },
    { 0x1F595, 0x1F596 }, { 0x1F5FB, 0x1F64F }, { 0x1F680, 0x1F6C5 }, { 0x1F900, 0x1F9FF },
    { 0x20000, 0x2FFFD }, { 0x30000, 0x3FFFD },
};

static bool is_in(const struct range ranges[], size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

unsigned utf8_character_width(uint32_t character)
{
    if (character < 0x300)
        return 1;
    if (is_in(zero_wide, sizeof(zero_wide) / sizeof(*zero_wide), character))
        return 0;
    return is_in(double_wide, sizeof(double_wide) / sizeof(*double_wide), character) ? 2 : 1;
}

bool utf8_is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200E && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x061C;
}

unsigned utf8_show(uint32_t character, char shown[UTF8_SHOWN_SIZE])
{
    if (utf8_is_unsafe(character))
        return (unsigned)snprintf(shown, UTF8_SHOWN_SIZE,
                                  character < 0x100 ? "\\x%02" PRIX32 : "\\u%04" PRIX32, character);
    shown[utf8_encode(character, shown)] = '\0';
    return utf8_character_width(character);
}

size_t utf8_width(const char *text)
{
    const size_t size = strlen(text);
    size_t width = 0;
    char shown[UTF8_SHOWN_SIZE];

    for (size_t at = 0; at < size;)
        width += utf8_show(utf8_next(text, size, &at), shown);
    return width;
}

size_t utf8_add_safe(struct output *output, const char *text, size_t width)
{
    const size_t size = strlen(text);
    const bool is_cut = utf8_width(text) > width;
    size_t used = 0;

    for (size_t at = 0; at < size;) {
        char shown[UTF8_SHOWN_SIZE];
        const unsigned columns = utf8_show(utf8_next(text, size, &at), shown);

        if (used + columns + (is_cut ? 1 : 0) > width)
            break;
        output_add_text(output, shown);
        used += columns;
    }
    if (is_cut && used < width) {
        output_add_text(output, "…");
        used++;
    }
    return used;
}
