/* SPDX-License-Identifier: MIT
 *
 * A small ELF file of functions, which tests search for symbols. Offsets are those of elf.h.
 */
#ifndef ELF_FIXTURE_H
#define ELF_FIXTURE_H

#include "unit.h"

#include <string.h>

#include "os.h"

/** The address of the file's one segment. */
#define ELF_FIXTURE_BASE 0x400000

struct elf_function {
    const char *name;
    uint32_t address;
    unsigned char type; /* 2: STT_FUNC */
};

/** Write a file with at most 20 functions, whose names have about 3000 bytes together. */
static inline void elf_fixture_write(const char *path, const struct elf_function *functions,
                                     size_t count)
{
    enum { SEGMENT = 64, SECTIONS = 128, SYMBOLS = 512, NAMES = 1024, SIZE = 4096 };
    unsigned char data[SIZE] = "\177ELF\2\1";
    size_t end = NAMES + 1;

    memcpy(data + 32, (const uint64_t[]){ SEGMENT, SECTIONS }, 16); /* e_phoff, e_shoff */
    /* One segment, whose header has 56 bytes, and two sections, whose headers have 64. */
    memcpy(data + 54, (const uint16_t[]){ 56, 1, 64, 2 }, 8);
    memcpy(data + SEGMENT, (const uint32_t[]){ 1 }, 4);                     /* PT_LOAD */
    memcpy(data + SEGMENT + 16, (const uint64_t[]){ ELF_FIXTURE_BASE }, 8); /* p_vaddr */
    memcpy(data + SECTIONS + 4, (const uint32_t[]){ 2 }, 4);                /* SHT_SYMTAB */
    /* sh_offset and sh_size: a symbol has 24 bytes. */
    memcpy(data + SECTIONS + 24, (const uint64_t[]){ SYMBOLS, count * 24 }, 16);
    memcpy(data + SECTIONS + 40, (const uint32_t[]){ 1 }, 4); /* the section of its names */
    memcpy(data + SECTIONS + 64 + 24, (const uint64_t[]){ NAMES, SIZE - NAMES }, 16);
    for (size_t i = 0; i < count; i++) {
        unsigned char *at = data + SYMBOLS + i * 24;

        memcpy(at, (const uint32_t[]){ (uint32_t)(end - NAMES) }, 4);
        at[4] = functions[i].type;
        at[6] = 1; /* in a section */
        memcpy(at + 8, (const uint64_t[]){ functions[i].address }, 8);
        memcpy(data + end, functions[i].name, strlen(functions[i].name) + 1);
        end += strlen(functions[i].name) + 1;
    }
    assert_int_equal(os_file_write_all(path, data, sizeof(data)), 0);
}

#endif /* ELF_FIXTURE_H */
