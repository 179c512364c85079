/* SPDX-License-Identifier: MIT
 *
 * A PE file of 32 or 64 bits in memory: its exports and its COFF symbols. The file is hostile until
 * checked; nothing is read outside of it.
 *
 * The caller counts what the two iterators yield and gives up when it is too much: a file can refer
 * to the same bytes any number of times.
 */
#ifndef PE_FILE_H
#define PE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "image_header.h"
#include "image_symbol.h"
#include "span.h"

/** Sections of a file. Rule: "PE Format": Windows' loader limits them to 96. */
#define PE_SECTION_LIMIT 96

struct pe_file {
    struct span file; /* not owned */
    struct pe_header header;
};

/**
 * @return false if it is no PE file, or has more than PE_SECTION_LIMIT sections, or section headers
 *         outside of the file; then *pe is unchanged
 */
bool pe_file_parse(struct pe_file *pe, struct span file);

/** The bytes from an address of the image to the end of its section, or of the file; maybe none. */
struct span pe_file_at(const struct pe_file *pe, uint32_t address);

/** A walk over the names of the export directory. */
struct pe_exports {
    const struct pe_file *pe;
    struct span functions, names, ordinals;
    uint32_t function_count, name_count, next;
};

/** Begin at the first name; a file without exports has none. */
void pe_exports_begin(struct pe_exports *exports, const struct pe_file *pe);

/**
 * The next name.
 *
 * @param symbol  receives it; is_function is false for a name that another library has the code of
 *                ("forwarded"), or that has no function at all
 * @return false after the last one that is inside the file
 */
bool pe_exports_next(struct pe_exports *exports, struct image_symbol *symbol);

/**
 * The next COFF symbol, as mingw's linker writes them.
 *
 * @param index  0 at first; moved on
 * @return false after the last one, and if any part of their table is outside of the file
 */
bool pe_file_next_symbol(const struct pe_file *pe, uint32_t *index, struct image_symbol *symbol);

#endif /* PE_FILE_H */
