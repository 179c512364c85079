/* SPDX-License-Identifier: MIT
 *
 * remote_series.h. Memory is reserved once: the number of lines limits that of the series, and the
 * number of "=" that of the labels.
 */
#include "remote_series.h"

#include <stdlib.h>
#include <string.h>

#define METRIC_NAME "__name__" /* Rule: the label that has the metric's name */

/* A position in the text, and the place where the next word is written. */
struct reading {
    const char *at;
    char *word;
    struct remote_label *label;
};

static size_t count_of(const char *text, char byte)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == byte;
    return count;
}

/* Copy the characters before one of `ends`. */
static const char *read_word(struct reading *reading, const char *ends)
{
    const size_t size = strcspn(reading->at, ends);
    char *word = reading->word;

    memcpy(word, reading->at, size);
    word[size] = '\0';
    reading->word += size + 1;
    reading->at += size;
    return word;
}

/* Copy the characters before the closing quotation mark. Rule: text format 0.0.4: backslash,
   quotation mark and line feed are escaped. */
static const char *read_value(struct reading *reading)
{
    char *word = reading->word, *to = word;
    const char *at = reading->at;

    for (; *at && *at != '"' && *at != '\n'; at++) {
        if (*at != '\\') {
            *to++ = *at;
            continue;
        }
        at++;
        if (*at != '\\' && *at != '"' && *at != 'n')
            return NULL;
        *to++ = *at == 'n' ? '\n' : *at;
    }
    if (*at != '"')
        return NULL;
    *to = '\0';
    reading->word = to + 1;
    reading->at = at + 1;
    return word;
}

/* Read {name="value",...}. */
static bool read_labels(struct reading *reading, struct remote_series *series)
{
    do {
        struct remote_label *label = reading->label++;

        reading->at++;
        label->name = read_word(reading, "=\"}\n");
        if (strncmp(reading->at, "=\"", 2) != 0)
            return false;
        reading->at += 2;
        label->value = read_value(reading);
        if (!label->value)
            return false;
        series->label_count += *label->value != '\0'; /* an empty label is no label */
        reading->label -= *label->value == '\0';
    } while (*reading->at == ',');
    return *reading->at++ == '}';
}

static bool has_label(const struct remote_series *series, const char *name)
{
    for (size_t i = 0; i < series->label_count; i++)
        if (strcmp(series->labels[i].name, name) == 0)
            return true;
    return false;
}

static int compare(const void *left, const void *right)
{
    return strcmp(((const struct remote_label *)left)->name,
                  ((const struct remote_label *)right)->name);
}

static bool read_line(struct reading *reading, struct remote_series *series,
                      const struct remote_label extra[], size_t extra_count)
{
    const char *begin = reading->at;
    char *end;

    *series = (struct remote_series){ .labels = reading->label, .label_count = 1 };
    reading->label->name = METRIC_NAME;
    reading->label++->value = read_word(reading, "{ \n");
    if (*reading->at == '{' && !read_labels(reading, series))
        return false;
    if (*reading->at != ' ' || *begin == ' ')
        return false;
    series->key = (struct span){ (const unsigned char *)begin, (size_t)(reading->at - begin) };
    series->value = strtod(reading->at + 1, &end);
    if (end == reading->at + 1 || *end != '\n')
        return false;
    reading->at = end + 1;
    for (size_t i = 0; i < extra_count; i++) {
        if (has_label(series, extra[i].name))
            continue;
        *reading->label++ = extra[i];
        series->label_count++;
    }
    qsort(series->labels, series->label_count, sizeof(*series->labels), compare);
    return true;
}

/* Returns false for a line of another form, or without memory. */
static bool read_lines(struct remote_series_set *set, const struct remote_label extra[],
                       size_t extra_count)
{
    struct reading reading = { set->text, set->words, set->labels };

    while (*reading.at) {
        struct remote_series *series = &set->series[set->count];

        if (*reading.at == '#') {
            reading.at += strcspn(reading.at, "\n");
            reading.at += *reading.at == '\n';
            continue;
        }
        if (!read_line(&reading, series, extra, extra_count))
            return false;
        const struct remote_series *first = text_map_add(&set->places, series->key, series);
        if (!first)
            return false;
        set->count += first == series;
    }
    return true;
}

bool remote_series_read(struct remote_series_set *set, struct output *text,
                        const struct remote_label extra[], size_t extra_count)
{
    const size_t lines = text->data ? count_of(text->data, '\n') : 0;
    const size_t pairs = text->data ? count_of(text->data, '=') : 0;
    bool is_read = false;

    *set = (struct remote_series_set){ 0 };
    if (!text->data)
        return !text->is_lost;
    set->capacity = lines + 1;
    set->series = calloc(set->capacity, sizeof(*set->series));
    /* A word needs a byte more than its characters; a label has four of its own: =, two quotation
       marks, and a comma or a brace. */
    set->words = malloc(text->size + 1);
    set->labels = calloc(pairs + set->capacity * (1 + extra_count), sizeof(*set->labels));
    set->text = text->data;
    *text = (struct output){ .is_lost = text->is_lost };
    is_read = !text->is_lost && set->series && set->words && set->labels &&
              read_lines(set, extra, extra_count);
    if (!is_read)
        remote_series_release(set);
    return is_read;
}

bool remote_series_has(const struct remote_series_set *set, struct span key)
{
    return text_map_find(&set->places, key) != NULL;
}

void remote_series_release(struct remote_series_set *set)
{
    text_map_release(&set->places);
    free(set->series);
    free(set->text);
    free(set->words);
    free(set->labels);
    *set = (struct remote_series_set){ 0 };
}
