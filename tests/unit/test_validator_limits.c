/* SPDX-License-Identifier: MIT
 *
 * The validator at the end of a name or a block: what directly follows is not part of it.
 */
#define ANSWER_SIZE (1 << 18)
#define ANSWER_COUNTERS 64
#include "unit.h"

#include "../faulty/frame/answer.h"
#include "validator.h"

/* Check an answer in memory of exactly its size. Returns the names of the rules that it breaks. */
static const char *rules_of(const struct answer *answer)
{
    static char text[256];
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings, .query = "Global" };
    unsigned char *exact = malloc(answer->size);

    memcpy(exact, answer->u.bytes, answer->size);
    validator_check_objects(&validator, (struct span){ exact, answer->size }, answer->object_count);
    *text = '\0';
    for (size_t i = 0; i < findings.count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
                 rules[findings.items[i].rule].name);
    findings_release(&findings);
    free(exact);
    return text;
}

/* An object with one instance whose name has these bytes, NameLength as given, and whose counter
   block has `block_size` bytes. */
static void build_named(struct answer *answer, DWORD code_page, const void *name, DWORD size,
                        DWORD name_length, DWORD block_size)
{
    memset(answer, 0, sizeof(*answer));
    answer->first_counter = FIRST_COUNTER;
    begin_object(answer, 0, 1)->CodePage = code_page;
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance_bytes(answer, name, size)->NameLength = name_length;
    answer_take(answer, block_size - block_of(answer)->ByteLength);
    block_of(answer)->ByteLength = block_size;
    end_object(answer);
}

static void what_follows_a_name_is_not_its_terminator(void **state)
{
    /* The length of a block of 65536 bytes begins with two zero bytes, that of one with 256
       bytes with one. */
    static const struct {
        const char *name;
        DWORD code_page, size, name_length, block_size;
        const char *rules;
    } cases[] = {
        { "UTF-16, a terminator", 0, 8, 8, 65536, "" },
        { "UTF-16, the block right after the name", 0, 8, 6, 65536, "name-length" },
        { "UTF-16, no terminator before the block", 0, 16, 16, 65536, "name-terminator" },
        { "UTF-16, no terminator before another block", 0, 16, 16, 16, "name-terminator" },
        { "bytes, a terminator", 1252, 8, 8, 256, "" },
        { "bytes, no terminator before the block", 1252, 16, 16, 256, "name-terminator" },
        { "bytes, the terminator left out", 1252, 8, 7, 256, "name-length" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        static struct answer answer;
        char name[16] = "";

        for (DWORD k = 0; k < (cases[i].size == 16 ? 16u : 6u); k++)
            name[k] = cases[i].code_page ? 'x' : k % 2 ? 1 : 'x';
        if (cases[i].code_page && cases[i].size == 8)
            name[6] = 'x';
        build_named(&answer, cases[i].code_page, name, cases[i].size, cases[i].name_length,
                    cases[i].block_size);
        if (strcmp(rules_of(&answer), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].name, rules_of(&answer));
    }
}

static void a_surrogate_pair_ends_with_the_name(void **state)
{
    static const struct {
        const char *name;
        WCHAR units[4];
        DWORD name_length;
        const char *rules;
    } cases[] = {
        { "a pair", { 'x', 0xD83D, 0xDE00, 0 }, 8, "" },
        { "its second half outside", { 'x', 0xD83D, 0xDE00, 0 }, 4, "name-terminator name-text" },
        { "its second half missing", { 'x', 0xD83D, 0, 0 }, 6, "name-text" },
        { "a second half alone", { 'x', 0xDE00, 'x', 0 }, 8, "name-text" },
        { "two second halves", { 0xDC00, 0xDC00, 'x', 0 }, 8, "name-text" },
        { "a first half before a letter", { 0xD800, 'x', 'x', 0 }, 8, "name-text" },
        { "the lowest pair", { 0xD800, 0xDC00, 'x', 0 }, 8, "" },
        { "the highest pair", { 0xDBFF, 0xDFFF, 'x', 0 }, 8, "" },
        { "what is beside surrogates", { 0xD7FF, 0xE000, 'x', 0 }, 8, "" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        static struct answer answer;

        build_named(&answer, 0, cases[i].units, 8, cases[i].name_length, 16);
        if (strcmp(rules_of(&answer), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].name, rules_of(&answer));
    }
}

/* The object ends with the instance: no byte follows its name. */
static void a_name_at_the_end_of_the_answer_is_read_to_its_end(void **state)
{
    static struct answer answer;

    (void)state;
    build_named(&answer, 0, TEXT16("abc"), 8, 6, 16);
    memcpy(answer.u.bytes + answer.instance + 24, TEXT16("abcdefg"), 8);
    instance_of(&answer)->NameLength = 8;
    answer.size -= 16;
    end_object(&answer);
    assert_string_equal(rules_of(&answer), "block-length name-terminator");
}

static void a_name_has_at_most_127_characters(void **state)
{
    (void)state;
    for (DWORD length = 126; length <= 128; length++) {
        static struct answer answer;
        WCHAR name[129] = { 0 };

        for (DWORD i = 0; i < length; i++)
            name[i] = 'x';
        build_named(&answer, 0, name, (length + 1) * 2, (length + 1) * 2, 16);
        assert_string_equal(rules_of(&answer), length > 127 ? "name-too-long" : "");
    }
}

/* Structures with pointers of 8 bytes for the titles are one fault, which explains the rest of the object. */
static void structures_with_pointers_are_found_by_their_lengths(void **state)
{
    enum { FIRST_SIZE = 0, DEFINITIONS = 4, HEADER = 8 };
    static const struct {
        const char *name;
        uint32_t header, counts_at, count, definition, definitions;
        bool has_pointers;
        uint32_t first_at, size; /* of the first definition and of all; 0: after the header, 256 */
    } cases[] = {
        { "packed", 72, 40, 1, 48, 72 + 48, true, 0, 0 },
        { "packed, two counters", 72, 40, 2, 48, 72 + 96, true, 0, 0 },
        { "not packed", 80, 44, 1, 56, 80 + 56, true, 0, 0 },
        { "no counter", 72, 40, 0, 48, 72, false, 0, 0 },
        { "no counter, although a definition follows", 72, 40, 0, 48, 72, false, 72, 0 },
        { "another header, although a definition is there", 76, 40, 1, 48, 72 + 48, false, 72, 0 },
        { "a header and nothing else", 80, 44, 1, 56, 80 + 56, false, 0, 80 },
        { "a header and the length of a definition", 80, 44, 1, 56, 80 + 56, true, 0, 88 },
        { "a counter more", 72, 40, 2, 48, 72 + 48, false, 0, 0 },
        { "so many that 32 bits overflow", 72, 40, 0x15555557, 48, 72 + 80, false, 0, 0 },
        { "another header", 76, 40, 1, 48, 72 + 48, false, 0, 0 },
        { "the other header", 80, 40, 1, 48, 72 + 48, false, 0, 0 },
        { "another definition", 72, 40, 1, 47, 72 + 48, false, 0, 0 },
        { "the other definition", 72, 40, 1, 56, 72 + 48, false, 0, 0 },
        { "the standard structures", 64, 32, 1, 40, 64 + 40, false, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        static struct answer answer;
        unsigned char *bytes = answer.u.bytes;
        const uint32_t size = cases[i].size ? cases[i].size : 256;

        memset(&answer, 0, sizeof(answer));
        answer.object_count = 1;
        answer.size = size;
        memcpy(bytes + FIRST_SIZE, &size, 4);
        memcpy(bytes + DEFINITIONS, &cases[i].definitions, 4);
        memcpy(bytes + HEADER, &cases[i].header, 4);
        memcpy(bytes + cases[i].counts_at, &cases[i].count, 4);
        if (cases[i].first_at)
            memcpy(bytes + cases[i].first_at, &cases[i].definition, 4);
        for (uint32_t at = cases[i].header; !cases[i].first_at && at + 4 <= cases[i].definitions;
             at += cases[i].definition)
            memcpy(bytes + at, &cases[i].definition, 4);
        const bool is_alone = strcmp(rules_of(&answer), "header-length") == 0;
        if (is_alone != cases[i].has_pointers)
            fail_msg("%s: %s", cases[i].name, rules_of(&answer));
    }
}

/* Whether the validator finds a rule broken, and says something of it, in an answer of one object. */
static bool says(const unsigned char *bytes, size_t size, enum rule_id rule, const char *text)
{
    struct findings findings = { 0 };
    const struct validator validator = { .findings = &findings, .query = "Global" };
    unsigned char *exact = malloc(size);
    bool is_said = false;

    memcpy(exact, bytes, size);
    validator_check_objects(&validator, (struct span){ exact, size }, 1);
    for (size_t i = 0; i < findings.count; i++)
        is_said |= findings.items[i].rule == rule && strstr(findings.items[i].message, text);
    findings_release(&findings);
    free(exact);
    return is_said;
}

static void put(unsigned char *bytes, size_t offset, uint32_t value)
{
    memcpy(bytes + offset, &value, sizeof(value));
}

/* Whole definitions of 40 bytes after the counted ones: NumCounters is wrong. Anything else: DefinitionLength. */
static void definitions_that_are_not_counted_have_40_bytes(void **state)
{
    static const struct {
        uint32_t count, lengths[3];
        enum rule_id rule;
    } cases[] = {
        { 2, { 40, 40, 40 }, RULE_counter_count },
        { 1, { 40, 40, 40 }, RULE_counter_count },
        { 2, { 48, 40, 40 }, RULE_counter_count },
        { 2, { 40, 48, 40 }, RULE_counter_count },
        { 1, { 40, 80, 0 }, RULE_definition_length },
        { 2, { 40, 40, 44 }, RULE_definition_length },
        { 2, { 40, 40, 20 }, RULE_definition_length },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unsigned char bytes[256] = { 0 };
        uint32_t end = 64;

        for (size_t k = 0; k < 3; k++) {
            put(bytes, end, cases[i].lengths[k]);
            end += cases[i].lengths[k];
        }
        put(bytes, 0, end + 8);
        put(bytes, 4, end);
        put(bytes, 8, 64);
        put(bytes, 32, cases[i].count);
        put(bytes, 40, (uint32_t)PERF_NO_INSTANCES);
        put(bytes, end, 8);
        const bool is_count = says(bytes, end + 8, RULE_counter_count, "");
        const bool is_length = says(bytes, end + 8, RULE_definition_length, "");
        if (is_count != (cases[i].rule == RULE_counter_count) ||
            is_length != (cases[i].rule == RULE_definition_length))
            fail_msg("case %zu", i);
    }
}

/* DefinitionLength reaches into the next object: the walk has not read the definitions. The first one has a length
   of 0, so that looking for all that are counted would take seconds. */
static void definitions_of_no_length_come_to_an_end(void **state)
{
    enum { SIZE = 112 };
    unsigned char bytes[2 * SIZE] = { 0 };

    (void)state;
    for (uint32_t at = 0; at < sizeof(bytes); at += SIZE) {
        put(bytes, at, SIZE);
        put(bytes, at + 4, at ? 64 : SIZE + 8);
        put(bytes, at + 8, 64);
        put(bytes, at + 32, at ? 0 : UINT32_MAX);
    }
    assert_true(says(bytes, sizeof(bytes), RULE_definition_length, "at most the object's 112"));
}

/* The ByteLength of an instance counts the 8 bytes of its block's header. */
static void a_block_8_bytes_before_is_named(void **state)
{
    enum { INSTANCE = 104, BLOCK = INSTANCE + 32 };
    static const struct {
        const char *name;
        uint32_t block, size, at, value; /* length of the block; of all; one more value */
        bool is_named;
    } cases[] = {
        { "a block at the end", 16, BLOCK + 16, 0, 0, true },
        { "a longer block", 24, BLOCK + 24, 0, 0, true },
        { "a block beyond the end", 20, BLOCK + 16, 0, 0, false },
        { "a block that ends before", 12, BLOCK + 16, 0, 0, false },
        { "no multiple of 4", 18, BLOCK + 18, 0, 0, false },
        { "too short for a header", 4, BLOCK + 40, BLOCK + 4, 24, false },
        { "an instance of 24 bytes", 16, BLOCK + 40, BLOCK + 16, 24, true },
        { "of 23", 16, BLOCK + 40, BLOCK + 16, 23, false },
        { "of 25, beyond the end", 16, BLOCK + 40, BLOCK + 16, 25, false },
        { "of 32, with a byte less", 16, BLOCK + 47, BLOCK + 16, 32, false },
        { "of 32", 16, BLOCK + 48, BLOCK + 16, 32, true },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        unsigned char bytes[256] = { 0 };

        put(bytes, 0, cases[i].size);
        put(bytes, 4, INSTANCE);
        put(bytes, 8, 64);
        put(bytes, 32, 1);
        put(bytes, 40, cases[i].size > BLOCK + 24 ? 2 : 1);
        put(bytes, 64, 40);
        put(bytes, INSTANCE, 40);
        put(bytes, INSTANCE + 16, 24);
        put(bytes, INSTANCE + 20, 8);
        memcpy(bytes + INSTANCE + 24, TEXT16("abc"), 8);
        put(bytes, BLOCK, cases[i].block);
        if (cases[i].at)
            put(bytes, cases[i].at, cases[i].value);
        if (says(bytes, cases[i].size, RULE_block_length, "seems to count") != cases[i].is_named)
            fail_msg("%s", cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_a_name_is_not_its_terminator),
        cmocka_unit_test(a_surrogate_pair_ends_with_the_name),
        cmocka_unit_test(a_name_at_the_end_of_the_answer_is_read_to_its_end),
        cmocka_unit_test(a_name_has_at_most_127_characters),
        cmocka_unit_test(definitions_that_are_not_counted_have_40_bytes),
        cmocka_unit_test(definitions_of_no_length_come_to_an_end),
        cmocka_unit_test(a_block_8_bytes_before_is_named),
        cmocka_unit_test(structures_with_pointers_are_found_by_their_lengths),
    };

    return cmocka_run_group_tests_name("validator_limits", tests, NULL, NULL);
}
