/* SPDX-License-Identifier: MIT
 *
 * What the validator, the readers and the map say when one number of a good answer is another: each
 * number of a few answers of tests/buffers is changed by one, to the ends of its range, and by an instance
 * more, and each answer is cut. tests/buffers/variations.txt has the expected rules, one variation a
 * line; those that change nothing are left out.
 *
 * The argument --write writes that file again: then read what changed in it.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "answer_map.h"
#include "hash.h"
#include "os.h"
#include "reader_model.h"
#include "readers.h"
#include "validator.h"

#define EXPECTED "tests/buffers/variations.txt"

/* Append the rules that an answer breaks, with their offsets and a hash of what is said about them; the answer is
   in memory of exactly its size. */
static void write_findings(FILE *to, const unsigned char *bytes, size_t size, bool is_blob)
{
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings, .query = "Global" };
    unsigned char *exact = malloc(size + !size);

    assert_non_null(exact);
    memcpy(exact, bytes, size);
    const struct readers_answer answer = { .bytes = { exact, size },
                                           .is_blob = is_blob,
                                           .count = 2 };
    if (is_blob)
        validator_check_blob(&validator, answer.bytes);
    else
        validator_check_objects(&validator, answer.bytes, answer.count);
    reader_models_check(&findings, READERS_ALL, &answer);
    readers_check(&findings, READERS_ALL, &answer);
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];

        fprintf(to, " %s", rules[finding->rule].name);
        if (finding->offset != FINDINGS_NO_OFFSET)
            fprintf(to, "@%zu", finding->offset);
        fprintf(
            to, "#%04X",
            (unsigned)(hash_text(hash_text(HASH_BEGIN, finding->subject ? finding->subject : ""),
                                 finding->message) &
                       0xFFFF));
        if (finding->count > 1)
            fprintf(to, "*%u", (unsigned)finding->count);
    }
    findings_release(&findings);
    free(exact);
}

/* Where the map of objects has another kind of bytes than before them, and which. */
static void write_map(FILE *to, const unsigned char *bytes, size_t size)
{
    unsigned char *map = malloc(size + 1);

    assert_non_null(map);
    memset(map, 0xEE, size + 1);
    answer_map((struct span){ bytes, size }, map);
    assert_int_equal(map[size], 0xEE);
    for (size_t i = 0; i < size; i++)
        if (i == 0 || map[i] != map[i - 1])
            fprintf(to, " %zu:%u", i, map[i]);
    free(map);
}

/* The findings in an answer, and in its objects, which begin at `objects`, as those of one Collect. */
static char *text_of(const unsigned char *bytes, size_t size, size_t objects)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);

    assert_non_null(to);
    write_findings(to, bytes, size, true);
    fputs(" | ", to);
    write_findings(to, bytes + objects, size - objects, false);
    fputc(' ', to);
    fclose(to);
    return text;
}

/* Append the words of a text that another does not have. */
static void write_difference(FILE *to, char sign, const char *text, const char *other)
{
    while (*text) {
        const size_t length = strcspn(text, " ");
        char word[128];

        snprintf(word, sizeof(word), " %.*s ", (int)length, text);
        if (length && !strstr(other, word))
            fprintf(to, " %c%.*s", sign, (int)length, text);
        text += length + (text[length] != 0);
    }
}

/* What a variation adds to the usual findings of the answer and of its objects, and what it takes away. */
static char *difference_of(const char *usual, const char *text)
{
    char *difference = NULL;
    size_t length;
    FILE *to = open_memstream(&difference, &length);

    assert_non_null(to);
    write_difference(to, '-', usual, text);
    write_difference(to, '+', text, usual);
    fclose(to);
    return difference;
}

/* Where lines go: a file, or, if it is NULL, a comparison with the expected ones. */
struct lines {
    FILE *to;
    const char *expected;
};

static void take_line(struct lines *lines, const char *format, ...)
{
    va_list arguments;
    char *line = NULL;

    va_start(arguments, format);
    assert_true(vasprintf(&line, format, arguments) >= 0);
    va_end(arguments);
    if (lines->to) {
        fprintf(lines->to, "%s\n", line);
    } else {
        const size_t length = strcspn(lines->expected, "\n");

        if (strlen(line) != length || memcmp(line, lines->expected, length) != 0)
            fail_msg("expected %.*s\nfound %s", (int)length, lines->expected, line);
        lines->expected += length + (lines->expected[length] != 0);
    }
    free(line);
}

/* Change the number at a place to some values. Values with the same findings share a line. */
static void take_place(struct lines *lines, const char *name, struct span answer, size_t objects,
                       size_t at, unsigned changes)
{
    unsigned char bytes[4096];
    uint32_t before;
    char *usual = text_of(answer.data, answer.size, objects), *last = strdup("");
    char values_of_last[128] = "";

    assert_true(answer.size <= sizeof(bytes));
    memcpy(bytes, answer.data, answer.size);
    memcpy(&before, bytes + at, 4);
    const uint32_t values[] = { before - 1, before + 1, 0, before + 8, UINT32_MAX };
    for (size_t i = 0; i <= UNIT_COUNT(values); i++) {
        char *difference = NULL;

        if (i < UNIT_COUNT(values)) {
            if (!(changes >> i & 1))
                continue;
            memcpy(bytes + at, &values[i], 4);
            char *text = text_of(bytes, answer.size, objects);
            difference = difference_of(usual, text);
            free(text);
        }
        if (!difference || strcmp(difference, last) != 0) {
            if (*last)
                take_line(lines, "%s %zu%s%s", name, at, values_of_last, last);
            *values_of_last = '\0';
        }
        if (difference) {
            snprintf(values_of_last + strlen(values_of_last),
                     sizeof(values_of_last) - strlen(values_of_last), " =%u", (unsigned)values[i]);
            free(last);
            last = difference;
        }
    }
    free(last);
    free(usual);
}

static void take_variations(struct lines *lines, const char *name, unsigned changes)
{
    char path[128], *map = NULL;
    void *data;
    size_t size, length;
    uint32_t objects;

    snprintf(path, sizeof(path), "tests/buffers/%s.bin", name);
    assert_int_equal(os_file_read_all(path, &data, &size, 1u << 16), 0);
    memcpy(&objects, (const char *)data + 24, 4); /* HeaderLength */
    char *usual = text_of(data, size, objects);
    FILE *to = open_memstream(&map, &length);
    assert_non_null(to);
    write_map(to, (const unsigned char *)data + objects, size - objects);
    fclose(to);
    take_line(lines, "%s:%s", name, usual);
    take_line(lines, "%s, its map:%s", name, map);
    free(usual);
    free(map);
    for (size_t at = 0; at + 4 <= size; at += 4)
        take_place(lines, name, (struct span){ data, size }, objects, at, changes);
    free(data);
}

static void take_all(struct lines *lines)
{
    take_variations(lines, "good-two-objects", 0x1F);
    take_variations(lines, "good-many-types", 0x6);
    take_variations(lines, "recorded-samba-4.17", 0x2);
}

static void each_variation_breaks_the_expected_rules(void **state)
{
    void *expected;
    size_t size;

    (void)state;
    assert_int_equal(os_file_read_all(EXPECTED, &expected, &size, 1u << 24), 0);
    struct lines lines = { .expected = expected };
    take_all(&lines);
    assert_string_equal(lines.expected, "");
    free(expected);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_variation_breaks_the_expected_rules),
    };

    if (argc > 1 && strcmp(argv[1], "--write") == 0) {
        struct lines lines = { .to = fopen(EXPECTED, "w") };

        if (!lines.to)
            return 1;
        take_all(&lines);
        return fclose(lines.to) != 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
