/* SPDX-License-Identifier: MIT
 *
 * Parses counter paths into patterns of case-folded characters, and compares names with them. The
 * text is first divided into characters that are literal or have a meaning; then the parts are
 * found.
 */
#include "counter_path.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* A character of the path, without quotes. */
struct path_character {
    uint32_t character;
    size_t position; /* bytes from the path's start */
    bool is_quoted;
};

struct path_text {
    struct path_character *at;
    size_t count;
    size_t next; /* the parser's position */
};

static DWORD fail(struct counter_path_error *error, size_t position, const char *message)
{
    error->position = position;
    error->message = message;
    return ERROR_INVALID_NAME;
}

/* Divide the text into characters and remove the quotes. */
static DWORD cut(const char *text, struct path_text *path, struct counter_path_error *error)
{
    const size_t size = strlen(text);
    bool is_quoted = false;
    size_t quote = 0;

    path->at = malloc((size + 1) * sizeof(*path->at));
    if (!path->at)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t at = 0; at < size;) {
        const size_t position = at;
        const uint32_t character = utf8_next(text, size, &at);

        if (character == '"' && !(is_quoted && text[at] == '"')) {
            is_quoted = !is_quoted;
            quote = position;
            continue;
        }
        if (character == '"')
            at++;
        path->at[path->count++] = (struct path_character){ character, position, is_quoted };
    }
    path->at[path->count].position = size;
    return is_quoted ? fail(error, quote, "the quote that opens here is not closed")
                     : ERROR_SUCCESS;
}

/* Whether the character at `index` is `mark` and not quoted. */
static bool is_mark(const struct path_text *path, size_t index, char mark)
{
    return index < path->count && path->at[index].character == (unsigned char)mark &&
           !path->at[index].is_quoted;
}

static DWORD make_pattern(const struct path_text *path, size_t start, size_t end,
                          struct path_pattern *pattern)
{
    pattern->characters = malloc((end - start + 1) * sizeof(*pattern->characters));
    if (!pattern->characters)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = start; i < end; i++) {
        const bool is_any = is_mark(path, i, '*');

        pattern->has_any |= is_any;
        pattern->characters[pattern->count++] =
            is_any ? PATH_ANY : utf8_fold(path->at[i].character);
    }
    return ERROR_SUCCESS;
}

static size_t find_mark(const struct path_text *path, size_t start, const char *marks)
{
    size_t i = start;

    while (i < path->count &&
           (path->at[i].is_quoted || path->at[i].character >= 0x80 || !path->at[i].character ||
            !strchr(marks, (int)path->at[i].character)))
        i++;
    return i;
}

static DWORD parse_machine(struct path_text *text, struct counter_path *path,
                           struct counter_path_error *error)
{
    size_t end;

    if (!is_mark(text, 0, '\\'))
        return fail(error, 0,
                    "a counter path begins with a backslash: \\Object(Instance)\\Counter");
    text->next = 1;
    if (!is_mark(text, 1, '\\'))
        return ERROR_SUCCESS;

    end = find_mark(text, 2, "\\");
    if (end == 2 || end == text->count)
        return fail(error, text->at[end].position,
                    "expected \\\\machine\\ in front of the object's name");
    text->next = end + 1;
    return make_pattern(text, 2, end, &path->machine);
}

/* The position of the parenthesis that closes the text from `start` on, or the end. */
static size_t find_closing(const struct path_text *text, size_t start)
{
    size_t depth = 0, i = start;

    for (; i < text->count; i++) {
        if (is_mark(text, i, '('))
            depth++;
        else if (is_mark(text, i, ')') && depth-- == 0)
            break;
    }
    return i;
}

/* The position of "#index" at the end of an instance, or `end`. */
static size_t find_index(const struct path_text *text, size_t start, size_t end, uint32_t *index)
{
    uint64_t value = 0;
    size_t i = end;

    while (i > start && !text->at[i - 1].is_quoted && text->at[i - 1].character >= '0' &&
           text->at[i - 1].character <= '9')
        i--;
    if (i == end || i == start || !is_mark(text, i - 1, '#'))
        return end;
    for (size_t j = i; j < end; j++) {
        value = value * 10 + (text->at[j].character - '0');
        if (value >= PATH_NO_INDEX)
            return end;
    }
    *index = (uint32_t)value;
    return i - 1;
}

static DWORD parse_instance(struct path_text *text, struct counter_path *path,
                            struct counter_path_error *error)
{
    const size_t start = text->next + 1;
    const size_t end = find_closing(text, start);
    size_t slash, name_end;
    DWORD status;

    if (end == text->count)
        return fail(error, text->at[text->next].position,
                    "the parenthesis that opens here is not closed");
    if (end == start)
        return fail(error, text->at[start].position,
                    "there is no instance between the parentheses; (*) means all");
    text->next = end + 1;
    path->has_instance = true;
    path->index = PATH_NO_INDEX;
    name_end = find_index(text, start, end, &path->index);
    slash = find_mark(text, start, "/");
    path->has_parent = slash < name_end;

    status = make_pattern(text, start, end, &path->whole);
    if (!status && path->has_parent)
        status = make_pattern(text, start, slash, &path->parent);
    if (!status)
        status =
            make_pattern(text, path->has_parent ? slash + 1 : start, name_end, &path->instance);
    return status;
}

static DWORD parse_parts(struct path_text *text, struct counter_path *path,
                         struct counter_path_error *error)
{
    size_t start, end;
    DWORD status = parse_machine(text, path, error);

    if (status)
        return status;
    start = text->next;
    end = find_mark(text, start, "(\\");
    if (end == start)
        return fail(error, text->at[start].position, "there is no object's name here");
    text->next = end;
    status = make_pattern(text, start, end, &path->object);
    if (!status && is_mark(text, end, '('))
        status = parse_instance(text, path, error);
    if (status)
        return status;

    if (!is_mark(text, text->next, '\\'))
        return fail(error, text->at[text->next].position,
                    "expected a backslash and the counter's name here");
    start = text->next + 1;
    if (start == text->count)
        return fail(error, text->at[start].position, "there is no counter's name here");
    return make_pattern(text, start, text->count, &path->counter);
}

DWORD counter_path_parse(const char *text, struct counter_path *path,
                         struct counter_path_error *error)
{
    struct path_text characters = { 0 };
    struct counter_path parsed = { 0 };
    DWORD status = cut(text, &characters, error);

    if (!status)
        status = parse_parts(&characters, &parsed, error);
    free(characters.at);
    if (status)
        counter_path_release(&parsed);
    else
        *path = parsed;
    return status;
}

void counter_path_release(struct counter_path *path)
{
    free(path->machine.characters);
    free(path->object.characters);
    free(path->whole.characters);
    free(path->parent.characters);
    free(path->instance.characters);
    free(path->counter.characters);
    *path = (struct counter_path){ 0 };
}

/* A greedy comparison with one position to return to: usually linear, never exponential. */
bool counter_path_pattern_matches(const struct path_pattern *pattern, const char *text)
{
    const size_t size = strlen(text);
    size_t at = 0, i = 0, back_at = 0, back_i = 0;
    bool has_back = false;

    while (at < size) {
        size_t next = at;
        const uint32_t character = utf8_fold(utf8_next(text, size, &next));

        if (i < pattern->count && pattern->characters[i] == PATH_ANY) {
            has_back = true;
            back_i = ++i;
            back_at = at;
        } else if (i < pattern->count && pattern->characters[i] == character) {
            i++;
            at = next;
        } else if (has_back) {
            utf8_next(text, size, &back_at);
            at = back_at;
            i = back_i;
        } else {
            return false;
        }
    }
    while (i < pattern->count && pattern->characters[i] == PATH_ANY)
        i++;
    return i == pattern->count;
}

/* `whole` also matches a name that itself contains "/" or "#1". */
bool counter_path_matches_instance(const struct counter_path *path, const char *parent,
                                   const char *name, uint32_t occurrence)
{
    const bool is_first = occurrence == 0 || path->instance.has_any;

    if (!path->has_instance)
        return true;
    if (!name)
        return path->whole.count == 1 && path->whole.has_any;
    if (counter_path_pattern_matches(&path->whole, name) &&
        (occurrence == 0 || path->whole.has_any))
        return true;
    if (path->has_parent && (!parent || !counter_path_pattern_matches(&path->parent, parent)))
        return false;
    return counter_path_pattern_matches(&path->instance, name) &&
           (path->index == PATH_NO_INDEX ? is_first : path->index == occurrence);
}

void counter_path_add_part(struct output *output, const char *name)
{
    if (*name && !name[strcspn(name, "\\()*\"")]) {
        output_add_text(output, name);
        return;
    }
    output_add_byte(output, '"');
    for (; *name; name++) {
        if (*name == '"')
            output_add_byte(output, '"');
        output_add_byte(output, *name);
    }
    output_add_byte(output, '"');
}

void counter_path_add(struct output *output, const struct counter_path_parts *parts)
{
    if (parts->machine)
        output_add_format(output, "\\\\%s", parts->machine);
    output_add_format(output, "\\%s", parts->object);
    if (parts->instance) {
        output_add_text(output, "(");
        if (parts->parent)
            output_add_format(output, "%s/", parts->parent);
        output_add_text(output, parts->instance);
        if (parts->occurrence)
            output_add_format(output, "#%u", (unsigned)parts->occurrence);
        output_add_text(output, ")");
    }
    output_add_format(output, "\\%s", parts->counter);
}
