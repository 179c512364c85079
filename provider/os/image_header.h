/* SPDX-License-Identifier: MIT
 *
 * The headers of PE and ELF files, little-endian: what the first bytes of a program or library say.
 * The first 4096 bytes are enough. References to other places are not followed; harness/image does
 * that, which has the whole file. All bytes are hostile: every field of the result may have any
 * value.
 *
 * Rule: Microsoft's "PE Format"; "System V ABI", chapters 4 and 5
 */
#ifndef IMAGE_HEADER_H
#define IMAGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define PE_MACHINE_X86 0x014C
#define PE_MACHINE_X64 0x8664
#define ELF_MACHINE_X86 3
#define ELF_MACHINE_X64 62

struct pe_header {
    uint16_t machine;
    bool is_64;                                    /* PE32+ */
    uint32_t time_stamp, size_of_image, check_sum; /* as they are in the header */
    uint64_t image_base;                           /* address that the linker assumed */
    uint16_t section_count;
    size_t sections;                /* offset of the section headers, PE_SECTION_SIZE bytes each */
    uint32_t symbols, symbol_count; /* COFF symbols: offset in the file, 0: none */
    uint32_t exports, exports_size; /* export directory: address in the image, bytes; 0: none */
};

/** Bytes of a section header of a PE file. */
#define PE_SECTION_SIZE 40

/**
 * Read the headers of a PE file.
 *
 * @param begin   the file, or its beginning
 * @param header  changed only on success
 * @return false if it is not a PE file, or is cut before the field CheckSum of the optional header
 */
bool image_header_parse_pe(struct span begin, struct pe_header *header);

/** Where something is in an ELF file, and the size of each of its parts. */
struct elf_table {
    uint64_t offset;
    uint16_t entry_size, count;
};

struct elf_header {
    uint16_t machine;
    bool is_64;
    struct elf_table segments, sections; /* the program headers, the section headers */
};

/**
 * Read the header of an ELF file.
 *
 * @param begin   the file, or its beginning
 * @param header  changed only on success
 * @return false if it is not a little-endian ELF file of 32 or 64 bits, or its header is cut
 */
bool image_header_parse_elf(struct span begin, struct elf_header *header);

/** The largest program header. */
#define ELF_SEGMENT_SIZE 56

struct elf_segment {
    bool is_loaded;           /* PT_LOAD */
    uint64_t offset, address; /* in the file, in memory */
};

/**
 * Read one program header.
 *
 * @param entry  as many bytes as there are, at most header->segments.entry_size
 * @return false if they are too few; then *segment is unchanged
 */
bool image_header_parse_segment(const struct elf_header *header, struct span entry,
                                struct elf_segment *segment);

#endif /* IMAGE_HEADER_H */
