/* SPDX-License-Identifier: MIT
 *
 * Implements elf_file.h. Fields have the names of the System V ABI.
 */
#include "elf_file.h"

enum { SHT_SYMTAB = 2, SHT_DYNSYM = 11, SHN_UNDEF = 0, STT_FUNC = 2, SH_TYPE = 4, ST_NAME = 0 };

/* The differences between the two classes: offsets in a section header and in a symbol. */
static const struct elf_layout {
    size_t section_size, sh_offset, sh_size, sh_link;
    size_t symbol_size, st_value, st_info, st_shndx;
} layouts[] = {
    { .section_size = 40,
      .sh_offset = 16,
      .sh_size = 20,
      .sh_link = 24,
      .symbol_size = 16,
      .st_value = 4,
      .st_info = 12,
      .st_shndx = 14 },
    { .section_size = 64,
      .sh_offset = 24,
      .sh_size = 32,
      .sh_link = 40,
      .symbol_size = 24,
      .st_value = 8,
      .st_info = 4,
      .st_shndx = 6 },
};

struct section {
    uint32_t type, link;
    struct span content; /* empty if any part is outside of the file */
};

static const struct elf_layout *layout_of(const struct elf_file *elf)
{
    return &layouts[elf->header.is_64];
}

static uint64_t read_word(const struct elf_file *elf, const unsigned char *at)
{
    return elf->header.is_64 ? read_u64(at) : read_u32(at);
}

/* A part of the file. Offsets have 64 bits, even if a size_t has 32. */
static struct span part_of(const struct elf_file *elf, uint64_t offset, uint64_t size)
{
    if (offset > elf->file.size || size > elf->file.size)
        return (struct span){ NULL, 0 };
    return span_part(elf->file, (size_t)offset, (size_t)size);
}

/* One entry of a table that the header describes; empty if there is no such entry. */
static struct span entry_at(const struct elf_file *elf, const struct elf_table *table,
                            uint32_t number)
{
    if (number >= table->count || table->offset > elf->file.size)
        return (struct span){ NULL, 0 };
    return part_of(elf, table->offset + (uint64_t)number * table->entry_size, table->entry_size);
}

static bool section_at(const struct elf_file *elf, uint32_t number, struct section *section)
{
    const struct elf_layout *layout = layout_of(elf);
    const unsigned char *at =
        span_at(entry_at(elf, &elf->header.sections, number), 0, layout->section_size);

    if (!at)
        return false;
    section->type = read_u32(at + SH_TYPE);
    section->link = read_u32(at + layout->sh_link);
    section->content =
        part_of(elf, read_word(elf, at + layout->sh_offset), read_word(elf, at + layout->sh_size));
    return true;
}

bool elf_file_parse(struct elf_file *elf, struct span file)
{
    struct elf_header header;

    if (!image_header_parse_elf(file, &header))
        return false;
    *elf = (struct elf_file){ file, header };
    return true;
}

uint64_t elf_file_base(const struct elf_file *elf)
{
    struct elf_segment segment = { 0 };
    uint64_t lowest = UINT64_MAX;

    for (uint32_t i = 0; i < elf->header.segments.count; i++)
        if (image_header_parse_segment(&elf->header, entry_at(elf, &elf->header.segments, i),
                                       &segment) &&
            segment.is_loaded && segment.address < lowest)
            lowest = segment.address;
    return lowest == UINT64_MAX ? 0 : lowest & ~UINT64_C(0xFFF);
}

void elf_file_symbols_begin(struct elf_symbols *walk, const struct elf_file *elf, bool has_symtab)
{
    *walk = (struct elf_symbols){ .elf = elf, .has_symtab = has_symtab };
}

/* Continue with the next section that has symbols. */
static bool next_table(struct elf_symbols *walk)
{
    struct section section, names;

    while (walk->next_section < walk->elf->header.sections.count) {
        const uint32_t number = walk->next_section++;

        if (!section_at(walk->elf, number, &section) ||
            (section.type != SHT_DYNSYM && !(walk->has_symtab && section.type == SHT_SYMTAB)) ||
            !section_at(walk->elf, section.link, &names))
            continue;
        walk->symbols = section.content;
        walk->names = names.content;
        walk->offset = 0;
        return true;
    }
    return false;
}

bool elf_file_symbols_next(struct elf_symbols *walk, struct image_symbol *symbol)
{
    const struct elf_layout *layout = layout_of(walk->elf);
    const unsigned char *at;

    while (!(at = span_at(walk->symbols, walk->offset, layout->symbol_size)))
        if (!next_table(walk))
            return false;
    walk->offset += layout->symbol_size;
    *symbol = (struct image_symbol){
        .address = read_word(walk->elf, at + layout->st_value),
        .is_function =
            (at[layout->st_info] & 15) == STT_FUNC && read_u16(at + layout->st_shndx) != SHN_UNDEF,
        .name = span_rest(walk->names, read_u32(at + ST_NAME)),
    };
    return true;
}
