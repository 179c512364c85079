/* SPDX-License-Identifier: MIT
 *
 * See format_text.h.
 */
#include "format_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void format_text_add_title(struct output *output, const char *name, uint32_t index)
{
    if (name && *name)
        output_add_text(output, name);
    else
        output_add_format(output, "%" PRIu32, index);
}

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

const char *format_text_unit(const struct decoded_counter *counter)
{
    const char *name = counter->name ? counter->name : "";

    switch (counter->type ? counter->type->unit : COOK_UNIT_NONE) {
    case COOK_UNIT_PER_SECOND:
        return ends_in(name, "/sec") || ends_in(name, "/s") ? "" : "/s";
    case COOK_UNIT_PERCENT:
        return strchr(name, '%') ? "" : "%";
    case COOK_UNIT_SECONDS:
        return "s";
    default:
        return "";
    }
}

void format_text_add_scale(struct output *output, int32_t scale)
{
    if (scale < -7 || scale > 7) /* Rule: PERF_COUNTER_DEFINITION.DefaultScale */
        output_add_format(output, "1e%" PRId32, scale);
    else if (scale < 0)
        output_add_format(output, "%.*f", -scale, pow(10, scale));
    else
        output_add_format(output, "%.1f", pow(10, scale));
}

/* Add digits in groups of three. */
static void add_grouped(struct output *output, const char *digits)
{
    size_t whole = strcspn(digits, ".");

    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0)
            output_add_byte(output, ',');
        output_add_byte(output, digits[i]);
    }
    output_add_text(output, digits + whole);
}

void format_text_add_whole(struct output *output, uint64_t number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    add_grouped(output, digits);
}

void format_text_size(char *text, size_t size, uint64_t bytes)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double value = (double)bytes;
    size_t unit = 0;

    if (bytes < 1024) {
        snprintf(text, size, "%" PRIu64 " B", bytes);
        return;
    }
    for (value /= 1024; value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
        value /= 1024;
    snprintf(text, size, "%.1f %s", value, units[unit]);
}

void format_text_add_number(struct output *output, double value, enum cook_unit unit)
{
    const bool is_whole = value == floor(value) && unit != COOK_UNIT_PERCENT;
    const int decimals = is_whole || value >= 100000 ? 0
                         : value >= 0.0995           ? 1 + (value < 1000) + (value < 1)
                                                     : 6;
    char digits[400];

    if (unit == COOK_UNIT_HEX) {
        output_add_format(output, "0x%" PRIX64, (uint64_t)value);
        return;
    }
    if (value != 0 && value < 0.0000005)
        snprintf(digits, sizeof(digits), "%.2e", value);
    else
        snprintf(digits, sizeof(digits), "%.*f", decimals, value);
    add_grouped(output, digits);
}

/* Cooking would turn the value into a double, which may not hold it. */
static bool is_shown_raw(const struct counter_type *type)
{
    return type && type->samples == 1 &&
           (type->unit == COOK_UNIT_NUMBER || type->unit == COOK_UNIT_HEX);
}

void format_text_add_value(struct output *output, struct decoder *decoder,
                           const struct decoded_object *object, size_t place, bool is_cooked)
{
    const struct decoded_counter *counter = &object->counters[place];
    const enum cook_unit unit = counter->type ? counter->type->unit : COOK_UNIT_NONE;
    const char *text = decoder_text(decoder, place);
    const struct span bytes = decoder_value(decoder, place);
    uint64_t raw;
    double cooked;

    if (text) {
        output_add_text(output, text);
    } else if (is_cooked && !is_shown_raw(counter->type)) {
        if (decoder_cook(decoder, place, &cooked))
            format_text_add_number(output, cooked, unit);
        else
            output_add_text(output, "-");
    } else if (decoder_raw(decoder, place, &raw)) {
        char digits[24];

        if (unit == COOK_UNIT_HEX) {
            output_add_format(output, "0x%" PRIX64, raw);
            return;
        }
        snprintf(digits, sizeof(digits), "%" PRIu64, raw);
        add_grouped(output, digits);
    } else if (bytes.size) {
        for (size_t i = 0; i < bytes.size && i < 16; i++)
            output_add_format(output, "%02x", bytes.data[i]);
        output_add_text(output, bytes.size > 16 ? "…" : "");
    } else {
        output_add_text(output, "-");
    }
}
