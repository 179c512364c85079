/* SPDX-License-Identifier: MIT
 *
 * One input of a diagnosis: the registry itself, or a file of any form that shows a part of it. All
 * forms become the same tree of keys and values, so that several inputs complement each other.
 *
 * The bytes are hostile. What cannot be read as its form is refused with a message; a file that is
 * cut short is read as far as it goes, and `damage` says so.
 */
#ifndef MACHINE_INPUT_H
#define MACHINE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "reg_tree.h"
#include "registration.h"

/** In the order in which one is believed more than another. */
enum machine_input_kind {
    MACHINE_INPUT_REGISTRY, /* the system's registry, or a .reg file */
    MACHINE_INPUT_QUERY,    /* what lodctr /q printed */
    MACHINE_INPUT_TABLE,    /* perfc009.dat, perfh009.dat, or a saved value "Counter 009" */
    MACHINE_INPUT_BACKUP,   /* PerfStringBackup.INI, or a file of lodctr /S */
    MACHINE_INPUT_ANSWER,   /* a saved answer of HKEY_PERFORMANCE_DATA */
};

/** Zeroed, it is empty. It stays where it is: the tree's keys point to it. */
struct machine_input {
    const char *name; /* for people: a path, or "the registry"; owned by the caller */
    enum machine_input_kind kind;
    struct reg_tree tree;
    bool is_live;     /* this machine's own registry, and not Wine's: names are files */
    bool is_system;   /* this machine's own registry */
    bool is_cut;      /* the file ends early */
    char damage[256]; /* where and how; "" if nothing is damaged */
    void *answer;     /* MACHINE_INPUT_ANSWER: the bytes */
    size_t answer_size;
    uint32_t language; /* MACHINE_INPUT_TABLE */
    bool is_help;
};

/** The largest file that is read, bytes. */
#define MACHINE_INPUT_LIMIT (64u << 20)

/**
 * Read a file.
 *
 * @return ERROR_SUCCESS; errors of os_file_read_all and of the form's reader, with error->message;
 *         then *input is released
 */
DWORD machine_input_read(const char *path, struct machine_input *input,
                         struct registration_error *error);

/** The same from memory; `path` is for messages and for what its name says. */
DWORD machine_input_parse(const void *data, size_t size, const char *path,
                          struct machine_input *input, struct registration_error *error);

/** Read this machine's registry; ERROR_NOT_SUPPORTED if there is none. */
DWORD machine_input_read_system(struct machine_input *input, struct registration_error *error);

/** "registry", "lodctr /q" and so on, for people. */
const char *machine_input_kind_name(enum machine_input_kind kind);

/** Free all; a zeroed input is allowed. */
void machine_input_release(struct machine_input *input);

#endif /* MACHINE_INPUT_H */
