/* SPDX-License-Identifier: MIT
 *
 * Reads a linker's map line by line, by the words of a line: see map_file.h. Unknown lines are
 * skipped, because maps are written for people.
 */
#include "map_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "os.h"
#include "text.h"

#define SIZE_LIMIT ((size_t)256 << 20) /* largest map, in bytes; chosen */
#define WORDS 4                        /* words of a line that are distinguished */

struct map_parser {
    struct map_file *map;
    bool is_gnu, is_visual_c; /* the line before the list of each linker has been found */
    bool has_no_memory;
    const char *section; /* a name that was too long for its line, or NULL */
    const char *object;  /* the current part, GNU only */
    uint64_t object_begin, object_end;
};

/* Parse "0x1f" or, without `has_prefix`, "1f"; the whole word. */
static bool hexadecimal(const char *word, bool has_prefix, uint64_t *number)
{
    uint64_t value = 0;

    if (has_prefix && strncmp(word, "0x", 2) != 0)
        return false;
    if (has_prefix)
        word += 2;
    if (!*word || strlen(word) > 16)
        return false;
    for (; *word; word++) {
        unsigned digit = *word >= '0' && *word <= '9'   ? (unsigned)(*word - '0')
                         : *word >= 'a' && *word <= 'f' ? (unsigned)(*word - 'a') + 10
                         : *word >= 'A' && *word <= 'F' ? (unsigned)(*word - 'A') + 10
                                                        : 16;
        if (digit == 16)
            return false;
        value = value << 4 | digit;
    }
    *number = value;
    return true;
}

static void add(struct map_parser *parser, struct map_entry entry)
{
    struct map_file *map = parser->map;

    struct map_entry *entries =
        array_reserve(map->entries, &map->capacity, map->count + 1, sizeof(*entries));
    if (!entries) {
        parser->has_no_memory = true;
        return;
    }
    map->entries = entries;
    map->entries[map->count++] = entry;
}

/* Split a line into words, in place. The last word is the rest of the line. */
static size_t split(char *line, char *words[WORDS])
{
    size_t count = 0;

    for (;;) {
        line += strspn(line, " \t");
        if (!*line)
            break;
        words[count++] = line;
        if (count == WORDS)
            break;
        line += strcspn(line, " \t");
        if (*line)
            *line++ = 0;
    }
    return count;
}

/* ---- GNU ld -------------------------------------------------------------------------------- */

/* Add a part of a section: address, size, object. With -ffunction-sections its name contains
   that of the function: .text.name in ELF, .text$name in PE. */
static void take_part(struct map_parser *parser, const char *section, uint64_t address,
                      uint64_t size, const char *object)
{
    size_t prefix = strlen(".text");

    if (size == 0 || strncmp(section, ".text", prefix) != 0)
        return;
    parser->object = text_utf8_file_name(object); /* "lib/libfoo.a(bar.o)" is "libfoo.a(bar.o)" */
    parser->object_begin = address;
    parser->object_end = address + size < address ? UINT64_MAX : address + size;
    add(parser, (struct map_entry){ address, NULL, parser->object, parser->object_end });
    if ((section[prefix] == '.' || section[prefix] == '$') && section[prefix + 1] &&
        strcmp(section + prefix + 1, "startup") != 0 &&
        strcmp(section + prefix + 1, "unlikely") != 0)
        add(parser, (struct map_entry){ address, section + prefix + 1, parser->object,
                                        parser->object_end });
}

static bool is_base(const char *name)
{
    return strcmp(name, "__image_base__") == 0 || strcmp(name, "___image_base__") == 0 ||
           strcmp(name, "__executable_start") == 0 || strcmp(name, "(__executable_start") == 0;
}

static void take_gnu(struct map_parser *parser, char *words[WORDS], size_t count)
{
    uint64_t address = 0, size = 0;
    const char *section = parser->section;

    parser->section = NULL;
    if (count == 1) {
        parser->section = words[0]; /* the next line has the rest, if it is a section */
    } else if (count >= 4 && hexadecimal(words[1], true, &address) &&
               hexadecimal(words[2], true, &size)) {
        take_part(parser, words[0], address, size, words[3]);
    } else if (section && count >= 3 && hexadecimal(words[0], true, &address) &&
               hexadecimal(words[1], true, &size)) {
        take_part(parser, section, address, size, words[count - 1]);
    } else if (hexadecimal(words[0], true, &address)) {
        bool is_provided = strcmp(words[1], "PROVIDE") == 0 && count > 2;
        if (is_base(words[is_provided ? 2 : 1]))
            parser->map->base = address;
        else if (count == 2 && address >= parser->object_begin && address < parser->object_end)
            add(parser,
                (struct map_entry){ address, words[1], parser->object, parser->object_end });
    }
}

/* ---- Visual C++ ---------------------------------------------------------------------------- */

/* Add "0001:00000010  name  0000000140001010 f  object". */
static void take_visual_c(struct map_parser *parser, char *words[WORDS], size_t count)
{
    uint64_t section = 0, address = 0;
    char *colon = strchr(words[0], ':');

    if (count < 3 || !colon)
        return;
    *colon = 0;
    if (!hexadecimal(words[0], false, &section) || section == 0 ||
        !hexadecimal(words[2], false, &address))
        return;
    const char *object = words[count - 1];
    while (strchr(object, ' '))
        object = strchr(object, ' ') + 1;
    add(parser, (struct map_entry){ address, words[1], count > 3 ? text_utf8_file_name(object) : "",
                                    UINT64_MAX });
}

/* -------------------------------------------------------------------------------------------- */

static void take_line(struct map_parser *parser, char *line)
{
    static const char preferred[] = "Preferred load address is ";
    char *words[WORDS] = { NULL }, *found = strstr(line, preferred);

    if (strncmp(line, "Linker script and memory map", 28) == 0) {
        parser->is_gnu = true;
        return;
    }
    if (found) {
        char *number = found + strlen(preferred);
        number[strspn(number, "0123456789abcdefABCDEF")] = 0;
        parser->is_visual_c = hexadecimal(number, false, &parser->map->base);
        return;
    }
    if (!parser->is_gnu && !parser->is_visual_c)
        return;
    line[strcspn(line, "\r")] = 0;
    size_t count = split(line, words);
    if (count && parser->is_gnu)
        take_gnu(parser, words, count);
    else if (count)
        take_visual_c(parser, words, count);
}

/* Sort by address. Among equal addresses, the start of an object, whose name is NULL, comes first, then names in
   their order in the text. */
static int by_address(const void *left, const void *right)
{
    const struct map_entry *a = left, *b = right;
    const uintptr_t a_name = (uintptr_t)a->name, b_name = (uintptr_t)b->name;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a_name < b_name ? -1 : a_name > b_name;
}

DWORD map_file_parse(struct map_file *map, const char *text, size_t size)
{
    struct map_parser parser = { .map = map };

    memset(map, 0, sizeof(*map));
    map->text = malloc(size + 1);
    if (!map->text)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(map->text, text, size);
    map->text[size] = 0;
    for (char *line = map->text, *end; line && !parser.has_no_memory; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = 0;
        take_line(&parser, line);
    }
    if (parser.has_no_memory || map->count == 0) {
        map_file_release(map);
        return parser.has_no_memory ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_DATA;
    }
    qsort(map->entries, map->count, sizeof(*map->entries), by_address);
    return ERROR_SUCCESS;
}

static DWORD read_map(struct map_file *map, const char *path)
{
    void *text;
    size_t size;
    DWORD error = os_file_read_all(path, &text, &size, SIZE_LIMIT);

    if (error)
        return error;
    error = map_file_parse(map, text, size);
    free(text);
    return error;
}

DWORD map_file_find(struct map_file *map, const char *program)
{
    char path[OS_PATH_SIZE];
    size_t length = strlen(program);
    const char *dot = strrchr(text_utf8_file_name(program), '.');

    if (length + sizeof(".map") > sizeof(path))
        return ERROR_FILE_NOT_FOUND;
    snprintf(path, sizeof(path), "%s.map", program);
    DWORD error = read_map(map, path);
    if (error && dot) {
        snprintf(path, sizeof(path), "%.*s.map", (int)(dot - program), program);
        error = read_map(map, path);
    }
    return error;
}

void map_file_release(struct map_file *map)
{
    free(map->text);
    free(map->entries);
    memset(map, 0, sizeof(*map));
}

bool map_file_name(const struct map_file *map, uint64_t offset, char *text, size_t size)
{
    /* An address inside the call: after the call, another function may begin. */
    uint64_t address = map->base + offset - 1;
    size_t low = 0, high = map->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->entries[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address >= map->entries[low - 1].end)
        return false;
    /* If several names have one address, the first is used. */
    size_t i = low - 1;
    while (i > 0 && map->entries[i - 1].address == map->entries[i].address &&
           map->entries[i - 1].name)
        i--;
    const struct map_entry *entry = &map->entries[i];
    uint64_t into = address + 1 - entry->address;
    if (entry->name && *entry->object)
        snprintf(text, size, "%s+0x%" PRIx64 " (%s)", entry->name, into, entry->object);
    else
        snprintf(text, size, "%s+0x%" PRIx64, entry->name ? entry->name : entry->object, into);
    return true;
}
