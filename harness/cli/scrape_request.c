/* SPDX-License-Identifier: MIT
 *
 * A small parser for header lists: elements separated by commas, parameters by semicolons.
 */
#include "scrape_request.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_S 10.0  /* Prometheus' default */
#define LONGEST_TIMEOUT_S 601.0 /* chosen: 10 minutes, and the margin of a second */

/* One element of a list: its name, its quality, its parameter "version". */
struct element {
    char name[64];
    char version[64];
    unsigned quality; /* in thousandths */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Copy the text between two places without blanks around it, in small letters; "" if it is too
   long. */
static void take(char *word, size_t size, const char *begin, const char *end)
{
    while (begin < end && is_blank(*begin))
        begin++;
    while (end > begin && is_blank(end[-1]))
        end--;
    if ((size_t)(end - begin) >= size)
        end = begin;
    for (; begin < end; begin++)
        *word++ = *begin >= 'A' && *begin <= 'Z' ? (char)(*begin - 'A' + 'a') : *begin;
    *word = '\0';
}

/* Parse "0.5" as 500. Rule: RFC 9110, 12.4.2: 0 to 1 with at most three decimals. A text that does not begin
   with 0 counts as 1, and further decimals are ignored. */
static unsigned read_quality(const char *text)
{
    unsigned quality = 0, place = 1000;

    if (*text != '0')
        return 1000;
    if (text[1] == '.')
        for (text += 2; *text >= '0' && *text <= '9'; text++) {
            place /= 10;
            quality += (unsigned)(*text - '0') * place;
        }
    return quality;
}

/* The next element of a list. Returns false at its end. */
static bool next_element(const char **list, const char *limit, struct element *element)
{
    const char *at = *list, *end;
    bool is_first = true;

    if (at >= limit)
        return false;
    end = memchr(at, ',', (size_t)(limit - at));
    end = end ? end : limit;
    *list = end + 1;
    *element = (struct element){ .quality = 1000 };
    while (at <= end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));
        char part[64];

        stop = stop ? stop : end;
        take(part, sizeof(part), at, stop);
        if (is_first)
            memcpy(element->name, part, sizeof(part));
        else if (strncmp(part, "q=", 2) == 0)
            element->quality = read_quality(part + 2);
        else if (strncmp(part, "version=", 8) == 0)
            take(element->version, sizeof(element->version), part + 8, part + strlen(part));
        is_first = false;
        at = stop + 1;
    }
    return true;
}

static const char *limit_of(const char *text)
{
    const void *end = memchr(text, '\0', SCRAPE_HEADER_LIMIT);

    return end ? end : text + SCRAPE_HEADER_LIMIT;
}

/* How well an element matches one of our types: 3 the type itself, 2 text or application, 1
   anything, 0 not at all. A version that we do not write does not match. */
static unsigned fit(const struct element *element, enum metric_dialect dialect)
{
    const bool is_openmetrics = dialect == METRIC_OPENMETRICS;

    if (strcmp(element->name, is_openmetrics ? "application/openmetrics-text" : "text/plain") == 0)
        return !*element->version ||
                       strcmp(element->version, is_openmetrics ? "1.0.0" : "0.0.4") == 0
                   ? 3
                   : 0;
    if (strcmp(element->name, is_openmetrics ? "application/*" : "text/*") == 0)
        return 2;
    return strcmp(element->name, "*/*") == 0;
}

enum metric_dialect scrape_request_dialect(const char *accept)
{
    unsigned best[2] = { 0, 0 }, quality[2] = { 0, 0 };
    struct element element;

    if (!accept)
        return METRIC_PROMETHEUS;
    for (const char *at = accept, *limit = limit_of(accept); next_element(&at, limit, &element);)
        for (int dialect = 0; dialect < 2; dialect++) {
            const unsigned how = fit(&element, (enum metric_dialect)dialect);

            if (how > best[dialect] ||
                (how && how == best[dialect] && element.quality > quality[dialect])) {
                best[dialect] = how;
                quality[dialect] = element.quality;
            }
        }
    if (quality[METRIC_OPENMETRICS] == quality[METRIC_PROMETHEUS])
        return quality[METRIC_OPENMETRICS] && best[METRIC_OPENMETRICS] == 3 ? METRIC_OPENMETRICS
                                                                            : METRIC_PROMETHEUS;
    return quality[METRIC_OPENMETRICS] > quality[METRIC_PROMETHEUS] ? METRIC_OPENMETRICS
                                                                    : METRIC_PROMETHEUS;
}

const char *scrape_request_content_type(enum metric_dialect dialect)
{
    return dialect == METRIC_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

bool scrape_request_takes_gzip(const char *accept_encoding)
{
    bool takes_any = false;
    struct element element;

    if (!accept_encoding)
        return false;
    for (const char *at = accept_encoding, *limit = limit_of(accept_encoding);
         next_element(&at, limit, &element);) {
        if (strcmp(element.name, "gzip") == 0 || strcmp(element.name, "x-gzip") == 0)
            return element.quality > 0;
        if (strcmp(element.name, "*") == 0)
            takes_any = element.quality > 0;
    }
    return takes_any;
}

uint32_t scrape_request_timeout_ms(const char *timeout)
{
    double seconds = DEFAULT_TIMEOUT_S;
    char text[32], *end;

    if (timeout) {
        take(text, sizeof(text), timeout, timeout + strlen(timeout));
        if (*text >= '0' && *text <= '9') {
            const double given = strtod(text, &end);

            if (!*end && given > 0)
                seconds = given < LONGEST_TIMEOUT_S ? given : LONGEST_TIMEOUT_S;
        }
    }
    /* Whole milliseconds first: fractions are rounded in other ways by 32-bit x86. */
    const uint32_t whole_ms = (uint32_t)(seconds * 1000 + 0.5);
    const uint32_t margin_ms = whole_ms / 10 < 1000 ? whole_ms / 10 : 1000;
    return whole_ms > margin_ms ? whole_ms - margin_ms : 1;
}
