/* SPDX-License-Identifier: MIT
 *
 * Splits a name into words, replaces or moves each word by a table, and joins the remaining words.
 */
#include "metric_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "utf8.h"

#define WORDS 64 /* of a name; chosen: further ones are left out */

struct words {
    struct output text; /* the words, each with a zero after it */
    size_t at[WORDS];
    size_t count;
};

/* Words that are replaced, and by what: units in full and in plural, and words that would be
   taken for a type or for a part of a histogram. */
static const struct {
    const char *word, *instead;
} replacements[] = {
    { "sec", "seconds" },    { "secs", "seconds" },         { "second", "seconds" },
    { "byte", "bytes" },     { "avg", "average" },          { "counter", "counters" },
    { "gauge", "gauges" },   { "count", "counts" },         { "sum", "sums" },
    { "bucket", "buckets" }, { "total", "totals" },         { "info", "infos" },
    { "msec", "msecs" },     { "histogram", "histograms" }, { "summary", "summaries" },
};

/* Words that are read as abbreviated units. They are joined to the word before them. */
static const char *const abbreviations[] = { "s",  "ms", "us", "ns", "b", "kb", "mb",
                                             "gb", "tb", "pb", "m",  "h", "d" };

static bool is_abbreviation(const char *word)
{
    for (size_t i = 0; i < sizeof(abbreviations) / sizeof(*abbreviations); i++)
        if (strcmp(word, abbreviations[i]) == 0)
            return true;
    return false;
}

static const char *replace(const char *word)
{
    for (size_t i = 0; i < sizeof(replacements) / sizeof(*replacements); i++)
        if (strcmp(word, replacements[i].word) == 0)
            return replacements[i].instead;
    return word;
}

static void add_word(struct words *words, const char *word)
{
    if (!*word || words->count == WORDS)
        return;
    word = replace(word);
    if (words->count && is_abbreviation(word)) {
        words->text.size--; /* remove the zero: the two words become one */
    } else {
        words->at[words->count++] = words->text.size;
    }
    output_add(&words->text, word, strlen(word) + 1);
}

/* ASCII letters and digits make words; "%" is one; other letters of any script become "x". */
static void split(struct words *words, const char *text)
{
    const size_t size = strlen(text);
    char word[64];
    size_t length = 0;

    for (size_t at = 0; at < size;) {
        const uint32_t c = utf8_fold(utf8_next(text, size, &at));
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;

        if (is_letter && length + 1 < sizeof(word))
            word[length++] = c < 0x80 ? (char)c : 'x';
        if (!is_letter || at >= size) {
            word[length] = '\0';
            add_word(words, word);
            length = 0;
        }
        if (c == '%')
            add_word(words, "percent");
    }
}

static const char *word_at(const struct words *words, size_t index)
{
    return words->text.data + words->at[index];
}

const char *metric_name_add(struct output *output, const char *object, const char *counter,
                            enum metric_kind kind, const char *unit)
{
    struct words words = { 0 };
    size_t first_of_counter, length;
    bool is_first = true;
    char rate[4];

    split(&words, object);
    first_of_counter = words.count;
    /* "/sec" says how the rate is shown; the metric is the total. */
    length = strlen(counter);
    memcpy(rate, length >= 4 ? counter + length - 4 : "    ", 4);
    if (length > 4 && kind == METRIC_COUNTER && memcmp(rate, "/sec", 4) == 0) {
        struct output shorter = { 0 };

        output_add(&shorter, counter, length - 4);
        split(&words, shorter.data ? shorter.data : "");
        output_release(&shorter);
    } else {
        split(&words, counter);
    }
    if (words.text.is_lost) {
        output->is_lost = true;
        output_release(&words.text);
        return "";
    }
    for (size_t i = first_of_counter; !*unit && i < words.count; i++)
        if (strcmp(word_at(&words, i), "bytes") == 0)
            unit = "bytes";

    for (size_t i = 0; i < words.count; i++) {
        const char *word = word_at(&words, i);

        /* The unit goes to the end. A percentage is written as a ratio. */
        if (i >= first_of_counter &&
            (strcmp(word, unit) == 0 || (strcmp(word, "percent") == 0 && *unit)))
            continue;
        if (is_first && word[0] >= '0' && word[0] <= '9')
            output_add_text(output, "object_");
        if (!is_first)
            output_add_byte(output, '_');
        output_add_text(output, word);
        is_first = false;
    }
    if (is_first)
        output_add_text(output, "object");
    if (*unit)
        output_add_format(output, "_%s", unit);
    output_release(&words.text);
    return unit;
}

void metric_name_add_text(struct output *output, const char *text, char quote)
{
    const size_t size = strlen(text);
    char shown[UTF8_SHOWN_SIZE];

    for (size_t at = 0; at < size;) {
        const uint32_t c = utf8_next(text, size, &at);

        if (c == '\n')
            output_add_text(output, "\\n");
        else if (c == '\\')
            output_add_text(output, "\\\\");
        else if (c == '"')
            output_add_text(output, quote == '"' ? "\\\"" : "'");
        else {
            /* The format has no escape for characters that control a terminal, so their
               backslash is doubled. */
            if (utf8_is_unsafe(c))
                output_add_byte(output, '\\');
            utf8_show(c, shown);
            output_add_text(output, shown);
        }
    }
}
