/* SPDX-License-Identifier: MIT
 *
 * Looks at headers of PE and ELF files and at the first bytes of others.
 */
#include "file_kind.h"

#include <stdio.h>
#include <string.h>

#include "elf_file.h"
#include "image_header.h"
#include "os.h"
#include "pe_file.h"

#define TEXT_LOOK 4096 /* bytes that decide whether a file is text; chosen */

/* ---- machines ------------------------------------------------------------------------------ */

struct machine {
    unsigned pe, elf; /* 0: the format has no such machine */
    const char *name;
};

static const struct machine machines[] = {
    { PE_MACHINE_X64, ELF_MACHINE_X64, "x64" },
    { PE_MACHINE_X86, ELF_MACHINE_X86, "x86" },
    { 0xAA64, 183, "ARM64" },
    { 0x01C4, 40, "ARM" },
    { 0x0200, 50, "Itanium" },
    { 0, 243, "RISC-V" },
    { 0, 21, "PowerPC" },
    { 0, 22, "S/390" },
};

static const char *machine_name(unsigned machine, bool is_pe)
{
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
        if (machine && (is_pe ? machines[i].pe : machines[i].elf) == machine)
            return machines[i].name;
    return "an unknown machine";
}

/* ---- images -------------------------------------------------------------------------------- */

/* Whether a part lies inside the file. */
static bool is_inside(struct span file, uint64_t offset, uint64_t size)
{
    return size <= file.size && offset <= file.size - size;
}

/* Rule: "PE Format": SizeOfRawData at 16 of a section header, PointerToRawData at 20. */
static bool is_pe_cut(struct span file, const struct pe_header *header)
{
    for (size_t i = 0; i < header->section_count; i++) {
        const unsigned char *section =
            span_at(file, header->sections + i * PE_SECTION_SIZE, PE_SECTION_SIZE);

        if (!section || !is_inside(file, read_u32(section + 20), read_u32(section + 16)))
            return true;
    }
    return false;
}

/* Rule: "System V ABI", chapter 5: the program headers; p_filesz is at 32, in 32-bit files at 16. */
static bool is_elf_cut(struct span file, const struct elf_header *header)
{
    const struct elf_table *const table = &header->segments;

    if (!is_inside(file, header->sections.offset,
                   (uint64_t)header->sections.entry_size * header->sections.count) ||
        !is_inside(file, table->offset, (uint64_t)table->entry_size * table->count))
        return true;
    for (size_t i = 0; i < table->count; i++) {
        const unsigned char *at = file.data + (size_t)table->offset + i * table->entry_size;
        struct elf_segment segment;

        if (!image_header_parse_segment(header, (struct span){ at, table->entry_size }, &segment))
            return true;
        const uint64_t size = header->is_64 ? read_u64(at + 32) : read_u32(at + 16);
        if (segment.is_loaded && !is_inside(file, segment.offset, size))
            return true;
    }
    return false;
}

/* Rule: "PE Format": Characteristics at 18 of the file header; 0x2000 is a library. The header has been parsed: what
   is read here lies inside the file. */
static void describe_pe(struct span file, const struct pe_header *header, char *text)
{
    const unsigned char *const begin = file.data + read_u32(file.data + 60);
    const bool is_library = read_u16(begin + 4 + 18) & 0x2000;

    snprintf(text, FILE_KIND_TEXT_SIZE, "a Windows %s (PE) for %s, %d bits",
             is_library ? "DLL" : "program", machine_name(header->machine, true),
             header->is_64 ? 64 : 32);
}

/* Rule: "System V ABI", chapter 4: e_type at 16; 1 object file, 2 program, 3 library or program. */
static void describe_elf(struct span file, const struct elf_header *header, char *text)
{
    static const char *const types[] = { "file", "object file, not linked,", "program", "library",
                                         "memory dump" };
    const size_t type = read_u16(file.data + 16);

    snprintf(text, FILE_KIND_TEXT_SIZE, "an ELF %s for %s, %d bits",
             types[type < sizeof(types) / sizeof(types[0]) ? type : 0],
             machine_name(header->machine, false), header->is_64 ? 64 : 32);
}

/* ---- other files --------------------------------------------------------------------------- */

static bool begins_with(struct span file, const char *text)
{
    const size_t length = strlen(text);

    return file.size >= length && memcmp(file.data, text, length) == 0;
}

/* Text of 8 or 16 bits a character: no control characters but tabs and ends of lines. */
static bool is_text(struct span file)
{
    static const char allowed[] = { '\t', '\n', '\r', '\f' };
    const unsigned char *bytes = file.data;
    const bool is_wide = file.size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE;
    const size_t count = file.size < TEXT_LOOK ? file.size : TEXT_LOOK;

    if (is_wide)
        return true;
    for (size_t i = 0; i < count; i++)
        if (bytes[i] == 0x7F || (bytes[i] < 0x20 && !memchr(allowed, bytes[i], sizeof(allowed))))
            return false;
    return true;
}

static void describe_text(struct span file, char *text)
{
    static const struct {
        const char *begin, *what;
    } kinds[] = {
        { "Windows Registry Editor", ": a registration (perfharness doctor reads it)" },
        { "REGEDIT4", ": a registration (perfharness doctor reads it)" },
        { "\xFF\xFEW\0i\0n\0d", ": a registration (perfharness doctor reads it)" },
        { "[info]", ": counters for lodctr (perfharness install reads it)" },
        { "<", ": XML, a manifest perhaps (perfharness ctrpp, or check --v2 LIBRARY --manifest)" },
        { "{", ": JSON (check reads what query --format raw writes)" },
        { "INPUT(", ": a linker script; name the library that it names" },
        { "/* GNU ld", ": a linker script; name the library that it names" },
    };

    snprintf(text, FILE_KIND_TEXT_SIZE, "a text file");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (begins_with(file, kinds[i].begin)) {
            snprintf(text, FILE_KIND_TEXT_SIZE, "a text file%s", kinds[i].what);
            return;
        }
}

enum file_kind file_kind_find(struct span file, char text[FILE_KIND_TEXT_SIZE], bool *is_cut)
{
    struct pe_header pe;
    struct elf_header elf;

    *is_cut = false;
    if (!file.size) {
        snprintf(text, FILE_KIND_TEXT_SIZE, "empty");
        return FILE_KIND_EMPTY;
    }
    if (image_header_parse_pe(file, &pe)) {
        describe_pe(file, &pe, text);
        *is_cut = is_pe_cut(file, &pe);
        return FILE_KIND_PE;
    }
    if (image_header_parse_elf(file, &elf)) {
        describe_elf(file, &elf, text);
        *is_cut = is_elf_cut(file, &elf);
        return FILE_KIND_ELF;
    }
    if (begins_with(file, "\177ELF")) {
        snprintf(text, FILE_KIND_TEXT_SIZE,
                 "the beginning of an ELF file, or a big-endian ELF file");
        *is_cut = true;
        return FILE_KIND_ELF;
    }
    if (begins_with(file, "MZ")) {
        snprintf(text, FILE_KIND_TEXT_SIZE,
                 "the beginning of a Windows program (PE), or a program for DOS");
        *is_cut = true;
        return FILE_KIND_PE;
    }
    if (begins_with(file, "!<arch>\n")) {
        snprintf(text, FILE_KIND_TEXT_SIZE,
                 "a static library; a provider is a shared one (-shared, a DLL)");
        return FILE_KIND_ARCHIVE;
    }
    if (is_text(file)) {
        describe_text(file, text);
        return FILE_KIND_TEXT;
    }
    snprintf(text, FILE_KIND_TEXT_SIZE, "neither a program nor a library");
    return FILE_KIND_UNKNOWN;
}

const char *file_kind_program(struct span file)
{
    const bool is_windows = strcmp(os_library_suffix(), ".dll") == 0;
    struct pe_header pe = { 0 };
    struct elf_header elf;

    if (image_header_parse_elf(file, &elf))
        return is_windows ? "; check it with the perfharness of Linux" : "";
    if (!image_header_parse_pe(file, &pe))
        return "";
    if (pe.machine == PE_MACHINE_X86)
        return is_windows && sizeof(void *) == 4 ? ""
               : is_windows
                   ? "; check it with the 32-bit perfharness.exe"
                   : "; check it with the 32-bit perfharness.exe, under Wine or on Windows";
    if (pe.machine == PE_MACHINE_X64)
        return is_windows && sizeof(void *) == 8 ? ""
               : is_windows
                   ? "; check it with the 64-bit perfharness.exe"
                   : "; check it with the 64-bit perfharness.exe, under Wine or on Windows";
    return "";
}
