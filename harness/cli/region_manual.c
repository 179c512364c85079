/* SPDX-License-Identifier: MIT
 *
 * The format of a region file. Offsets, sizes and limits are those of the structures with which
 * publisher and reader are compiled; region_fields.def has the meaning of each field.
 */
#include "region_manual.h"

#include <stdio.h>

#include "os_region.h"
#include "region.h"

struct region_field {
    const char *name; /* NULL: this row begins a structure, whose title is in `title` */
    const char *title, *help;
    size_t offset, size; /* bytes; for a structure 0 and its size */
};

#define STRUCTURE(structure, text, explanation)                                                    \
    { .title = text, .help = explanation, .size = sizeof(struct structure) },
#define FIELD(structure, field, explanation)                                                       \
    { .name = #field,                                                                              \
      .help = explanation,                                                                         \
      .offset = offsetof(struct structure, field),                                                 \
      .size = sizeof(((struct structure *)NULL)->field) },

static const struct region_field region_fields[] = {
#include "region_fields.def"
};

static void print_files(void print_string(const char *text))
{
    fputs(".SH DESCRIPTION\n"
          "A process that publishes heaps has one file with the suffix\n"
          ".B ",
          stdout);
    print_string(OS_REGION_SUFFIX);
    puts("\nin\n"
         ".B /dev/shm/heapctrs\\-UID\n"
         "(on Windows\n"
         ".BR %ProgramData%\\eheapctrs\\eSID )\n"
         "or in the folder\n"
         ".BR HEAPCTRS_DIR .\n"
         "The file is mapped into memory and changes all the time. The publisher holds a lock\n"
         "on it while it lives (on Linux a shared lock of its open file description). The lock\n"
         "alone says whether it lives: a file without a lock belongs to a dead process\n"
         "and may be removed.\n"
         ".PP\n"
         "The file is the same for 32\\-bit and 64\\-bit publishers. Numbers are little\\-endian\n"
         "and aligned to their size; each is written and read at once. A reader takes nothing\n"
         "in the file for granted: it reads a number once, checks it, and then uses it.");
}

static void print_layout(void)
{
    printf(
        ".SH LAYOUT\n"
        "The header is followed by segments of heap records and segments of shards, in any order.\n"
        "The first segment of heap records has %u of them, the first of shards %u; each further\n"
        "segment has twice as many as the one before. There are at most %u segments of heap "
        "records\n"
        "and %u of shards. Element i of a kind is in the segment that this numbering leads to.\n"
        "A segment never moves, and the file never becomes shorter.\n",
        REGION_FIRST_HEAPS, REGION_FIRST_SHARDS, REGION_HEAP_SEGMENTS, REGION_SHARD_SEGMENTS);
}

static void print_structures(void print_string(const char *text))
{
    puts(".SH STRUCTURES");
    for (size_t i = 0; i < sizeof(region_fields) / sizeof(*region_fields); i++) {
        const struct region_field *field = &region_fields[i];
        if (field->name)
            printf(".TP\n.B %s\nOffset %zu, %zu bytes.\n", field->name, field->offset, field->size);
        else
            printf(".SS %s, %zu bytes\n", field->title, field->size);
        print_string(field->help);
        putchar('\n');
    }
}

static void print_reading(void)
{
    puts(".SH READING\n"
         "To read the totals of a heap: walk the list of its shards from\n"
         ".BR first_shard ,\n"
         "and\n"
         ".B base\n"
         "if it counts. First take the freed totals of all shards, and after them the others.\n"
         "A thread counts an allocation before any thread can free the block, so every freed\n"
         "block is among the allocated ones. A reader may see the bytes of the newest event of\n"
         "each shard without its count, but never more than that. Then read\n"
         ".B identity\n"
         "again: if it is another one, the heap was closed meanwhile.\n"
         ".PP\n"
         "A heap of one shard is unchanged as long as the header's\n"
         ".B change_count\n"
         "and the sum of the shard's three counts are: an event stores everything else that it\n"
         "changes before its count.");
}

void region_manual_print(void print_string(const char *text))
{
    print_files(print_string);
    print_layout();
    print_structures(print_string);
    printf(".SH CONSTANTS\n.TP\n.B magic\n0x%llx\n.TP\n.B version\n%u\n",
           (unsigned long long)REGION_MAGIC, REGION_VERSION);
    print_reading();
    puts(".SH SEE ALSO\n.BR perfharness\\-heaps (1),\n.BR perfharness\\-environment (7)");
}
