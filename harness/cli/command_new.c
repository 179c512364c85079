/* SPDX-License-Identifier: MIT
 *
 * perfharness new: makes a small correct provider to start from. new_files.c has its files.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "new_files.h"
#include "os.h"
#include "output.h"

/* Characters; the longest generated identifier stays below 64, which C11 guarantees. */
#define NAME_LIMIT 32

/* The placeholders in the files and their values. */
struct new_words {
    char name[NAME_LIMIT + 1], upper[NAME_LIMIT + 1], identifier[NAME_LIMIT + 1];
    char headers[OS_PATH_SIZE];
};

/* Set the placeholders. A name must be a C identifier, because it becomes a service, a file and
   a macro. */
static bool set_words(struct new_words *words, const char *name)
{
    const size_t length = strlen(name);

    if (!length || length > NAME_LIMIT || !isalpha((unsigned char)*name))
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)name[i] > 0x7F || (!isalnum((unsigned char)name[i]) && name[i] != '_'))
            return false;
        words->name[i] = words->identifier[i] = name[i];
        words->upper[i] = (char)toupper((unsigned char)name[i]);
    }
    words->identifier[0] = words->upper[0];
    return true;
}

/* Find our headers beside the program: in the source tree, or in the folder of a package. */
static bool find_headers(struct new_words *words)
{
    static const char *const places[] = { "../../include", "../include/heapctrs", "include",
                                          "../include" };
    char path[OS_PATH_SIZE], file[OS_PATH_SIZE + 32];

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", command_program_folder(), places[i]);
        snprintf(file, sizeof(file), "%s/native/windows.h", path);
        if (os_file_exists(file) &&
            os_path_absolute(path, words->headers, sizeof(words->headers)) == ERROR_SUCCESS)
            return true;
    }
    snprintf(words->headers, sizeof(words->headers),
             "$(shell pkg-config --variable=includedir heaptracker)");
    return false;
}

static void add_line(struct output *output, const char *line, const struct new_words *words)
{
    const struct {
        const char *mark, *text;
    } marks[] = { { "@NAME@", words->name },
                  { "@UPPER@", words->upper },
                  { "@IDENTIFIER@", words->identifier },
                  { "@HEADERS@", words->headers } };

    while (*line) {
        size_t i = 0;

        while (i < 4 && strncmp(line, marks[i].mark, strlen(marks[i].mark)) != 0)
            i++;
        if (i < 4) {
            output_add_text(output, marks[i].text);
            line += strlen(marks[i].mark);
        } else {
            output_add_byte(output, *line++);
        }
    }
}

static bool write_file(const struct new_file *file, const struct new_words *words)
{
    struct output name = { 0 }, text = { 0 };
    char path[OS_PATH_SIZE];
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    add_line(&name, file->name, words);
    for (size_t i = 0; file->lines[i]; i++) {
        add_line(&text, file->lines[i], words);
        output_add_byte(&text, '\n');
    }
    snprintf(path, sizeof(path), "%s/%s", words->name, name.data ? name.data : "");
    if (!name.is_lost && !text.is_lost)
        error = os_file_write_all(path, text.data, text.size);
    output_release(&name);
    output_release(&text);
    if (error)
        command_complain_output(path, error);
    return !error;
}

static int run(const struct global_options *global, int argc, char **argv)
{
    struct new_words words = { 0 };

    (void)global;
    if (argc != 1) {
        command_complain("new takes one name: perfharness new NAME");
        return EXIT_BAD_USAGE;
    }
    if (!set_words(&words, argv[0])) {
        command_complain(
            "\"%s\": a name has letters, digits and _, begins with a letter, and has at "
            "most %d characters",
            argv[0], NAME_LIMIT);
        return EXIT_BAD_USAGE;
    }

    const DWORD error = os_directory_make(words.name);

    if (error) {
        command_complain(error == ERROR_ALREADY_EXISTS
                             ? "%s is already there; nothing was written: remove it, or take "
                               "another name"
                             : "%s: the folder cannot be made; may you write here?",
                         words.name);
        return EXIT_BAD_USAGE;
    }

    const bool has_headers = find_headers(&words);

    for (size_t i = 0; new_files[i].name; i++)
        if (!write_file(&new_files[i], &words))
            return EXIT_BAD_USAGE;
    printf("%s/ is a provider with two objects; `make -C %s` builds it natively and checks it\n",
           words.name, words.name);
    if (!has_headers)
        command_complain("our headers are not beside the program: install libheaptracker-dev, or "
                         "name their folder with `make HEADERS=…`");
    return EXIT_FINE;
}

const struct command command_new = {
    .name = "new",
    .usage = "NAME",
    .summary = "a small sound provider to start from",
    .help = "Makes a folder NAME with the source of a provider that has two objects, its symbols\n"
            "(.h), names (.ini) and exports (.def), a Makefile and a workflow for GitHub.\n"
            "`perfharness check` finds no fault in it.\n\n"
            "  perfharness new shop && make -C shop\n",
    .run = run,
};
