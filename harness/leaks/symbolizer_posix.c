/* SPDX-License-Identifier: MIT
 *
 * Starts llvm-symbolizer, or else addr2line of the binutils, without a shell, and reads its answer from a
 * pipe. See symbolizer.h.
 */
#define _GNU_SOURCE
#include "symbolizer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image_header.h"

extern char **environ;

/* Find the first mapped segment of an ELF file, which gives the address of its first byte. */
static bool first_segment(int file, const struct elf_header *header, uint64_t *address)
{
    const struct elf_table *table = &header->segments;
    struct elf_segment segment;
    unsigned char bytes[ELF_SEGMENT_SIZE];

    for (unsigned i = 0; i < table->count && table->offset < INT64_MAX / 2; i++) {
        const off_t at = (off_t)(table->offset + (uint64_t)i * table->entry_size);
        const ssize_t got = pread(file, bytes, sizeof(bytes), at);

        if (got < 0 ||
            !image_header_parse_segment(header, (struct span){ bytes, (size_t)got }, &segment))
            return false;
        if (segment.is_loaded) {
            *address = segment.address - segment.offset;
            return true;
        }
    }
    return false;
}

/* The address of a file's first byte as the file has it: 0 for ELF, except in programs with a
   fixed address. */
static bool first_address(const char *path, uint64_t *address)
{
    unsigned char bytes[4096];
    struct pe_header pe;
    struct elf_header elf;
    bool is_found = false;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0)
        return false;

    const ssize_t got = pread(file, bytes, sizeof(bytes), 0);
    const struct span begin = { bytes, got > 0 ? (size_t)got : 0 };

    if (image_header_parse_pe(begin, &pe)) {
        *address = pe.image_base;
        is_found = true;
    } else if (image_header_parse_elf(begin, &elf)) {
        is_found = first_segment(file, &elf, address);
    }
    close(file);
    return is_found;
}

/* Start a program. `input` is the descriptor that becomes its stdin; -1: there is no input. */
static bool start(char *const arguments[], int input, pid_t *child, int *answer)
{
    posix_spawn_file_actions_t actions;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return false;
    posix_spawn_file_actions_init(&actions);
    if (input < 0)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error)
        close(ends[0]);
    *answer = ends[0];
    return error == 0;
}

/* Cut the suffix that the compiler adds to a copy: ".constprop.0", ".isra.0", ".part.0", ".cold". */
static void cut_copy(char *function)
{
    static const char *const additions[] = { ".constprop.", ".isra.", ".part.", ".cold" };

    for (size_t i = 0; i < sizeof(additions) / sizeof(*additions); i++) {
        char *const found = strstr(function, additions[i]);
        if (found && found > function)
            *found = 0;
    }
}

/* Report "function" and "file:line" of one address, without the file's folder. */
static void report(char *function, char *line, size_t index, symbolizer_found *found, void *context)
{
    char symbol[1024];

    function[strcspn(function, "\n")] = 0;
    line[strcspn(line, "\n")] = 0;
    if (strncmp(function, "??", 2) == 0)
        return;
    cut_copy(function);
    char *extra = strstr(line, " (discriminator");
    if (extra)
        *extra = 0;
    const char *name = strrchr(line, '/') ? strrchr(line, '/') + 1 : line;
    bool has_line = name[0] != '?' && !strstr(name, ":?") && strcmp(name, "") != 0;
    if (has_line && strlen(name) > 2 && strcmp(name + strlen(name) - 2, ":0") == 0)
        has_line = false;
    snprintf(symbol, sizeof(symbol), has_line ? "%.700s (%.300s)" : "%.700s", function, name);
    for (char *byte = symbol; *byte; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7F)
            *byte = '?';
    found(context, index, symbol);
}

/* Addresses as text in a file without a name, one a line. A pipe would fill up while the answer is not
   read. NULL: it cannot be made. */
static FILE *list_addresses(const uint64_t *offsets, size_t count, uint64_t first)
{
    FILE *list = tmpfile();

    for (size_t i = 0; list && i < count; i++)
        /* An address inside the call: after the call, there may be another line or function. */
        fprintf(list, "0x%" PRIx64 "\n", offsets[i] + first - 1);
    if (list && (fflush(list) || ferror(list) || lseek(fileno(list), 0, SEEK_SET) < 0)) {
        fclose(list);
        list = NULL;
    }
    return list;
}

/* For each address, the answer has a line with the address, and then two lines for each function: its
   name, and its file and line. */
static void read_answer(FILE *stream, size_t count, symbolizer_found *found, void *context)
{
    char *function = NULL, *line = NULL;
    size_t function_capacity = 0, line_capacity = 0, index = SIZE_MAX;

    while (getline(&function, &function_capacity, stream) > 0) {
        if (strncmp(function, "0x", 2) == 0) {
            index++;
            continue;
        }
        if (getline(&line, &line_capacity, stream) <= 0)
            break;
        if (index < count)
            report(function, line, index, found, context);
    }
    free(function);
    free(line);
}

bool symbolizer_look_up(const char *path, const uint64_t *offsets, size_t count,
                        symbolizer_found *found, void *context)
{
    static char gnu[] = "addr2line", gnu_options[] = "-afiC", gnu_file[] = "-e";
    static char llvm[] = "llvm-symbolizer", style[] = "--output-style=GNU",
                addresses[] = "--addresses", demangle[] = "--demangle", file[] = "--obj";
    char *const program = (char *)(uintptr_t)path;
    char *const gnu_arguments[] = { gnu, gnu_options, gnu_file, program, NULL };
    char *const llvm_arguments[] = { llvm, style, addresses, demangle, file, program, NULL };
    uint64_t first;
    pid_t child;
    int answer;

    if (count == 0 || !first_address(path, &first))
        return false;
    FILE *list = list_addresses(offsets, count, first);
    if (!list)
        return false;
    /* addr2line of binutils 2.40 gives the innermost inlined function the name of the one around it, if it is
       static. */
    const bool is_started = start(llvm_arguments, fileno(list), &child, &answer) ||
                            start(gnu_arguments, fileno(list), &child, &answer);
    fclose(list);
    if (!is_started)
        return false;
    FILE *stream = fdopen(answer, "r");
    if (stream) {
        read_answer(stream, count, found, context);
        fclose(stream);
    } else {
        close(answer);
    }
    waitpid(child, NULL, 0);
    return true;
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

/* Whether a place is in a header of the system: a function of the C library that was compiled into the
   caller. The caller says more. */
static bool is_of_system(const struct symbolizer_place *place)
{
    return strncmp(place->file, "/usr/include/", 13) == 0 ||
           strncmp(place->file, "/usr/lib/", 9) == 0;
}

/* One function and its place; false at the end. */
static bool read_one(FILE *stream, struct symbolizer_place *place)
{
    char *function = NULL, *line = NULL;
    size_t function_capacity = 0, line_capacity = 0;
    const bool is_read = getline(&function, &function_capacity, stream) > 0 &&
                         getline(&line, &line_capacity, stream) > 0;

    *place = (struct symbolizer_place){ .line = 0 };
    if (is_read) {
        const char *const colon = strrchr(line, ':');

        copy_line(place->function, sizeof(place->function), function, strcspn(function, "\n"));
        if (colon)
            copy_line(place->file, sizeof(place->file), line, (size_t)(colon - line));
        if (colon && place->file[0])
            place->line = (unsigned)strtoul(colon + 1, NULL, 10);
    }
    free(function);
    free(line);
    return is_read;
}

/* The innermost function first, then those into which it is inlined. */
static bool read_place(FILE *stream, struct symbolizer_place *place)
{
    struct symbolizer_place found, outer;

    if (!read_one(stream, &found))
        return false;
    while (is_of_system(&found) && read_one(stream, &outer))
        if (outer.line)
            found = outer;
    if (!found.function[0] && !found.line)
        return false;
    *place = found;
    return true;
}

bool symbolizer_find_place(const char *path, uint64_t offset, struct symbolizer_place *place)
{
    static char program[] = "addr2line", names[] = "-fCi", option[] = "-e";
    char text[20];
    char *arguments[] = { program, names, option, (char *)(uintptr_t)path, text, NULL };
    bool is_found = false;
    uint64_t first;
    pid_t child;
    int answer;

    if (!first_address(path, &first))
        return false;
    snprintf(text, sizeof(text), "0x%" PRIx64, offset + first);
    if (!start(arguments, -1, &child, &answer))
        return false;

    FILE *stream = fdopen(answer, "r");

    if (stream) {
        is_found = read_place(stream, place);
        fclose(stream);
    } else {
        close(answer);
    }
    waitpid(child, NULL, 0);
    return is_found;
}

bool symbolizer_main(int argc, char **argv, int *status)
{
    (void)argc;
    (void)argv;
    (void)status;
    return false;
}
