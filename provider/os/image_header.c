/* SPDX-License-Identifier: MIT
 *
 * See image_header.h. Offsets have the names of the two specifications.
 */
#include "image_header.h"

/* ---- PE ------------------------------------------------------------------------------------ */

enum {
    DOS_SIZE = 64,
    DOS_E_LFANEW = 60,
    /* From the signature "PE\0\0": */
    PE_MACHINE = 4,
    PE_NUMBER_OF_SECTIONS = 6,
    PE_TIME_DATE_STAMP = 8,
    PE_POINTER_TO_SYMBOL_TABLE = 12,
    PE_NUMBER_OF_SYMBOLS = 16,
    PE_SIZE_OF_OPTIONAL_HEADER = 20,
    PE_OPTIONAL = 24,
    /* From the optional header: */
    OPTIONAL_IMAGE_BASE_32 = 28,
    OPTIONAL_IMAGE_BASE_64 = 24,
    OPTIONAL_SIZE_OF_IMAGE = 56,
    OPTIONAL_CHECK_SUM = 64,
    OPTIONAL_LEAST = OPTIONAL_CHECK_SUM + 4,
    OPTIONAL_DIRECTORIES_32 = 96,
    OPTIONAL_DIRECTORIES_64 = 112,
    PE32_PLUS = 0x20B,
};

/* Read the first data directory. The field before it is the number of directories. */
static void read_export_directory(struct span optional, struct pe_header *header)
{
    const size_t at = header->is_64 ? OPTIONAL_DIRECTORIES_64 : OPTIONAL_DIRECTORIES_32;
    const unsigned char *directory = span_at(optional, at, 8);

    if (directory && read_u32(directory - 4) > 0) {
        header->exports = read_u32(directory);
        header->exports_size = read_u32(directory + 4);
    }
}

bool image_header_parse_pe(struct span begin, struct pe_header *header)
{
    const unsigned char *dos = span_at(begin, 0, DOS_SIZE);

    if (!dos || memcmp(dos, "MZ", 2) != 0)
        return false;

    const size_t offset = read_u32(dos + DOS_E_LFANEW);
    const unsigned char *pe = span_at(begin, offset, PE_OPTIONAL + OPTIONAL_LEAST);

    if (!pe || memcmp(pe, "PE\0", 4) != 0)
        return false;

    const uint16_t optional_size = read_u16(pe + PE_SIZE_OF_OPTIONAL_HEADER);
    const unsigned char *optional = pe + PE_OPTIONAL;

    if (optional_size < OPTIONAL_LEAST)
        return false;

    struct pe_header read = {
        .machine = read_u16(pe + PE_MACHINE),
        .is_64 = read_u16(optional) == PE32_PLUS,
        .time_stamp = read_u32(pe + PE_TIME_DATE_STAMP),
        .size_of_image = read_u32(optional + OPTIONAL_SIZE_OF_IMAGE),
        .check_sum = read_u32(optional + OPTIONAL_CHECK_SUM),
        .section_count = read_u16(pe + PE_NUMBER_OF_SECTIONS),
        .sections = offset + PE_OPTIONAL + optional_size,
        .symbols = read_u32(pe + PE_POINTER_TO_SYMBOL_TABLE),
        .symbol_count = read_u32(pe + PE_NUMBER_OF_SYMBOLS),
    };

    read.image_base = read.is_64 ? read_u64(optional + OPTIONAL_IMAGE_BASE_64)
                                 : read_u32(optional + OPTIONAL_IMAGE_BASE_32);
    read_export_directory(span_part(begin, offset + PE_OPTIONAL, optional_size), &read);
    *header = read;
    return true;
}

/* ---- ELF ----------------------------------------------------------------------------------- */

enum {
    E_MACHINE = 18,
    CLASS_32 = 1,
    CLASS_64 = 2,
    LITTLE_ENDIAN = 1,
    PT_LOADED = 1,
};

/* The differences between the two classes: offsets in the file header and in a program header. */
static const struct elf_layout {
    size_t size, e_phoff, e_shoff, e_phentsize, e_phnum, e_shentsize, e_shnum;
    size_t segment_size, p_offset, p_vaddr;
} layouts[] = {
    { .size = 52,
      .e_phoff = 28,
      .e_shoff = 32,
      .e_phentsize = 42,
      .e_phnum = 44,
      .e_shentsize = 46,
      .e_shnum = 48,
      .segment_size = 32,
      .p_offset = 4,
      .p_vaddr = 8 },
    { .size = 64,
      .e_phoff = 32,
      .e_shoff = 40,
      .e_phentsize = 54,
      .e_phnum = 56,
      .e_shentsize = 58,
      .e_shnum = 60,
      .segment_size = ELF_SEGMENT_SIZE,
      .p_offset = 8,
      .p_vaddr = 16 },
};

static uint64_t read_word(bool is_64, const unsigned char *at)
{
    return is_64 ? read_u64(at) : read_u32(at);
}

bool image_header_parse_elf(struct span begin, struct elf_header *header)
{
    const unsigned char *ident = span_at(begin, 0, 6);

    if (!ident || memcmp(ident, "\177ELF", 4) != 0 ||
        (ident[4] != CLASS_32 && ident[4] != CLASS_64) || ident[5] != LITTLE_ENDIAN)
        return false;

    const bool is_64 = ident[4] == CLASS_64;
    const struct elf_layout *layout = &layouts[is_64];
    const unsigned char *at = span_at(begin, 0, layout->size);

    if (!at)
        return false;
    *header = (struct elf_header){
        .machine = read_u16(at + E_MACHINE),
        .is_64 = is_64,
        .segments = { read_word(is_64, at + layout->e_phoff), read_u16(at + layout->e_phentsize),
                      read_u16(at + layout->e_phnum) },
        .sections = { read_word(is_64, at + layout->e_shoff), read_u16(at + layout->e_shentsize),
                      read_u16(at + layout->e_shnum) },
    };
    return true;
}

bool image_header_parse_segment(const struct elf_header *header, struct span entry,
                                struct elf_segment *segment)
{
    const struct elf_layout *layout = &layouts[header->is_64];
    const unsigned char *at = span_at(entry, 0, layout->segment_size);

    if (!at)
        return false;
    *segment = (struct elf_segment){
        .is_loaded = read_u32(at) == PT_LOADED,
        .offset = read_word(header->is_64, at + layout->p_offset),
        .address = read_word(header->is_64, at + layout->p_vaddr),
    };
    return true;
}
