/* SPDX-License-Identifier: MIT
 *
 * The exports and COFF symbols of a PE file of 32 or 64 bits in memory. The file is hostile:
 * nothing is read outside of it.
 *
 * The caller counts the items of the two iterators and stops at a limit of its own, because a file
 * can refer to the same bytes any number of times.
 */
#ifndef PE_FILE_H
#define PE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "image_header.h"
#include "image_symbol.h"
#include "span.h"

/** The most sections of a file. Rule: "PE Format": Windows' loader limits them to 96. */
#define PE_SECTION_LIMIT 96

struct pe_file {
    struct span file; /* not owned */
    struct pe_header header;
};

/**
 * @return false if it is not a PE file, has more than PE_SECTION_LIMIT sections, or has section
 *         headers outside of the file; then *pe is unchanged
 */
bool pe_file_parse(struct pe_file *pe, struct span file);

/**
 * The bytes from an address of the image to the end of its section or of the file; may be empty.
 */
struct span pe_file_at(const struct pe_file *pe, uint32_t address);

/** The bytes of a section in the file, by its name, which may be longer than 8 characters; may be empty. */
struct span pe_file_section(const struct pe_file *pe, const char *name);

/** A walk over the names of the export directory. */
struct pe_exports {
    const struct pe_file *pe;
    struct span functions, names, ordinals;
    uint32_t function_count, name_count, next;
};

/** Begin at the first name. A file without exports has no names. */
void pe_file_exports_begin(struct pe_exports *exports, const struct pe_file *pe);

/**
 * The next name.
 *
 * @param symbol  receives it; is_function is false if the name is forwarded to another library or
 *                has no function
 * @return false after the last name inside the file
 */
bool pe_file_exports_next(struct pe_exports *exports, struct image_symbol *symbol);

/**
 * The next COFF symbol. mingw's linker writes such symbols.
 *
 * @param index  0 at first; moved to the next symbol
 * @return false after the last one, or if the table is not completely inside the file
 */
bool pe_file_next_symbol(const struct pe_file *pe, uint32_t *index, struct image_symbol *symbol);

#endif /* PE_FILE_H */
