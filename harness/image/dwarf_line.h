/* SPDX-License-Identifier: MIT
 *
 * Finds the source line of an address in the DWARF line tables (versions 2 to 5) of a PE file, where no
 * addr2line can be started. The file is hostile: nothing is read outside of it, and the cost grows only
 * with the size of the tables.
 *
 * Rule: "DWARF Debugging Information Format", version 5, section 6.2
 */
#ifndef DWARF_LINE_H
#define DWARF_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pe_file.h"
#include "span.h"

/** The sections that are read. A missing one is empty. */
struct dwarf_sections {
    struct span line, line_strings, strings; /* .debug_line, .debug_line_str, .debug_str */
};

/** A place in the source. */
struct dwarf_place {
    char file[512]; /* with the folder if the table has one; cut if it does not fit */
    unsigned line;  /* from 1 */
};

/** The sections of a PE file. */
void dwarf_line_sections(const struct pe_file *pe, struct dwarf_sections *sections);

/**
 * Find the line of an instruction.
 *
 * @param address  as in the line tables: in PE, the address at the image base that the file requests
 * @return false if no table knows it; then *place is unchanged
 */
bool dwarf_line_find(const struct dwarf_sections *sections, uint64_t address,
                     struct dwarf_place *place);

#endif /* DWARF_LINE_H */
