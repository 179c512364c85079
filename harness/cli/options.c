/* SPDX-License-Identifier: MIT
 *
 * The option parser of every command: walks the arguments once with a table, see options.h.
 * Messages go to stderr through command_complain.
 */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define LONGEST_WORD 63 /* bytes; chosen, longer than any option: see options_distance */

size_t options_distance(const char *left, const char *right)
{
    size_t left_length = strlen(left), right_length = strlen(right);
    size_t row[LONGEST_WORD + 1];

    if (left_length > LONGEST_WORD || right_length > LONGEST_WORD)
        return SIZE_MAX;
    for (size_t i = 0; i <= right_length; i++)
        row[i] = i;
    for (size_t i = 1; i <= left_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= right_length; k++) {
            size_t change = diagonal + (left[i - 1] != right[k - 1]);
            size_t best = row[k] < row[k - 1] ? row[k] + 1 : row[k - 1] + 1;
            diagonal = row[k];
            row[k] = change < best ? change : best;
        }
    }
    return row[right_length];
}

static const struct command_option *find_long(const struct command_option *options,
                                              const char *name, size_t length)
{
    for (; options && options->name; options++)
        if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

static const struct command_option *find_letter(const struct command_option *options, char letter)
{
    for (; options && options->name; options++)
        if (options->letter && options->letter == letter)
            return options;
    return NULL;
}

/* Find the option of an argument. *value receives the value that is part of the argument, or
   NULL. */
static const struct command_option *find(const struct command_option *options, const char *argument,
                                         const char **value)
{
    const struct command_option *option;

    *value = NULL;
    if (argument[1] == '-') {
        const char *equals = strchr(argument, '=');
        option = find_long(options, argument + 2,
                           equals ? (size_t)(equals - argument - 2) : strlen(argument + 2));
        *value = equals ? equals + 1 : NULL;
    } else {
        option = find_letter(options, argument[1]);
        *value = argument[2] ? argument + 2 : NULL;
    }
    return option;
}

static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1];
}

static void complain_unknown(const struct command_option *options, const char *argument)
{
    const char *equals = strchr(argument, '=');
    char name[LONGEST_WORD + 1];
    const char *nearest = NULL;
    size_t nearest_distance = 3;

    snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - argument) : LONGEST_WORD,
             argument);
    for (; argument[1] == '-' && options && options->name; options++) {
        size_t distance = options_distance(name + 2, options->name);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = options->name;
        }
    }
    if (nearest)
        command_complain("unknown option %s; did you mean --%s?", name, nearest);
    else
        command_complain("unknown option %s; --help lists those there are", name);
}

/* Parse digits, decimal or hexadecimal, and nothing else. */
static bool parse_number(const char *text, uint64_t *number)
{
    uint64_t base = 10, result = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (!*text)
        return false;
    for (; *text; text++) {
        uint64_t digit = *text >= '0' && *text <= '9'   ? (uint64_t)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (uint64_t)(*text - 'a' + 10)
                         : *text >= 'A' && *text <= 'F' ? (uint64_t)(*text - 'A' + 10)
                                                        : 99;
        if (digit >= base || result > (UINT64_MAX - digit) / base)
            return false;
        result = result * base + digit;
    }
    *number = result;
    return true;
}

/* Parse "12", "0.25", ".5" as milliseconds, without the locale's decimal point. */
static bool parse_seconds(const char *text, uint64_t *milliseconds)
{
    uint64_t whole = 0, part = 0, weight = 100;
    bool has_digits = false;

    for (; *text >= '0' && *text <= '9'; text++) {
        has_digits = true;
        whole = whole * 10 + (uint64_t)(*text - '0');
        if (whole > UINT32_MAX)
            return false;
    }
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++) {
            has_digits = true;
            part += weight * (uint64_t)(*text - '0');
            weight /= 10;
        }
    if (*text || !has_digits)
        return false;
    *milliseconds = whole * 1000 + part;
    return true;
}

static int choice_of(const char *words, const char *typed)
{
    size_t length = strlen(typed);

    for (int place = 0;; place++) {
        size_t word = strcspn(words, "|");
        if (word == length && memcmp(words, typed, length) == 0)
            return place;
        if (!words[word])
            return -1;
        words += word + 1;
    }
}

static bool store_number(const struct command_option *option, char *target, const char *value)
{
    uint64_t limit = option->maximum                   ? option->maximum
                     : option->kind == OPTION_NUMBER64 ? UINT64_MAX
                                                       : UINT32_MAX;
    bool is_seconds = option->kind == OPTION_SECONDS;
    uint64_t number;

    if (!(is_seconds ? parse_seconds(value, &number) : parse_number(value, &number))) {
        command_complain("--%s: \"%s\" is not a number%s", option->name, value,
                         is_seconds ? " of seconds" : "");
        return false;
    }
    if (number < option->minimum || number > limit) {
        if (is_seconds)
            command_complain("--%s: %s is out of range; allowed are %.3f to %.3f seconds",
                             option->name, value, option->minimum / 1000.0, (double)limit / 1000.0);
        else
            command_complain("--%s: %s is out of range; allowed are %u to %llu", option->name,
                             value, (unsigned)option->minimum, (unsigned long long)limit);
        return false;
    }
    if (option->kind == OPTION_NUMBER64)
        *(uint64_t *)(void *)target = number;
    else
        *(uint32_t *)(void *)target = (uint32_t)number;
    return true;
}

static bool store(const struct command_option *option, void *values, const char *value)
{
    char *target = (char *)values + option->target;
    struct option_texts *texts = (void *)target;
    int choice;

    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)target = true;
        return true;
    case OPTION_TEXT:
        *(const char **)(void *)target = value;
        return true;
    case OPTION_TEXTS:
        if (texts->count == sizeof(texts->items) / sizeof(*texts->items)) {
            command_complain("--%s: given more than %zu times", option->name, texts->count);
            return false;
        }
        texts->items[texts->count++] = value;
        return true;
    case OPTION_NUMBER:
    case OPTION_NUMBER64:
    case OPTION_SECONDS:
        return store_number(option, target, value);
    case OPTION_CHOICE:
        choice = choice_of(option->value, value);
        if (choice < 0) {
            command_complain("--%s: \"%s\" is not one of %s", option->name, value, option->value);
            return false;
        }
        *(int *)(void *)target = choice;
        return true;
    }
    return false;
}

/* Store an option's value. *at advances if the value is the next argument. */
static bool take_value(const struct command_option *option, void *values, const char *value,
                       int *at, int argc, char **argv)
{
    if (option->kind == OPTION_FLAG && value) {
        command_complain("%s: --%s takes no value", argv[*at], option->name);
        return false;
    }
    if (option->kind != OPTION_FLAG && !value) {
        if (*at + 1 >= argc) {
            command_complain("--%s needs a value: %s", option->name, option->value);
            return false;
        }
        value = argv[++*at];
    }
    return store(option, values, value);
}

static bool walk(const struct command_option *options, void *values,
                 const struct command_option *others, bool refuse_unknown, int *argc, char **argv)
{
    int kept = 0;

    for (int at = 0; at < *argc; at++) {
        const struct command_option *option;
        const char *value;

        if (strcmp(argv[at], "--") == 0) {
            at += refuse_unknown; /* the last walk removes the mark */
            for (; at < *argc; at++)
                argv[kept++] = argv[at];
            break;
        }
        if (!is_option(argv[at])) {
            argv[kept++] = argv[at];
        } else if ((option = find(options, argv[at], &value)) != NULL) {
            if (!take_value(option, values, value, &at, *argc, argv))
                return false;
        } else if (refuse_unknown) {
            complain_unknown(options, argv[at]);
            return false;
        } else {
            option = find(others, argv[at], &value);
            argv[kept++] = argv[at];
            if (option && option->kind != OPTION_FLAG && !value && at + 1 < *argc)
                argv[kept++] = argv[++at];
        }
    }
    *argc = kept;
    return true;
}

bool options_parse(const struct command_option *options, void *values, int *argc, char **argv)
{
    return walk(options, values, NULL, true, argc, argv);
}

bool options_take(const struct command_option *options, void *values,
                  const struct command_option *others, int *argc, char **argv)
{
    return walk(options, values, others, false, argc, argv);
}

void options_print(const struct command_option *options)
{
    for (; options && options->name; options++) {
        char left[128];
        int used = options->letter ? snprintf(left, sizeof(left), "  -%c, ", options->letter)
                                   : snprintf(left, sizeof(left), "      ");

        used += snprintf(left + used, sizeof(left) - (size_t)used, "--%s", options->name);
        if (options->kind != OPTION_FLAG && (size_t)used < sizeof(left))
            used += snprintf(left + used, sizeof(left) - (size_t)used, " %s", options->value);
        if (used > 28)
            printf("%s\n%-29s %s\n", left, "", options->help);
        else
            printf("%-29s %s\n", left, options->help);
    }
}
