/* SPDX-License-Identifier: MIT
 *
 * addr2line of the binutils, started without a shell; its answer is read from a pipe. See
 * symbolizer.h.
 */
#define _GNU_SOURCE
#include "symbolizer.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "span.h"

extern char **environ;

/* Of a PE file: ImageBase of its optional header, which has two forms. */
static bool image_base(int file, uint64_t *address)
{
    unsigned char bytes[4096];
    ssize_t got = pread(file, bytes, sizeof(bytes), 0);
    struct span span = { bytes, got > 0 ? (size_t)got : 0 };
    const unsigned char *offset = span_at(span, 0x3C, 4);
    const unsigned char *pe = offset ? span_at(span, read_u32(offset), 24 + 32) : NULL;

    if (!pe || memcmp(bytes, "MZ", 2) != 0 || memcmp(pe, "PE\0", 4) != 0)
        return false;
    *address = read_u16(pe + 24) == 0x20B ? read_u64(pe + 24 + 24) : read_u32(pe + 24 + 28);
    return true;
}

/* The address that the file gives its first byte: of ELF 0, except in programs of a fixed place. */
static bool first_address(const char *path, uint64_t *address)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0)
        return false;
    bool found = image_base(file, address);
    if (!found && pread(file, &header, sizeof(header), 0) == (ssize_t)sizeof(header) &&
        memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
        header.e_phentsize == sizeof(segment) && header.e_phoff < INT64_MAX / 2)
        for (unsigned i = 0; i < header.e_phnum && !found; i++) {
            off_t at = (off_t)(header.e_phoff + i * sizeof(segment));
            if (pread(file, &segment, sizeof(segment), at) != (ssize_t)sizeof(segment))
                break;
            if (segment.p_type == PT_LOAD) {
                *address = segment.p_vaddr - segment.p_offset;
                found = true;
            }
        }
    close(file);
    return found;
}

static bool start(char *const arguments[], pid_t *child, int *answer)
{
    posix_spawn_file_actions_t actions;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
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

/* "function" and "file:line" of one address, without the file's folder. */
static void tell(char *function, char *line, size_t index,
                 void (*found)(void *context, size_t index, const char *symbol), void *context)
{
    char symbol[1024];

    function[strcspn(function, "\n")] = 0;
    line[strcspn(line, "\n")] = 0;
    if (strncmp(function, "??", 2) == 0)
        return;
    char *extra = strstr(line, " (discriminator");
    if (extra)
        *extra = 0;
    const char *name = strrchr(line, '/') ? strrchr(line, '/') + 1 : line;
    bool has_line = name[0] != '?' && !strstr(name, ":?") && strcmp(name, "") != 0;
    snprintf(symbol, sizeof(symbol), has_line ? "%.700s (%.300s)" : "%.700s", function, name);
    for (char *byte = symbol; *byte; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7F)
            *byte = '?';
    found(context, index, symbol);
}

void symbolizer_look_up(const char *path, const uint64_t *offsets, size_t count,
                        void (*found)(void *context, size_t index, const char *symbol),
                        void *context)
{
    static char program[] = "addr2line", names[] = "-fC", option[] = "-e";
    char *arguments[SYMBOLIZER_LIMIT + 5] = { program, names, option, (char *)(uintptr_t)path };
    char texts[SYMBOLIZER_LIMIT][20];
    char *function = NULL, *line = NULL;
    size_t function_room = 0, line_room = 0;
    uint64_t first;
    pid_t child;
    int answer;

    if (count > SYMBOLIZER_LIMIT || !first_address(path, &first))
        return;
    for (size_t i = 0; i < count; i++) {
        /* Into the call: behind it may be another line or function. */
        snprintf(texts[i], sizeof(texts[i]), "0x%" PRIx64, offsets[i] + first - 1);
        arguments[4 + i] = texts[i];
    }
    if (!start(arguments, &child, &answer))
        return;
    FILE *stream = fdopen(answer, "r");
    for (size_t i = 0; stream && i < count && getline(&function, &function_room, stream) > 0 &&
                       getline(&line, &line_room, stream) > 0;
         i++)
        tell(function, line, i, found, context);
    free(function);
    free(line);
    if (stream)
        fclose(stream);
    else
        close(answer);
    waitpid(child, NULL, 0);
}
