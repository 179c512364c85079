/* SPDX-License-Identifier: MIT
 *
 * See heap_choice.h.
 */
#include "heap_choice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "text.h"

/* Whether `wanted` is a heap's whole name, or PROCESS/HEAP with the process's name or id. No heap's
   name contains a slash. */
static bool is_meant(const char *name, uint32_t process_id, const char *wanted)
{
    const char *slash = strchr(wanted, '/');
    char middle[16], id[16];

    if (!slash)
        return strcmp(name, wanted) == 0;
    snprintf(middle, sizeof(middle), ":%" PRIu32 ":", process_id);
    snprintf(id, sizeof(id), "%" PRIu32, process_id);
    const char *found = strstr(name, middle);
    if (!found || strcmp(found + strlen(middle), slash + 1) != 0)
        return false;
    size_t length = (size_t)(slash - wanted), name_length = (size_t)(found - name);
    return (length == strlen(id) && memcmp(wanted, id, length) == 0) ||
           (length == name_length && memcmp(wanted, name, length) == 0);
}

int heap_choice_find(const struct region_reader *reader, const char *wanted, size_t *index,
                     char *name, size_t size)
{
    char text[HEAP_NAME_UTF8_SIZE];
    size_t count, found = 0;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    for (size_t i = 0; i < count; i++) {
        text_to_utf8(heaps[i].name, heaps[i].name_length, text, sizeof(text));
        if (!is_meant(text, heaps[i].process_id, wanted))
            continue;
        found++;
        *index = i;
        snprintf(name, size, "%s", text);
    }
    if (found == 1)
        return EXIT_FINE;
    if (found)
        command_complain("%zu live heaps are called \"%s\": put the process's id in place of its "
                         "name; perfharness heaps shows them",
                         found, wanted);
    else
        command_complain("no live heap is called \"%s\"; perfharness heaps shows those that are",
                         wanted);
    return found ? EXIT_BAD_USAGE : EXIT_NOTHING;
}
