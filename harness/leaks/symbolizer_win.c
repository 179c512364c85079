/* SPDX-License-Identifier: MIT
 *
 * Names and lines on Windows and Wine: from the DWARF tables of the file, else from its PDB file through
 * dbghelp.dll, else from the linker's map beside it. dbghelp runs in a process of its own (this program,
 * started again), because the file that it reads may be hostile. See symbolizer.h.
 */
#include "symbolizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf_line.h"
#include "map_file.h"
#include "os.h"
#include "pe_file.h"
#include "symbol_file.h"
#include "text.h"

#define COMMAND "__symbolize"
#define PATH_UNITS 1024                /* of a path; chosen */
#define ANSWER_SIZE 2048               /* bytes of the pipe; chosen: two lines fit */
#define FILE_LIMIT ((size_t)512 << 20) /* bytes of a program or a map; as in export_table.c */
#define WAIT_MS 20000                  /* chosen, for one answer on a machine under load */

/* ---- dbghelp, in a process of its own -------------------------------------------------------- */

/* The members of dbghelp.h's structure, which every version of the library has. */
struct symbol_info {
    ULONG size, type_index;
    ULONG64 reserved[2];
    ULONG index, symbol_size;
    ULONG64 base;
    ULONG flags;
    ULONG64 value, address;
    ULONG register_number, scope, tag, name_length, name_limit;
    CHAR name[256];
};

struct symbol_line {
    DWORD size;
    void *key;
    DWORD number;
    CHAR *file;
    DWORD64 address;
};

#define SYMBOL_INFO_SIZE 88  /* size of SYMBOL_INFO: with one character of the name, and padding */
#define OPTIONS 0x12         /* SYMOPT_LOAD_LINES | SYMOPT_UNDNAME */
#define ANY_BASE 0x10000000u /* where dbghelp pretends to load the module */

typedef BOOL(WINAPI initialize_proc)(HANDLE process, const char *path, BOOL is_invading);
typedef DWORD(WINAPI options_proc)(DWORD options);
typedef DWORD64(WINAPI load_proc)(HANDLE process, HANDLE file, const char *image,
                                  const char *module, DWORD64 base, DWORD size, void *data,
                                  DWORD flags);
typedef BOOL(WINAPI symbol_proc)(HANDLE process, DWORD64 address, DWORD64 *displacement,
                                 struct symbol_info *symbol);
typedef BOOL(WINAPI line_proc)(HANDLE process, DWORD64 address, DWORD *displacement,
                               struct symbol_line *line);

static void *find(HMODULE library, const char *name, void *procedure, size_t size)
{
    const FARPROC found = library ? GetProcAddress(library, name) : NULL;

    memcpy(procedure, &found, size);
    return (void *)(uintptr_t)found;
}

/* Print two lines, as addr2line -f does. */
static int print_place(const char *path, uint64_t offset)
{
    const HANDLE process = GetCurrentProcess();
    const HMODULE library = LoadLibraryW(L"dbghelp.dll");
    struct symbol_info symbol = { .size = SYMBOL_INFO_SIZE, .name_limit = sizeof(symbol.name) };
    struct symbol_line line = { .size = sizeof(line) };
    initialize_proc *initialize;
    options_proc *set_options;
    load_proc *load;
    symbol_proc *get_symbol;
    line_proc *get_line;
    DWORD64 displacement = 0;
    DWORD column = 0;

    if (!find(library, "SymInitialize", &initialize, sizeof(initialize)) ||
        !find(library, "SymSetOptions", &set_options, sizeof(set_options)) ||
        !find(library, "SymLoadModuleEx", &load, sizeof(load)) ||
        !find(library, "SymFromAddr", &get_symbol, sizeof(get_symbol)) ||
        !find(library, "SymGetLineFromAddr64", &get_line, sizeof(get_line)))
        return 1;
    set_options(OPTIONS);
    if (!initialize(process, NULL, FALSE))
        return 1;

    const DWORD64 base = load(process, NULL, path, NULL, ANY_BASE, 0, NULL, 0);
    const bool has_symbol = base && get_symbol(process, base + offset, &displacement, &symbol);
    const bool has_line = base && get_line(process, base + offset, &column, &line);

    printf("%.255s\n%.1000s:%lu\n", has_symbol ? symbol.name : "??", has_line ? line.file : "??",
           has_line ? (unsigned long)line.number : 0ul);
    fflush(stdout);
    return 0;
}

bool symbolizer_main(int argc, char **argv, int *status)
{
    if (argc != 4 || strcmp(argv[1], COMMAND) != 0)
        return false;
    *status = print_place(argv[2], strtoull(argv[3], NULL, 16));
    /* dbghelp may be damaged, so it is not called to free anything. */
    TerminateProcess(GetCurrentProcess(), (UINT)*status);
    return true;
}

/* ---- the caller's side ------------------------------------------------------------------------- */

/* Run a command, and read what it prints. Returns the number of bytes; the text is terminated. */
static size_t run(WCHAR *command, char answer[ANSWER_SIZE])
{
    SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
    STARTUPINFOW startup = { .cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION information;
    HANDLE ends[2];
    size_t size = 0;

    if (!CreatePipe(&ends[0], &ends[1], &inherit, ANSWER_SIZE))
        return 0;
    SetHandleInformation(ends[0], HANDLE_FLAG_INHERIT, 0);
    startup.hStdOutput = ends[1];
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &startup,
                        &information)) {
        CloseHandle(ends[0]);
        CloseHandle(ends[1]);
        return 0;
    }
    CloseHandle(ends[1]);
    /* The answer fits into the pipe, so the process can end before it is read. */
    if (WaitForSingleObject(information.hProcess, WAIT_MS) != WAIT_OBJECT_0)
        TerminateProcess(information.hProcess, 1);
    for (DWORD got = 0, waiting = 0;
         size < ANSWER_SIZE - 1 && PeekNamedPipe(ends[0], NULL, 0, NULL, &waiting, NULL) &&
         waiting && ReadFile(ends[0], answer + size, (DWORD)(ANSWER_SIZE - 1 - size), &got, NULL) &&
         got;)
        size += got;
    answer[size] = 0;
    CloseHandle(ends[0]);
    CloseHandle(information.hProcess);
    CloseHandle(information.hThread);
    return size;
}

/* Copy a line of the answer without characters that could harm a terminal. "??" becomes "". */
static void copy_line(char *copy, size_t size, const char *line, size_t length)
{
    snprintf(copy, size, "%.*s", (int)(length < size ? length : size - 1), line);
    for (char *byte = copy; *byte; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7F)
            *byte = '?';
    if (strncmp(copy, "??", 2) == 0)
        *copy = 0;
}

static bool parse_answer(char *answer, struct symbolizer_place *place)
{
    struct symbolizer_place found = { .line = 0 };
    char *const second = strchr(answer, '\n');
    char *const colon = second ? strrchr(second, ':') : NULL;

    if (!second)
        return false;
    copy_line(found.function, sizeof(found.function), answer, strcspn(answer, "\r\n"));
    if (colon)
        copy_line(found.file, sizeof(found.file), second + 1, (size_t)(colon - second - 1));
    if (found.file[0])
        found.line = (unsigned)strtoul(colon + 1, NULL, 10);
    if (!found.function[0] && !found.line)
        return false;
    *place = found;
    return true;
}

/* Find the function in the file's own DWARF and symbols. */
static bool find_in_file(const char *path, uint64_t offset, struct symbolizer_place *place)
{
    struct symbolizer_place found = { .line = 0 };
    struct dwarf_sections sections;
    struct dwarf_place line;
    struct pe_file pe;
    uint64_t in_function;
    void *data;
    size_t size;

    if (symbol_file_find(path, offset, found.function, sizeof(found.function), &in_function))
        found.function[0] = 0;
    if (os_file_read_all(path, &data, &size, FILE_LIMIT))
        return false;
    if (pe_file_parse(&pe, (struct span){ data, size })) {
        dwarf_line_sections(&pe, &sections);
        if (dwarf_line_find(&sections, pe.header.image_base + offset, &line)) {
            copy_line(found.file, sizeof(found.file), line.file, strlen(line.file));
            found.line = found.file[0] ? line.line : 0;
        }
    }
    free(data);
    if (!found.line)
        return false;
    *place = found;
    return true;
}

/* Names from the file's symbols and lines from its DWARF, for addresses that have both. Others are left to
   the map, which knows more than a symbol before the address. */
bool symbolizer_look_up(const char *path, const uint64_t *offsets, size_t count,
                        symbolizer_found *found, void *context)
{
    struct dwarf_sections sections;
    struct dwarf_place line;
    struct pe_file pe;
    void *data;
    size_t size;

    if (count == 0 || os_file_read_all(path, &data, &size, FILE_LIMIT))
        return false;
    uint64_t *const calls = calloc(count, sizeof(*calls));
    struct symbol_file_place *const places = calloc(count, sizeof(*places));
    if (calls && places && pe_file_parse(&pe, (struct span){ data, size })) {
        for (size_t i = 0; i < count; i++)
            calls[i] = offsets[i] - 1; /* inside the call */
        symbol_file_find_all(path, calls, count, places);
        dwarf_line_sections(&pe, &sections);
        for (size_t i = 0; i < count; i++) {
            char function[sizeof(places[i].symbol)], file[300], symbol[400];
            if (!places[i].symbol[0] ||
                !dwarf_line_find(&sections, pe.header.image_base + calls[i], &line) || !line.line)
                continue;
            copy_line(function, sizeof(function), places[i].symbol, strlen(places[i].symbol));
            copy_line(file, sizeof(file), line.file, strlen(line.file));
            snprintf(symbol, sizeof(symbol), "%s (%s:%u)", function, text_utf8_file_name(file),
                     (unsigned)line.line);
            found(context, i, symbol);
        }
    }
    free(calls);
    free(places);
    free(data);
    return false;
}

/* Find the name of the function in a map, which has no lines. */
static bool find_in_map(const char *path, uint64_t offset, struct symbolizer_place *place)
{
    struct symbolizer_place found = { .line = 0 };
    struct map_file map;

    if (map_file_find(&map, path))
        return false;
    const bool is_found = map_file_name(&map, offset, found.function, sizeof(found.function));

    map_file_release(&map);
    /* "function+0x1c (object.o)"; a name without an object after it is an object itself. */
    if (!is_found || !strstr(found.function, " ("))
        return false;
    found.function[strcspn(found.function, "+ ")] = 0;
    *place = found;
    return true;
}

/* Whether the file says where its PDB is: it has a debug directory. */
static bool may_have_pdb(const char *path)
{
    struct pe_file pe;
    void *data;
    size_t size;
    bool is_found = false;

    if (os_file_read_all(path, &data, &size, FILE_LIMIT))
        return false;
    if (pe_file_parse(&pe, (struct span){ data, size })) {
        static const unsigned char signature[4] = { 'R', 'S', 'D', 'S' };

        for (size_t i = 0; i + 4 <= size && !is_found; i++)
            is_found = ((const unsigned char *)data)[i] == 'R' &&
                       memcmp((const unsigned char *)data + i, signature, 4) == 0;
    }
    free(data);
    return is_found;
}

bool symbolizer_find_place(const char *path, uint64_t offset, struct symbolizer_place *place)
{
    WCHAR wide[PATH_UNITS], program[PATH_UNITS], command[3 * PATH_UNITS];
    char answer[ANSWER_SIZE];

    if (find_in_file(path, offset, place))
        return true;
    if (strlen(path) < PATH_UNITS && may_have_pdb(path)) {
        const DWORD length = GetModuleFileNameW(NULL, program, PATH_UNITS);

        text_from_utf8(path, strlen(path), wide, PATH_UNITS);
        if (length > 0 && length < PATH_UNITS) {
            _snwprintf(command, 3 * PATH_UNITS, L"\"%ls\" %hs \"%ls\" %llx", program, COMMAND, wide,
                       (unsigned long long)offset);
            if (run(command, answer) && parse_answer(answer, place))
                return true;
        }
    }
    return find_in_map(path, offset, place);
}
