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

#include <stdio.h>
#include <stdlib.h>

#include "answer_map.h"
#include "os.h"
#include "reader_model.h"
#include "readers.h"
#include "validator.h"

#define EXPECTED "tests/buffers/variations.txt"

/* Append the rules that an answer breaks, with their offsets; the answer is in memory of exactly its size. */
static void write_findings(FILE *to, const unsigned char *bytes, size_t size, bool is_blob)
{
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings, .query = "Global" };
    unsigned char *exact = malloc(size + !size);

    assert_non_null(exact);
    memcpy(exact, bytes, size);
    const struct readers_answer answer = { .bytes = { exact, size }, .is_blob = is_blob, .count = 2 };
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

static void write_variations(FILE *to, const char *name, unsigned changes)
{
    char path[128];
    void *data;
    size_t size;
    uint32_t objects;

    snprintf(path, sizeof(path), "tests/buffers/%s.bin", name);
    assert_int_equal(os_file_read_all(path, &data, &size, 1u << 16), 0);
    unsigned char *bytes = data;
    memcpy(&objects, bytes + 24, 4); /* HeaderLength */
    char *usual = text_of(bytes, size, objects);

    fprintf(to, "%s:%s\n%s, its map:", name, usual, name);
    write_map(to, bytes + objects, size - objects);
    for (size_t at = 0; at + 4 <= size; at += 4) {
        uint32_t before;

        memcpy(&before, bytes + at, 4);
        const uint32_t values[] = { before - 1, before + 1, 0, before + 8, 0x7FFFFFFF, UINT32_MAX };
        char *last = strdup(""); /* of the value before; values with the same findings share a line */

        for (size_t i = 0; i < UNIT_COUNT(values); i++) {
            if (!(changes >> i & 1))
                continue;
            memcpy(bytes + at, &values[i], 4);
            char *text = text_of(bytes, size, objects), *difference = difference_of(usual, text);
            if (strcmp(difference, last) != 0)
                fputs(last, to);
            if (strcmp(difference, last) != 0 && *difference)
                fprintf(to, "\n%s %zu", name, at);
            if (*difference)
                fprintf(to, " =%u", (unsigned)values[i]);
            free(text);
            free(last);
            last = difference;
        }
        fputs(last, to);
        free(last);
        memcpy(bytes + at, &before, 4);
    }
    fputc('\n', to);
    free(usual);
    free(data);
}

static char *all_variations(void)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);

    assert_non_null(to);
    write_variations(to, "good-two-objects", 0x3F);
    write_variations(to, "good-many-types", 0x6);
    write_variations(to, "recorded-samba-4.17", 0x6);
    fclose(to);
    return text;
}

static void each_variation_breaks_the_expected_rules(void **state)
{
    char *found = all_variations();
    void *expected;
    size_t size;

    (void)state;
    assert_int_equal(os_file_read_all(EXPECTED, &expected, &size, 1u << 24), 0);
    const char *left = expected, *right = found;
    while (*left || *right) {
        const size_t length = strcspn(left, "\n"), other = strcspn(right, "\n");

        if (length != other || memcmp(left, right, length) != 0)
            fail_msg("expected %.*s\nfound %.*s", (int)length, left, (int)other, right);
        left += length + (left[length] != 0);
        right += other + (right[other] != 0);
    }
    free(expected);
    free(found);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_variation_breaks_the_expected_rules),
    };

    if (argc > 1 && strcmp(argv[1], "--write") == 0) {
        char *text = all_variations();
        const DWORD error = os_file_write_all(EXPECTED, text, strlen(text));

        free(text);
        return error != 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
