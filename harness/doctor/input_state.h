/* SPDX-License-Identifier: MIT
 *
 * One input as the reader of its form leaves it: the tree of keys and values, and what is damaged.
 */
#ifndef INPUT_STATE_H
#define INPUT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reg_tree.h"

/** In the order of trust: the first is believed most. */
enum machine_input_kind {
    MACHINE_INPUT_REGISTRY, /* the system's registry, or a .reg file */
    MACHINE_INPUT_QUERY,    /* what lodctr /q printed */
    MACHINE_INPUT_TABLE,    /* perfc009.dat, perfh009.dat, or a saved value "Counter 009" */
    MACHINE_INPUT_BACKUP,   /* PerfStringBackup.INI, or a file of lodctr /S */
    MACHINE_INPUT_ANSWER,   /* a saved answer of HKEY_PERFORMANCE_DATA */
};

/** Files of Windows beside its registry. */
enum machine_file {
    MACHINE_FILE_NAMES,   /* perfc009.dat */
    MACHINE_FILE_HELP,    /* perfh009.dat */
    MACHINE_FILE_BACKUP,  /* PerfStringBackup.INI */
    MACHINE_FILE_PENDING, /* PerfStringBackup.TMP, which becomes the backup */
    MACHINE_FILE_COUNT
};

enum machine_file_state {
    MACHINE_FILE_UNKNOWN, /* not asked, or no answer: not the same as gone */
    MACHINE_FILE_THERE,
    MACHINE_FILE_EMPTY,
    MACHINE_FILE_GONE,
};

/** Zeroed, it is empty. It must not be moved, because the tree's keys point to it. */
struct machine_input {
    const char *name; /* for people: a path, or "the registry"; owned by the caller */
    enum machine_input_kind kind;
    struct reg_tree tree;
    bool is_live;         /* this machine's own registry, and not Wine's: names are files */
    bool is_system;       /* this machine's own registry */
    uint32_t names_error; /* is_system: why its English names cannot be read; 0: they can */
    enum machine_file_state files[MACHINE_FILE_COUNT]; /* is_live */
    bool is_cut;                                       /* the file ends early */
    char services_path[256], perflib_path[256]; /* of these keys in a file of hives that were loaded
                                                   under other names; "": as on a running system */
    char damage[256];                           /* where and how; "" if nothing is damaged */
    void *answer;                               /* MACHINE_INPUT_ANSWER: the bytes */
    size_t answer_size;
    uint32_t language; /* MACHINE_INPUT_TABLE */
    bool is_help;
};

/** The largest file that is read, in bytes; as REG_FILE_LIMIT. */
#define MACHINE_INPUT_LIMIT (64u << 20)

#endif /* INPUT_STATE_H */
