/* SPDX-License-Identifier: MIT
 *
 * The symbols of an ELF file of 32 or 64 bits, little-endian, in memory. The file is hostile:
 * nothing is read outside of it.
 *
 * The caller counts the symbols of the iterator and stops at a limit of its own, because many
 * sections can refer to the same bytes.
 */
#ifndef ELF_FILE_H
#define ELF_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "image_header.h"
#include "image_symbol.h"
#include "span.h"

struct elf_file {
    struct span file; /* not owned */
    struct elf_header header;
};

/** @return false if it is not an ELF file; then *elf is unchanged */
bool elf_file_parse(struct elf_file *elf, struct span file);

/**
 * The lowest address of the loaded segments, rounded down to a page, which is loaded at the base of
 * the image. 0 if the file has no segments.
 */
uint64_t elf_file_base(const struct elf_file *elf);

/** A walk over the symbol tables: .dynsym, for linking at run time, and, on request, .symtab. */
struct elf_symbols {
    const struct elf_file *elf;
    bool has_symtab;
    uint32_t next_section;
    struct span symbols, names; /* of the current section */
    size_t offset;              /* the current symbol's offset in `symbols` */
};

/** Begin at the first symbol. */
void elf_file_symbols_begin(struct elf_symbols *walk, const struct elf_file *elf, bool has_symtab);

/**
 * The next symbol.
 *
 * @return false after the last one. A table that is not completely inside the file is treated as
 *         empty.
 */
bool elf_file_symbols_next(struct elf_symbols *walk, struct image_symbol *symbol);

#endif /* ELF_FILE_H */
