/* SPDX-License-Identifier: MIT
 *
 * The parser of `lodctr /q`, see lodctr_output.h. The text is cut into blocks, one for each name in
 * square brackets; in a block the fields are found by their colons and the numbers by their shape.
 */
#include "lodctr_output.h"

#include <stdio.h>
#include <string.h>

#include "reg_buffer.h"
#include "registration.h"
#include "text.h"

#define LONGEST_WORD 600        /* bytes of a name, a library or a procedure; chosen */
#define LONGEST_STATE 64        /* bytes of the word for a state; chosen */
#define FULL_WIDTH_COLON 0xFF1A /* of Chinese and Japanese texts */
#define FIELD_COUNT 4
#define NUMBER_COUNT 4
#define NUMBER_LENGTH 10 /* units of 0x0000ABCD */

static const char *const number_names[NUMBER_COUNT] = { "First Counter", "Last Counter",
                                                        "First Help", "Last Help" };
static const char *const header_names[] = { "Base Index", "Last Counter", "Last Help" };
static const char *const field_names[FIELD_COUNT] = { "Library", "Open", "Collect", "Close" };

/* Part of the text. */
struct piece {
    const WCHAR *units;
    size_t length;
};

struct lodctr_parser {
    struct machine_input *input;
    char enabled[LONGEST_STATE]; /* the word for a service that is on; "" if it is not known */
    bool is_lost;
};

static bool is_blank(WCHAR unit)
{
    return unit == ' ' || unit == '\t' || unit == '\r' || unit == '\n' || unit == 0xA0 ||
           unit == 0x3000;
}

static struct piece trim(struct piece piece)
{
    while (piece.length && is_blank(piece.units[0])) {
        piece.units++;
        piece.length--;
    }
    while (piece.length && is_blank(piece.units[piece.length - 1]))
        piece.length--;
    return piece;
}

/* The value of a digit; negative for any other unit. */
static int hex_digit(WCHAR unit)
{
    if (unit <= '9')
        return unit - '0';
    unit = text_lower(unit);
    return unit >= 'a' && unit <= 'f' ? unit - 'a' + 10 : -1;
}

/* The number 0x0000ABCD in NUMBER_LENGTH units. False if there is no such number. */
static bool parse_number(const WCHAR *units, uint32_t *number)
{
    uint32_t found = 0;

    if (units[0] != '0' || text_lower(units[1]) != 'x')
        return false;
    for (size_t i = 2; i < NUMBER_LENGTH; i++) {
        int digit = hex_digit(units[i]);
        if (digit < 0)
            return false;
        found = found * 16 + (uint32_t)digit;
    }
    *number = found;
    return true;
}

static size_t find_numbers(struct piece piece, uint32_t *numbers, size_t most, size_t *first)
{
    size_t count = 0;

    *first = piece.length;
    for (size_t at = 0; piece.length - at >= NUMBER_LENGTH && count < most; at++)
        if (parse_number(piece.units + at, &numbers[count])) {
            if (!count++)
                *first = at;
            at += NUMBER_LENGTH - 1;
        }
    return count;
}

static bool is_colon(struct piece piece, size_t at)
{
    if (piece.units[at] == FULL_WIDTH_COLON)
        return true;
    return piece.units[at] == ':' && (at + 1 == piece.length || is_blank(piece.units[at + 1]));
}

static size_t find_colon(struct piece piece, size_t at)
{
    while (at < piece.length && !is_colon(piece, at))
        at++;
    return at;
}

/* Whether units are a word, which has small letters, in any case. */
static bool is_word(const WCHAR *units, const char *word)
{
    for (size_t i = 0; word[i]; i++)
        if (text_lower(units[i]) != (WCHAR)word[i])
            return false;
    return true;
}

static bool is_perflib(struct piece piece, size_t at)
{
    static const char word[] = "[perflib]";

    return piece.length - at >= sizeof(word) - 1 && is_word(piece.units + at, word);
}

/* Whether there is "[" at a place, with its "]" in the same line. */
static bool is_bracketed(struct piece piece, size_t at)
{
    if (piece.units[at] != '[')
        return false;
    for (size_t end = at + 1;
         end < piece.length && end - at <= LONGEST_WORD && piece.units[end] != '\n'; end++)
        if (piece.units[end] == ']')
            return true;
    return false;
}

/* Where the next block begins: a name in brackets after a blank or at the start. If a line break was
   lost, it follows the ")" of a number or a state. */
static size_t find_block(struct piece piece, size_t at)
{
    for (; at < piece.length; at++)
        if ((at == 0 || is_blank(piece.units[at - 1]) || piece.units[at - 1] == ')') &&
            is_bracketed(piece, at) && !is_perflib(piece, at))
            return at;
    return piece.length;
}

/* The name in brackets; *rest is what follows it. */
static struct piece block_name(struct piece block, struct piece *rest)
{
    size_t end = 1;

    while (end < block.length && !(block.units[end] == ']' &&
                                   (end + 1 == block.length || is_blank(block.units[end + 1]))))
        end++;
    if (end == block.length)
        for (end = 1; end < block.length && block.units[end] != ']';)
            end++;
    *rest = (struct piece){ block.units + end, block.length - end };
    return trim((struct piece){ block.units + 1, end - 1 });
}

/* Find the word in the last parentheses before the first field. */
static struct piece block_state(struct piece rest)
{
    size_t end = find_colon(rest, 0);

    while (end > 0 && rest.units[end - 1] != ')')
        end--;
    size_t start = end;
    while (start > 0 && rest.units[start - 1] != '(')
        start--;
    if (start == 0)
        return (struct piece){ rest.units, 0 };
    return (struct piece){ rest.units + start, end - 1 - start };
}

/* False if there is no text, or if it does not fit. */
static bool to_utf8(struct piece piece, char *text, size_t size)
{
    if (piece.length == 0 || text_utf8_size(piece.units, piece.length) >= size)
        return false;
    text_to_utf8(piece.units, piece.length, text, size);
    return true;
}

/* Copy a state without blanks, because a line may have been broken inside it. */
static bool state_to_utf8(struct piece state, char text[LONGEST_STATE])
{
    WCHAR units[LONGEST_STATE];
    size_t length = 0;

    for (size_t i = 0; i < state.length && length < LONGEST_STATE; i++)
        if (!is_blank(state.units[i]))
            units[length++] = state.units[i];
    return to_utf8((struct piece){ units, length }, text, LONGEST_STATE);
}

/* The value after a colon, which is where `rest` begins: the rest of its line, or, if another field
   follows in it, one word, or the path of a library, which may have blanks, up to its ".dll". */
static struct piece field_value(struct piece rest)
{
    size_t start = 0;

    while (start < rest.length && rest.units[start] != '\n' && is_blank(rest.units[start]))
        start++;
    size_t end = start, next = find_colon(rest, start);
    while (end < rest.length && rest.units[end] != '\n')
        end++;
    if (next < end) {
        static const char suffix[] = ".dll";
        size_t word = start, library = 0;
        while (word < end && !is_blank(rest.units[word]))
            word++;
        for (size_t at = start; at + sizeof(suffix) - 1 <= next && !library; at++)
            if (is_word(rest.units + at, suffix))
                library = at + sizeof(suffix) - 1;
        end = library > word ? library : word;
    }
    return trim((struct piece){ rest.units + start, end - start });
}

static void set_text(struct lodctr_parser *parser, struct reg_key *key, const char *name,
                     struct piece value)
{
    struct reg_buffer buffer = { 0 };

    reg_buffer_add(&buffer, value.units, value.length * sizeof(WCHAR));
    reg_buffer_add_unit(&buffer, 0);
    if (buffer.is_lost ||
        reg_tree_set(&parser->input->tree, key, name, REG_SZ, buffer.data, buffer.size))
        parser->is_lost = true;
    reg_buffer_release(&buffer);
}

static void set_number(struct lodctr_parser *parser, struct reg_key *key, const char *name,
                       uint32_t number)
{
    const unsigned char bytes[4] = { (unsigned char)number, (unsigned char)(number >> 8),
                                     (unsigned char)(number >> 16), (unsigned char)(number >> 24) };

    if (reg_tree_set(&parser->input->tree, key, name, REG_DWORD, bytes, sizeof(bytes)))
        parser->is_lost = true;
}

static struct reg_key *add_key(struct lodctr_parser *parser, const char *path)
{
    struct reg_key *key = reg_tree_add_key(&parser->input->tree, path);

    if (!key)
        parser->is_lost = true;
    return key;
}

static void read_block(struct lodctr_parser *parser, struct piece block)
{
    char name[LONGEST_WORD], state[LONGEST_STATE], path[LONGEST_WORD + 200];
    uint32_t numbers[NUMBER_COUNT];
    struct piece rest;
    size_t first;

    if (!to_utf8(block_name(block, &rest), name, sizeof(name)) || strpbrk(name, "\\\r\n"))
        return;
    snprintf(path, sizeof(path), "%s\\%s\\Performance", REG_SERVICES, name);
    struct reg_key *key = add_key(parser, path);
    if (!key)
        return;
    size_t count = find_numbers(rest, numbers, NUMBER_COUNT, &first);
    struct piece fields = { rest.units, first };
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        size_t colon = find_colon(fields, 0);
        if (colon == fields.length)
            break;
        fields = (struct piece){ fields.units + colon + 1, fields.length - colon - 1 };
        struct piece value = field_value(fields);
        if (value.length && value.length < LONGEST_WORD)
            set_text(parser, key, field_names[i], value);
    }
    if (count == NUMBER_COUNT)
        for (size_t i = 0; i < NUMBER_COUNT; i++)
            set_number(parser, key, number_names[i], numbers[i]);
    else if (count)
        parser->input->is_cut = true;
    if (*parser->enabled && state_to_utf8(block_state(rest), state) &&
        !text_utf8_equal_ignore_case(state, parser->enabled))
        set_number(parser, key, "Disable Performance Counters", 1);
}

/* Find the word that means that a service is on: "Enabled", or the word of most services. */
static void find_enabled(struct lodctr_parser *parser, struct piece text)
{
    struct {
        char word[LONGEST_STATE];
        size_t count;
    } words[8] = { 0 };
    size_t known = 0, all = 0;

    for (size_t at = find_block(text, 0), next; at < text.length; at = next) {
        char word[LONGEST_STATE];
        struct piece rest;
        next = find_block(text, at + 1);
        block_name((struct piece){ text.units + at, next - at }, &rest);
        if (!state_to_utf8(block_state(rest), word))
            continue;
        size_t i = 0;
        all++;
        while (i < known && !text_utf8_equal_ignore_case(words[i].word, word))
            i++;
        if (i == sizeof(words) / sizeof(*words))
            continue;
        if (i == known)
            memcpy(words[known++].word, word, sizeof(word));
        words[i].count++;
    }
    for (size_t i = 0; i < known; i++) {
        if (text_utf8_equal_ignore_case(words[i].word, "Enabled") ||
            text_utf8_equal_ignore_case(words[i].word, "Disabled")) {
            snprintf(parser->enabled, sizeof(parser->enabled), "Enabled");
            return;
        }
        /* The word of most services means that a service is on. If all have the same word of an
           unknown language, it may mean either state, and no service differs from the others. */
        if (words[i].count > all / 2)
            memcpy(parser->enabled, words[i].word, sizeof(parser->enabled));
    }
}

bool lodctr_output_is(const struct reg_text *text)
{
    struct piece all = { text->units, text->length };
    uint32_t number;
    size_t first;

    if (!find_numbers(all, &number, 1, &first))
        return false;
    for (size_t at = 0; at < all.length; at++)
        if (is_bracketed(all, at))
            return true;
    return false;
}

DWORD lodctr_output_parse(const struct reg_text *text, struct machine_input *input)
{
    struct lodctr_parser parser = { .input = input };
    struct piece all = { text->units, text->length };
    uint32_t numbers[3];
    size_t first, start = 0;

    for (size_t at = all.length; at-- > 0;)
        if (is_perflib(all, at))
            start = at;
    size_t block = find_block(all, start);
    struct piece header = { all.units + start, block - start };
    if (find_numbers(header, numbers, 3, &first) == 3) {
        struct reg_key *key = add_key(&parser, REG_PERFLIB);
        for (size_t i = 0; i < 3 && key; i++)
            set_number(&parser, key, header_names[i], numbers[i]);
    }
    find_enabled(&parser, all);
    for (size_t next; block < all.length; block = next) {
        next = find_block(all, block + 1);
        read_block(&parser, (struct piece){ all.units + block, next - block });
    }
    if (input->is_cut)
        snprintf(input->damage, sizeof(input->damage), "a service has fewer than four numbers");
    return parser.is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
