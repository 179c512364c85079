/* SPDX-License-Identifier: MIT
 *
 * What the validator and the readers say when a good answer is changed at one place: each number of a few
 * answers of tests/buffers is changed by 1 and by 8 and to the ends of its range, definitions change
 * places, and an answer is cut anywhere. tests/buffers/variations.txt has the expected rules, one variation a
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
#include "object_walk.h"
#include "os.h"
#include "reader_model.h"
#include "readers.h"
#include "validator.h"

#define EXPECTED "tests/buffers/variations.txt"
/* In good-two-objects: the first object, its instances, and the size of one. */
#define OBJECT 104
#define INSTANCES (OBJECT + 64 + 4 * 40)
#define INSTANCE_SIZE 40
#define OBJECT_END (OBJECT + 368) /* after two instances, each with a block of 32 bytes */
#define FILL 0xCD                 /* of the buffer, before the answer */

/* Append the rules that an answer breaks, with their offsets and a hash of what is said about them; the answer is
   in memory of exactly its size. */
static void write_findings(FILE *to, const unsigned char *bytes, size_t size, bool is_blob,
                           uint32_t count)
{
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings, .query = "Global", .fill = FILL };
    unsigned char *exact = malloc(size + !size);

    assert_non_null(exact);
    memcpy(exact, bytes, size);
    const struct readers_answer answer = { .bytes = { exact, size },
                                           .is_blob = is_blob,
                                           .count = count };
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

/* A good answer. */
struct sample {
    const char *name;
    unsigned char *data;
    size_t size;
    uint32_t objects, count; /* where its objects begin, and their number */
    char *usual;             /* the findings */
};

/* The findings in an answer of the sample's form, and in its objects, as those of one Collect. */
static char *text_of(const struct sample *sample, const unsigned char *bytes, size_t size)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);

    assert_non_null(to);
    write_findings(to, bytes, size, true, 0);
    fputs(" | ", to);
    if (size >= sample->objects)
        write_findings(to, bytes + sample->objects, size - sample->objects, false, sample->count);
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

/* The line of one variation, if it changes anything. */
static void take_variation(struct lines *lines, const struct sample *sample, const char *what,
                           const unsigned char *bytes, size_t size)
{
    char *text = text_of(sample, bytes, size), *difference = difference_of(sample->usual, text);

    if (*difference)
        take_line(lines, "%s %s%s", sample->name, what, difference);
    free(text);
    free(difference);
}

/* Change each number from one place to another to some of `values`: those whose bits are set in `changes`. */
static void take_numbers(struct lines *lines, const struct sample *sample, unsigned changes,
                         size_t begin, size_t end)
{
    unsigned char bytes[4096];

    assert_true(sample->size <= sizeof(bytes));
    memcpy(bytes, sample->data, sample->size);
    for (size_t at = begin; at + 4 <= end; at += 4) {
        uint32_t before;

        memcpy(&before, bytes + at, 4);
        const uint32_t values[] = { before - 1, before + 1, 0,
                                    before + 8, UINT32_MAX, FILL * 0x01010101u };
        for (size_t i = 0; i < UNIT_COUNT(values); i++) {
            char what[64];

            if (!(changes >> i & 1))
                continue;
            memcpy(bytes + at, &values[i], 4);
            snprintf(what, sizeof(what), "%zu=%u", at, (unsigned)values[i]);
            take_variation(lines, sample, what, bytes, sample->size);
        }
        memcpy(bytes + at, &before, 4);
    }
}

static void take_cuts(struct lines *lines, const struct sample *sample)
{
    for (size_t size = 0; size < sample->size; size += 4) {
        char what[64];

        snprintf(what, sizeof(what), "cut=%zu", size);
        take_variation(lines, sample, what, sample->data, size);
    }
}

/* Exchange each two neighbouring definitions, and write each over its neighbour. */
static void take_definitions(struct lines *lines, const struct sample *sample)
{
    struct walk_data_block block;
    struct walk_object object;
    struct object_walk walk;

    assert_true(
        object_walk_begin(&walk, (struct span){ sample->data, sample->size }, NULL, NULL, &block));
    while (object_walk_next(&walk, &object))
        for (uint32_t i = 0; i + 1 < object.counter_count; i++) {
            const size_t at = object.offset + WALK_OBJECT_SIZE + i * WALK_COUNTER_SIZE;
            unsigned char bytes[4096];
            char what[64];

            memcpy(bytes, sample->data, sample->size);
            memcpy(bytes + at + WALK_COUNTER_SIZE, sample->data + at, WALK_COUNTER_SIZE);
            snprintf(what, sizeof(what), "twice=%zu", at);
            take_variation(lines, sample, what, bytes, sample->size);
            memcpy(bytes + at, sample->data + at + WALK_COUNTER_SIZE, WALK_COUNTER_SIZE);
            snprintf(what, sizeof(what), "exchanged=%zu", at);
            take_variation(lines, sample, what, bytes, sample->size);
        }
}

static struct sample read_sample(const char *name)
{
    struct sample sample = { .name = name };
    char path[128];
    void *data;

    snprintf(path, sizeof(path), "tests/buffers/%.*s.bin", (int)strcspn(name, ","), name);
    assert_int_equal(os_file_read_all(path, &data, &sample.size, 1u << 16), 0);
    sample.data = data;
    memcpy(&sample.objects, sample.data + 24, 4); /* HeaderLength */
    memcpy(&sample.count, sample.data + 28, 4);   /* NumObjectTypes */
    return sample;
}

static void take_sample(struct lines *lines, const char *name, unsigned changes)
{
    struct sample sample = read_sample(name);
    char *map = NULL;
    size_t length;

    sample.usual = text_of(&sample, sample.data, sample.size);
    FILE *to = open_memstream(&map, &length);
    assert_non_null(to);
    write_map(to, sample.data + sample.objects, sample.size - sample.objects);
    fclose(to);
    take_line(lines, "%s:%s", name, sample.usual);
    take_line(lines, "%s, its map:%s", name, map);
    take_numbers(lines, &sample, changes, 0, sample.size);
    take_definitions(lines, &sample);
    if (changes & 1)
        take_cuts(lines, &sample);
    free(sample.usual);
    free(map);
    free(sample.data);
}

/* The numbers of the first object with a number that is wrong already: its definitions or its instances. */
static void take_wrong(struct lines *lines, const char *name, size_t at, uint32_t value,
                       size_t begin, size_t end)
{
    struct sample sample = read_sample(name);

    memcpy(sample.data + at, &value, 4);
    sample.usual = text_of(&sample, sample.data, sample.size);
    take_line(lines, "%s:%s", name, sample.usual);
    take_numbers(lines, &sample, 0x1F, begin, end);
    free(sample.usual);
    free(sample.data);
}

static void take_all(struct lines *lines)
{
    take_sample(lines, "good-two-objects", 0x3F);
    take_sample(lines, "good-many-types", 0x6);
    take_sample(lines, "recorded-samba-4.17", 0x2);
    /* NumCounters is 3, not 4. */
    take_wrong(lines, "good-two-objects, a counter less", OBJECT + 32, 3, OBJECT, INSTANCES);
    take_wrong(lines, "good-two-objects, a longer instance", INSTANCES, INSTANCE_SIZE + 8,
               INSTANCES, OBJECT_END);
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
